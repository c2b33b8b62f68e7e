"""What stands between and inside waves: canaries, ramps, soaks, checks, approvals, budgets."""
import re

import pytest

from conftest import wait_until
from steering import Herd, Steered, mark, marked_chain


@pytest.fixture
def herd_of(servers):
    """herd_of(4, 2): empty databases d0_0.. on the first server, d1_0.. on the second."""
    herds = []

    def make(*counts):
        herd = Herd([(cluster, [f"d{number}_{n}" for n in range(count)])
                     for number, (cluster, count) in enumerate(zip(servers, counts))])
        herd.create()
        herds.append(herd)
        return herd
    yield make
    for herd in herds:
        herd.close()


@pytest.fixture
def steered(project):
    yield Steered(project)
    for process in [*project.processes]:
        if process.running():
            process.popen.kill()


def configure(project, herd, rollout):
    project.config("targets:\n" + "".join(
        f"  - name: '{{database}}'\n    discover: {{databases: 'd{number}_*', url: '{cluster.url('postgres')}'}}\n"
        f"    labels: {{server: s{number}}}\n" for number, cluster in enumerate(herd.clusters)) +
        "rollout:\n  lock_timeout: 60s\n  rediscover: off\n  retry: {attempts: 20, backoff: 20ms..200ms}\n" + rollout)


def wave_of(status, name):
    return next(wave for wave in status["waves"] if wave["name"] == name)


def test_canary_has_every_cohort_and_every_server(herd_of, project, steered):
    herd = herd_of(5, 2)
    marked_chain(project, 3)
    first = herd.clusters[0]
    for name, revision in (("d0_2", "r001"), ("d0_3", "r001"), ("d0_4", "r002")):
        project.ok("upgrade", revision, "--url", first.url(name))
    configure(project, herd, "  waves: [{name: canary, canary: {per_cohort: 1}}, {name: rest, approve: true}]\n")
    steered.begin()
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"], "the canary is done")
    canary = set(steered.targets("wave=canary"))
    assert canary == {"d0_0", "d0_2", "d0_4", "d1_0"}, canary
    assert {target["server"] for target in steered.targets("wave=canary").values()} == {
        f"127.0.0.1:{cluster.port}" for cluster in herd.clusters}
    assert wave_of(status, "canary")["state"] == "finished"
    assert herd.done("r003") == canary
    steered.project.ok("approve", "--digest", status["digest"])
    steered.follow()
    assert herd.done("r003") == set(herd.names)


def test_ramp(herd_of, project, steered):
    """1, then 3, then half of 8, then all: nobody begins before those that were allowed are good."""
    herd = herd_of(8)
    project.revision("r001", [], "CREATE TABLE span AS SELECT now() AS began, now() AS ended;\n" + mark("r001") +
                     "\nUPDATE span SET ended = clock_timestamp();")
    configure(project, herd, "  waves: [{name: all, ramp: [1, 3, 50%]}]\n")
    herd.freeze()
    steered.begin()
    steered.upgrade()
    herd.wait_blocked(1)
    steered.crash()
    status = steered.wait(lambda s: s["running"] == 1, "the worker has presented its job")
    assert wave_of(status, "all")["allowed"] == 1 and "ramp: 1 of 8" in wave_of(status, "all")["reason"]
    assert len(herd.blocked()) == 1
    herd.thaw()
    steered.follow()
    spans = sorted(herd.clusters[0].sql(name, "SELECT began, ended FROM span")[0] for name in herd.names)
    for allowed in (1, 3, 4):
        assert max(end for _, end in spans[:allowed]) <= spans[allowed][0], (allowed, spans)


def test_soak_outlives_a_restart(herd_of, project, steered):
    herd = herd_of(3)
    marked_chain(project, 1)
    configure(project, herd, "  waves: [{name: canary, count: 1, soak: 10m}, {name: rest}]\n")
    clock = project.write("clock", "0")
    steered.begin(DROVER_TEST_CLOCK=str(clock))
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"], "the canary soaks")
    assert status["reason"] and wave_of(status, "canary")["state"] == "soaking"
    until = status["until_ms"]
    assert 9 * 60_000 < until - status["now_ms"] <= 10 * 60_000
    assert project.run("upgrade", "head", "--no-wait").code == 5, "--no-wait does not wait for it"
    steered.crash()
    status = steered.status()
    assert status["until_ms"] == until and len(herd.done()) == 1, status
    clock.write_text(str(9 * 60_000))
    assert steered.status()["idle"] and len(herd.done()) == 1
    clock.write_text(str(10 * 60_000))
    steered.follow()
    herd.assert_marks(["r001"])


