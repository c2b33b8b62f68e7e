"""A server under load gets no new jobs, others go on; then its cap is half, and grows. And databases that appear
while a rollout runs."""
import pytest

from steering import Herd, Steered, marked_chain


class Clock:
    """The coordinator's clock, moved by hand (DROVER_TEST_CLOCK)."""

    def __init__(self, project):
        self.path = project.write("clock", "0")
        self.ahead_s = 0

    def advance(self, seconds):
        self.ahead_s += seconds
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(self.ahead_s * 1000))
        fresh.rename(self.path)


@pytest.fixture
def herd(servers):
    """Ten databases on one server, six on another."""
    herd = Herd([(servers[0], [f"d0_{n}" for n in range(10)]), (servers[1], [f"d1_{n}" for n in range(6)])])
    herd.create()
    yield herd
    herd.close()


@pytest.fixture
def steered(project, herd):
    marked_chain(project, 1)
    steered = Steered(project)
    steered.clock = Clock(project)
    yield steered
    herd.thaw()


def configure(project, herd, rollout):
    project.config("targets:\n" + "".join(
        f"  - name: '{{database}}'\n    discover: {{databases: 'd{number}_*', url: '{cluster.url('postgres')}'}}\n"
        for number, cluster in enumerate(herd.clusters)) +
        "rollout:\n  lock_timeout: 60s\n  retry: {attempts: 20, backoff: 20ms..200ms}\n" + rollout)


def set_load(herd, load):
    busy = herd.clusters[0]
    for name in herd.names_by_cluster[0][1]:
        busy.sql(name, f"UPDATE load SET requests = {load}")


def test_throttle(herd, project, steered):
    for cluster, names in herd.names_by_cluster:
        for name in names:
            cluster.sql(name, "CREATE TABLE load AS SELECT 0 AS requests")
    configure(project, herd, "  per_server: 4\n  rediscover: off\n  throttle:\n    - {name: requests, "
                             "query: 'SELECT requests FROM public.load', threshold: 10, every: 10s}\n")
    herd.freeze()
    steered.begin(DROVER_TEST_CLOCK=str(steered.clock.path))
    steered.upgrade()
    herd.wait_blocked(8)
    set_load(herd, 20)
    steered.clock.advance(10)
    status = steered.wait(lambda s: s["servers"], "the server is over its threshold")
    busy = f"127.0.0.1:{herd.clusters[0].port}"
    assert [server["name"] for server in status["servers"]] == [busy], status
    assert "requests is 20" in status["servers"][0]["reason"] and status["servers"][0]["running"] == 4, status

    herd.thaw()
    status = steered.wait(lambda s: s["idle"], "only the busy server's targets wait")
    done = herd.done()
    assert len(done) == 10 and {f"d1_{n}" for n in range(6)} < done, done
    assert "throttled: 6 targets wait" in status["reason"], status
    assert "requests is 20" in steered.project.ok("status").out
    steered.crash()
    steered.clock.advance(10)
    status = steered.wait(lambda s: s["idle"], "it is still throttled")
    assert status["servers"][0]["cap"] == 2 and len(herd.done()) == 10, status

    herd.freeze()
    set_load(herd, 0)
    steered.clock.advance(10)
    steered.wait(lambda s: s["servers"] and not s["servers"][0]["reason"], "the server is well")
    for cap in (2, 3, 4):
        herd.wait_blocked(cap)
        steered.clock.advance(10)
        steered.status()  # which wakes the coordinator: its timers do not know that the clock was moved
    steered.wait(lambda s: not s["servers"], "nothing is lowered any more")
    herd.thaw()
    steered.follow()
    herd.assert_marks(["r001"])


def test_late_targets_join_and_approvals_fall(herd, project, steered):
    configure(project, herd, "  rediscover: 5m\n  waves: [{name: canary, count: 2}, {name: rest, approve: true}]\n")
    herd.freeze()
    steered.begin(DROVER_TEST_CLOCK=str(steered.clock.path))
    steered.upgrade()
    herd.wait_blocked(2)
    digest = steered.status()["digest"]
    steered.verb("approve", "--digest", digest[:8])
    herd.clusters[1].create(["d1_late"])
    steered.clock.advance(5 * 60)
    status = steered.wait(lambda s: s["targets"] == 17 and s["digest"] != digest, "the new database has joined")
    assert status["waves"][-1]["name"] == "late" and status["waves"][-1]["targets"] == 1, status
    herd.thaw()
    status = steered.wait(lambda s: s["idle"], "the approval has fallen with the plan")
    assert len(herd.done()) == 2 and "approval" in status["reason"], status

    herd.freeze()
    steered.verb("approve", "--digest", status["digest"])
    wait = steered.wait(lambda s: s["running"] > 0, "the wave runs")
    assert wait["waves"][1]["state"] == "running"
    herd.clusters[0].create(["d0_late", "d0_broken"])  # found when all is listed once more before the end
    herd.clusters[0].sql("d0_broken", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); "
                                      "INSERT INTO alembic_version VALUES ('gone')")
    herd.thaw()
    for targets in (17, 19):  # what came late was in no plan that anybody has approved
        late = steered.wait(lambda s: s["idle"] and s["targets"] == targets and "wave late" in s["reason"],
                            "what came late awaits an approval")
        project.ok("approve", "--digest", late["digest"])
    result = steered.follow(code=3)
    assert "d0_broken" in result.out and "gone" in result.out, result
    marks = herd.marks()
    assert marks.pop("d0_broken") == [] and set(map(tuple, marks.values())) == {("r001",)}, marks
    assert "d0_late" in marks and "d1_late" in marks
    assert set(steered.targets("wave=late")) >= {"d1_late"}
