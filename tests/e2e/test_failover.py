"""An asynchronous standby takes over and has not everything that was committed: what was lost is deployed again."""
import pytest

from conftest import own_server, wait_until
from steering import Steered

NAMES = [f"d_{number}" for number in range(1, 6)]


@pytest.fixture
def pair():
    with own_server() as primary:
        primary.create(NAMES)
        with own_server(standby_of=primary) as standby:
            yield primary, standby


def cut_off(primary, standby):
    """What the primary commits from here on reaches nobody."""
    lag = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()"
    wait_until(lambda: primary.sql("postgres", lag) == [(1,)], "the standby is as far as the primary")
    standby.sql("postgres", "ALTER SYSTEM SET primary_conninfo = ''")
    standby.sql("postgres", "SELECT pg_reload_conf()")
    wait_until(lambda: primary.sql("postgres", "SELECT count(*) FROM pg_stat_replication") == [(0,)], "it is cut off")


def fail_over(primary, standby):
    primary.stop()
    standby.sql("postgres", "SELECT pg_promote()")


def configure(project, primary, standby, waves):
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    project.config("targets:\n" + "".join(
        f"  - {{name: {name}, url: 'postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write', "
        f"labels: {{ring: {'a' if name < 'd_4' else 'b'}}}}}\n" for name in NAMES) +
        f"rollout:\n  retry: {{attempts: 20, backoff: 50ms..500ms}}\n  waves: {waves}\n")


def test_commits_that_a_failover_lost_are_made_again(project, pair):
    primary, standby = pair
    project.chain(2)
    configure(project, primary, standby, "[{name: first, select: {ring: a}}, {name: second, approve: true}]")
    cut_off(primary, standby)
    steered = Steered(project).begin()
    upgrade = steered.upgrade()
    status = steered.wait(lambda s: [wave["state"] for wave in s["waves"]] == ["finished", "awaiting approval"], "the first wave is over")
    assert status["deployed"] == 3 and [primary.versions(name) for name in NAMES[:3]] == [["r002"]] * 3
    fail_over(primary, standby)
    assert [standby.versions(name) for name in NAMES] == [None] * 5
    project.ok("approve", "--digest", status["digest"])
    result = upgrade.finish()
    assert result.code == 0 and "went on at timeline 00000002" in result.out + result.err, result
    assert [standby.versions(name) for name in NAMES] == [["r002"]] * 5
    assert project.ok("check").code == 0


def test_what_was_there_before_and_is_lost_is_not_called_unchanged(project, pair):
    primary, standby = pair
    project.chain(2)
    configure(project, primary, standby, "[{name: first, select: {ring: a}}, {name: second, approve: true}]\n  max_failures: 5")
    cut_off(primary, standby)
    project.ok("upgrade", "head", "--where", "ring=a")
    steered = Steered(project).begin()
    upgrade = steered.upgrade()
    status = steered.wait(lambda s: [wave["state"] for wave in s["waves"]] == ["finished", "awaiting approval"], "the second wave waits")
    assert status["unchanged"] == 3
    fail_over(primary, standby)
    project.ok("approve", "--digest", status["digest"])
    result = upgrade.finish()
    assert result.code == 3 and "went on at timeline 00000002" in result.out + result.err, result
    assert steered.status()["failed"] == 3 and steered.status()["unchanged"] == 0
    assert [standby.versions(name) for name in NAMES] == [None] * 3 + [["r002"]] * 2


def soaked(project, primary, standby):
    """All is deployed and soaks, longer than a server stays unasked; nothing else is to be done there."""
    project.chain(2)
    configure(project, primary, standby, "[{name: all, soak: 11s}]\n  server_patience: 2s")
    cut_off(primary, standby)
    steered = Steered(project).begin()
    upgrade = steered.upgrade()
    steered.wait(lambda s: [wave["state"] for wave in s["waves"]] == ["soaking"], "the wave soaks")
    return upgrade


def test_a_server_that_gets_no_job_any_more_is_asked_before_its_wave_is_over(project, pair):
    primary, standby = pair
    upgrade = soaked(project, primary, standby)
    fail_over(primary, standby)
    assert [standby.versions(name) for name in NAMES] == [None] * 5
    result = upgrade.finish()
    assert result.code == 0 and "went on at timeline 00000002" in result.out + result.err, result
    assert [standby.versions(name) for name in NAMES] == [["r002"]] * 5


def test_a_server_that_does_not_answer_ends_no_rollout_for_ever(project, pair):
    primary, standby = pair
    upgrade = soaked(project, primary, standby)
    primary.stop()
    result = upgrade.finish()
    assert result.code == 0 and "did not say whether it went on at another timeline" in result.out + result.err, result
