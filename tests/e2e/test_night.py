"""What a person means at night: a pause holds, a rollback goes back, and an answer names the way on."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import subprocess

import pytest

from conftest import DROVER, wait_until


def fleet(cluster, project, names=("a", "b", "c"), rollout=""):
    cluster.create(list(names))
    project.config(cluster.targets(names) + rollout)
    project.names = list(names)


def stands(cluster, project):
    return [cluster.versions(name) for name in project.names]


def services(project):
    project.coordinator()
    project.start("worker")


# ---- a pause ----

WAVES = "rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n"


def paused(cluster, project, *reason):
    """One of three is done; then somebody pauses."""
    fleet(cluster, project, rollout=WAVES)
    project.chain(1)
    services(project)
    assert project.run("upgrade", "head", "--no-wait").code == 5
    project.ok("pause", *reason)


def test_a_pause_is_lifted_by_resume_only(cluster, project):
    paused(cluster, project, "--reason", "checkout is down, ask Kim")
    before = stands(cluster, project)
    for command in (["upgrade", "head"], ["upgrade", "head", "--no-wait"]):
        again = project.run(*command, timeout=60)
        assert again.code == 5 and stands(cluster, project) == before, again
        for word in ("checkout is down, ask Kim", "paused by", "since 20", "UTC", "drover resume"):
            assert word in again.err, again
    status = project.ok("status").out
    assert "paused by" in status and "checkout is down, ask Kim" in status, status
    page = project.ok("status", "--json").json
    assert page["paused_by"] and page["until_resumed"] and page["paused_ms"] > 0, page
    project.ok("resume")
    assert not project.ok("status", "--json").json["until_resumed"]


@pytest.mark.parametrize("embedded", [False, True])
def test_no_wait_ends_before_the_first_wave(cluster, project, embedded):
    """Nothing is deployed yet, and a person's word is awaited."""
    fleet(cluster, project, rollout="rollout: {waves: [{name: first, count: 1, approve: true}, {name: rest}]}\n")
    project.chain(1)
    if not embedded:
        services(project)
    for _ in range(2):  # and so does the same command again
        left = project.run("upgrade", "head", "--no-wait", timeout=60)
        assert left.code == 5 and "wave first awaits approval: drover approve --digest" in left.out, left
    status = project.ok("status", "--json").json
    assert status["idle"] and "awaits approval" in status["reason"], status
    assert stands(cluster, project) == [None] * 3
    project.ok("approve", "--digest", status["digest"][:12])
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the rollout is over")


def test_a_pause_without_a_reason_holds_too(cluster, project):
    paused(cluster, project)
    again = project.run("upgrade", "head", "--no-wait")
    assert again.code == 5 and "paused by" in again.err, again


def test_another_rollout_is_told_who_paused(cluster, project):
    paused(cluster, project, "--reason", "checkout is down")
    project.revision("r002", ["r001"], "SELECT 1;")
    other = project.run("upgrade", "head")
    assert other.code != 0 and "checkout is down" in other.err and "paused by" in other.err, other


def test_a_retry_does_not_lift_a_pause(cluster, project):
    fleet(cluster, project, rollout="rollout: {max_failures: 0, concurrency: 1}\n")
    project.revision("r001", [], "SELECT 1/count(*) FROM (SELECT 1 WHERE current_database() <> 'a') AS t;")
    services(project)
    assert project.run("upgrade", "head").code == 5  # over the budget
    project.ok("pause", "--reason", "not now")
    answer = project.ok("retry")
    assert "once it is resumed" in answer.out, answer
    status = project.ok("status").out
    assert "not now" in status, status
    assert project.run("upgrade", "head").code == 5
    assert stands(cluster, project) == [None, None, None]


def held_up(cluster, project):
    """An upgrade whose first deploy waits until the session is closed."""
    fleet(cluster, project, rollout="rollout: {concurrency: 1, lock_timeout: 60s}\n")
    project.chain(1)
    project.revision("r002", ["r001"], "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7);")
    holder = cluster.connect("a")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
               "a deploy waits")
    return process, holder


