"""The rooms of rooms.cmake and what their files include: read by scripts/rooms and tests/house."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRODUCTION = ("common", "coordinator", "worker", "cli")

# The headers of each library, by the name that rooms.cmake gives it.
LIBRARIES = {
    "pg_query": ("libpg_query", r"pg_query\.h"),
    "PkgConfig::CRYPTO": ("libcrypto", r"openssl/.*"),
    "PkgConfig::ICU": ("ICU", r"unicode/.*"),
    "PkgConfig::JANSSON": ("jansson", r"jansson\.h"),
    "PkgConfig::MICROHTTPD": ("libmicrohttpd", r"microhttpd\.h"),
    "PkgConfig::LIBPQ": ("libpq", r"libpq-fe\.h|libpq/.*|pg_config.*"),
    "PkgConfig::LIBUV": ("libuv", r"uv\.h|uv/.*"),
    "PkgConfig::LIBXML2": ("libxml2", r"libxml/.*"),
    "PkgConfig::MSGPACK": ("msgpack-c", r"msgpack\.h|msgpack/.*"),
    "PkgConfig::NCURSES": ("ncurses", r"curses\.h|term\.h"),
    "PkgConfig::SQLITE": ("SQLite", r"sqlite3\.h"),
    "PkgConfig::YAML": ("libyaml", r"yaml\.h"),
}


class Room:
    """One folder: what is inside, the rooms it may use, the libraries it calls."""

    def __init__(self, folder, meaning, uses, libraries):
        self.folder, self.meaning, self.uses, self.libraries = folder, meaning, uses, libraries


@functools.lru_cache(maxsize=None)
def files(*folders):
    """The project's files, as paths from its root; also those that git does not track yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    return sorted({path for path in listed if (ROOT / path).is_file()})


def sources(*folders):
    """The C files and the lists that they include."""
    return [path for path in files(*(folders or PRODUCTION)) if path.endswith((".c", ".h", ".def"))]


@functools.lru_cache(maxsize=None)
def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def rooms():
    """rooms.cmake in its order: folder -> Room."""
    text = re.sub(r"#.*", "", text_of("rooms.cmake"))
    found = {}
    for folder, meaning, rest in re.findall(r'^drover_room\(\s*(\S+)\s+"([^"]*)"([^)]*)\)', text, re.M):
        parts = {"USES": [], "LIBRARIES": []}
        part = None
        for word in rest.split():
            if word in parts:
                part = word
            else:
                parts[part].append(word)
        found[folder] = Room(folder, meaning, parts["USES"], parts["LIBRARIES"])
    return found


def room_of(path):
    return path.rpartition("/")[0]


def includes():
    """(file, what it includes in quotes), for each line of the program that does."""
    return [(path, name) for path in sources()
            for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text_of(path), re.M)]


def room_includes():
    """room -> {other room: the files that include it}"""
    found = {folder: {} for folder in rooms()}
    for path, name in includes():
        if room_of(path) != room_of(name):
            found.setdefault(room_of(path), {}).setdefault(room_of(name), []).append(path)
    return found


def library_includes():
    """room -> {library: the files that include its headers}"""
    found = {folder: {} for folder in rooms()}
    for path in sources():
        for name in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text_of(path), re.M):
            for library, (_, headers) in LIBRARIES.items():
                if re.fullmatch(headers, name):
                    found.setdefault(room_of(path), {}).setdefault(library, []).append(path)
    return found
