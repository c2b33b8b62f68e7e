"""The night's drills: something goes wrong on real processes, and plain text of two commands at most says why and what helps."""
import os
import re
import signal

import pytest

from conftest import own_server, wait_until

CLOSED = "windows:\n  - {kind: allow, schedule: '0 3 29 2 *', duration: 1h}\n"
SLOW = "DO $$ BEGIN IF current_database() = '%s' THEN PERFORM pg_advisory_xact_lock(4711); END IF; END $$;"


class Night:
    """Two servers with two databases each, a coordinator and two workers; and the one who is woken."""

    def __init__(self, project, servers):
        self.project, self.servers = project, servers
        self.names = {"a1": servers[0], "a2": servers[0], "b1": servers[1], "b2": servers[1]}
        self.commands, self.sessions = [], []
        for cluster in servers:
            cluster.drop_all()
            cluster.create([name for name, at in self.names.items() if at is cluster])

    def targets(self, more=""):
        listed = "".join(f"  - {{name: {name}, url: '{at.url(name)}'{more}}}\n" for name, at in self.names.items())
        return "targets:\n" + listed

    def configure(self, rollout="", more=""):
        self.project.config(self.targets() + f"rollout: {{{rollout}}}\n" + more)

    def begin(self, *command):
        self.coordinator = self.project.coordinator()
        self.workers = [self.project.start("worker", "--name", name) for name in ("w1", "w2")]
        return self.project.start(*command) if command else None

    def sql(self, name, script):
        return self.names[name].sql(name, script)

    def hold(self, name, statement):
        """A session of an application, in the middle of what it does."""
        session = self.names[name].hold(name, "SET application_name = 'monthly report'; " + statement)
        self.sessions.append(session)
        return session

    def asks(self, *command, code=None):
        """A command that a person gives, and what is read of it, as it was before it was wrapped."""
        if command not in self.commands:
            self.commands.append(command)
        assert len(self.commands) <= 2, self.commands
        result = self.project.run(*command)
        assert code is None or result.code == code, result
        return re.sub(r"\s+", " ", result.out + result.err)

    def sees(self, *command, words):
        """The same, given again until it says all of these."""
        said = [""]

        def says():
            said[0] = self.asks(*command)
            return all(word in said[0] for word in words)
        try:
            wait_until(says, "")
        except AssertionError:
            raise AssertionError(f"{[word for word in words if word not in said[0]]} not said: {said[0]}") from None
        return said[0]

    def over(self, upgrade, code=0):
        result = upgrade.finish()
        assert result.code == code, result
        return result

    def stand(self):
        return [at.versions(name) for name, at in self.names.items()]


@pytest.fixture
def night(project, session_servers):
    made = Night(project, session_servers[:2])
    yield made
    for session in made.sessions:
        session.close()


def test_1_a_report_holds_a_table(night):
    for name in night.names:
        night.sql(name, "CREATE TABLE threads (id int)")
    night.configure("lock_timeout: 10m")
    night.project.revision("r001", [], "ALTER TABLE threads ADD note text;")
    report = night.hold("a2", "SELECT count(*) FROM threads")
    upgrade = night.begin("upgrade", "head")
    night.sees("status", words=["RUNNING", "a2: r001 statement 1 of 1", "worker w", "AccessExclusiveLock on public.threads", "blocked by pid ",
                                "monthly report", "idle in transaction", "SELECT count(*) FROM threads"])
    report.rollback()
    night.over(upgrade)


def test_2_the_data_of_one_tenant(night):
    for name in night.names:
        night.sql(name, "CREATE TABLE users (email text); INSERT INTO users VALUES ('kim')")
    night.sql("b1", "INSERT INTO users VALUES ('kim')")
    night.configure("max_failures: 1")
    night.project.revision("r001", [], "SELECT 1;\nCREATE UNIQUE INDEX email ON users (email);")
    night.over(night.begin("upgrade", "head"), 3)
    night.sees("status", words=["1 target", "could not create unique index", "Key (email)=(kim) is duplicated", "migrations/r001.sql:9",
                                "SQLSTATE: 23505", "targets: b1", "run the same command again"])
    night.sees("targets", "-v", "--where", "target=b1", words=["psql", f"{night.servers[1].port}/b1"])


