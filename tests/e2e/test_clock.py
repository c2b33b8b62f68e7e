"""Windows follow the system's clock, waits the time that passes; a clock that was wrong once spoils nothing.

DROVER_TEST_CLOCK names a file with two numbers: the milliseconds that have passed besides, and by how many the system's
clock was set (coordinator/shell/clock.c)."""
import datetime
import time

import pytest

from steering import Herd, Steered, marked_chain

HOUR = 3600 * 1000
YEAR = 365 * 24 * HOUR


class Clock:
    def __init__(self, project):
        self.path = project.write("clock", "0 0")
        self.passed = self.set = 0

    def write(self):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{self.passed} {self.set}")
        fresh.rename(self.path)

    def pass_by(self, milliseconds):
        self.passed += milliseconds
        self.write()

    def set_by(self, milliseconds):
        self.set += milliseconds
        self.write()

    def now_ms(self):
        return int(time.time() * 1000) + self.passed + self.set

    def hours_to_three(self):
        """Until the clock says 03:30 UTC, in milliseconds."""
        now = datetime.datetime.fromtimestamp(self.now_ms() / 1000, datetime.timezone.utc)
        then = now.replace(hour=3, minute=30, second=0, microsecond=0)
        return int(((then - now) % datetime.timedelta(days=1)).total_seconds() * 1000)


@pytest.fixture
def herd(cluster, project):
    herd = Herd([(cluster, [f"d_{n}" for n in range(4)])])
    herd.create()
    marked_chain(project, 1)
    yield herd
    herd.close()


def configure(project, herd, rest):
    project.config(herd.clusters[0].targets(herd.names) + rest)


def test_a_clock_that_was_ahead_once(herd, project):
    """One command in 2099 by mistake: then windows mean what they say, and so do the times of rollouts."""
    configure(project, herd, "windows:\n  - {kind: allow, schedule: '0 3 * * *', duration: 1h}\n")
    clock = Clock(project)
    environment = {"DROVER_TEST_CLOCK": str(clock.path)}
    clock.set_by(73 * YEAR)
    project.ok("validate", "head", **environment)
    clock.set_by(-73 * YEAR)
    clock.set_by(clock.hours_to_three() - 12 * HOUR)  # half past three in the afternoon
    steered = Steered(project)
    coordinator = project.coordinator(**environment)
    line = coordinator.wait_for_line("the clock was set back, from 2099-")
    assert "windows follow the clock" in line and " warning " in line, line
    project.start("worker", "--name", "w0")
    steered.upgrade()
    status = steered.wait(lambda s: s["idle"], "the rollout waits for its window")
    assert "outside window" in status["reason"] and herd.done() == set(), status
    assert abs(status["started_ms"] - clock.now_ms()) < HOUR and abs(status["until_ms"] - clock.now_ms()) < 24 * HOUR
    clock.set_by(12 * HOUR)  # somebody sets the clock into the window: nobody starts anything anew
    steered.follow()
    herd.assert_marks(["r001"])
    assert coordinator.wait_for_line("the clock was set forward, from ")


def test_a_clock_in_2099_of_an_embedded_run_is_said(herd, project):
    configure(project, herd, "")
    clock = Clock(project)
    clock.set_by(73 * YEAR)
    project.ok("validate", "head", DROVER_TEST_CLOCK=str(clock.path))
    result = project.ok("upgrade", "head")
    assert "the clock was set back, from 2099-" in result.err, result
    result = project.ok("upgrade", "head")
    assert "clock" not in result.err, result
    rollouts = project.ok("rollouts", "--json").json["rollouts"]
    assert [abs(rollout["started_ms"] - clock.now_ms()) < YEAR for rollout in rollouts] == [False, False, True], rollouts


@pytest.mark.parametrize("by", [-3 * 24 * HOUR, 3 * 24 * HOUR])
def test_a_soak_takes_its_time_whatever_the_clock_says(herd, project, by):
    configure(project, herd, "rollout:\n  waves: [{name: canary, count: 1, soak: 10m}, {name: rest}]\n")
    clock = Clock(project)
    steered = Steered(project).begin(DROVER_TEST_CLOCK=str(clock.path))
    steered.upgrade()
    before = steered.wait(lambda s: s["idle"], "the canary soaks")["until_ms"]
    clock.pass_by(4 * 60_000)
    clock.set_by(by)
    status = steered.wait(lambda s: s["until_ms"] not in (before, 0), "the soak is told by the clock as it is")
    assert abs(status["until_ms"] - before - by) < 60_000, (status["until_ms"] - before, by)
    steered.process.kill()
    clock.set_by(by)  # while no coordinator is there to notice
    clock.pass_by(5 * 60_000)
    steered.crash()
    status = steered.wait(lambda s: s["idle"], "it still soaks")
    assert abs(status["until_ms"] - before - 2 * by) < 60_000 and len(herd.done()) == 1, status
    clock.pass_by(2 * 60_000)
    steered.follow()
    herd.assert_marks(["r001"])
