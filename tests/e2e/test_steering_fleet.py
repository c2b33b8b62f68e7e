"""Every verb of steering while 200 real databases migrate, each followed at once by kill -9 of the coordinator: after
the restart it has held."""
import pathlib
import shutil

import pytest

from conftest import own_server, wait_until
from steering import Herd, Steered, marked_chain

GOLD = [f"gold_{n:02d}" for n in range(10)]
FREE = [f"tenant_{n:03d}" for n in range(90)]
AWAY = [f"tenant_{n:03d}" for n in range(100, 200)]
PER_SERVER = 6
AT_ONCE = 2 * PER_SERVER


def memory_folder():
    """Where 60,000 small files are quickly made and removed, if there is room for them; else None."""
    shared = pathlib.Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 6 << 30 else None


@pytest.fixture(scope="module")
def module_herd():
    """On servers of its own, which are thrown away: dropping 200 databases takes longer than making two servers."""
    within = memory_folder()
    with own_server(within) as eu, own_server(within) as us:
        herd = Herd([(eu, GOLD + FREE), (us, AWAY)])
        herd.create()
        yield herd
        herd.close()


@pytest.fixture
def herd(module_herd):
    """200 empty databases on two servers."""
    module_herd.reset()
    yield module_herd
    module_herd.thaw()  # before the processes are ended


def configure(project, herd, rollout=""):
    eu, us = herd.clusters
    project.config(
        "targets:\n"
        f"  - name: '{{database}}'\n    discover: {{databases: 'gold_*', url: '{eu.url('postgres')}'}}\n"
        "    labels: {tier: gold, region: eu}\n"
        f"  - name: '{{database}}'\n    discover: {{databases: 'tenant_*', url: '{eu.url('postgres')}'}}\n"
        "    labels: {tier: free, region: eu}\n"
        f"  - name: '{{database}}'\n    discover: {{databases: 'tenant_*', url: '{us.url('postgres')}'}}\n"
        "    labels: {tier: free, region: us}\n"
        "rollout:\n"
        f"  concurrency: {AT_ONCE}\n  per_server: {PER_SERVER}\n  lock_timeout: 60s\n  rediscover: off\n"
        "  retry: {attempts: 20, backoff: 20ms..200ms}\n" + rollout)


@pytest.fixture
def steered(project, herd):
    """Nothing runs yet."""
    marked_chain(project, 1)
    configure(project, herd)
    yield Steered(project)
    herd.thaw()


def in_the_middle(steered, herd, count=30):
    """A rollout in which `count` databases are done, and the scripts of AT_ONCE others wait."""
    process = steered.upgrade()
    herd.wait_done(count)
    herd.freeze()
    herd.wait_blocked(AT_ONCE)
    return process


def finish(steered, herd, marks=("r001",)):
    steered.follow()
    herd.assert_marks(list(marks))
    steered.project.ok("check")


def test_pause_drains_and_resume_goes_on(herd, steered):
    steered.begin()
    in_the_middle(steered, herd)
    before = len(herd.done())

    said = steered.verb("pause", "--reason", "lunch")
    assert f"{AT_ONCE} running jobs may finish" in said, said
    status = steered.status()
    assert status["state"] == "paused" and "lunch" in status["reason"], status
    assert herd.blocked() and len(herd.blocked()) == AT_ONCE, "running ones were left alone"

    herd.thaw()
    steered.wait_state("paused", running=0)
    assert len(herd.done()) == before + AT_ONCE, "those that ran have finished, and nobody else began"
    steered.crash()  # a pause across another restart, with nothing in hand
    steered.wait_state("paused", running=0)
    assert len(herd.done()) == before + AT_ONCE and not herd.busy()

    steered.verb("resume")
    finish(steered, herd)


def test_pause_now_rolls_everything_back(herd, steered):
    steered.begin()
    in_the_middle(steered, herd)
    before = herd.done()

    steered.project.ok("pause", "--now")
    wait_until(lambda: not herd.busy(), "nothing of ours runs any more")
    steered.wait_state("paused", running=0)
    steered.crash()
    assert steered.status()["state"] == "paused" and not herd.busy()
    assert herd.done() == before, "what ran has been rolled back"
    for cluster, names in herd.names_by_cluster:
        for name in [name for name in names if name not in before][:AT_ONCE]:
            assert cluster.sql(name, "SELECT to_regclass('t_r001')") == [(None,)], "nothing half done"

    herd.thaw()
    steered.verb("resume")
    finish(steered, herd)