def test_3_many_tenants_one_cause(night):
    night.configure("max_failures: 1, concurrency: 1")
    night.project.revision("r001", [], "INSERT INTO missing VALUES (1);")
    night.over(night.begin("upgrade", "head"), 5)
    said = night.sees("status", words=["paused", "allowed", 'relation "missing" does not exist', "drover retry", "SQLSTATE: 42P01"])
    assert said.count('relation "missing" does not exist') == 1, said
    for name in night.names:
        night.sql(name, "CREATE TABLE missing (n int)")
    night.asks("retry", code=0)
    wait_until(lambda: night.stand() == [["r001"]] * 4, "all are done")


def test_4_a_replica_lags(night):
    night.configure("throttle: [{name: lag, query: SELECT 95, threshold: 30, every: 1s}]")
    night.project.chain(1)
    upgrade = night.begin("upgrade", "head")
    night.sees("status", words=["throttled", "4 targets wait", "THROTTLED SERVERS", "lag is 95", "30",
                                f"127.0.0.1:{night.servers[0].port}"])
    night.asks("set", "--no-throttle", "--reason", "the replica is retired", code=0)
    night.over(upgrade)


def test_5_the_window_is_closed(night):
    night.configure(more=CLOSED)
    night.project.chain(1)
    upgrade = night.begin("upgrade", "head")
    night.sees("status", words=["outside window", "4 targets wait", "WINDOWS", "allow 0 3 29 2 * for 1h", "not in force, next"])
    night.asks("set", "--no-window", "--reason", "the shop is closed", code=0)
    night.over(upgrade)


def test_6_a_server_restarts(night):
    night.configure("waves: [{name: all, approve: true}], server_patience: 10m")
    night.project.chain(1)
    upgrade = night.begin("upgrade", "head")
    upgrade.wait_for_line("awaits approval")
    digest = night.project.ok("status", "--json").json["digest"][:12]
    night.servers[1].stop("fast")
    try:
        night.project.ok("approve", "--digest", digest)
        night.sees("status", words=["UNREACHABLE", f"127.0.0.1:{night.servers[1].port}: since", "2 targets wait until", "Connection refused",
                                    "asked again"])
    finally:
        night.servers[1].start()
    night.over(upgrade)  # by itself, and nothing has failed


def test_7_a_standby_takes_over(project):
    with own_server() as primary:
        primary.create(["app"])
        with own_server(standby_of=primary) as standby:
            hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
            project.config(f"targets: [{{name: app, url: 'postgresql://postgres@{hosts}/app?target_session_attrs=read-write'}}]\n"
                           "rollout: {waves: [{name: all, approve: true}], retry: {attempts: 50, backoff: 50ms..500ms}}\n")
            project.chain(1)
            project.coordinator()
            project.start("worker", "--name", "w1")
            upgrade = project.start("upgrade", "head")
            upgrade.wait_for_line("awaits approval")
            primary.stop()
            project.ok("approve", "--digest", project.ok("status", "--json").json["digest"][:12])
            wait_until(lambda: re.search(r"UNREACHABLE|attempt \d+ of 50 failed", project.ok("status").out), "it is told")
            standby.sql("postgres", "SELECT pg_promote()")
            assert upgrade.finish().code == 0
            assert standby.versions("app") == ["r001"]
            assert f"127.0.0.1:{standby.port}" in project.ok("status", "--targets").out


def test_8_the_coordinator_is_killed(night):
    night.configure()
    night.project.revision("r001", [], SLOW % "a1")
    work = night.hold("a1", "SELECT pg_advisory_xact_lock(4711)")
    night.begin("upgrade", "head", "--json")
    wait_until(lambda: night.stand()[1:] == [["r001"]] * 3, "one is left")
    night.coordinator.kill()
    night.sees("status", words=["deploying: 3 of 4 targets", "Nobody is at work on it", "drover resume"])
    work.rollback()
    night.asks("resume", code=0)
    wait_until(lambda: night.stand() == [["r001"]] * 4, "all are done")


