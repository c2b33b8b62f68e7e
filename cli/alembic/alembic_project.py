"""Finds and opens an Alembic project with the project's own Python.

What Drover runs there begins with this text, as in `python3 -c <this and more> MODE FOLDER INI SCRIPTS SETTINGS`.
INI (an alembic.ini or a pyproject.toml) or SCRIPTS (a script folder) may be empty; SETTINGS is JSON:
{"section": "" or -n's value, "x": [-x's values], "tag": --tag's value or null}.
"""
import sys

# `python3 -c` looks for every module in the current folder first, where there may be one of the same name.
sys.path[:] = [place for place in sys.path if place != ""] + [""]

import hashlib
import inspect
import io
import json
import os
import traceback

MODE = sys.argv[1]
FOLDER = os.path.realpath(sys.argv[2])
INI = os.path.basename(sys.argv[3])
SCRIPTS = sys.argv[4]
SETTINGS = json.loads(sys.argv[5])
STARTED_IN = os.getcwd()
TOML = "pyproject.toml"
LOCATION = "script_location"

opened = set()  # every file that was opened: what the answer depends on


def watch_files(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[2] & os.O_ACCMODE == os.O_RDONLY:
        opened.add(os.path.realpath(arguments[0]))


class Unrenderable(Exception):
    pass


def relative(path):
    return os.path.relpath(os.path.realpath(path), FOLDER).replace(os.sep, "/")


def is_own(path):
    """Whether a file belongs to the project: neither Python's, nor installed, nor this program."""
    if path.startswith("<") or "site-packages" in path or "dist-packages" in path:
        return False
    real = os.path.realpath(path)
    return real.startswith(FOLDER + os.sep) or not real.startswith(
        (os.path.realpath(sys.base_prefix) + os.sep, os.path.realpath(sys.prefix) + os.sep))


def loaded_file(trace):
    """The revision file that Alembic was looking at when it failed, without a line."""
    for frame, _ in traceback.walk_tb(trace):
        names = frame.f_locals
        if frame.f_code.co_name == "_from_filename" and "filename" in names:
            return os.path.join(str(names.get("dir_", names.get("path", ""))), str(names["filename"])), 0
    return None


def describe(error, prefer=None):
    """The reason as {type, message, file, line}: the innermost place in the project's own files."""
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        if is_own(frame.filename):
            own = prefer is not None and os.path.realpath(frame.filename) == prefer
            if own or place is None or os.path.realpath(place[0]) != prefer:
                place = (frame.filename, frame.lineno)
        elif frame.name == "_from_filename":
            place = place or loaded_file(error.__traceback__)
    message = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno or 0)
        message = error.msg
    message = " ".join(message.split())
    return {"type": type(error).__name__, "message": message[:600],
            "file": relative(place[0]) if place else "", "line": place[1] if place else 0}


def source_of(path):
    """The SHA-256 in hex by which a revision file is known."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def import_alembic():
    """The installed one: a script folder in the current folder is often called alembic as well."""
    import alembic
    import sqlalchemy
    if getattr(alembic, "__file__", None) is None:
        raise ImportError("No module named 'alembic'")
    return alembic, sqlalchemy


def command_line(words):
    """The options as Alembic's own command line has them, for projects that look at cmd_opts or sys.argv."""
    from alembic.config import CommandLine
    given = [*(["-c", INI] if INI else []), *(["-n", SETTINGS["section"]] if SETTINGS["section"] else []),
             *(f"-x{argument}" for argument in SETTINGS["x"]), *words,
             *(["--tag", SETTINGS["tag"]] if SETTINGS["tag"] is not None else [])]
    sys.argv[:] = ["alembic", *given]
    return CommandLine().parser.parse_args(given)


def config_of(folder, options):
    """Alembic's Config of the ini and of the pyproject.toml beside it."""
    from alembic.config import Config
    files = {"file_": os.path.join(folder, "alembic.ini" if INI == TOML else INI)}
    toml = os.path.join(folder, TOML)
    if "toml_file" in inspect.signature(Config.__init__).parameters:
        files["toml_file"] = toml if os.path.exists(toml) else None
    elif INI == TOML:
        raise Unrenderable(f"the settings in {TOML} are read by Alembic 1.16 and later, not by this one")
    config = Config(**files, ini_section=options.name, cmd_opts=options)
    if not config.file_config.has_section(options.name) and not getattr(config, "toml_alembic_config", None):
        sections = [name for name in config.file_config.sections() if config.file_config.has_option(name, LOCATION)]
        raise Unrenderable(f"{INI} has no section [{options.name}]" + (
            "" if not sections else f"; -n, or `section` in drover.yaml, may name {' or '.join(sections)}"))
    return config


def main_option(config, name):
    """Of the ini or the pyproject.toml."""
    return getattr(config, "get_alembic_option", config.get_main_option)(name)


def configure(*words):
    options = command_line(words)
    os.chdir(FOLDER)
    if not INI:
        from alembic.config import Config
        config = Config(cmd_opts=options)
        config.set_main_option(LOCATION, SCRIPTS.replace("%", "%%"))
    else:
        config = config_of("", options)
        location = main_option(config, LOCATION)
        if location and not os.path.isabs(location) and ":" not in location and not os.path.isdir(location):
            if os.path.isdir(os.path.join(STARTED_IN, location)):
                os.chdir(STARTED_IN)
                config = config_of(FOLDER, options)
    config.output_buffer = io.StringIO()
    return config


def directory_of(config):
    from alembic.script import ScriptDirectory
    directory = ScriptDirectory.from_config(config)
    if INI and SCRIPTS and os.path.realpath(directory.dir) != os.path.realpath(SCRIPTS):
        raise Unrenderable(f"its script_location is {directory.dir}, not {SCRIPTS}: name the right alembic.ini")
    return directory