def test_the_same_command_goes_on_after_an_interrupt(cluster, project):
    """Nobody said pause: the command was stopped, and is given again."""
    process, holder = held_up(cluster, project)
    process.popen.send_signal(signal.SIGINT)
    process.wait_for_line("Interrupted")
    holder.close()
    assert process.finish().code == 5
    project.ok("upgrade", "head")
    assert stands(cluster, project) == [["r002"]] * 3


def test_a_pause_of_an_embedded_run_holds(cluster, project):
    process, holder = held_up(cluster, project)
    project.ok("pause", "--reason", "ask Kim")
    holder.close()
    assert process.finish().code == 5
    before = stands(cluster, project)
    again = project.run("upgrade", "head")
    assert again.code == 5 and "ask Kim" in again.err and stands(cluster, project) == before, again
    project.ok("resume")
    assert stands(cluster, project) == [["r002"]] * 3


# ---- a rollback ----

@pytest.mark.parametrize("embedded", [False, True])
def test_rollback_goes_further_back_each_time(cluster, project, embedded):
    fleet(cluster, project)
    project.chain(3)
    if not embedded:
        services(project)
    for spec in ("r001", "r002", "head"):
        project.ok("upgrade", spec)
    project.ok("plan")  # hides nothing
    for back in (["r002"], ["r001"], []):
        said = project.ok("rollback", "--yes")
        assert "3 targets" in said.err and " from r00" in said.err, said
        assert stands(cluster, project) == [back] * 3
    none = project.run("rollback", "--yes")
    assert none.code == 2 and "not taken back yet" in none.err, none
    assert stands(cluster, project) == [[]] * 3
    project.ok("upgrade", "r002")
    project.ok("rollback", "--yes")
    assert stands(cluster, project) == [[]] * 3


def test_rollback_of_one_that_is_named(cluster, project):
    fleet(cluster, project)
    project.chain(2)
    project.ok("upgrade", "r001")
    project.ok("upgrade", "r002")
    second, first = [one["rollout"] for one in project.ok("rollouts", "--json").json["rollouts"]]
    early = project.run("rollback", first, "--yes")  # r002 stands above it
    assert early.code == 4 and stands(cluster, project) == [["r002"]] * 3, early
    project.ok("rollback", second, "--yes")
    project.ok("rollback", first, "--yes")
    assert stands(cluster, project) == [[]] * 3
    newest = project.ok("rollouts", "--json").json["rollouts"][0]["rollout"]
    forward = project.run("rollback", newest, "--yes")
    assert forward.code == 64 and "would go forward" in forward.err and "drover upgrade" in forward.err, forward
    unknown = project.run("rollback", "nonsense", "--yes")
    assert unknown.code == 2 and "nothing is known of rollout nonsense" in unknown.err, unknown


def test_a_rollback_that_was_refused_is_tried_again(cluster, project):
    fleet(cluster, project)
    project.chain(2)
    project.ok("upgrade", "r001")
    project.ok("upgrade", "head")
    cluster.sql("b", "UPDATE alembic_version SET version_num = 'elsewhere'")
    assert project.run("rollback", "--yes").code == 4
    cluster.sql("b", "UPDATE alembic_version SET version_num = 'r002'")
    project.ok("rollback", "--yes")
    assert stands(cluster, project) == [["r001"]] * 3


def test_nothing_to_roll_back(cluster, project):
    fleet(cluster, project)
    project.chain(1)
    result = project.run("rollback", "--yes")
    assert result.code == 2 and "no rollout has changed something" in result.err, result


# ---- a retry after the end ----

