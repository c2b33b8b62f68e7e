"""The full screen of `status -w`: what a person sees on a terminal, and that the terminal stays whole."""
import pathlib
import shutil
import signal
import tempfile

import pytest

from conftest import DROVER, Project, wait_until
from terminal import Terminal

# What each database does with r001. The failure's text is hostile: colours, a title, a cursor that moves, wide letters.
BODY = r"""DO $$ BEGIN
  IF current_database() LIKE 'broken%' THEN
    RAISE EXCEPTION USING MESSAGE = E'no \x1b[31mred\x1b]0;owned\x07\x1b[2J\x1b[H 日本 table', ERRCODE = 'XX123';
  ELSIF current_database() = 'patient' THEN
    RAISE lock_not_available USING MESSAGE = 'orders is busy';
  ELSIF current_database() = 'held' THEN
    PERFORM pg_advisory_xact_lock(4711);
  END IF;
END $$;"""
NAMES = ["calm", "held", "patient", "broken1", "broken2", "最後"]
ROLLOUT = ("rollout: {max_failures: '100%', lock_timeout: 30m, retry: {backoff: 1h..2h},\n"
           "          waves: [{name: first wave, count: 1}, {name: rest}]}\n")


@pytest.fixture(scope="module")
def scene(session_cluster):
    """A rollout under way that stays so: one deployed, one running, one waiting, two failed."""
    session_cluster.drop_all()
    session_cluster.create(NAMES)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-e2e-"))
    project = Project(folder / "p")
    project.config(session_cluster.targets(NAMES) + ROLLOUT)
    project.revision("r001", [], BODY)
    project.lock = session_cluster.hold("held", "SELECT pg_advisory_xact_lock(4711)")
    project.service = project.coordinator()
    project.start("worker", "--name", "w1")
    project.start("upgrade", "head", "--json")
    wait_until(lambda: (lambda now: (now.get("failed"), now.get("waiting"), now.get("running")) == (2, 1, 1))(
        project.ok("status", "--json").json), "the scene is set")
    yield project
    project.lock.close()
    project.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def looker(scene):
    """Opens the screen; whatever happens it is closed."""
    opened = []

    def look(*more, **options):
        opened.append(Terminal(scene, "status", "-w", *more, **options))
        return opened[-1]
    yield look
    for terminal in opened:
        terminal.close()


def test_the_sheets_say_what_runs_waits_and_failed(looker):
    screen = looker()
    first = screen.wait_for("[1 waves]", "upgrade to head", "deploying", "2 running 1", "3 waiting 1", "4 failures 2", "first wave", "rest",
                            "6 targets, 1 running, 1 waiting for a retry, 2 failed, 1 worker", "the rollout goes on")
    assert all(len(line) <= 80 for line in first.splitlines())
    for key, words in (("2", ["[2 running 1]", "held: r001 statement 1 of 1", "worker w1", "blocked by pid"]), ("3", ["[3 waiting 1]", "patient: attempt 1 of 10 failed, the next at", "orders is busy"]),
                       ("4", ["[4 failures 2]", "2 targets: ", "XX123", "broken1, broken2", "日本"]),
                       ("5", ["[5 servers]", "SERVER", "127.0.0.1:", "WORKERS", "w1: 1 of"]),
                       ("6", ["[6 log]", "rollout started: upgrade head", "target failed: broken1", "will be tried again: patient"])):
        screen.press(key)
        screen.wait_for(*words)
    screen.press("\t")
    screen.wait_for("[1 waves]")
    screen.press("\x1b[Z")
    screen.wait_for("[6 log]")
    screen.press("?")
    assert "drover pause" in screen.wait_for("back", "stop looking")
    screen.press("q")
    assert screen.end() == 5 and "the rollout goes on: `drover status -w`" in screen.text() and screen.sane()


def test_looking_closer(looker):
    screen = looker()
    screen.wait_for("first wave")
    screen.press("\x1bOB\r")  # down, Enter: the second wave
    screen.wait_for("targets wave=rest", "broken1", "patient", "最後")
    assert screen.chosen().startswith("held")
    screen.press("jj\r")
    screen.wait_for("target broken1", "state: failed", "wave: rest", "url: postgresql://postgres@", "SQLSTATE: XX123",
                    "target failed: broken1")
    screen.press("\x1b")
    screen.wait_for("targets wave=rest", "patient")
    assert screen.chosen().startswith("broken1")
    screen.press("\x1b[D4")  # left, then failures: from a cause to its targets
    screen.wait_for("[4 failures 2]", "2 targets: ")
    screen.press("\x1b[C")
    screen.wait_for("sqlstate=XX123,revision=r001", "broken1", "broken2")
    screen.press("5")
    screen.wait_for("WORKERS", "127.0.0.1:")
    screen.press("\r")
    screen.wait_for("targets server=127.0.0.1:", "calm", "held")


def test_a_filter(looker):
    screen = looker()
    screen.press("5")
    screen.wait_for("127.0.0.1:", "DEPLOYED")
    screen.press("/state failed\r")
    screen.wait_for("/state failed_", "column", "WORKERS")  # which part of it is wrong
    screen.press("\x7f" * len(" failed") + "=failed\r")
    screen.wait_for("only state=failed (/)", "FAILED")
    screen.wait_gone("DEPLOYED")
    screen.press("/,nolabel=x\r")
    screen.wait_for("nolabel")  # the coordinator's refusal
    screen.press("/" + "\x7f" * 40 + "\r")
    screen.wait_for("DEPLOYED")
    screen.press("6/target=patient\r")
    screen.wait_for("[6 log]", "only target=patient", "patient")
    screen.wait_gone("broken1", "rollout started")


