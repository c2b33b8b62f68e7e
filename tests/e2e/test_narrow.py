"""A terminal of 80 columns: no line is longer, so that it breaks none in the middle of a word; and a time has its zone."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest

from conftest import DROVER, ROOT

COLUMNS = 80
LONGEST = "tenant_with_a_name_that_is_as_long_as_postgresql_lets_it_be_x63"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(project, *arguments, **environment):
    """What the command prints on a terminal of 80 columns, as lines."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    process = subprocess.Popen([DROVER, *arguments], cwd=project.folder, stdin=slave, stdout=slave, stderr=slave,
                               env=project.environment(TERM="xterm", **environment))
    os.close(slave)
    printed = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the last one who had it open is gone
            break
        if not part:
            break
        printed += part
    os.close(master)
    process.wait()
    return [ESCAPE.sub("", line) for line in printed.decode().replace("\r", "").split("\n")]


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def assert_fits(project, *arguments, **environment):
    lines = on_terminal(project, *arguments, **environment)
    broad = [line for line in lines if columns(line) > COLUMNS]
    assert not broad, (arguments, broad)
    return "\n".join(lines)


def test_help(project):
    names = re.findall(r'^COMMAND\(\w+, "([a-z_ ]+)"', (ROOT / "cli/line/commands.def").read_text(), re.MULTILINE)
    assert len(names) > 30
    assert_fits(project, "help")
    for name in names:
        text = assert_fits(project, *name.split(), "--help")
        assert "Usage: drover " + name in text
    assert_fits(project, "upgrade", "--hed")


@pytest.mark.parametrize("name", [LONGEST, "\u6771\u4eac" * 10])
def test_tables_and_times(cluster, project, name):
    cluster.create([name, "acme"])
    project.revision("r001", [], "SELECT 1/(CASE current_database() WHEN 'acme' THEN 0 ELSE 1 END);")
    project.config(cluster.targets(["acme", name]) +
                   "rollout: {max_failures: 1, waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    project.coordinator()
    project.start("worker")
    assert project.run("upgrade", "head", "--no-wait").code == 5
    zone = {"TZ": "Europe/Berlin"}
    status = assert_fits(project, "status", **zone)
    assert re.search(r"started \d\d:\d\d CES?T", status), status
    for arguments in (["status", "--targets"], ["status", "--targets", "-v"], ["targets"], ["current", "-v"], ["log"],
                      ["rollouts"]):
        text = assert_fits(project, *arguments, **zone)
        if arguments[0] in ("targets", "current") or "--targets" in arguments:
            assert name in text, text  # whole, on one line
    assert re.search(r"\d\d:\d\d CES?T", assert_fits(project, "rollouts", **zone))
    # where no terminal is, a row is a line
    assert len(project.ok("targets").out.splitlines()) == 3