@pytest.mark.parametrize("embedded", [False, True])
def test_a_retry_after_the_end_begins_over_what_failed(cluster, project, embedded):
    fleet(cluster, project, rollout="rollout: {max_failures: 1}\n")
    project.revision("r001", [], "SELECT 1/count(*) FROM (SELECT 1 WHERE current_database() <> 'b' OR"
                                 " to_regclass('mended') IS NOT NULL) AS t;")
    if not embedded:
        services(project)
    assert project.run("upgrade", "head", "--where", "target in (a,b)").code == 3
    first = project.ok("status", "--json").json["rollout"]
    part = project.run("retry", "b")
    assert part.code == 2 and "1 target left" in part.err and "`drover upgrade head --where" in part.err, part
    again = project.run("retry")  # nothing is mended: it fails again, and says so
    said = again.out + again.err
    assert again.code == (3 if embedded else 0) and f"over the 1 target that {first} left: upgrade head for" in said, again
    wait_until(lambda: project.ok("status", "--json").json["state"] == "failed", "it failed again")
    second = project.ok("status", "--json").json["rollout"]
    assert second != first and second in said, again
    cluster.sql("b", "CREATE TABLE mended ()")
    project.ok("retry", "--reason", "b was mended")
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the third is over")
    assert re.search(r"rollout started: upgrade head .* by .*: b was mended\n", told(project=project)), told(project=project)
    assert stands(cluster, project) == [["r001"], ["r001"], None]
    assert "no rollout is running" in project.run("retry").err


# ---- skip and unskip ----


def on_terminal(project, answer, *command):
    """The command as a person runs it, who answers its question: exit code and what stands on the screen."""
    master, slave = pty.openpty()
    with subprocess.Popen([DROVER, *command], cwd=project.folder, env=project.environment(), stdin=slave, stdout=slave,
                          stderr=slave, start_new_session=True) as process:
        os.close(slave)
        seen = ""
        try:
            while True:
                assert select.select([master], [], [], 60)[0], seen
                seen += os.read(master, 65536).decode(errors="replace").replace("\r", "")
                if answer and seen.rstrip().endswith("[y/N]"):
                    os.write(master, answer.encode() + b"\n")
                    answer = ""
        except OSError:  # nobody writes to it any more
            pass
        finally:
            os.close(master)
        return process.wait(60), seen


def skipped(project):
    return project.ok("status", "--json").json["skipped"]


