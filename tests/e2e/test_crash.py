"""kill -9 of everything, at many moments: the rollout goes on, each target ends applied exactly once."""
import random
import shutil

import pytest

from conftest import assert_exactly_once, wait_until

TARGETS = 24
REVISIONS = 4


@pytest.fixture
def fleet(cluster, project):
    """Tenants whose scripts leave a row each; slow enough that a kill lands in the middle."""
    names = [f"tenant_{n:02d}" for n in range(TARGETS)]
    cluster.create(names)
    revisions = project.chain(REVISIONS, body="INSERT INTO applied (revision) VALUES ('{id}');\n"
                                              "SELECT pg_sleep(0.1);")
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout:\n  concurrency: 6\n  per_server: 6\n  retry: {attempts: 40, backoff: 50ms..500ms}\n"
                   "  waves: [{name: canary, count: 5}, {name: rest}]\n")
    project.names = names
    project.revisions = revisions
    project.moments = Moments(cluster, names)
    yield project
    project.moments.close()


class Moments:
    """Moments of a rollout, told by how many databases have committed: asked of themselves, over connections that
    stay open so that a look takes milliseconds."""

    def __init__(self, cluster, names):
        self.connections = [cluster.connect(name) for name in names]

    def done(self):
        count = 0
        for connection in self.connections:
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
                count += cursor.fetchone()[0]
        return count

    def wait(self, count, process=None):
        wait_until(lambda: self.done() >= count or (process is not None and not process.running()),
                   f"{count} targets are done")

    def close(self):
        for connection in self.connections:
            connection.close()


def finish_and_check(cluster, fleet):
    fleet.ok("upgrade", "head")
    for name in fleet.names:
        assert_exactly_once(cluster, name, fleet.revisions)
    assert fleet.ok("status", "--json").json["state"] == "succeeded"


# A moment is a number of targets that have committed, or a fact in the log.
@pytest.mark.parametrize("moment", [0, 1, 3, 5, 6, 9, 14, 20, 23])
def test_kill_embedded(cluster, fleet, moment):
    process = fleet.start("upgrade", "head")
    if moment == 0:
        wait_until(lambda: (fleet.folder / ".drover/journal.db").exists(), "the journal exists")
    else:
        fleet.moments.wait(moment, process)
    process.kill()
    finish_and_check(cluster, fleet)
    rollouts = fleet.ok("rollouts", "--json").json["rollouts"]
    assert len(rollouts) <= 2, rollouts
    assert moment == 0 or len(rollouts) == 1, "the same rollout went on"


def test_kill_embedded_again_and_again(cluster, fleet):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(8):
        process = fleet.start("upgrade", "head")
        fleet.moments.wait(min(TARGETS, fleet.moments.done() + chance.randint(0, 4)), process)
        process.kill()
    finish_and_check(cluster, fleet)


@pytest.mark.parametrize("moment", [1, 7, 15])
def test_kill_coordinator(cluster, fleet, moment):
    coordinator = fleet.coordinator()
    workers = [fleet.start("worker", "--name", f"w{n}") for n in range(2)]
    client = fleet.start("upgrade", "head")
    fleet.moments.wait(moment)
    coordinator.kill()
    client.wait_for_line("trying for a minute")
    fleet.coordinator()
    # It goes on by itself: nobody has to ask again, and who looked on sees the end.
    fleet.moments.wait(TARGETS)
    assert all(worker.running() for worker in workers), "workers come back by themselves"
    seen = client.finish()
    assert seen.code == 0 and "The coordinator is back" in seen.err and "succeeded" in seen.out, seen
    finish_and_check(cluster, fleet)


@pytest.mark.parametrize("moment", [1, 7, 15])
def test_kill_worker(cluster, fleet, moment):
    fleet.coordinator()
    victim = fleet.start("worker", "--name", "victim")
    fleet.start("worker", "--name", "survivor")
    client = fleet.start("upgrade", "head")
    fleet.moments.wait(moment)
    victim.kill()
    result = client.finish()
    assert result.code == 0, result
    for name in fleet.names:
        assert_exactly_once(cluster, name, fleet.revisions)


