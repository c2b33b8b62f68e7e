"""What comments and pages name is there: files, folders, sections of documents, links."""
import io
import re
import tokenize

import rooms
from found import nothing

FOLDERS = {path.split("/")[0] for path in rooms.files() if "/" in path}
# The user's own files, and what a build makes: named all over, and not in the tree.
OF_OTHERS = re.compile(r"(migrations|build)/|(.*/)?(NAME|FILE)\b")
# Names with these endings are ours wherever they stand; others may be a user's (drover.yaml, env.py, plan.json).
OURS = re.compile(r"(?<![\w./*{<-])(?:[\w-]+/)*[\w-]+\.(?:c|h|def|md|cmake)(?![\w.-]*[\w(])")
PATH = re.compile(r"(?<![\w./*$<:-])((?:[\w.-]+/)+[\w.*-]*)")
SECTION = re.compile(r"\bsections? (\d+)(?:(?:, | and | to )(\d+))*")
DOCUMENT = re.compile(r"docs/design/\w+\.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Headers of libraries and tools' own files.
FOREIGN = {"uv.h", "libpq-fe.h", "msgpack.h", "yaml.h", "pg_query.h", "uthash.h", "sm.h"}


def c_comments(text):
    """Whole comments; // lines that follow each other are one."""
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|/\*.*?\*/|(?://[^\n]*\n\s*)+', text, re.S):
        if match[0].startswith("/"):
            yield match[0]


def hash_comments(text):
    for match in re.finditer(r"(?:^[ \t]*#[^\n]*\n)+|[ \t]#[ \t][^\n]*", text, re.M):
        yield match[0]


def python_comments(text):
    """Comments and docstrings: strings that are statements."""
    before = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
        elif token.type == tokenize.STRING and before in (None, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            yield token.string
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type


def comments():
    """(file, text) of each comment and each page of the project."""
    for path in rooms.files():
        if path.startswith("docs/design/"):
            continue  # what other programs do, in their words
        if path.endswith((".c", ".h", ".def")):
            found = c_comments(rooms.text_of(path))
        elif path.endswith(".md"):
            found = [rooms.text_of(path)]
        elif path.endswith(".py") or path in ("scripts/rooms", "scripts/copies"):
            found = python_comments(rooms.text_of(path))
        elif path.endswith((".cmake", ".sh", ".yaml", ".yml", ".tf", "CMakeLists.txt")) or \
                path.startswith("scripts/") or path in ("Dockerfile", "bench/run"):
            found = hash_comments(rooms.text_of(path))
        else:
            continue
        for text in found:
            yield path, re.sub(r"\s*\n\s*(?:\*|#|//)?\s*", " ", text) if not path.endswith(".md") else text


def exists(name, path):
    """From the root or from the file's own folder, or the only one of that name; in a page the sentence tells which."""
    name = name.rstrip("/.")
    folder = rooms.room_of(path)
    if "*" in name:
        return any(any((rooms.ROOT / start).glob(name)) for start in (".", folder))
    if any((rooms.ROOT / start / (name + ending)).exists() for start in (".", folder) for ending in ("", ".h")):
        return True
    others = [file for file in rooms.files() if file.endswith("/" + name)]
    near = [file for file in others if file.split("/")[0] == path.split("/")[0]]
    return len(others) == 1 or len(near) == 1 or (others != [] and path.endswith(".md"))


def test_files_that_comments_name():
    nothing(f"{path}: {name}" for path, text in comments() for name in OURS.findall(text)
            if name not in FOREIGN and not OF_OTHERS.match(name) and not exists(name, path))


def test_paths_that_comments_name():
    missing = []
    for path, text in comments():
        for name in PATH.findall(text):
            if name.split("/")[0] in FOLDERS and not OF_OTHERS.match(name) and not exists(name, path):
                missing.append(f"{path}: {name}")
    nothing(missing)


def test_sections_that_comments_name():
    wrong = []
    for path, text in comments():
        for section in SECTION.finditer(text):
            documents = DOCUMENT.findall(text[:section.start()])
            if not documents:
                wrong.append(f"{path}: {section[0]}, of which document?")
                continue
            headings = re.findall(r"^## (\d+)", rooms.text_of(documents[-1]), re.M)
            wrong += [f"{path}: {documents[-1]} has no section {number}"
                      for number in re.findall(r"\d+", section[0]) if number not in headings]
    nothing(wrong)


def slugs(path):
    """The anchors that a page's headings get."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", rooms.text_of(path), re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-"))
    return found


def test_links_of_pages():
    broken = []
    for path in rooms.files():
        if not path.endswith(".md"):
            continue
        text = re.sub(r"^```.*?^```", "", rooms.text_of(path), flags=re.M | re.S)
        for link in LINK.findall(text):
            name, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", name):
                continue
            there = (rooms.ROOT / path).parent / name if name else rooms.ROOT / path
            if not there.exists():
                broken.append(f"{path}: {link}")
            elif anchor and anchor not in slugs(there.resolve().relative_to(rooms.ROOT)):
                broken.append(f"{path}: {link}: no such heading")
    nothing(broken)
