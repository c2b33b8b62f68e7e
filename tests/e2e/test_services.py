"""The services as a service manager sees them: health, and workers that end while they work."""
import signal

import pytest

from conftest import assert_exactly_once, wait_until


def test_health(cluster, project):
    cluster.create(["acme"])
    project.config(f"targets: [{{name: acme, url: '{cluster.url('acme')}'}}]\n")
    nobody = project.run("health")
    assert nobody.code == 1 and nobody.out.startswith("unhealthy: no coordinator answers"), nobody
    assert len(nobody.out.splitlines()) == 1 and nobody.err == "", nobody
    coordinator = project.coordinator()
    result = project.ok("health")
    assert result.out.startswith("healthy: the coordinator at unix:"), result
    answer = project.ok("health", "--json").json
    assert answer["healthy"] is True and answer["reason"] is None, answer
    # Without a configuration, as in a container with nothing but the socket.
    socket = project.folder / ".drover/drover.sock"
    (project.folder / "drover.yaml").rename(project.folder / "away.yaml")
    project.ok("health", "--coordinator", f"unix:{socket}")
    assert project.run("health").code == 78
    # It accepts connections (the kernel does) and answers nothing.
    coordinator.popen.send_signal(signal.SIGSTOP)
    hung = project.run("health", "--coordinator", f"unix:{socket}")
    assert hung.code == 1 and "has not answered for 5 s" in hung.out, hung
    coordinator.popen.send_signal(signal.SIGCONT)
    assert coordinator.terminate().code == 0
    gone = project.run("health", "--coordinator", f"unix:{socket}", "--json")
    assert gone.code == 1 and gone.json["healthy"] is False, gone


def test_health_of_the_work(cluster, project):
    """What stands still is told; what a person stopped is well, and so is a coordinator without work."""
    cluster.create(["acme", "beta"])
    project.chain(1)
    project.config(cluster.targets(["acme", "beta"]) +
                   "rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    coordinator = project.coordinator()
    assert "rollout" not in project.ok("health", "--max-idle", "1ms").out
    # no worker comes
    upgrade = project.start("upgrade", "head")
    wait_until(lambda: project.ok("status", "--json").json.get("rollout"), "the rollout has begun")

    def ill():
        answer = project.run("health", "--max-idle", "1ms")
        return answer if answer.code == 5 else None
    answer = wait_until(ill, "it stands still")
    assert "has not got on for" in answer.out and "no worker is connected" in answer.out, answer
    page = project.run("health", "--max-idle", "1ms", "--json")
    assert page.code == 5 and not page.json["healthy"] and "no worker" in page.json["reason"], page
    assert page.json["last_progress_ms"] == project.ok("status", "--json").json["last_progress_ms"] > 0
    # it lives, which is what containers ask, and the limit may be longer
    assert "it got on" in project.ok("health").out
    project.ok("health", "--max-idle", "1h")
    project.ok("pause", "--reason", "lunch")
    project.ok("health", "--max-idle", "1ms")
    project.ok("resume")
    project.start("worker")
    wait_until(lambda: "awaits approval" in project.ok("status").out, "an approval is awaited")
    project.ok("health", "--max-idle", "1ms")
    upgrade.terminate()
    wrong = project.run("health", "--max-idle", "soon")
    assert wrong.code == 64 and "is not a duration" in wrong.err, wrong
    assert coordinator.running()


@pytest.fixture
def held(cluster, project):
    """One database whose revision waits for a lock that the test holds."""
    cluster.create(["acme"])
    cluster.sql("acme", "CREATE TABLE gate ()")
    holder = cluster.hold("acme", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
    project.chain(1, body="LOCK TABLE public.gate IN ACCESS SHARE MODE; INSERT INTO applied (revision) VALUES ('{id}');")
    project.config(f"targets: [{{name: acme, url: '{cluster.url('acme')}'}}]\nrollout: {{lock_timeout: 60s}}\n")

    def waiting():
        return cluster.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                       "AND wait_event = 'relation'") == [(1,)]
    project.waiting = waiting
    yield holder
    holder.close()


def test_a_worker_told_to_end_finishes_its_job(cluster, project, held):
    coordinator = project.coordinator()
    worker = project.start("worker", "--name", "first")
    upgrade = project.start("upgrade", "head")
    wait_until(project.waiting, "the script waits")
    worker.popen.terminate()
    worker.wait_for_line("draining: running jobs finish")
    assert project.waiting() and worker.running()
    held.rollback()
    assert worker.finish().code == 0
    assert upgrade.finish().code == 0
    assert_exactly_once(cluster, "acme", ["r001"])
    assert coordinator.terminate().code == 0


def test_a_worker_out_of_time_hands_its_job_back(cluster, project, held):
    coordinator = project.coordinator()
    worker = project.start("worker", "--name", "first", "--drain-timeout", "300ms")
    upgrade = project.start("upgrade", "head")
    wait_until(project.waiting, "the script waits")
    worker.popen.terminate()
    ended = worker.finish()
    assert ended.code == 0 and "handed back" in ended.err, ended
    assert "ended at once" not in ended.err, ended
    # It is rolled back, and nobody is at work until another worker comes.
    assert cluster.versions("acme") is None
    assert upgrade.running()
    project.start("worker", "--name", "second")
    wait_until(project.waiting, "the second worker's script waits")
    held.rollback()
    assert upgrade.finish().code == 0
    assert_exactly_once(cluster, "acme", ["r001"])
    assert coordinator.terminate().code == 0


def test_drain_timeout_is_a_duration(project):
    refused = project.run("worker", "--coordinator", "unix:x", "--drain-timeout", "soon")
    assert refused.code == 64 and '--drain-timeout "soon": is not a duration' in refused.err, refused
