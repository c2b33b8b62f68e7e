"""How a path is cut into transactions, and what stands when a later one fails."""
import subprocess

import pytest

from conftest import PG, SERVER, assert_exactly_once, wait_until

pytestmark = pytest.mark.every_server


def said(result):
    """What a person reads, whatever the width of the terminal."""
    return " ".join(result.out.split())


def one(cluster, project, extra=""):
    cluster.create(["one", "two"])
    project.config(f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n{extra}")


def psql(cluster, database, text):
    done = subprocess.run([PG / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(cluster.port),
                           "-U", "postgres", database], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def transactions(cluster, database):
    """The revisions that each transaction committed, in order."""
    rows = cluster.sql(database, "SELECT string_agg(revision, ' ' ORDER BY number) FROM drover_history"
                       " GROUP BY xmin::text ORDER BY min(number)")
    return [row[0] for row in rows]


@pytest.mark.parametrize("adding", [
    "ALTER TYPE state ADD VALUE 'parked';",
    "DO $$BEGIN ALTER TYPE state ADD VALUE IF NOT EXISTS 'parked'; END$$;",
    "DO $$BEGIN EXECUTE format('ALTER TYPE %s ADD VALUE %L', 'state', 'parked'); END$$;"])
def test_an_enum_value_is_committed_before_it_is_used(cluster, project, adding):
    """Also when its type was made in the same transaction: only PostgreSQL 17 and later take that."""
    one(cluster, project)
    project.revision("r1", [], "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE a (s state);", "DROP TABLE a;\nDROP TYPE state;")
    project.revision("r2", ["r1"], adding)
    project.revision("r3", ["r2"], "INSERT INTO a VALUES ('parked');", "DELETE FROM a;")
    project.revision("r4", ["r3"], "ALTER TABLE a ADD n int;", "ALTER TABLE a DROP n;")
    psql(cluster, "two", project.ok("upgrade", "head", "--sql").out)
    plan = project.ok("plan", "head", "-v").out
    assert "(4 steps in 2 transactions)" in plan, plan
    assert plan.index("+r2 ") < plan.index("-- COMMIT") < plan.index("+r3 "), plan
    assert project.ok("plan", "head", "--json").json["paths"][0]["transactions"] == [2, 2]
    project.ok("upgrade", "head")
    assert transactions(cluster, "one") == ["r1 r2", "r3 r4"]
    for database in ("one", "two"):
        assert cluster.sql(database, "SELECT s::text FROM a") == [("parked",)]
        assert cluster.versions(database) == ["r4"]


def test_a_way_down_is_cut_as_well(cluster, project):
    one(cluster, project)
    project.revision("r1", [], "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE a (s state);", "INSERT INTO a VALUES ('old');")
    project.revision("r2", ["r1"], "ALTER TABLE a ADD n int;", "ALTER TYPE state ADD VALUE 'old';")
    project.ok("upgrade", "head")
    psql(cluster, "two", project.ok("upgrade", "head", "--sql").out)
    psql(cluster, "two", project.ok("downgrade", "head:base", "--sql").out)
    project.ok("downgrade", "base", "--yes")
    for database in ("one", "two"):
        assert cluster.sql(database, "SELECT s::text FROM a") == [("old",)]
        assert cluster.versions(database) == []


def test_no_cut_without_need(cluster, project):
    """An enum value as the last step, and everything else, is one transaction."""
    one(cluster, project)
    project.revision("r1", [], "CREATE TYPE state AS ENUM ('open');")
    project.revision("r2", ["r1"], "COMMENT ON TYPE state IS 'ALTER TYPE state ADD VALUE x';")
    project.revision("r3", ["r2"], "ALTER TYPE state ADD VALUE 'parked';")
    project.ok("upgrade", "head")
    assert transactions(cluster, "one") == ["r1 r2 r3"]


DEFERRED = ["CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (id int, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
            "INSERT INTO a VALUES (1), (2);\nINSERT INTO b VALUES (1, 1);",
            "UPDATE b SET a = 2;",
            "ALTER TABLE b ADD note text;"]


def deferred(project):
    """The second revision leaves trigger events to COMMIT, which the third one cannot have pending."""
    for number, up in enumerate(DEFERRED, 1):
        project.revision(f"r{number}", [f"r{number - 1}"] if number > 1 else [], up)


def test_each_revision_in_a_transaction_of_its_own(cluster, project):
    one(cluster, project, "rollout: {transaction: revision}\n")
    deferred(project)
    psql(cluster, "two", project.ok("upgrade", "head", "--sql").out)
    project.ok("upgrade", "head")
    assert transactions(cluster, "one") == ["r1", "r2", "r3"]
    for database in ("one", "two"):
        assert cluster.sql(database, "SELECT a, note FROM b") == [(2, None)]


def test_the_setting_takes_hold_on_a_rollout_that_failed(cluster, project):
    one(cluster, project)
    deferred(project)
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "pending trigger events" in failed.out, failed
    assert "r1.sql, r2.sql, r3.sql; `rollout.transaction: revision`" in said(failed), failed
    assert cluster.versions("one") is None
    one_url = cluster.url("one")
    project.config(f"targets:\n  - {{name: one, url: '{one_url}'}}\nrollout: {{transaction: revision}}\n")
    project.ok("upgrade", "head")
    assert transactions(cluster, "one") == ["r1", "r2", "r3"]


def test_the_setting_is_changed_while_a_rollout_is_paused(cluster, project):
    """What began in one transaction is not gone on with in several: said, with a way that works."""
    one(cluster, project)
    deferred(project)
    targets = cluster.targets(["one", "two"])
    project.config(targets + "rollout: {concurrency: 1}\n")
    failed = project.run("upgrade", "head")
    assert failed.code == 5 and "`rollout.transaction: revision`" in said(failed), failed
    project.config(targets + "rollout: {concurrency: 1, transaction: revision}\n")
    busy = project.run("upgrade", "head")
    assert busy.code != 0 and "it began with `rollout.transaction: target`: after `drover cancel`" in busy.err, busy
    project.ok("cancel")
    project.ok("upgrade", "head")
    assert transactions(cluster, "one") == transactions(cluster, "two") == ["r1", "r2", "r3"]


def test_a_word_that_is_none(cluster, project):
    one(cluster, project, "rollout:\n  transaction: statement\n")
    result = project.run("config", "check")
    assert result.code != 0
    assert "drover.yaml:4:16" in result.out + result.err and "target or revision" in result.out + result.err, result


LATER = [("r1", [], "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);", "DROP TABLE a;"),
         ("r2", ["r1"], "ALTER TABLE a ADD n int;", "ALTER TABLE a DROP n;"),
         ("r3", ["r2"], "ALTER TABLE a ADD CONSTRAINT big CHECK (id > 1);", "ALTER TABLE a DROP CONSTRAINT big;")]


@pytest.fixture
def later(cluster, project):
    """The third revision fails in a database with a certain row."""
    cluster.create(["bad", "good"])
    for revision in LATER:
        project.revision(*revision)
    project.config(cluster.targets(["bad", "good"]) + "rollout: {transaction: revision, max_failures: 5}\n")
    project.ok("upgrade", "r1")
    cluster.sql("good", "UPDATE a SET id = 2")
    failed = project.run("upgrade", "head")
    assert failed.code == 3, failed
    project.failed = failed
    return project


def test_a_failure_in_a_later_transaction_is_shown_where_it_stands(cluster, later):
    assert cluster.versions("bad") == ["r2"] and cluster.versions("good") == ["r3"]
    assert "the target stands at r2: what came before was committed by itself" in said(later.failed), later.failed
    status = {target["name"]: target for target in later.ok("status", "--targets", "--json").json["target_list"]}
    assert status["bad"]["heads"] == ["r2"] and status["good"]["heads"] == ["r3"], status
    assert "1 target at r2" in later.ok("current").out


def test_a_retry_goes_on_where_it_stands(cluster, later):
    cluster.sql("bad", "UPDATE a SET id = 2")
    later.ok("upgrade", "head")
    assert transactions(cluster, "bad") == ["r1", "r2", "r3"]


def test_a_rollback_goes_back_from_where_it_stands(cluster, later):
    later.ok("rollback", "--yes")
    assert cluster.versions("bad") == ["r1"] and cluster.versions("good") == ["r1"]
    for name in ("bad", "good"):
        assert cluster.sql(name, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'n'") == [(0,)]


@pytest.mark.skipif(SERVER > 16, reason="a value may be used at once where its type is as new")
def test_an_enum_value_used_by_the_revision_that_adds_it(cluster, project):
    """The hint's way out works."""
    one(cluster, project)
    project.revision("r1", [], "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE a (s state);")
    project.revision("r2", ["r1"], "ALTER TYPE state ADD VALUE 'parked';\nINSERT INTO a VALUES ('parked');")
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "55P04" in failed.out, failed
    assert "r2.sql adds the value and uses it: leave one of the two to a revision of its own" in said(failed), failed
    project.revision("r2", ["r1"], "ALTER TYPE state ADD VALUE 'parked';")
    project.revision("r3", ["r2"], "INSERT INTO a VALUES ('parked');")
    project.ok("upgrade", "head")


@pytest.mark.skipif(SERVER > 16, reason="a value may be used at once where its type is as new")
def test_an_enum_value_that_a_function_adds(cluster, project):
    """What a function does cannot be told: the hint names the revisions and the setting, which works."""
    one(cluster, project)
    project.revision("r1", [], "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE a (s state);\n"
                     "CREATE FUNCTION extend() RETURNS void LANGUAGE plpgsql AS\n"
                     "$$BEGIN ALTER TYPE state ADD VALUE 'parked'; END$$;")
    project.revision("r2", ["r1"], "SELECT extend();")
    project.revision("r3", ["r2"], "INSERT INTO a VALUES ('parked');")
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "55P04" in failed.out, failed
    assert ("one transaction holds r1.sql, r2.sql, r3.sql, and the value is added in it; "
            "`rollout.transaction: revision`") in said(failed), failed
    one_url = cluster.url("one")
    project.config(f"targets:\n  - {{name: one, url: '{one_url}'}}\nrollout: {{transaction: revision}}\n")
    project.ok("upgrade", "head")


BROKEN = "INSERT INTO b VALUES (9, 9);"


def test_a_constraint_that_fails_at_commit(cluster, project):
    """Which revisions can have broken it; each by itself, the one; in that one, the line."""
    one(cluster, project)
    project.revision("r1", [], DEFERRED[0])
    project.revision("r2", ["r1"], "SELECT 1;\n" + BROKEN)
    project.revision("r3", ["r2"], "SELECT 2;")
    failed = project.run("upgrade", "head")
    assert failed.code == 2, failed
    assert ("found at COMMIT, after r1.sql, r2.sql, r3.sql; `rollout.transaction: revision` commits each revision by "
            "itself, and so names the one at fault") in said(failed), failed
    one_url = cluster.url("one")
    project.config(f"targets:\n  - {{name: one, url: '{one_url}'}}\nrollout: {{transaction: revision}}\n")
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "at: migrations/r2.sql" in failed.out, failed
    assert "`SET CONSTRAINTS ALL IMMEDIATE;` as its last line" in said(failed), failed
    assert cluster.versions("one") == ["r1"]
    project.revision("r2", ["r1"], "SELECT 1;\n" + BROKEN + "\nSET CONSTRAINTS ALL IMMEDIATE;")
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "at: migrations/r2.sql:10" in failed.out, failed


def test_events_that_one_revision_leaves_pending(cluster, project):
    """The hint's way out works."""
    one(cluster, project)
    project.revision("r1", [], DEFERRED[0])
    project.ok("upgrade", "head")
    project.revision("r2", ["r1"], f"{DEFERRED[1]}\n{DEFERRED[2]}")
    failed = project.run("upgrade", "head")
    assert failed.code == 2 and "55006" in failed.out, failed
    assert "is done at once by `SET CONSTRAINTS ALL IMMEDIATE;` between them" in said(failed), failed
    project.revision("r2", ["r1"], f"{DEFERRED[1]}\nSET CONSTRAINTS ALL IMMEDIATE;\n{DEFERRED[2]}")
    project.ok("upgrade", "head")


@pytest.fixture
def held(cluster, project):
    """A rollout whose first revisions are committed, and whose third waits for a lock."""
    cluster.create(["one"])
    project.config(f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n"
                   "rollout: {transaction: revision, lock_timeout: 80s, retry: {attempts: 40, backoff: 50ms..500ms}}\n")
    project.revisions = project.chain(5)
    project.revision("r003", ["r002"], "LOCK TABLE door IN SHARE MODE;\nINSERT INTO applied (revision) VALUES ('r003');")
    cluster.sql("one", "CREATE TABLE door ()")
    holder = cluster.hold("one", "LOCK TABLE door")
    project.open = holder.close

    def waits():
        return cluster.versions("one") == ["r002"] and \
            cluster.sql("one", "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)]
    project.waits = lambda: wait_until(waits, "the third revision waits")
    yield project
    holder.close()


def test_killed_between_two_transactions(cluster, held):
    """What runs everything is killed: the same command goes on behind what was committed, exactly once."""
    process = held.start("upgrade", "head")
    held.waits()
    process.kill()
    held.open()
    held.ok("upgrade", "head")
    assert_exactly_once(cluster, "one", held.revisions)


def test_worker_killed_between_two_transactions(cluster, held):
    held.coordinator()
    worker = held.start("worker")
    process = held.start("upgrade", "head")
    held.waits()
    worker.kill()
    held.open()
    held.start("worker")
    assert process.finish().code == 0, process.output()
    assert_exactly_once(cluster, "one", held.revisions)


def test_server_killed_between_two_transactions(cluster, held):
    process = held.start("upgrade", "head")
    held.waits()
    held.open()
    cluster.kill()
    cluster.start()
    assert process.finish().code == 0, process.output()
    assert_exactly_once(cluster, "one", held.revisions)


def test_paused_now_between_two_transactions(cluster, held):
    """The target stands where the last transaction left it, and goes on from there."""
    held.coordinator()
    held.start("worker")
    process = held.start("upgrade", "head")
    held.waits()
    held.ok("pause", "--now")
    wait_until(lambda: held.ok("status", "--targets", "--json").json["target_list"][0]["state"] == "pending", "it stops")
    assert cluster.versions("one") == ["r002"]
    assert process.finish().code == 5, process.output()
    held.open()
    held.ok("resume")
    held.ok("upgrade", "head")
    assert_exactly_once(cluster, "one", held.revisions)


@pytest.mark.parametrize("before, after", [("", "-- Transaction: none"), ("-- Transaction: none", "")])
def test_a_change_of_the_transaction_is_no_edit(cluster, project, before, after):
    """The same statements did the same; other statements did not."""
    one(cluster, project)
    project.revision("r1", [], "CREATE TABLE a (id int);", header=before)
    project.ok("upgrade", "head")
    project.revision("r1", [], "CREATE TABLE a (id int);", header=after)
    project.revision("r2", ["r1"], "ALTER TABLE a ADD n int;")
    project.ok("upgrade", "head")
    project.ok("check")
    project.revision("r1", [], "CREATE TABLE a (id bigint);", header=after)
    edited = project.run("check")
    assert edited.code != 0 and "r1 was edited after it was applied" in edited.out + edited.err, edited