def test_skipping_many_asks_and_unskip_puts_them_back(cluster, project):
    names = ["a0", "a1", *(f"t{i}" for i in range(1, 9))]
    fleet(cluster, project, names, "rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    project.chain(1)
    services(project)
    assert project.run("upgrade", "head", "--no-wait").code == 5
    skip = ["skip", "--target", "t*", "--reason", "disk is full"]
    code, seen = on_terminal(project, "n", *skip)
    assert code == 5 and "Skip 8 targets?" in seen and skipped(project) == 0, seen
    code, seen = on_terminal(project, "", "skip", "t1", "t2", "--reason", "a handful")
    assert code == 0 and "2 targets skipped" in seen and "[y/N]" not in seen, seen
    code, seen = on_terminal(project, "y", *skip)
    assert code == 0 and "Skip 6 targets?" in seen and "6 targets skipped" in seen and skipped(project) == 8, seen
    one = project.ok("unskip", "t1", "--reason", "has room again")
    assert "1 target put back in the queue" in one.out and skipped(project) == 7, one
    assert "7 targets put back in the queue" in project.ok("unskip").out and skipped(project) == 0
    none = project.run("unskip")
    assert none.code == 2 and "no target in this scope is skipped" in none.err, none
    code, seen = on_terminal(project, "", *skip, "--yes")
    assert code == 0 and "[y/N]" not in seen and skipped(project) == 8, seen
    assert "has room again" in project.ok("log").out
    project.ok("unskip", "--where", "target in (t1,t2)")
    project.ok("approve", "--digest", project.ok("status", "--json").json["digest"][:12])
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the rollout is over")
    assert [heads for heads in stands(cluster, project) if heads] == [["r001"]] * 4
    late = project.run("unskip", "t3")
    assert late.code == 2 and "no rollout is running" in late.err, late


@pytest.mark.parametrize("embedded", [False, True])
def test_a_downgrade_asks_with_counts(cluster, project, embedded):
    fleet(cluster, project)
    project.chain(3)
    project.ok("upgrade", "r001")
    project.ok("upgrade", "head", "--where", "target in (b,c)")
    if not embedded:
        services(project)
    code, seen = on_terminal(project, "n", "downgrade", "r001")
    assert code == 5 and "Downgrade 2 of 3 targets to r001: 2 steps at most?" in seen, seen
    assert stands(cluster, project) == [["r001"], ["r003"], ["r003"]]
    code, seen = on_terminal(project, "y", "downgrade", "-1", "--where", "target=c")
    assert code == 0 and "Downgrade 1 of 1 target with target=c to -1: 1 step at most?" in seen, seen
    assert stands(cluster, project) == [["r001"], ["r003"], ["r002"]]
    cluster.sql("postgres", "ALTER DATABASE c ALLOW_CONNECTIONS false")
    cluster.sql("postgres", "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = 'c'")
    code, seen = on_terminal(project, "n", "downgrade", "base")
    assert code == 5 and "Downgrade 2 of 3 targets to base: 3 steps at most, and 1 could not be asked?" in seen, seen
    cluster.sql("postgres", "ALTER DATABASE c ALLOW_CONNECTIONS true")
    code, seen = on_terminal(project, "", "downgrade", "r001", "--yes")
    assert code == 0 and "[y/N]" not in seen, seen
    assert stands(cluster, project) == [["r001"]] * 3


# ---- where things are, and what they are called ----

def test_targets_say_where_they_are(cluster, project):
    """Names come from a catalogue: they say nothing about the database."""
    cluster.create(["x7", "q2"])
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'correct-horse-7'")
    rows = f"('Brown', '{cluster.url('x7', user='app')}'), ('Green', '{cluster.url('q2')}')"
    project.config(f"""migrations: migrations
targets:
  - name: "{{name}}"
    discover: {{query: "SELECT * FROM (VALUES {rows}) AS t (name, url)", url: "{cluster.url('postgres')}"}}
""")
    shown = project.ok("targets", PGPASSWORD="correct-horse-7")
    lines = {line.split()[0]: line.split() for line in shown.out.splitlines()}
    assert lines["Brown"][1:4] == [f"127.0.0.1:{cluster.port}", "x7", "app"], shown
    assert lines["Green"][1:4] == [f"127.0.0.1:{cluster.port}", "q2", "postgres"], shown
    assert "correct-horse" not in shown.out + shown.err
    page = {one["name"]: one for one in project.ok("targets", "--json").json["targets"]}
    assert page["Brown"]["database"] == "x7" and page["Brown"]["user"] == "app", page
    assert page["Brown"]["url"] == cluster.url("x7", user="app"), page


@pytest.mark.parametrize("verb, right", [
    ("apply", "upgrade"), ("migrate", "upgrade"), ("up", "upgrade"), ("down", "downgrade"), ("undo", "rollback"),
    ("new", "revision"), ("create", "revision"), ("info", "current"), ("baseline", "stamp"), ("repair", "stamp"),
    ("logs", "log"), ("events", "log"), ("audit", "log"), ("get", "targets"), ("describe", "show"),
    ("diff", "plan"), ("upgrade head --dry-run", "plan"), ("status --follow", "status -w")])
def test_verbs_of_other_tools(project, verb, right):
    answer = project.run(*verb.split())
    assert answer.code == 64 and f"`drover {right}" in answer.err, answer


def test_every_verb_that_is_named_is_one(project):
    """What the answers name can be typed."""
    listed = (pathlib.Path(__file__).resolve().parents[2] / "cli/line/other_verbs.def").read_text()
    for word in sorted(set(re.findall(r"`drover (\w+)", listed))):
        project.ok(word, "--help")


def test_a_plan_says_what_cannot_be_taken_back(cluster, project):
    fleet(cluster, project)
    project.chain(2)
    up = "\n\n-- migrate:up\nCREATE TABLE one_way ();\n"
    path = project.write("migrations/r003.sql", "-- r003\n--\n-- Revision ID: r003\n-- Revises: r002" + up)
    plan = project.ok("plan").out
    assert plan.count("cannot be taken back") == 1 and "r003 cannot be taken back: r003.sql" in plan, plan
    assert "cannot be taken back" not in project.ok("plan", "r002").out
    path.write_text(path.read_text() + "\n-- migrate:down\nDROP TABLE one_way;\n")
    assert "cannot be taken back" not in project.ok("plan").out


# ---- the shell ----


def test_shells_are_offered_what_the_rollout_knows(cluster, project):
    fleet(cluster, project, ("shop_a", "shop_b"), "rollout: {waves: [{name: first, count: 1}, {name: others}]}\n")
    project.chain(1)
    project.ok("upgrade", "head")
    rollout = project.ok("status", "--json").json["rollout"]

    def offered(*words):
        return [line.split("\t")[0] for line in project.ok("complete", "--", *words).out.splitlines()]
    assert offered("retry", "--target", "shop") == ["shop_a", "shop_b"]
    assert offered("retry", "") == ["shop_a", "shop_b"]
    assert offered("status", "--wave", "") == ["first", "others"]
    assert rollout in offered("rollback", "")
    assert len(offered("approve", "--digest", "")) == 1
    assert [word.split("=")[0] for word in offered("skip", "--server=")] == ["--server"]


# ---- what machines read ----


def test_the_log_is_for_machines_too(cluster, project):
    """Every line is one object, whatever a database says, at its own level and with what it is about."""
    cluster.sql("postgres", "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    project.config(cluster.targets(["bytes"]))
    project.names = ["bytes"]
    project.revision("r001", [], r"""SET client_encoding = 'SQL_ASCII';
        DO $$ BEGIN RAISE EXCEPTION USING MESSAGE =
        E'a \"quoted\" \\ byte: \xff, cut: \xc3' || repeat('x', 3000), ERRCODE = 'P0042'; END $$;""")
    coordinator = project.coordinator("--log-json")
    worker = project.start("worker", "--name", "w1", "--log-json")
    assert project.run("upgrade", "head").code != 0
    for process in (worker, coordinator):
        process.terminate()
    lines = [json.loads(line) for line in coordinator.finish().err.splitlines()]
    json_of_worker = [json.loads(line) for line in worker.finish().err.splitlines()]
    assert json_of_worker and all({"at", "level", "message"} <= set(line) for line in lines + json_of_worker)
    failed = [line for line in lines if line.get("fact") == "target_failed"]
    assert len(failed) == 1 and failed[0]["level"] == "error", lines
    assert failed[0]["target"] == "bytes" and failed[0]["sqlstate"] == "P0042" and failed[0]["cause"] == "sql"
    assert failed[0]["worker"] == "w1" and failed[0]["rollout"] and "r001" in failed[0]["location"]
    wave = [line for line in lines if line.get("fact") == "wave_started"]
    assert wave[0]["wave"] == "all" and wave[0]["level"] == "info"


# ---- what happened ----


def told(*arguments, project):
    return project.ok("log", *arguments).out


def test_the_log_tells_who_did_what_and_why(cluster, project):
    """The next shift reads it, with a coordinator and without one: rollouts, pauses, failures, retries."""
    fleet(cluster, project, rollout="rollout: {concurrency: 1, max_failures: 5, "
                                    "waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    assert told(project=project) == "There was no rollout yet.\n"
    project.chain(1)
    services(project)
    assert project.run("upgrade", "head", "--no-wait").code == 5
    project.ok("pause", "--reason", "checkout is down, ask Kim", SUDO_USER="ann")
    project.ok("pause", "--where", "target=c", "--reason", "c is at its limit")
    project.ok("resume", "--where", "target=c", "--reason", "c has room")
    project.ok("resume", "--reason", "Kim agrees", SUDO_USER="x\x1b[31m")
    digest = project.ok("status", "--json").json["digest"]
    project.ok("approve", "--digest", digest[:12], "--reason", "looked at by Ann")
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the rollout is over")
    project.revision("r002", ["r001"], "SELECT 1/count(*) FROM (SELECT 1 WHERE current_database() <> 'b') AS t;")
    project.run("upgrade", "head", "--no-wait")
    first, second = [one["rollout"] for one in project.ok("rollouts", "--json").json["rollouts"]][::-1]

    def check():
        story = told(project=project)
        for word in (f"rollout started: upgrade head ({first}) by ", "wave started: first, 1 target",
                     "rollout paused by ", "(sudo by ann): checkout is down, ask Kim", "rollout resumed by ", ": Kim agrees",
                     "wave awaits approval: rest", ": looked at by Ann", ": c has room", "rollout finished: succeeded",
                     f"rollout started: upgrade head ({second}) by "):
            assert word in story, (word, story)
        assert story.index(first) < story.index("Kim") < story.index("Ann") < story.index(second)
        assert re.match(r"\d{4}-\d\d-\d\d UTC\n\d\d:\d\d:\d\d  ", story), story
        assert second not in told(first, project=project) and first not in told(second, project=project)
        assert "target deployed: a" not in story and "target deployed: a" in told("-v", project=project)
        # the history of one target, over all rollouts
        of_c = told("--where", "target=c", project=project)
        assert "target validated: c" in of_c and "target deployed: c" in of_c, of_c
        assert not re.search(r": [ab]\b", of_c), of_c
        lines = [json.loads(line) for line in told("--json", project=project).splitlines()]
        assert lines[0]["fact"] and {line["rollout"] for line in lines} >= {first, second}
        paused = next(line for line in lines if line["fact"] == "rollout_paused")
        assert paused["reason"] == "checkout is down, ask Kim" and paused["actor"] and paused["level"] == "warning"
        newest = project.ok("log", "-n", "2")
        assert len(newest.out.splitlines()) == 3 and "earlier lines are left out" in newest.err, newest
        assert told("--since", "1h", project=project) == story
        assert told("--since", "2999-01-01", project=project) == "Nothing of that kind happened.\n"
        # an older rollout whole, by its id or its beginning
        for name in (first, first[:-2]):
            older = project.ok("status", name)
            assert first in older.out and "succeeded" in older.out, older
        assert project.ok("status", first, "--json").json["state"] == "succeeded"
        targets = project.ok("status", first, "--targets", "--json").json["target_list"]
        assert [one["state"] for one in targets] == ["deployed"] * 3, targets
        assert project.ok("status", "--json").json["rollout"] == second
        nothing = project.run("status", "1999")
        assert nothing.code == 64 and "knows no rollout 1999" in nothing.err, nothing
    check()
    for process in project.processes:
        process.terminate()
        process.finish()
    check()
    for arguments, word in ((["--since", "yesterday"], "how long ago"), (["2001"], "knows no rollout 2001"),
                            (["--where", "a b c"], "--where")):
        wrong = project.run("log", *arguments)
        assert wrong.code == 64 and word in wrong.err, wrong


def test_the_log_goes_on_with_what_happens(cluster, project):
    paused(cluster, project)
    follower = project.start("log", "-f")
    follower.wait_for_line("rollout paused by")
    project.ok("resume", "--reason", "all is well")
    follower.wait_for_line("rollout resumed by")
    project.ok("cancel")
    assert follower.finish().code in (0, None)


# ---- a coordinator that goes, or stands still ----


def test_a_coordinator_that_does_not_come_back(cluster, project):
    """Nobody claims success, and a pipeline is told that the rollout was not given up."""
    fleet(cluster, project, rollout="rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    project.chain(1)
    coordinator = project.coordinator()
    project.start("worker")
    client = project.start("upgrade", "head", DROVER_TEST_RETURN_TRIES="2")
    client.wait_for_line("awaits approval")
    coordinator.kill()
    seen = client.finish()
    assert seen.code == 5 and "did not come back" in seen.err and "drover status" in seen.err, seen
    coordinator = project.coordinator()
    client = project.start("upgrade", "head")  # which would wait for a minute
    client.wait_for_line("awaits approval")
    coordinator.kill()
    client.wait_for_line("trying for a minute")
    client.popen.send_signal(signal.SIGINT)
    seen = client.finish(patience=40)
    assert seen.code == 5 and "interrupted before the coordinator came back" in seen.err, seen


def test_a_coordinator_that_stands_still(cluster, project):
    fleet(cluster, project, rollout="rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    project.chain(1)
    coordinator = project.coordinator()
    project.start("worker")
    client = project.start("upgrade", "head")
    client.wait_for_line("awaits approval")
    coordinator.popen.send_signal(signal.SIGSTOP)
    client.wait_for_line("has not answered for 5 s")
    asked = project.run("status")
    assert asked.code == 2 and "does not answer" in asked.err and "Nobody is at work" not in asked.out, asked
    coordinator.popen.send_signal(signal.SIGCONT)
    client.wait_for_line("answers again")
    project.ok("cancel")
    assert client.finish().code == 5


# ---- mistakes that are in the files ----


@pytest.mark.parametrize("command", [("upgrade", "head"), ("plan",), ("validate", "head"), ("upgrade", "head", "--no-wait")])
def test_two_heads_are_told_before_any_database(project, command):
    project.config("targets: [{name: a, url: 'postgresql://127.0.0.1:1/a'}]\n")
    project.revision("r001", [], "SELECT 1;")
    project.revision("r002", ["r001"], "SELECT 1;")
    project.revision("r003", ["r001"], "SELECT 1;")
    answer = project.run(*command, timeout=20)
    assert answer.code == 2 and "there are 2 (r002, r003)" in answer.err and "drover merge heads" in answer.err, answer
    assert not (project.folder / ".drover/journal.db").exists()


def test_who_embeds_the_coordinator_reads_no_log(cluster, project):
    """Progress and report are enough: no line of a service's log stands between them."""
    fleet(cluster, project, ("a", "b"), "rollout: {max_failures: 1}\n")
    project.revision("r001", [], "SELECT 1/count(*) FROM (SELECT 1 WHERE current_database() <> 'b') AS t;")
    answer = project.run("upgrade", "head")
    assert answer.code == 3 and "error: target failed: b" in answer.err, answer
    assert not re.search(r"^\d{4}-\d\d-\d\dT", answer.err, re.M), answer


# ---- which targets, and where they are ----


def test_questions_are_asked_of_some_targets(cluster, project):
    cluster.create(["a", "b"])
    cluster.sql("a", 'CREATE SCHEMA "Odd\'s"')
    project.config(f"""
targets:
  - {{name: a, url: "{cluster.url("a")}", labels: {{tier: gold}}}}
  - {{name: b, url: "{cluster.url("b")}", labels: {{tier: free}}}}
  - {{name: odd, url: "{cluster.url("a")}", schema: "Odd's", labels: {{tier: gold}}}}
""")
    project.chain(1, "SELECT 1;")
    project.ok("upgrade", "head", "--where", "target=b")
    assert project.ok("check", "--where", "tier=free").out == "1 target at the head\n"
    assert project.run("check", "--where", "tier=gold").code == 1 and project.run("check").code == 1
    names = [one["name"] for one in project.ok("current", "--where", "target=b", "--json").json["targets"]]
    assert names == ["b"]
    assert {one["name"] for one in project.ok("targets", "--where", "tier=gold", "--json").json["targets"]} == {"a", "odd"}
    wrong = project.run("current", "--where", "wave=1")
    assert wrong.code == 64 and "before a rollout begins" in wrong.err, wrong
    line = next(row for row in project.ok("targets", "-v").out.splitlines() if row.startswith("odd"))
    command = line[re.search(r"PGOPTIONS=", line).start():]
    shown = subprocess.run(["bash", "-c", command + " -AtX -c 'SELECT current_schema()'"], capture_output=True, text=True)
    assert shown.stdout == "Odd's\n", (command, shown)
    assert "PGOPTIONS" not in project.ok("targets").out


def test_status_for_a_monitor(cluster, project):
    """Its exit code: nothing to do, stands still until somebody acts, over."""
    assert project.run("status", "--exit-code", "--url", "postgresql://127.0.0.1:1/none").code == 0
    fleet(cluster, project, rollout=WAVES)
    project.chain(1)
    services(project)
    assert project.ok("status", "--exit-code").code == 0
    client = project.start("upgrade", "head")
    client.wait_for_line("awaits approval")
    wait_until(lambda: project.run("status", "--exit-code").code == 5, "it waits for somebody")
    assert project.run("status").code == 0
    project.ok("pause", "--reason", "lunch")
    assert project.run("status", "--exit-code").code == 5
    project.ok("resume")
    project.ok("approve", "--digest", project.ok("status", "--json").json["digest"])
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "it is over")
    assert project.ok("status", "--exit-code").code == 0