def test_9_a_worker_stands_still(night):
    night.configure("lock_timeout: 10m")
    night.project.revision("r001", [], SLOW % "a1")
    work = night.hold("a1", "SELECT pg_advisory_xact_lock(4711)")
    night.begin("upgrade", "head", "--json")
    said = night.sees("status", words=["a1: r001 statement 1 of 1", "worker w"])
    name = re.search(r"worker (w[12])", said)[1]
    lost = night.workers[int(name[1]) - 1]
    os.kill(lost.popen.pid, signal.SIGSTOP)
    night.sees("log", words=[f"worker left: {name}"])
    other = "w2" if name == "w1" else "w1"
    night.sees("status", words=[f"worker {other}", f"{other}: 1 of"])  # the other one took it up, and the lost one's session is ended
    os.kill(lost.popen.pid, signal.SIGCONT)
    work.rollback()
    wait_until(lambda: night.stand() == [["r001"]] * 4, "all are done")


def test_10_the_disk_of_the_journal_is_full(night):
    """As far as this coordinator may write: the one after it finds room again."""
    night.configure()
    night.project.revision("r001", [], SLOW % "a1")
    work = night.hold("a1", "SELECT pg_advisory_xact_lock(4711)")
    night.coordinator = night.project.start("coordinator", within=["sh", "-c", "trap '' XFSZ; ulimit -f 200; exec \"$@\"", "sh"])
    night.coordinator.wait_for_line("listening on")
    night.project.start("worker", "--name", "w1")
    upgrade = night.project.start("upgrade", "head", DROVER_TEST_RETURN_TRIES="2")
    upgrade.wait_for_line("wave started")
    for _ in range(100):  # whatever is journaled fills it
        night.project.run("pause", "--where", "target=a2", "--reason", "x" * 900)
        night.project.run("resume", "--where", "target=a2")
        if not night.coordinator.running():
            break
    result = night.over(upgrade, 5)
    assert re.search(r"error: the coordinator ends: the journal .*journal.db: .*is the disk full", result.err), result
    night.sees("status", words=["Nobody is at work on it", "drover resume"])
    work.rollback()
    night.asks("resume", code=0)
    wait_until(lambda: night.stand() == [["r001"]] * 4, "all are done")


