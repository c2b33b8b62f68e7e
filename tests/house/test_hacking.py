"""HACKING.md: which files an addition touches, compared with the files that hold the words of its example."""
import re

import pytest
import rooms
from found import nothing

PAGE = rooms.text_of("HACKING.md")
CODE = re.compile(r"`([^`]+)`")
ADDITIONS = re.findall(r"^### (.*): (`.*)\n\n((?:\|.*\n)+)", PAGE, re.M)


def test_additions_are_listed():
    assert len(ADDITIONS) == len(re.findall("^### ", PAGE, re.M)) >= 6


@pytest.mark.parametrize("what, example, table", ADDITIONS, ids=[what for what, _, _ in ADDITIONS])
def test_an_addition_touches_these_files(what, example, table):
    """In the folders that the table names at all, so that another folder may use a word in its own way."""
    words = re.compile(r"\b(%s)\b" % "|".join(map(re.escape, CODE.findall(example))))
    named = {name for name in CODE.findall(table) if "/" in name}
    nothing(f"HACKING.md, {what}: {name} is not there" for name in named if not (rooms.ROOT / name).is_file())
    holding = {path for path in rooms.sources(*{name.split("/")[0] for name in named})
               if words.search(rooms.text_of(path))}
    nothing([f"HACKING.md, {what}: {name} has nothing of it" for name in named - holding] +
            [f"HACKING.md, {what}: {path} is missing" for path in holding - named])


def test_commands_name_what_is_there():
    """Scripts and stages; test programs, by the name of their source."""
    commands = "\n".join(CODE.findall(PAGE.split("## To add something")[0]))
    stages = re.search(r'all_stages="(.*)"', rooms.text_of("scripts/test"))[1].split()
    for line in re.findall(r"scripts/test ([a-z0-9 ]+)", commands):
        assert set(line.split()) <= set(stages), line
    for program in re.findall(r"build/\w+/((?:tests|bench)/[\w/]+)", commands):
        folder, _, name = program.rpartition("/")
        assert any((rooms.ROOT / folder / (source + ".c")).is_file() for source in (name, name.removeprefix(folder + "_"), "main")), program
