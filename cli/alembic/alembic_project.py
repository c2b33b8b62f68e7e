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
import re
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
    """What a person reads, and perhaps the hint for it."""

    def __init__(self, message, hint=""):
        super().__init__(message)
        self.hint = hint


class Faulty(Unrenderable):
    """It would fail on a connection as well."""


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


def hint_of(error):
    """For a project whose own program makes Alembic's Config, and sets on it what env.py then asks for."""
    frames = traceback.extract_tb(error.__traceback__)
    line = (frames[-1].line or "") if frames else ""
    if "'Config' object has no attribute" in str(error) or isinstance(error, KeyError) and ".attributes" in line:
        return ("the project's own program sets this on Alembic's Config. An env.py of yours can, which then runs the "
                "project's with runpy.run_path; an alembic.ini names its folder (script_location) and the project's "
                "folder of revisions (version_locations): README, Coming from Alembic")
    return getattr(error, "hint", "")


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
    return {"type": type(error).__name__, "message": message[:600], "hint": hint_of(error),
            "file": relative(place[0]) if place else "", "line": place[1] if place else 0}


def source_of(path):
    """The SHA-256 in hex by which a revision file is known, together with the settings that it may depend on."""
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read())
    if any(SETTINGS.values()):
        digest.update(b"\0" + json.dumps(SETTINGS, sort_keys=True).encode())
    return digest.hexdigest()


# -x may ask for what a target is: its name, database, schema, URL without a password, or one of its labels.
ASKED = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
OF_EACH_TARGET = "drover_of_each_target_"  # begins what stands there while no target is known


def is_of_each_target(text):
    return OF_EACH_TARGET in str(text)


def arguments_of(target):
    """The values of -x for a target, {word: text}; None: for none of them."""
    if target is None and MODE == "command":
        return [argument for argument in SETTINGS["x"] if not ASKED.search(argument.partition("=")[2])]

    def value(match):
        if target is None:
            return OF_EACH_TARGET + match[1]
        if not target.get(match[1]):
            raise Unrenderable(f"-x asks for {match[0]}, which the target has none of",
                               f"give the target a label, `labels: {{{match[1]}: ...}}`; name, database, schema and url it "
                               "has by itself")
        return target[match[1]]
    return [key + sign + ASKED.sub(value, text) for key, sign, text in
            (argument.partition("=") for argument in SETTINGS["x"])]


def import_alembic():
    """The installed one: a script folder in the current folder is often called alembic as well."""
    import alembic
    import sqlalchemy
    if getattr(alembic, "__file__", None) is None:
        raise ImportError("No module named 'alembic'")
    return alembic, sqlalchemy