def test_pause_now_holds_though_the_coordinator_dies_with_the_answer(herd, steered):
    """The cancels may not have reached the workers: the next coordinator sends them."""
    steered.begin()
    in_the_middle(steered, herd)
    before = herd.done()
    steered.verb("pause", "--now")
    wait_until(lambda: not herd.busy(), "nothing of ours runs any more")
    steered.wait_state("paused", running=0)
    herd.thaw()
    steered.crash()
    assert herd.done() == before
    steered.verb("resume")
    finish(steered, herd)


def test_pauses_of_parts(herd, project, steered):
    """By label, server, wave and target; each holds, the others go on."""
    configure(project, herd, "  waves: [{name: gold, select: {tier: gold}}, {name: rest}]\n")
    herd.freeze()
    steered.begin()
    steered.upgrade()
    herd.wait_blocked(PER_SERVER)  # of the first wave, which has one server
    us = herd.clusters[1]
    said = steered.verb("pause", "--where", "tier=free,region=eu", "--reason", "backup of eu")
    assert "90 targets held" in said, said
    steered.verb("pause", "--server", f"127.0.0.1:{us.port}")
    steered.verb("pause", "--target", "gold_09", "--now", "--reason", "a demo runs there")
    herd.thaw()
    steered.wait(lambda s: s["running"] == 0 and s["deployed"] == 9, "the first wave is done but for one target")
    assert herd.done() == set(GOLD) - {"gold_09"}
    held = steered.targets("target=gold_09")["gold_09"]
    assert "a demo runs there" in held["reason"], held

    steered.verb("pause", "--wave", "rest")
    steered.verb("resume", "--target", "gold_09")
    steered.wait(lambda s: s["deployed"] == 10 and s["idle"], "the second wave is held")
    assert len(steered.status()["holds"]) == 3
    steered.verb("resume", "--wave", "rest")
    steered.verb("resume", "--server", f"127.0.0.1:{us.port}")
    steered.wait(lambda s: s["deployed"] == 110 and s["running"] == 0, "the server goes on")
    assert herd.done() == set(GOLD) | set(AWAY)
    holds = steered.status()["holds"]
    assert [hold["reason"] for hold in holds] == ["backup of eu"] and holds[0]["targets"] == 90, holds
    steered.verb("resume")
    finish(steered, herd)


def test_retry_and_skip(herd, project, steered):
    """Failed targets are tried again by label, server and target; one is skipped, with who and why."""
    broken = {0: ["gold_01", "gold_02", "tenant_000"], 1: ["tenant_100", "tenant_101"]}
    for number, names in broken.items():
        for name in names:
            herd.clusters[number].sql(name, "CREATE TABLE t_r001 ()")
    configure(project, herd, "  max_failures: 4\n  waves: [{name: gold, select: {tier: gold}}, {name: rest}]\n")
    steered.begin()
    process = steered.upgrade()
    steered.wait_state("paused", running=0, failed=5)
    assert process.finish().code == 5
    assert 0 < len(herd.done()) < 100

    said = steered.verb("skip", "tenant_101", "--reason", "customer leaves")
    assert "1 target skipped" in said
    skipped = steered.targets("state=skipped")
    assert list(skipped) == ["tenant_101"] and "customer leaves" in skipped["tenant_101"]["reason"], skipped
    assert "customer leaves" in steered.project.ok("status", "--targets", "--where", "state=skipped").out
    failures = steered.status()["failures"]
    assert sorted(failures[0]["targets"]) == ["gold_01", "gold_02", "tenant_000", "tenant_100"], failures
    refused = steered.project.run("skip", "tenant_101", "--reason", "again")
    assert refused.code != 0 and "can be skipped" in refused.err, refused

    for name in ("gold_01", "gold_02", "tenant_000"):
        herd.clusters[0].sql(name, "DROP TABLE t_r001")
    herd.clusters[1].sql("tenant_100", "DROP TABLE t_r001")
    herd.freeze()
    assert "2 targets tried again" in steered.verb("retry", "--where", "tier=gold")
    assert "1 target tried again" in steered.verb("retry", "--server", f"127.0.0.1:{herd.clusters[1].port}")
    assert "1 target tried again" in steered.verb("retry", "tenant_000")
    herd.thaw()
    steered.follow()
    herd.assert_marks(["r001"], [name for name in herd.names if name != "tenant_101"])
    assert herd.marks()["tenant_101"] == []
    status = steered.status()
    assert status["state"] == "succeeded" and status["skipped"] == 1, status