def test_11_a_password_changes(night):
    for cluster in night.servers:
        cluster.sql("postgres", "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'old'")
    night.project.write("password", "old\n")
    listed = "".join(f"  - {{name: {name}, url: '{at.url(name, user='app')}', password: {{file: password}}}}\n" for name, at in night.names.items())
    night.project.config("targets:\n" + listed + "rollout: {waves: [{name: all, approve: true}], concurrency: 1}\n")
    night.project.chain(1)
    upgrade = night.begin("upgrade", "head")
    upgrade.wait_for_line("awaits approval")
    digest = night.project.ok("status", "--json").json["digest"][:12]
    for cluster in night.servers:
        cluster.sql("postgres", "ALTER ROLE app PASSWORD 'new'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
    night.project.ok("approve", "--digest", digest)
    night.sees("status", words=['password authentication failed for user "app"', "SQLSTATE: 28P01", "drover retry"])
    night.project.write("password", "new\n")
    night.asks("retry", code=0)
    wait_until(lambda: night.stand() == [["r001"]] * 4, "all are done")


def test_12_somebody_migrated_by_hand(night):
    night.configure()
    night.project.chain(2)
    night.begin()
    night.project.ok("upgrade", "r001")
    night.sql("a2", "UPDATE alembic_version SET version_num = 'fixed_by_kim'")
    said = night.asks("upgrade", "head", code=4)
    assert all(word in said for word in ("fixed_by_kim", "targets: a2", "Nothing was changed anywhere")), said
    night.asks("stamp", "r001", "--purge", "--where", "target=a2", code=0)
    night.project.ok("upgrade", "head")
    assert night.stand() == [["r002"]] * 4


def test_13_an_applied_revision_was_edited(night):
    night.configure()
    night.project.chain(2)
    night.begin()
    night.project.ok("upgrade", "r001")
    path = night.project.folder / "migrations/r001.sql"
    path.write_text(path.read_text().replace("INSERT INTO applied", "INSERT  INTO applied /* */ SELECT 'x' UNION ALL SELECT 'y'; INSERT INTO applied"))
    said = night.asks("upgrade", "head", code=4)
    assert all(word in said for word in ("r001", "checksum", "4 targets", "hint:", "Nothing was changed anywhere")), said


def test_14_a_tenant_is_dropped_and_one_is_added(night):
    night.project.config("targets:\n" + "".join(
        f"  - {{name: '{{database}}', discover: {{databases: '{letter}*', url: '{at.url('postgres')}'}}}}\n"
        for letter, at in zip("ab", night.servers)) + "rollout: {waves: [{name: first, count: 1}, {name: rest}], rediscover: 1s, lock_timeout: 10m}\n")
    night.project.revision("r001", [], SLOW % "a1")
    work = night.hold("a1", "SELECT pg_advisory_xact_lock(4711)")
    upgrade = night.begin("upgrade", "head")
    upgrade.wait_for_line("wave started: first")
    night.servers[1].sql("postgres", "DROP DATABASE b2 WITH (FORCE)")
    night.servers[1].create(["b3"])
    wait_until(lambda: "b3" in night.project.ok("status", "--targets").out, "it has been found")
    work.rollback()
    night.over(upgrade)  # a dropped one is no failure
    night.sees("status", words=["GONE", "late"])
    said = night.sees("status", "--targets", words=["b3 deployed", "b2 gone"])
    assert "does not exist" in said, said
    assert night.servers[1].versions("b3") == ["r001"]


def test_15_stop_everything_and_take_it_back(night):
    night.configure("lock_timeout: 10m")
    night.project.chain(1)
    night.begin()
    night.project.ok("upgrade", "head")
    night.project.revision("r002", ["r001"], SLOW % "a1", "DELETE FROM applied WHERE revision = 'r002';")
    night.hold("a1", "SELECT pg_advisory_xact_lock(4711)")
    night.project.start("upgrade", "head", "--json")
    wait_until(lambda: night.stand()[1:] == [["r002"]] * 3, "one is left")
    night.asks("pause", "--now", "--reason", "checkout is down", code=0)
    night.sees("status", words=["paused by", "checkout is down", "since"])
    night.project.ok("cancel")
    night.commands.clear()
    said = night.asks("rollback", "--yes", code=0)
    assert all(word in said for word in ("targets from r002 to r001", "3 deployed, 1 unchanged")), said
    wait_until(lambda: night.stand() == [["r001"]] * 4, "it is taken back")
    night.commands.clear()
    said = night.asks("rollback", "--yes", code=0)  # goes on back, never forward
    assert "4 targets" in said and night.stand() == [[]] * 4, said


def test_16_one_tenant_takes_much_longer(night):
    night.configure("lock_timeout: 10m")
    night.project.revision("r001", [], "SELECT 1;\n" + SLOW % "b2")
    work = night.hold("b2", "SELECT pg_advisory_xact_lock(4711)")
    upgrade = night.begin("upgrade", "head")
    night.sees("status", words=["deploying: 3 of 4 targets, 1 running", "RUNNING", "b2: r001 statement 2 of 2", "worker w", "attempt 1 of",
                                "pg_advisory_xact_lock", "r001.sql:9"])
    work.rollback()
    night.over(upgrade)


def test_17_the_next_shift_asks_what_happened_and_18_the_boss(night):
    night.configure("max_failures: 1, waves: [{name: first, count: 1}, {name: rest, approve: true}]")
    night.project.revision("r001", [], "DO $$ BEGIN IF current_database() = 'a2' THEN RAISE 'too old'; END IF; END $$;")
    upgrade = night.begin("upgrade", "head")
    upgrade.wait_for_line("awaits approval")
    night.project.ok("pause", "--reason", "wait for Kim")
    night.project.ok("resume")
    night.project.ok("approve", "--digest", night.project.ok("status", "--json").json["digest"][:12], "--reason", "Kim has looked")
    night.sees("log", words=["rollout started: upgrade head", "wait for Kim", "Kim has looked", "target failed: a2: too old", "rollout finished: failed"])
    night.asks("report", "-o", "night.md", code=0)
    page = (night.project.folder / "night.md").read_text()
    assert all(word in page for word in ("too old", "Kim has looked", "a2", "rest")), page
    # a colleague's plan hides nobody's rollout
    night.project.run("plan")
    assert "target failed: a2" in night.project.ok("log").out


def test_19_it_stands_still_as_seen_from_outside(night):
    night.configure("waves: [{name: all, approve: true}]")
    night.project.chain(1)
    upgrade = night.begin("upgrade", "head")
    upgrade.wait_for_line("awaits approval")
    said = night.asks("status", "--exit-code", code=5)
    assert "awaits approval" in said and "drover approve --digest" in said, said
    night.project.ok("cancel")
    upgrade.finish()