def command_line(words, target=None):
    """The options as Alembic's own command line has them, for projects that look at cmd_opts or sys.argv."""
    from alembic.config import CommandLine
    given = [*(["-c", INI] if INI else []), *(["-n", SETTINGS["section"]] if SETTINGS["section"] else []),
             *(f"-x{argument}" for argument in arguments_of(target)), *words,
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


def text_of(path):
    """The text of a file; "" where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def flask_folder(scripts):
    """Where `flask db` is run: what tells of the application stands there."""
    above = [os.path.dirname(scripts)]
    while above[-1] != os.path.dirname(above[-1]) and above[-1] != STARTED_IN:
        above.append(os.path.dirname(above[-1]))
    known = STARTED_IN in above
    named = os.environ.get("FLASK_APP", "").split(":")[0]
    marks = [named, f"{named}.py", named.replace(".", "/"), f"{named.replace('.', '/')}.py"] if named else [
        ".flaskenv", "wsgi.py", "app.py"]
    for folder in above if known else above[:1]:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in marks):
            return folder
    return STARTED_IN if known else above[0]


class Flask:
    """The application that Flask-Migrate's env.py asks for, loaded as `flask db` loads it, once."""
    app = None

    @classmethod
    def load(cls, scripts):
        if cls.app is not None:
            return
        folder = flask_folder(scripts)
        os.chdir(folder)
        os.environ["FLASK_RUN_FROM_CLI"] = "true"  # app.run() does nothing
        from flask.cli import NoAppException, ScriptInfo, get_load_dotenv, load_dotenv
        if get_load_dotenv(True):
            load_dotenv()
        try:
            app = ScriptInfo(app_import_path=os.environ.get("FLASK_APP")).load_app()
        except NoAppException as error:
            raise Unrenderable(f"env.py needs the Flask application, which is not found in {folder}: {error}",
                               f"`flask db history` in {folder} must work; FLASK_APP names the application") from None
        app.app_context().push()
        cls.app = app

    @classmethod
    def config(cls, scripts, options):
        """The Config that Flask-Migrate makes, with what the application adds; None where it has no Flask-Migrate."""
        extension = getattr(cls.app, "extensions", {}).get("migrate")
        if extension is None:
            return None
        return extension.migrate.get_config(scripts, x_arg=options.x)


def with_flask(config, scripts, options, whole):
    """Env.py of Flask-Migrate wants the application; `whole`: the Config is Flask-Migrate's to make."""
    env = text_of(os.path.join(scripts, "env.py"))
    if not re.search(r"\bcurrent_app\b", env) or "app_context(" in env:
        return config
    try:
        Flask.load(scripts)
        return (Flask.config(scripts, options) if whole else None) or config
    except (Exception, SystemExit):
        if MODE != "graph":
            raise
        return config  # the revision files alone are enough


def give_url(config, scripts):
    """No URL, the one of Alembic's template, or one for SQLite, does not say what the targets are."""
    try:
        url = config.file_config.get(config.config_ini_section, "sqlalchemy.url", fallback="")
    except Exception:
        return  # env.py fills it in
    if re.split(r"[:+]", url)[0].lower() in ("", "driver", "sqlite"):
        asynchronous = re.search(r"\b(async_engine_from_config|create_async_engine)\b",
                                 text_of(os.path.join(scripts, "env.py")))
        config.set_main_option("sqlalchemy.url", "postgresql+asyncpg://" if asynchronous else "postgresql://")


def configure(*words, target=None):
    options = command_line(words, target)
    os.chdir(FOLDER)
    scripts = SCRIPTS
    if not INI:
        from alembic.config import Config
        config = Config(cmd_opts=options)
        config.set_main_option(LOCATION, SCRIPTS.replace("%", "%%"))
    else:
        config = config_of("", options)
        location = main_option(config, LOCATION)
        scripts = os.path.realpath(location) if location else FOLDER
        if not location and os.path.isfile("env.py"):
            config.set_main_option(LOCATION, FOLDER.replace("%", "%%"))
            config = with_flask(config, FOLDER, options, True)
        elif location and not os.path.isabs(location) and ":" not in location and not os.path.isdir(location):
            if os.path.isdir(os.path.join(STARTED_IN, location)):
                os.chdir(STARTED_IN)
                config = config_of(FOLDER, options)
                scripts = os.path.realpath(location)
        if location:
            config = with_flask(config, scripts, options, False)
    if MODE != "command":  # on whatever database the project has
        give_url(config, scripts)
    config.output_buffer = io.StringIO()
    return config


def directory_of(config):
    from alembic.script import ScriptDirectory
    directory = ScriptDirectory.from_config(config)
    if INI and SCRIPTS and os.path.realpath(directory.dir) != os.path.realpath(SCRIPTS):
        raise Unrenderable(f"its script_location is {directory.dir}, not {SCRIPTS}: name the right alembic.ini")
    return directory


def drivername_of(url):
    return getattr(url, "drivername", None) or str(url).split(":")[0]


def is_known(drivername):
    """Whether SQLAlchemy has the dialect here, and it is not the one that stands for any database at hand."""
    from sqlalchemy.dialects import registry
    try:
        registry.load(drivername.replace("+", "."))
    except Exception:
        return False
    return not drivername.startswith("sqlite")


class EnvNeeds(Unrenderable):
    """Env.py cannot be run without a database."""


def env_needs(what):
    raise EnvNeeds(f"env.py needs a database, which nothing has here: {what}")


class NoConnection:
    """What an env.py without an offline branch gets for its connection: Alembic makes no use of it."""
    need = staticmethod(env_needs)  # while a revision runs it is the revision's

    def __init__(self, engine):
        self.engine = engine
        self.dialect = engine.dialect

    def run_sync(self, function, *arguments, **options):
        return returned(function(self, *arguments, **options))

    def begin(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return None

    def __await__(self):
        return returned(self).__await__()

    def execution_options(self, **options):
        return self

    def close(self):
        return returned(None)

    def commit(self):
        return returned(None)

    def execute(self, *arguments, **options):
        """Of env.py: what it executes there is looked at in the second process."""
        if self.need is not env_needs:
            self.need("it uses connection.execute")
        return returned(None)

    exec_driver_sql = execute

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self.need(f"it uses connection.{name}")


class Returned:
    """A value, for who awaits it and for who does not."""

    def __init__(self, value):
        self.value = value

    def __await__(self):
        return self.value if self.value is not None else self
        yield

    def __iter__(self):
        NoConnection.need("it reads the result of a statement")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        NoConnection.need("it reads the result of a statement")


def returned(value):
    return Returned(value)


def refuse_connections():
    """Engines open nothing while a project is rendered."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def refuse(dialect, record, arguments, parameters):
        NoConnection.need("it opens a connection")

    def stand_in(engine, *arguments, **options):
        return NoConnection(engine)
    event.listen(Engine, "do_connect", refuse)
    Engine.connect = Engine.begin = stand_in
    try:
        from sqlalchemy.ext.asyncio import AsyncEngine
        AsyncEngine.connect = AsyncEngine.begin = stand_in
    except ImportError:
        pass


def offline_environment(config, directory, **options):
    """Alembic's EnvironmentContext for a rendering: PostgreSQL's whatever URL is at hand, and connected to nothing."""
    from alembic.runtime.environment import EnvironmentContext

    environment = EnvironmentContext(config, directory, as_sql=True, starting_rev=None, destination_rev="heads",
                                     tag=SETTINGS["tag"], **options)
    original = environment.configure

    def configure_offline(connection=None, url=None, dialect_name=None, **more):
        if url is not None and is_known(drivername_of(url)):
            original(url=url, **more)
            return
        named = dialect_name or (connection.dialect.name if connection is not None else "")
        original(dialect_name=named if named and is_known(named) else "postgresql", **more)
    environment.configure = configure_offline
    refuse_connections()
    return environment
