"""What a person means at night: a pause holds, a rollback goes back, and an answer names the way on."""
import signal

import pytest

from conftest import wait_until


def fleet(cluster, project, names=("a", "b", "c"), rollout=""):
    cluster.create(list(names))
    targets = "".join(f"  - {{name: {name}, url: \"{cluster.url(name)}\"}}\n" for name in names)
    project.config(f"migrations: migrations\ntargets:\n{targets}{rollout}")
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


def test_the_same_command_goes_on_after_an_interrupt(cluster, project):
    """Nobody said pause: the command was stopped, and is given again."""
    fleet(cluster, project, rollout="rollout: {concurrency: 1, lock_timeout: 60s}\n")
    project.chain(1)
    project.revision("r002", ["r001"], "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7);")
    holder = cluster.connect("a")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
               "a deploy waits")
    process.popen.send_signal(signal.SIGINT)
    process.wait_for_line("Interrupted")
    holder.close()
    assert process.finish().code == 5
    project.ok("upgrade", "head")
    assert stands(cluster, project) == [["r002"]] * 3


def test_a_pause_of_an_embedded_run_holds(cluster, project):
    fleet(cluster, project, rollout="rollout: {concurrency: 1, lock_timeout: 60s}\n")
    project.chain(1)
    project.revision("r002", ["r001"], "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7);")
    holder = cluster.connect("a")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
               "a deploy waits")
    project.ok("pause", "--reason", "ask Kim")
    holder.close()
    assert process.finish().code == 5
    before = stands(cluster, project)
    again = project.run("upgrade", "head")
    assert again.code == 5 and "ask Kim" in again.err and stands(cluster, project) == before, again
    project.ok("resume")
    assert stands(cluster, project) == [["r002"]] * 3