def test_hostile_words_of_a_server_do_nothing(looker):
    for environment in ({}, {"NO_COLOR": "1"}, {"LC_ALL": "C"}):
        screen = looker(**environment)
        screen.wait_for("[1 waves]", "first wave")
        screen.press("4")
        wide = "日本" if "LC_ALL" not in environment else "?? table"
        screen.wait_for("2 targets: ", "?[31mred?]0;owned", wide)
        assert b"\x1b]0;" not in screen.raw and b"\x07" not in screen.raw
        assert screen.screen.title == ""
        screen.press("1")
        screen.press("\x1b[B\r")
        screen.wait_for("最後" if "LC_ALL" not in environment else "??")
        colors = any(f"\x1b[{code}".encode() in screen.raw for code in ("31", "32", "33", "39;49", "38;5"))
        assert colors == ("NO_COLOR" not in environment), screen.raw
        screen.press("q")
        assert screen.end() == 5


def test_any_size_will_do(looker):
    screen = looker(rows=24, columns=80)
    screen.wait_for("[1 waves]", "first wave")
    for rows, columns, words in ((10, 40, ["upgrade to head", "[1 waves]"]), (5, 20, ["upgrade to head"]), (1, 1, ["u"]),
                                 (2, 200, ["upgrade to head"]), (60, 220, ["[1 waves]", "first wave", "6 log", "? help"])):
        screen.resize(rows, columns)
        screen.wait_for(*words)
        screen.press("\x1b[B")
    screen.press("q")
    assert screen.end() == 5 and screen.sane()


def test_the_terminal_is_left_as_it_was(looker):
    for how, code in (("\x03", 5), (signal.SIGTERM, 5), (signal.SIGHUP, 5), (signal.SIGABRT, -signal.SIGABRT),
                      (signal.SIGQUIT, -signal.SIGQUIT)):
        screen = looker()
        screen.wait_for("[1 waves]", "first wave")
        assert not screen.sane()
        screen.press(how) if isinstance(how, str) else screen.popen.send_signal(how)
        try:
            ended = screen.end()
        except AssertionError as still_there:
            raise AssertionError(f"{how!r}: {screen.doing()}") from still_there
        assert ended == code and screen.sane(), how


def test_it_can_be_suspended(scene):
    """As a job of a shell, which has the terminal meanwhile."""
    shell = Terminal(scene, "-mc", f"{DROVER} status -w; stty -a >&2; until test -e back; do sleep 0.1; done; fg; echo ended with $?", program="bash")
    try:
        shell.wait_for("[1 waves]", "first wave")
        shell.press("\x1a")
        shell.wait_for(" icanon", " echo ")
        assert shell.sane()
        shell.resize(30, 100)
        scene.write("back", "")
        shell.wait_for("[1 waves]", "first wave", "q leaves")
        assert not shell.sane() and shell.lines()[29].startswith("? help"), shell.text()
        shell.press("4")
        shell.wait_for("[4 failures 2]", "2 targets: ")
        shell.press("q")
        shell.wait_for("the rollout goes on: `drover status -w`", "ended with 5")
        assert shell.sane()
    finally:
        shell.close()


def test_lines_where_there_is_no_full_screen(looker):
    for lines in [looker("--plain"), looker("--json"), looker(TERM="dumb"), looker(TERM="no-such-terminal")]:
        wait_until(lambda: b"deploying" in (lines.read(), lines.raw)[1], "progress is told")
        lines.press("\x03")
        assert lines.end() == 5 and b"[1 waves]" not in lines.raw and b"\x1b[?1049h" not in lines.raw, lines.raw


def test_a_coordinator_that_is_gone_comes_back(scene, looker):
    screen = looker()
    screen.wait_for("[1 waves]", "first wave")
    scene.service.kill()
    screen.wait_for("Not heard since", "the coordinator is gone", "trying to reach it again", "first wave")
    screen.press("?")  # keys are heard meanwhile
    screen.wait_for("stop looking")
    screen.press("\x1b")
    scene.service = scene.coordinator()
    screen.wait_gone("trying to reach it again")
    screen.press("2")
    screen.wait_for("held")
    screen.press("4")
    screen.wait_for("broken1, broken2")
    scene.service.kill()
    screen.wait_for("trying to reach it again")
    screen.press("\x03")  # also then
    assert screen.end() == 5 and screen.sane()
    scene.service = scene.coordinator()


def test_it_stays_when_the_rollout_is_over(scene, looker):
    """The last of the file: it ends the scene."""
    screen = looker()
    screen.wait_for("[1 waves]", "first wave")
    scene.ok("skip", "patient", "--reason", "customer leaves")
    scene.lock.rollback()
    screen.wait_for("upgrade failed:", "2 failed", "q leaves")
    screen.press("4")
    screen.wait_for("broken1, broken2")
    first = scene.ok("status", "--json").json["rollout"]
    again = looker(first[:-1])
    again.wait_for("upgrade failed:", "rollout " + first)
    again.press("q")
    assert again.end() == 3 and "broken1, broken2" in again.text()
    scene.run("validate", "head")
    second = scene.ok("status", "--json").json["rollout"]
    assert second != first
    screen.wait_for("rollout " + second, "validat")  # another began: it is looked at
    screen.press("q")
    assert screen.end() in (0, 3, 4, 5) and screen.sane()
