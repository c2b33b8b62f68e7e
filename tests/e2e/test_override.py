"""Windows and throttles put out of force by a person at night, with a reason, for this rollout."""
from conftest import wait_until

CLOSED = "windows:\n  - {kind: allow, schedule: '0 3 29 2 *', duration: 1h}\n"
LOADED = "  throttle: [{name: lag, query: SELECT 95, threshold: 10, every: 1s}]\n"


def standing(cluster, project, config, reason):
    """A rollout over three databases that waits, for the reason named."""
    cluster.create(["a", "b", "c"])
    project.config(cluster.targets(["a", "b", "c"]) + config)
    project.chain(1)
    coordinator = project.coordinator()
    project.start("worker")
    project.start("upgrade", "head")
    wait_until(lambda: reason in project.run("status").out, "it waits")
    return coordinator


def state(project):
    return project.ok("status", "--json").json


def deployed(project, count):
    wait_until(lambda: state(project)["deployed"] == count, f"{count} are deployed")


def test_a_window_is_overridden_for_a_part_then_for_all(cluster, project):
    standing(cluster, project, CLOSED, "outside window")
    for wrong, words in ((["set", "--no-window"], "an override needs a reason"),
                         (["set", "--no-window", "--window", "--reason", "x"], "contradict each other"),
                         (["set", "--no-throttle", "--reason", "x"], "has no throttles"),
                         (["set", "--window"], "no override of the windows is in force"),
                         (["set", "--no-window", "--reason", "x", "--where", "state=pending"], "changes while it runs"),
                         (["set", "--concurrency", "2", "--target", "a"], "limits concern the whole rollout")):
        refused = project.run(*wrong)
        assert refused.code != 0 and words in refused.err, refused
    answer = project.ok("set", "--no-window", "--reason", "the shop is closed (Kim)", "--target", "b")
    assert "Windows overridden for 1 target until the rollout is over." in answer.out, answer
    deployed(project, 1)
    assert cluster.versions("b") == ["r001"] and cluster.versions("a") is None
    status = project.ok("status").out
    assert "OVERRIDDEN" in status and "windows for target=b: 1 target, by " in status, status
    assert "the shop is closed (Kim)" in status and "outside window: 2 targets wait" in status, status
    override = state(project)["overrides"][0]
    assert override["safeguard"] == "windows" and override["reason"] == "the shop is closed (Kim)", override
    project.ok("set", "--no-window", "--reason", "all of it")
    deployed(project, 3)
    wait_until(lambda: state(project)["state"] == "succeeded", "it is over")
    log = project.ok("log").out
    assert "windows overridden for target=b, 1 target by " in log and ": the shop is closed (Kim)" in log, log
    assert "windows overridden, 3 targets by " in log and ": all of it" in log, log


def test_the_next_rollout_heeds_its_windows_again(cluster, project):
    standing(cluster, project, CLOSED, "outside window")
    project.ok("set", "--no-window", "--reason", "tonight only")
    wait_until(lambda: state(project)["state"] == "succeeded", "it is over")
    assert project.run("set", "--window").code != 0
    project.revision("r002", ["r001"], "SELECT 1;")
    left = project.run("upgrade", "head", "--no-wait")
    assert left.code == 5 and "outside window" in left.out + left.err, left
    assert state(project)["overrides"] == []


def test_a_throttle_is_overridden_and_a_coordinator_that_comes_back_knows(cluster, project):
    coordinator = standing(cluster, project, "rollout:\n  concurrency: 1\n" + LOADED, "throttled")
    project.ok("pause", "--reason", "wait")
    answer = project.ok("set", "--no-throttle", "--reason", "the replica is retired")
    assert "Throttles overridden for 3 targets" in answer.out, answer
    coordinator.kill()
    project.coordinator()
    assert "the replica is retired" in project.ok("status").out
    project.ok("set", "--throttle", "--reason", "it is not")
    assert "OVERRIDDEN" not in project.ok("status").out
    project.ok("set", "--no-throttle", "--reason", "it is after all")
    project.ok("resume")
    wait_until(lambda: state(project)["state"] == "succeeded", "it is over")
    log = project.ok("log").out
    assert "throttles in force again by " in log and ": it is not" in log, log
