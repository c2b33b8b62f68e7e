"""Manual pages and completion: read by groff and man, used in bash, zsh and fish, and complete."""
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from fleet import DROVER, ROOT


def ask(*arguments):
    done = subprocess.run([DROVER, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def commands():
    """Each command with its options, as `drover COMMAND --help` shows them."""
    words = re.findall(r"^\| `drover (.+?)` \|", ask("help", "--format", "markdown"), re.M)
    assert len(words) > 20
    return {word: re.findall(r"^ +(?:(-\w), )?(--[\w-]+)( [A-Z|%]+)?", ask(*word.split(), "--help"), re.M)
            for word in words}


@pytest.mark.parametrize("form, page", [("man", "drover.1"), ("man-config", "drover.yaml.5")])
def test_pages_have_no_warning(tmp_path, form, page):
    path = tmp_path / page
    path.write_text(ask("help", "--format", form))
    for command in (["groff", "-man", "-ww", "-Tutf8", "-z", path],
                    ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
        assert done.returncode == 0 and done.stderr == "", done.stderr


def test_the_page_names_every_command_and_option(tmp_path, commands):
    path = tmp_path / "drover.1"
    path.write_text(ask("help", "--format", "man"))
    text = subprocess.run(["man", "-l", path], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "120", "MANPAGER": "cat"}).stdout
    text = re.sub(".\b", "", text)
    for command, options in commands.items():
        section = re.search(rf"^   drover {command}(?: [^\n]*)?\n(.*?)(?=^   drover |^[A-Z])", text, re.M | re.S)
        assert section, command
        for _, option, _ in options:
            where = text if option in ("--help", "--version") else section.group(1)
            assert re.search(rf"{option}\b", where), (command, option)


def test_the_configuration_page_names_every_option():
    page = ask("help", "--format", "man-config").replace(r"\-", "-")
    reference = (ROOT / "docs/reference/configuration.md").read_text()
    keys = re.findall(r"^\| `(\w+)` \| ", reference, re.M)
    assert len(keys) > 50
    for key in keys:
        assert f"\\fB{key}\\fR" in page, key


def test_every_variable_that_is_read_is_documented():
    """By name in the source; names that come from the configuration or from a table are not literals."""
    listed = set(re.findall(r"[A-Z][A-Z_]+", " ".join(re.findall(r'^VARIABLE\("([^"]+)"', (
        ROOT / "cli/manual/environment.def").read_text(), re.M))))
    read = set()
    for folder in ("cli", "common", "coordinator", "worker"):
        for path in (ROOT / folder).rglob("*.c"):
            read |= set(re.findall(r'getenv\("(\w+)"\)', path.read_text()))
    read = {name for name in read if not name.startswith("DROVER_TEST_")}  # tests' own
    assert {"DATABASE_URL", "DROVER_PYTHON"} <= read <= listed, read - listed


def environment():
    return {**os.environ, "PATH": f"{DROVER.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """What bash offers after these words."""
    script = tmp_path_factory.mktemp("bash") / "drover"
    script.write_text(ask("help", "--format", "bash"))
    program = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _drover 2>&1; '
               '[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"')

    def offered(*words, folder="."):
        done = subprocess.run(["bash", "-u", "-c", program, script, "drover", *words], capture_output=True, text=True,
                              timeout=60, cwd=folder, env=environment())
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout.split()
    offered.script = script
    return offered


def test_completion_offers_every_command_and_option(complete, commands):
    assert subprocess.run(["bash", "-n", complete.script]).returncode == 0
    firsts = [word.split()[0] for word in commands]
    assert complete("") == list(dict.fromkeys(firsts))
    for command, options in commands.items():
        words = command.split()
        if len(words) == 2:
            assert words[1] in complete(words[0], "")
        assert complete(*words, "-") == [name for short, option, _ in options for name in (option, short) if name]


def test_completion_knows_what_an_argument_is(complete, tmp_path):
    (tmp_path / "fleet.yaml").write_text("")
    (tmp_path / "folder").mkdir()
    assert complete("up") == ["upgrade"]
    assert complete("upgrade", "h") == ["head", "heads"]
    assert complete("-c", "fl", folder=tmp_path) == ["fleet.yaml"]
    assert complete("status", "--config", "=", "fl", folder=tmp_path) == ["fleet.yaml"]
    assert complete("--migrations", "", folder=tmp_path) == ["folder"]
    assert complete("-c", "fleet.yaml", "upgrade", "--val") == ["--validate-only"]
    assert complete("upgrade", "--coordinator", "") == []
    assert complete("explain", "d") == ["downgrade"]
    assert complete("help", "can") == ["cancel"]
    assert complete("status", "--group-by", "s") == ["server", "state"]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "drover.yaml").write_text("targets: [{name: app, url: 'postgresql://127.0.0.1:1/app'}]\n")
    (tmp_path / "migrations").mkdir()
    for name, parent, message in (("a1b2", "", "first"), ("a1c3", "a1b2", "second: with a colon")):
        (tmp_path / "migrations" / f"{name}.sql").write_text(
            f"-- {message}\n--\n-- Revision ID: {name}\n-- Revises: {parent}\n\n-- migrate:up\nSELECT 1;\n")
    return tmp_path


def test_completion_offers_what_is_there(complete, project):
    assert complete("upgrade", "a1", folder=project) == ["a1c3", "a1b2"]
    assert complete("show", "a1b", folder=project) == ["a1b2"]
    # in the folder that the line names, from elsewhere; a faulty configuration offers nothing and says nothing
    assert complete("--migrations", str(project / "migrations"), "upgrade", "a1c", folder="/") == ["a1c3"]
    assert complete("retry", "--target", "", folder=project) == []
    (project / "drover.yaml").write_text("targets: no")
    assert complete("status", "--wave", "", folder=project) == []


def test_completion_in_fish(project):
    program = 'source "$argv[1]"; complete -C "$argv[2]"'
    (project / "drover.fish").write_text(ask("help", "--format", "fish"))
    (project / "folder").mkdir()

    def offered(line):
        done = subprocess.run(["fish", "--no-config", "-c", program, "drover.fish", line], capture_output=True, text=True,
                              timeout=60, cwd=project, env={**environment(), "HOME": str(project)})
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]
    assert offered("drover up") == ["upgrade"]
    assert sorted(offered("drover upgrade a1")) == ["a1b2", "a1c3"]
    assert offered("drover -c drover.y") == ["drover.yaml"]
    assert offered("drover --migrations fol") == ["folder/"]
    assert offered("drover upgrade --vali") == ["--validate-only"]


def test_completion_in_zsh(project):
    """Typed into a real one; the key ^X shows the line as it stands."""
    (project / "_drover").write_text(ask("help", "--format", "zsh"))
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(project)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**environment(), "HOME": str(project), "TERM": "dumb"})
    seen = ""

    def wait_for(pattern):
        nonlocal seen
        while not (match := re.search(pattern, seen)):
            assert select.select([terminal], [], [], 60)[0], seen
            seen += os.read(terminal, 65536).decode(errors="replace").replace("\r", "")
        seen = seen[match.end():]
        return match.group(1)

    def line_after(keys):
        os.write(terminal, f"\x15{keys}\t\x18".encode())
        return wait_for(r"<(.*?)>").strip()
    try:
        os.write(terminal, b"PS1=; fpath=($PWD $fpath); autoload -U compinit; compinit -D -u; "
                           b"show() { print -r -- \"<$BUFFER>\" }; zle -N show; bindkey '^X' show; echo rea''dy\n")
        wait_for("(ready)")
        assert line_after("drover upgr") == "drover upgrade"
        assert line_after("drover upgrade a1c") == "drover upgrade a1c3"
        assert line_after("drover upgrade --valid") == "drover upgrade --validate-only"
        assert line_after("drover -c drover.y") == "drover -c drover.yaml"
    finally:
        os.close(terminal)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
