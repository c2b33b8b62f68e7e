"""A lost worker's session holds the deploy lock of its target: the next attempt ends it, or says whose it is."""
import os
import signal

import pytest

from conftest import assert_exactly_once, wait_until
from passage import Passage
from test_bounds import failures

WAITING = ("SELECT pid FROM pg_stat_activity WHERE datname = 'app' AND wait_event_type = 'Lock' "
           "AND application_name LIKE 'drover %'")


@pytest.fixture
def gate(cluster, project):
    """Scripts wait at a table that a session of ours holds."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE gate ()")
    project.chain(2)
    path = project.folder / "migrations/r002.sql"
    path.write_text(path.read_text().replace("-- migrate:up\n", "-- migrate:up\nLOCK gate;\n"))
    holder = cluster.hold("app", "LOCK gate")
    yield holder
    holder.close()


def config(project, url, timeout="60s", attempts=3):
    project.config(f"migrations: migrations\ntargets: [{{name: app, url: '{url}'}}]\n"
                   f"rollout: {{lock_timeout: 1h, statement_timeout: {timeout}, retry: {{attempts: {attempts}, backoff: 1s..1s}}}}\n")


def waiting(cluster, but=None):
    return next((pid for pid, in cluster.sql("postgres", WAITING) if pid != but), None)


def test_a_stopped_worker(cluster, project, gate):
    config(project, cluster.url("app"), timeout="10m")
    project.coordinator()
    lost = project.start("worker")
    running = project.start("upgrade", "head")
    orphan = wait_until(lambda: waiting(cluster), "the script waits")
    os.kill(lost.popen.pid, signal.SIGSTOP)
    heir = project.start("worker")
    successor = wait_until(lambda: waiting(cluster, orphan), "the next attempt has the lock")
    assert (orphan,) not in cluster.sql("postgres", "SELECT pid FROM pg_stat_activity")
    assert any("the session of an earlier attempt was ended" in line for line in heir.errors)
    os.kill(lost.popen.pid, signal.SIGCONT)  # and it ends nobody's
    lost.wait_for_line("the coordinator is gone")
    assert waiting(cluster) == successor
    gate.commit()
    assert running.finish().code == 0
    assert_exactly_once(cluster, "app", ["r001", "r002"])


def test_a_cut_connection(cluster, project, gate):
    """Nobody tells the server, whose session has run all statements and waits for a COMMIT."""
    passage = Passage(cluster.port)
    config(project, passage.url("app"), timeout="5s")
    running = project.start("upgrade", "head")
    wait_until(lambda: waiting(cluster), "the script waits")
    passage.cut()
    gate.commit()
    assert running.finish().code == 0
    assert_exactly_once(cluster, "app", ["r001", "r002"])
    assert "terminating connection due to administrator command" in (cluster.folder / "log").read_text(errors="replace")
    passage.close()


def test_somebody_elses_session_is_named(cluster, project):
    """It may look like ours, but for the number of the job."""
    cluster.create(["app"])
    project.chain(1)
    config(project, cluster.url("app"), attempts=1)
    holder = cluster.connect("app")
    holder.cursor().execute("SET application_name = 'drover 20200101-000000-abcd 1 app'")
    holder.cursor().execute("SELECT pg_advisory_lock(hashtextextended('drover:public', 0))")
    result = project.run("upgrade", "head")
    assert result.code == 2 and "another session is deploying to this target" in result.out, result
    assert f"held by pid {holder.get_backend_pid()}, application drover 20200101-000000-abcd 1 app, user postgres, idle" \
        in failures(result), result
    holder.cursor().execute("SELECT pg_advisory_unlock_all()")
    project.ok("upgrade", "head")
    holder.close()