def test_kill_every_worker_then_bring_one(cluster, fleet):
    fleet.coordinator()
    workers = [fleet.start("worker", "--name", f"w{n}") for n in range(2)]
    client = fleet.start("upgrade", "head")
    fleet.moments.wait(4)
    for worker in workers:
        worker.kill()
    assert client.running()
    fleet.start("worker", "--name", "relief")
    assert client.finish().code == 0, client.output()
    for name in fleet.names:
        assert_exactly_once(cluster, name, fleet.revisions)


def test_kill_coordinator_and_workers_at_once(cluster, fleet):
    coordinator = fleet.coordinator()
    worker = fleet.start("worker")
    fleet.start("upgrade", "head")
    fleet.moments.wait(6)
    for process in (coordinator, worker):
        process.kill()
    fleet.coordinator()
    fleet.start("worker")
    finish_and_check(cluster, fleet)


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_postgresql_restarts(cluster, fleet, mode):
    process = fleet.start("upgrade", "head")
    fleet.moments.wait(6)
    if mode == "kill":
        cluster.kill()
    else:
        cluster.stop(mode)
    cluster.start()
    result = process.finish()
    assert result.code == 0, result
    for name in fleet.names:
        assert_exactly_once(cluster, name, fleet.revisions)


def test_kill_in_the_middle_of_a_statement_by_statement_revision(cluster, project):
    """The statements of a non-transactional revision: each exactly once, the index whole."""
    cluster.create(["app"])
    project.revision("r001", [], "CREATE TABLE applied (revision text, at timestamptz DEFAULT clock_timestamp());\n"
                                 "CREATE TABLE big AS SELECT g AS id FROM generate_series(1, 1000) g;\n"
                                 "CREATE TABLE gate ();\nINSERT INTO applied VALUES ('r001');")
    project.revision("r002", ["r001"],
                     "INSERT INTO applied VALUES ('first');\n"
                     "CREATE INDEX CONCURRENTLY big_id ON big (id);\n"
                     "INSERT INTO applied VALUES ('second');\n"
                     "LOCK TABLE public.gate IN ACCESS SHARE MODE;\n"
                     "INSERT INTO applied VALUES ('third');",
                     header="-- Transaction: none\n")
    project.config(f"targets:\n  - name: app\n    url: {cluster.url('app')}\n"
                   "rollout:\n  lock_timeout: 60s\n  retry: {attempts: 40, backoff: 50ms..500ms}\n")
    project.ok("upgrade", "r001")

    # The build waits for a writer of the table; there the process dies.
    writer = cluster.hold("app", "INSERT INTO big VALUES (0)")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("app", "SELECT 1 FROM pg_stat_progress_create_index"), "the build has begun")
    process.kill()
    writer.rollback()
    writer.close()

    # The second run dies before the third statement.
    holder = cluster.hold("app", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'relation' "
                                               "AND datname = 'app'"), "the script waits")
    process.kill()
    holder.rollback()
    holder.close()

    project.ok("upgrade", "head")
    rows = [row[0] for row in cluster.sql("app", "SELECT revision FROM applied ORDER BY at")]
    assert rows == ["r001", "first", "second", "third"]
    assert cluster.sql("app", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_id'::regclass") == [(True,)]
    assert cluster.versions("app") == ["r002"]


def test_journal_lost_after_a_crash(cluster, fleet):
    """Without its journal a new rollout begins; what is applied stays applied once."""
    process = fleet.start("upgrade", "head")
    fleet.moments.wait(8)
    process.kill()
    shutil.rmtree(fleet.folder / ".drover")
    finish_and_check(cluster, fleet)


def test_two_commands_at_once_do_not_migrate_twice(cluster, fleet):
    """Two processes without a common coordinator: the databases themselves decide."""
    other = fleet.folder.parent / "other"
    shutil.copytree(fleet.folder, other)
    first = fleet.start("upgrade", "head")
    from conftest import Project
    second_project = Project(other)
    second = second_project.start("upgrade", "head")
    codes = sorted((first.finish().code, second.finish().code))
    second_project.close()
    assert codes[0] in (0, 3, 5), (first.output(), second.output())
    finish_and_check(cluster, fleet)
