"""Windows on real processes; the clock of the coordinator is moved by DROVER_TEST_CLOCK (coordinator/shell/clock.c)."""
import datetime
import time

import pytest

from conftest import wait_until
from steering import Herd, Steered, marked_chain

HOUR = 3600 * 1000


class Night:
    """The coordinator's clock; hours are counted from the coming midnight, UTC."""

    def __init__(self, project):
        self.path = project.write("clock", "0")
        today = datetime.datetime.now(datetime.timezone.utc).date()
        begin = datetime.datetime.combine(today + datetime.timedelta(days=2), datetime.time(),
                                          datetime.timezone.utc)
        self.midnight_ms = int(begin.timestamp() * 1000)

    def at(self, hours):
        return int(self.midnight_ms + hours * HOUR)

    def turn_to(self, hours):
        offset = self.at(hours) - int(time.time() * 1000)
        # whole, or not at all: the coordinator may be reading
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(offset))
        fresh.rename(self.path)


@pytest.fixture
def herd(servers):
    """Four databases each on two servers."""
    herd = Herd([(servers[0], [f"d0_{n}" for n in range(4)]), (servers[1], [f"d1_{n}" for n in range(4)])])
    herd.create()
    yield herd
    herd.close()


@pytest.fixture
def night(project):
    return Night(project)


@pytest.fixture
def steered(project, herd):
    marked_chain(project, 1)
    yield Steered(project)
    herd.thaw()


def configure(project, herd, windows, rollout=""):
    project.config("targets:\n" + "".join(
        f"  - name: '{{database}}'\n    discover: {{databases: 'd{number}_*', url: '{cluster.url('postgres')}'}}\n"
        f"    labels: {{region: {region}}}\n" for number, (cluster, region) in
        enumerate(zip(herd.clusters, ("eu", "us")))) +
        "rollout:\n  lock_timeout: 60s\n  rediscover: off\n  per_server: 2\n"
        "  retry: {attempts: 20, backoff: 20ms..200ms}\n" + rollout + "windows:\n" +
        "".join(f"  - {{{window}}}\n" for window in windows))


NIGHTLY = "kind: allow, schedule: '0 1 * * *', duration: 4h"


def test_a_window_that_closes_in_the_middle_of_a_wave(herd, project, steered, night):
    """What runs is rolled back and waits; by itself it goes on when the window opens again."""
    configure(project, herd, [NIGHTLY])
    night.turn_to(4)
    herd.freeze()
    steered.begin(DROVER_TEST_CLOCK=str(night.path))
    steered.upgrade()
    herd.wait_blocked(4)
    assert steered.status()["windows"][0]["active"]

    night.turn_to(5)
    status = steered.wait(lambda s: s["idle"], "everything waits for the window")
    wait_until(lambda: not herd.busy(), "nothing of ours runs any more")
    assert herd.done() == set() and status["running"] == 0 and status["failed"] == 0
    assert "outside window: 8 targets wait" in status["reason"], status
    assert status["until_ms"] == night.at(25) and not status["windows"][0]["active"], status
    assert steered.targets("target=d0_1")["d0_1"]["until_ms"] == night.at(25)
    herd.thaw()
    steered.crash()
    status = steered.wait(lambda s: s["idle"], "the next coordinator knows it, too")
    assert status["until_ms"] == night.at(25) and herd.done() == set()
    assert project.run("status").out.count("outside window") == 1

    night.turn_to(25)
    steered.follow()
    herd.assert_marks(["r001"])


def test_running_jobs_may_finish_with_sync_overrun(herd, project, steered, night):
    configure(project, herd, [NIGHTLY + ", syncOverrun: true"])
    night.turn_to(4)
    herd.freeze()
    steered.begin(DROVER_TEST_CLOCK=str(night.path))
    steered.upgrade()
    running = set(herd.wait_blocked(4) or herd.blocked())
    night.turn_to(5)
    steered.wait(lambda s: not s["windows"][0]["active"], "the window is closed")
    assert herd.blocked() == running, "they were left alone"
    herd.thaw()
    status = steered.wait(lambda s: s["idle"], "the others wait for the window")
    assert herd.done() == running and "outside window: 4 targets wait" in status["reason"], status
    night.turn_to(25)
    steered.follow()
    herd.assert_marks(["r001"])


def test_a_window_for_some_targets(herd, project, steered, night):
    """eu waits for its night, us goes on."""
    configure(project, herd, [NIGHTLY + ", select: {region: eu}"])
    night.turn_to(12)
    steered.begin(DROVER_TEST_CLOCK=str(night.path))
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"], "only eu is left")
    assert herd.done() == {f"d1_{n}" for n in range(4)}
    assert "outside window: 4 targets wait" in status["reason"] and status["until_ms"] == night.at(25), status
    night.turn_to(25)
    steered.follow()
    herd.assert_marks(["r001"])


def test_deny_beats_allow(herd, project, steered, night):
    configure(project, herd, [NIGHTLY, "kind: deny, schedule: '0 2 * * *', duration: 1h"])
    night.turn_to(2.5)
    steered.begin(DROVER_TEST_CLOCK=str(night.path))
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"], "everything waits")
    assert herd.done() == set() and status["until_ms"] == night.at(3), status
    assert [window["active"] for window in status["windows"]] == [True, True]
    night.turn_to(3)
    steered.follow()
    herd.assert_marks(["r001"])


def test_a_job_that_does_not_fit_is_not_begun(herd, project, steered, night):
    """The first jobs take three seconds; two and a half before the end no other is started."""
    configure(project, herd, [NIGHTLY + ", select: {region: eu}"], "  concurrency: 1\n"
              "  waves: [{name: eu, select: {region: eu}}, {name: rest}]\n")
    night.turn_to(4)
    herd.freeze()
    steered.begin(DROVER_TEST_CLOCK=str(night.path))
    steered.upgrade()
    herd.wait_blocked(1)
    wait_until(lambda: herd.clusters[0].sql("postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                                        "AND now() - xact_start > '3s'"), "the job takes long")
    night.turn_to(5 - 2.5 / 3600)
    herd.thaw()
    status = steered.wait(lambda s: s["idle"], "the others wait")
    assert len(herd.done()) == 1 and status["failed"] == 0, status
    waiting = steered.targets("state=pending,region=eu")
    assert {target["attempt"] for target in waiting.values()} == {0} and len(waiting) == 3, waiting
    night.turn_to(25)
    steered.follow()
    herd.assert_marks(["r001"])