def test_limits_and_approval(herd, project, steered):
    configure(project, herd, "  waves: [{name: gold, select: {tier: gold}}, {name: rest, approve: true}]\n")
    steered.begin()
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"] and s["deployed"] == 10, "an approval is waited for")
    digest = status["digest"]
    herd.freeze()
    refused = project.run("approve", "--digest", "0" * 12)
    assert refused.code != 0 and digest[:12] in refused.err, refused
    assert "oncurrency 3" in steered.verb("set", "--concurrency", "3", "--per-server", "2")
    assert steered.status()["digest"] == digest, "how fast it goes is not part of the plan"
    steered.verb("approve", "--digest", digest[:8], "--reason", "looked at it")
    herd.wait_blocked(3)
    steered.verb("set", "--concurrency", str(AT_ONCE))
    herd.wait_blocked(4)
    steered.verb("set", "--per-server", str(PER_SERVER))
    herd.wait_blocked(AT_ONCE)
    herd.thaw()
    finish(steered, herd)


def test_cancel_and_rollback(herd, steered):
    """The cancelled half is taken back, by a rollout that is itself paused, killed and resumed."""
    steered.begin()
    in_the_middle(steered, herd)
    before = herd.done()
    steered.verb("cancel", "--reason", "wrong night")
    steered.wait_state("cancelled")
    wait_until(lambda: not herd.busy(), "nothing of ours runs any more")
    assert herd.done() == before
    herd.thaw()

    herd.freeze()
    process = steered.project.start("rollback", "--yes", "--reason", "and back")
    herd.wait_blocked(AT_ONCE)
    steered.crash()
    assert len(herd.blocked()) == AT_ONCE, "the rollback goes on"
    process.wait_for_line("The coordinator is back")
    steered.verb("pause")
    herd.thaw()
    steered.wait_state("paused", running=0)
    assert process.finish().code == 5, "who looked on sees the pause"
    assert len(herd.done("-r001")) == AT_ONCE
    steered.verb("resume")
    steered.follow()
    marks = herd.marks()
    for name in herd.names:
        assert marks[name] == (["r001", "-r001"] if name in before else []), (name, marks[name])
    rollouts = steered.project.ok("rollouts", "--json").json["rollouts"]
    assert [rollout["verb"] for rollout in rollouts] == ["rollback", "upgrade"], rollouts
    steered.project.ok("upgrade", "head")
    assert herd.done() == set(herd.names)


def test_embedded_run_is_steered_from_another_terminal(herd, project, steered):
    """The same socket, the same verbs."""
    process = in_the_middle(steered, herd)
    before = herd.done()
    assert "12 running jobs are cancelled" in project.ok("pause", "--now", "--reason", "the phone rings").out
    result = process.finish()
    assert result.code == 5 and "the phone rings" in result.out, result
    assert herd.done() == before and not herd.busy()
    herd.thaw()
    assert project.ok("status", "--json").json["state"] == "paused"

    herd.freeze()
    process = project.start("resume")
    herd.wait_blocked(AT_ONCE)
    project.ok("pause", "--where", "region=us")
    project.ok("set", "--per-server", "1")
    assert "skipped" in project.ok("skip", "tenant_199", "--reason", "not tonight").out
    project.ok("cancel")
    herd.thaw()
    assert process.finish().code == 5
    assert project.ok("status", "--json").json["state"] == "cancelled"
    assert herd.marks()["tenant_199"] == []