def test_checks_that_are_true_false_mended_and_sampled(herd_of, project, steered):
    herd = herd_of(6)
    marked_chain(project, 1)
    first = herd.clusters[0]
    for name in herd.names:
        first.sql(name, "CREATE TABLE healthy AS SELECT true AS good")
    configure(project, herd,
              "  waves:\n"
              "    - {name: canary, count: 3, checks: ['SELECT count(*) > 0 FROM t_r001 RIGHT JOIN healthy ON true', "
              "'SELECT bool_and(healthy.good) FROM healthy']}\n"
              "    - {name: rest, checks: ['SELECT true'], check_sample: 1}\n")
    first.sql("d0_1", "UPDATE healthy SET good = false")
    steered.begin()
    process = steered.upgrade()
    assert process.finish().code == 5
    status = steered.wait_state("paused", running=0)
    assert "check of wave canary is not true on 1 target" in status["reason"], status
    assert len(herd.done()) == 3, "the next wave has not begun"
    failed = steered.project.ok("status", "--targets", "--where", "wave=canary").out
    assert re.search(r"d0_1 .*bool_and", failed), failed

    refused = steered.project.run("resume")
    assert refused.code == 0
    steered.wait_state("paused", running=0)  # checked again, and false again
    assert len(herd.done()) == 3
    steered.crash()
    assert steered.status()["state"] == "paused"
    first.sql("d0_1", "UPDATE healthy SET good = true")
    steered.verb("resume")
    steered.follow()
    herd.assert_marks(["r001"])
    # by the coordinator that was told to resume, or by the one after it
    logs = "".join(line for process in steered.project.processes for line in process.errors)
    assert "wave is checked: rest, 1 target" in logs, logs
    log = "".join(steered.process.errors)
    assert len(re.findall(r"passed the checks of its wave: ", log)) <= 4, log


def test_an_approval_falls_when_the_plan_changes(herd_of, project, steered):
    herd = herd_of(4)
    marked_chain(project, 1)
    configure(project, herd, "  waves: [{name: canary, count: 1}, {name: rest, approve: true}]\n")
    herd.freeze()
    steered.begin()
    steered.upgrade()
    herd.wait_blocked(1)
    digest = steered.status()["digest"]
    assert "approved" in steered.verb("approve", "--digest", digest[:10])
    steered.verb("set", "--max-failures", "1")
    changed = steered.status()["digest"]
    assert changed != digest
    herd.thaw()
    steered.wait(lambda s: s["idle"] and s["deployed"] == 1, "the approval has fallen")
    assert len(herd.done()) == 1
    refused = project.run("approve", "--digest", digest[:10])
    assert refused.code != 0 and changed[:12] in refused.err, refused
    project.ok("approve", "--digest", changed[:10])
    steered.follow()
    herd.assert_marks(["r001"])


def test_a_wave_has_a_budget_of_its_own(herd_of, project, steered):
    herd = herd_of(6)
    marked_chain(project, 1)
    first = herd.clusters[0]
    for name in ("d0_0", "d0_3", "d0_4"):
        first.sql(name, "CREATE TABLE t_r001 ()")
    configure(project, herd, "  concurrency: 1\n  max_failures: 5\n"
                             "  waves: [{name: canary, count: 2, max_failures: 0}, {name: rest, max_failures: 50%}]\n")
    steered.begin()
    assert steered.upgrade().finish().code == 5
    status = steered.wait_state("paused", running=0)
    assert "1 target of wave canary failed, 0 allowed" in status["reason"], status
    assert len(herd.done()) == 0
    first.sql("d0_0", "DROP TABLE t_r001")
    steered.verb("retry")
    steered.follow(code=3)  # the second wave's budget is kept: two of four
    assert herd.done() == {"d0_0", "d0_1", "d0_2", "d0_5"}


def test_the_same_failure_on_three_servers_stops_inside_the_budget(herd_of, project, steered):
    herd = herd_of(4, 4, 4)
    project.revision("r001", [], "DO $$ BEGIN IF current_database() LIKE '%\\_0' THEN RAISE division_by_zero; END IF; "
                                 "END $$;\n" + mark("r001"))
    configure(project, herd, "  per_server: 1\n  max_failures: 90%\n")
    steered.begin()
    assert steered.upgrade().finish().code == 5
    status = steered.wait_state("paused", running=0)
    assert "the same failure on 3 servers" in status["reason"] and "22012" in status["reason"], status
    assert status["failed"] == 3 and status["pending"] > 0, status
    steered.verb("resume")  # "goes on without"
    steered.follow(code=3)
    assert len(herd.done()) == 9


@pytest.mark.parametrize("embedded", [True, False])
def test_on_failure_rollback(herd_of, project, steered, embedded):
    herd = herd_of(5)
    marked_chain(project, 1)
    herd.clusters[0].sql("d0_3", "CREATE TABLE t_r001 ()")
    configure(project, herd, "  concurrency: 1\n  on_failure: rollback\n")
    if not embedded:
        steered.begin()
    result = project.run("upgrade", "head")
    assert result.code == 2 and "takes it back" in result.err, result
    steered.wait(lambda s: s["verb"] == "rollback" and s["state"] == "succeeded", "the rollback is over")
    marks = herd.marks()
    assert marks == {"d0_0": ["r001", "-r001"], "d0_1": ["r001", "-r001"], "d0_2": ["r001", "-r001"], "d0_3": [],
                     "d0_4": []}, marks
    rollouts = project.ok("rollouts", "--json").json["rollouts"]
    assert [(rollout["verb"], rollout["state"]) for rollout in rollouts] == [
        ("rollback", "succeeded"), ("upgrade", "cancelled")], rollouts
    wait_until(lambda: not herd.busy(), "nothing of ours runs any more")
