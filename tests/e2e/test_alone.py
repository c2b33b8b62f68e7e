"""Revisions without a transaction: everything that psql runs, each statement exactly once, and ways out of what is half done."""
import re
import shlex
import shutil
import signal

import pytest

from conftest import PATIENCE, wait_until

NONE = "-- Transaction: none\n"


@pytest.fixture(params=["direct", "pooled"])
def url(request, cluster):
    """The database `one`, by itself and through a pooler."""
    cluster.create(["one"])
    if request.param == "direct":
        yield cluster.url("one")
    else:
        yield request.getfixturevalue("pooler")("transaction", "default_pool_size = 5").url("one")


def configure(project, url, more=""):
    project.config(f"targets:\n  - {{name: one, url: '{url}'}}\n"
                   f"rollout:\n  retry: {{attempts: 40, backoff: 50ms..500ms}}\n{more}")


def rows(cluster, query):
    return [row[0] for row in cluster.sql("one", query)]


def half_done(cluster):
    return cluster.sql("one", "SELECT statement, state FROM drover_progress WHERE statement > 0 ORDER BY statement")


def in_progress(cluster, part):
    """Whether a statement that begins so is at work in the database `one`."""
    return cluster.sql("one", "SELECT 1 FROM pg_stat_activity WHERE datname = 'one' AND state <> 'idle'"
                              " AND pid <> pg_backend_pid() AND starts_with(query, %s)", (part,)) != []


def follow_hints(project, refused):
    """Runs the commands that a refusal names, and says which they were."""
    ways = [shlex.split(way) for way in dict.fromkeys(re.findall(r"`drover ([^`]+)`", refused.out + refused.err))]
    for way in ways:
        project.ok(*way, *([] if "--yes" in way else ["--yes"]))
    return ways


WAITS = """CREATE TABLE gate ();
CREATE TABLE done (what text);
CREATE PROCEDURE work(name text) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO done VALUES (name || ' begun');
    COMMIT;
    LOCK TABLE gate IN ACCESS SHARE MODE;
    INSERT INTO done VALUES (name || ' ended');
END $$;"""


class Gate:
    """A procedure `work` that stands still in its middle until the gate opens."""

    def __init__(self, cluster):
        self.connection = cluster.hold("one", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")

    def open(self):
        self.connection.rollback()
        self.connection.close()


def test_what_psql_runs_runs(cluster, project, url):
    if cluster.sql("postgres", "SHOW wal_level") != [("logical",)]:
        cluster.sql("postgres", "ALTER SYSTEM SET wal_level = 'logical'")
        cluster.stop("fast")
        cluster.start()
    project.revision("r001", [], "CREATE TABLE t (id int, done bool DEFAULT false);\n"
                     "INSERT INTO t SELECT generate_series(1, 100);\n"
                     "CREATE PROCEDURE batches() LANGUAGE plpgsql AS $$ BEGIN LOOP UPDATE t SET done = true WHERE id IN"
                     " (SELECT id FROM t WHERE NOT done LIMIT 30); EXIT WHEN NOT found; COMMIT; END LOOP; END $$;\n"
                     "CREATE TABLE parted (id int) PARTITION BY LIST (id);\n"
                     "CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);\nCREATE PUBLICATION p FOR TABLE parted;")
    project.revision("r002", ["r001"],
                     "CALL batches();\n"
                     "DO $$ BEGIN INSERT INTO t VALUES (101); COMMIT; INSERT INTO t VALUES (102); END $$;\n"
                     "SELECT pg_create_logical_replication_slot('one_slot', 'pgoutput');\n"
                     f"CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port={cluster.port} user=postgres dbname=one'"
                     " PUBLICATION p WITH (slot_name = 'one_slot', create_slot = false, enabled = false);\n"
                     "ALTER TABLE parted DETACH PARTITION part CONCURRENTLY;\n"
                     "VACUUM t;\nCREATE INDEX CONCURRENTLY t_id ON t (id);\nREINDEX TABLE CONCURRENTLY t;\n"
                     "CREATE TABLE last ();",
                     "DROP TABLE last;\nDROP SUBSCRIPTION s;\nDROP INDEX CONCURRENTLY t_id;\n", NONE)
    configure(project, url)
    project.ok("upgrade", "head")
    assert cluster.sql("one", "SELECT count(*), count(*) FILTER (WHERE done) FROM t") == [(102, 100)]
    assert rows(cluster, "SELECT slot_name FROM pg_replication_slots") == ["one_slot"]
    assert cluster.sql("one", "SELECT relispartition FROM pg_class WHERE relname = 'part'") == [(False,)]
    assert half_done(cluster) == []
    project.ok("check")
    project.ok("downgrade", "-1", "--yes")
    assert rows(cluster, "SELECT slot_name FROM pg_replication_slots") == [], "dropped with its subscription"


def test_two_drovers_at_once(cluster, project, url):
    """Two projects without a common coordinator: each statement runs once, whoever runs it."""
    count = 60
    project.revision("r001", [], "CREATE TABLE applied (statement int, at timestamptz DEFAULT clock_timestamp());")
    statements = [f"INSERT INTO applied VALUES ({n});" if n % 3 else
                  f"DO $$ BEGIN INSERT INTO applied VALUES ({n}); COMMIT; END $$;" for n in range(1, count + 1)]
    project.revision("r002", ["r001"], "\n".join(statements), header=NONE)
    configure(project, url)
    project.ok("upgrade", "r001")
    other = project.folder.parent / "other"
    shutil.copytree(project.folder, other, ignore=shutil.ignore_patterns(".drover"))
    rival = type(project)(other)
    processes = [project.start("upgrade", "head"), rival.start("upgrade", "head")]
    results = [process.finish() for process in processes]
    rival.close()
    assert [result.code for result in results] == [0, 0], results
    assert rows(cluster, "SELECT statement FROM applied ORDER BY at") == list(range(1, count + 1))
    assert cluster.versions("one") == ["r002"] and half_done(cluster) == []
    assert rows(cluster, "SELECT direction FROM drover_history WHERE revision = 'r002'") == ["upgrade"]


def test_killed_in_a_procedure_that_commits(cluster, project, url):
    """How far it came nobody can tell: it is asked, and each way that is named works."""
    project.revision("r001", [], WAITS)
    project.revision("r002", ["r001"], "INSERT INTO done VALUES ('first');\nCALL work('call');\n"
                     "INSERT INTO done VALUES ('last');", header=NONE)
    configure(project, url, "  lock_timeout: 60s\n")
    project.ok("upgrade", "r001")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: rows(cluster, "SELECT what FROM done") == ["first", "call begun"], "the procedure has begun")
    process.kill()
    gate.open()
    wait_until(lambda: not in_progress(cluster, "CALL"), "the server is done with it")
    refused = project.run("upgrade", "head")
    assert refused.code in (2, 4, 5), refused
    assert "statement 2 of revision r002" in refused.out and "did it take effect" in refused.out, refused
    assert "migrations/r002.sql" in refused.out
    ended = rows(cluster, "SELECT what FROM done")
    assert ended.count("call begun") == 1 and "last" not in ended, "not run again"
    # Somebody looks and finds that it may run again.
    path = project.folder / "migrations/r002.sql"
    path.write_text(path.read_text().replace(NONE, NONE + "-- Idempotent: yes\n"))
    project.ok("upgrade", "head")
    assert cluster.versions("one") == ["r002"]
    done = rows(cluster, "SELECT what FROM done")
    assert done.count("first") == 1 and done.count("last") == 1 and done.count("call begun") == 2
    project.ok("check")


def interrupted(cluster, project, url, alone=True):
    """A rollout whose worker was killed within a CALL, and the refusal with which the next attempt asks what came of it."""
    project.revision("r001", [], WAITS)
    project.revision("r002", ["r001"], "CALL work('call');\nINSERT INTO done VALUES ('last');", undo="DELETE FROM done;", header=NONE)
    configure(project, url, "  lock_timeout: 60s\n")
    if not alone:
        cluster.create(["two"])
        project.config((project.folder / "drover.yaml").read_text().replace("rollout:\n", (
            f"  - {{name: two, url: '{cluster.url('two')}'}}\n"
            "rollout:\n  waves: [{name: first, count: 1}, {name: rest}]\n")))
    project.ok("upgrade", "r001")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: rows(cluster, "SELECT what FROM done") == ["call begun"], "the procedure has begun")
    process.kill()
    gate.open()
    wait_until(lambda: not in_progress(cluster, "CALL"), "the server is done with it")
    refused = project.run("upgrade", "head")
    assert refused.code in (2, 4, 5)
    return [shlex.split(found) for found in re.findall(r"`drover ([^`]+)`", refused.out)]


@pytest.mark.parametrize("way", ["done", "again"])
@pytest.mark.parametrize("over", [True, False], ids=["over", "paused"])
def test_the_question_is_answered(cluster, project, url, way, over):
    """By the very command that it names, when its rollout is over and when it is paused."""
    answers = interrupted(cluster, project, url, alone=over)
    answer = next(words for words in answers if words[0] == "retry" and words[-2] == "--" + way)
    assert answer == ["retry", "one", "--" + way, "1"]
    before = rows(cluster, "SELECT what FROM done")
    project.ok(*answer, "--reason", "the rows were counted")
    after = rows(cluster, "SELECT what FROM done")
    assert after[:len(before)] == before and after[-1] == "last" and after.count("last") == 1
    assert after.count("call begun") == (1 if way == "done" else 2)
    assert cluster.versions("one") == ["r002"] and half_done(cluster) == []
    project.ok("check")
    if not over:
        assert cluster.versions("two") == ["r002"], "the rollout went on"


def test_an_answer_is_about_one_interruption(cluster, project):
    """What runs again and is interrupted again is asked about again."""
    cluster.create(["one"])
    interrupted(cluster, project, cluster.url("one"))
    gate = Gate(cluster)
    process = project.start("retry", "one", "--again", "1")
    wait_until(lambda: rows(cluster, "SELECT what FROM done").count("call begun") == 2, "it runs again")
    process.kill()
    gate.open()
    wait_until(lambda: not in_progress(cluster, "CALL"), "the server is done with it")
    project.run("resume")
    assert "did it take effect" in re.sub(r"\s+", " ", project.ok("status").out)
    assert rows(cluster, "SELECT what FROM done").count("call begun") == 2, "not by itself"
    for wrong, why in ((("one", "--done", "2"), "statement 1 of revision r002"), (("--done", "1"), "of which target"),
                       (("one", "--done", "1", "--again", "1"), "not both"), (("one", "--done", "x"), "--done")):
        refused = project.run("retry", *wrong)
        assert refused.code != 0 and why in refused.out + refused.err, refused
    project.ok("retry", "one", "--done", "1")
    assert rows(cluster, "SELECT what FROM done").count("call begun") == 2
    assert cluster.versions("one") == ["r002"]


@pytest.mark.parametrize("way", [0, 1])
def test_each_way_out_of_a_question_works(cluster, project, url, way):
    ways = [words for words in interrupted(cluster, project, url) if words[0] == "stamp"]
    project.run("cancel")
    project.ok(*ways[way], "--yes")
    assert cluster.versions("one") == [["r002"], ["r001"]][way]
    project.ok("upgrade", "head")
    assert cluster.versions("one") == ["r002"] and half_done(cluster) == []
    project.ok("downgrade", "base", "--yes")


def test_an_answer_with_an_error_means_not_done(cluster, project, url):
    """A procedure that fails half-way is simply run again."""
    project.revision("r001", [], "CREATE TABLE done (what text);\nCREATE TABLE data (id int);\n"
                     "CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO done VALUES ('begun'); COMMIT;"
                     " PERFORM 1 / count(*) FROM data; INSERT INTO done VALUES ('ended'); END $$;")
    project.revision("r002", ["r001"], "INSERT INTO done VALUES ('first');\nCALL work();", header=NONE)
    configure(project, url)
    failed = project.run("upgrade", "head")
    assert failed.code in (2, 5) and re.search(r"division by zero \(22012\)\s+at migrations/r002.sql:10", failed.err), failed
    assert half_done(cluster) == [(1, "done")]
    cluster.sql("one", "INSERT INTO data VALUES (1)")
    project.ok("upgrade", "head")
    assert rows(cluster, "SELECT what FROM done") == ["first", "begun", "begun", "ended"]


def test_stopped_by_a_person(cluster, project, url):
    project.revision("r001", [], WAITS)
    project.revision("r002", ["r001"], "INSERT INTO done VALUES ('first');\nCALL work('call');", header=NONE)
    configure(project, url, "  lock_timeout: 60s\n")
    project.ok("upgrade", "r001")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: rows(cluster, "SELECT what FROM done") == ["first", "call begun"], "the procedure has begun")
    project.ok("pause", "--now", "--reason", "test")
    wait_until(lambda: half_done(cluster) == [(1, "done")], "what was stopped was not done")
    gate.open()
    project.ok("resume")
    process.finish()
    project.run("upgrade", "head")
    assert cluster.versions("one") == ["r002"]
    assert rows(cluster, "SELECT what FROM done") == ["first", "call begun", "call begun", "call ended"]


# ---- a worker that stands still, and comes back ----

@pytest.fixture
def stalled(cluster, project, url):
    """Two workers; `stop` stops the one that is at it, and returns when the other has finished the rollout."""
    configure(project, url, "  lock_timeout: 60s\n")
    project.coordinator()
    workers = {}

    def stop(arrived):
        workers["first"] = project.start("worker", "--name", "first")
        upgrade = project.start("upgrade", "head")
        wait_until(arrived, "the first worker is at it")
        workers["first"].popen.send_signal(signal.SIGSTOP)
        workers["second"] = project.start("worker", "--name", "second")
        return upgrade

    def come_back():
        workers["first"].popen.send_signal(signal.SIGCONT)
        workers["first"].wait_for_line("welcome|joined|connected")
        assert workers["first"].terminate().code == 0, workers["first"].output()
    project.stop, project.come_back = stop, come_back
    yield project
    for worker in workers.values():
        worker.popen.send_signal(signal.SIGCONT)


def test_a_worker_that_stood_still_repeats_nothing(stalled, cluster):
    count = 300
    statements = [f"INSERT INTO applied VALUES ({n});" if n % 2 else
                  f"DO $$ BEGIN INSERT INTO applied VALUES ({n}); COMMIT; END $$;" for n in range(1, count + 1)]
    stalled.revision("r001", [], "CREATE TABLE applied (statement int, at timestamptz DEFAULT clock_timestamp());")
    stalled.revision("r002", ["r001"], "\n".join(statements), header=NONE + "-- Idempotent: yes\n")

    def some():
        return cluster.sql("one", "SELECT to_regclass('applied') IS NOT NULL") == [(True,)] and \
            cluster.sql("one", "SELECT count(*) > 5 FROM applied") == [(True,)]
    upgrade = stalled.stop(some)
    assert upgrade.finish(2 * PATIENCE).code == 0
    before = rows(cluster, "SELECT statement FROM applied ORDER BY at")
    assert cluster.versions("one") == ["r002"]
    stalled.come_back()
    assert rows(cluster, "SELECT statement FROM applied ORDER BY at") == before
    twice = [n for n in before if before.count(n) > 1]
    assert set(before) == set(range(1, count + 1)) and len(set(twice)) <= 1 and all(n % 2 == 0 for n in twice), \
        f"only what was interrupted and may run again: {twice}"


@pytest.mark.parametrize("header", [NONE, ""], ids=["stepwise", "whole"])
def test_a_worker_that_stands_still_within_a_transaction_keeps_no_lock(stalled, cluster, header):
    """Its statement has run, its COMMIT is not sent: the session holds the deploy lock, and would for a minute."""
    cluster.sql("one", "CREATE TABLE gate (); CREATE TABLE applied (name text)")
    stalled.revision("r001", [], "INSERT INTO applied SELECT 'first' FROM (SELECT count(*) FROM gate) AS g;\n"
                     "INSERT INTO applied VALUES ('last');", header=header)
    gate = Gate(cluster)
    upgrade = stalled.stop(lambda: in_progress(cluster, "INSERT INTO applied SELECT"))
    gate.open()
    wait_until(lambda: cluster.sql("one", "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"
                                          " AND datname = 'one'"), "its session waits for what it will say next")
    assert upgrade.finish(2 * PATIENCE).code == 0
    assert rows(cluster, "SELECT name FROM applied") == ["first", "last"]
    stalled.come_back()
    assert rows(cluster, "SELECT name FROM applied") == ["first", "last"]


def test_a_worker_that_stood_still_undoes_nothing(stalled, cluster):
    """Its next statement drops an index, which the rollout has made anew meanwhile."""
    stalled.revision("r001", [], "CREATE TABLE t (id int);\nCREATE INDEX i ON t (id);")
    stalled.revision("r002", ["r001"], "VACUUM gate;\nDROP INDEX CONCURRENTLY i;", header=NONE)
    stalled.revision("r003", ["r002"], "CREATE INDEX CONCURRENTLY i ON t (id);", header=NONE)
    cluster.sql("one", "CREATE TABLE gate ()")
    holder = cluster.hold("one", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
    upgrade = stalled.stop(lambda: in_progress(cluster, "VACUUM gate"))
    holder.rollback()
    holder.close()
    assert upgrade.finish(2 * PATIENCE).code == 0
    stalled.come_back()
    assert cluster.sql("one", "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('i')") == [(True,)]
    assert cluster.versions("one") == ["r003"]


# ---- what is half done is told ----

def test_what_is_half_done_is_told(cluster, project):
    cluster.create(["one"])
    project.revision("r001", [], "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (1);", "DROP TABLE t;")
    project.revision("r002", ["r001"], "CREATE INDEX CONCURRENTLY t_first ON t (id);\n"
                     "CREATE UNIQUE INDEX CONCURRENTLY t_second ON t (id);\nSELECT 1;", header=NONE)
    configure(project, cluster.url("one"))
    failed = project.run("upgrade", "head")
    told = "upgrade of r002: 1 of 3 statements done"
    assert told in failed.out, failed
    for question in (["status"], ["status", "--targets"], ["current"], ["current", "-v"]):
        answer = project.ok(*question)
        assert told in re.sub(r"\s+", " ", answer.out), answer
    assert "index public.t_second is invalid" in project.ok("current").out
    assert told in project.ok("current", "--json").out and told in project.ok("status", "--json").out
    # The release is called off: what is left says so, with and without the journal.
    refused = project.run("downgrade", "base", "--yes")
    assert refused.code == 4 and told in project.ok("status").out, refused
    follow_hints(project, refused)
    project.ok("downgrade", "base", "--yes")
    assert "half done" not in project.ok("current").out + project.ok("status").out


def test_cancel_says_what_is_half_done(cluster, project):
    cluster.create(["one", "two"])
    for name in ("one", "two"):
        cluster.sql(name, "CREATE TABLE gate ()")
    project.revision("r001", [], "CREATE TABLE t ();\nVACUUM gate;", header=NONE)
    project.config(cluster.targets(["one", "two"]) +
                   "rollout: {lock_timeout: 60s, waves: [{name: first, count: 1}, {name: rest}]}\n")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: in_progress(cluster, "VACUUM"), "the statement runs")
    project.ok("cancel")
    ended = process.finish()
    gate.open()
    assert "upgrade cancelled" in ended.out + ended.err
    assert "1 target is half done: one: upgrade of r001: 1 of 2 statements done" in re.sub(r"\s+", " ", ended.out + ended.err), ended
    assert "one: upgrade of r001: 1 of 2 statements done" in re.sub(r"\s+", " ", project.ok("status").out)
    project.ok("upgrade", "head")


def test_cancel_itself_says_what_is_half_done(cluster, project):
    """Its answer is whole: it waits for what still runs."""
    cluster.create(["one"])
    cluster.sql("one", "CREATE TABLE gate ()")
    project.revision("r001", [], "CREATE TABLE t ();\nVACUUM gate;", header=NONE)
    configure(project, cluster.url("one"), "  lock_timeout: 60s\n")
    project.coordinator()
    project.start("worker")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: in_progress(cluster, "VACUUM"), "the statement runs")
    said = project.ok("cancel")
    assert "1 running job told to stop" in said.out, said
    assert "1 target is half done: one: upgrade of r001: 1 of 2 statements done" in re.sub(r"\s+", " ", said.out + said.err), said
    assert not in_progress(cluster, "VACUUM")
    gate.open()
    process.finish()


# ---- behind a pooler that cannot work ----

@pytest.mark.parametrize("statement", ["VACUUM t;", "CALL work();", "CREATE INDEX CONCURRENTLY i ON t (id);"])
@pytest.mark.parametrize("what", ["schema", "setting"])
def test_what_cannot_work_behind_a_pooler_is_refused_at_the_gate(cluster, project, pooler, statement, what):
    cluster.create(["one"])
    cluster.sql("one", "CREATE SCHEMA tenant; CREATE PROCEDURE public.work() LANGUAGE sql AS ''")
    project.revision("r001", [], "CREATE TABLE t (id int);")
    project.revision("r002", ["r001"], ("SET work_mem = '10MB';\n" if what == "setting" else "") + statement, header=NONE)
    pooled = pooler("transaction", "default_pool_size = 5").url("one")
    project.config(f"targets:\n  - {{name: one, url: '{pooled}'"
                   + (", schema: tenant" if what == "schema" else "") + "}\n")
    refused = project.run("upgrade", "head")
    assert refused.code == 4 and "a pooler stands before the server" in refused.out, refused
    assert "r002" in refused.out and "name the server itself" in refused.out
    assert cluster.versions("one", "tenant" if what == "schema" else "public") is None, "not after r001"
    project.ok("upgrade", "r001")  # what does not meet it is deployed
    project.config(project.folder.joinpath("drover.yaml").read_text().replace(pooled, cluster.url("one")))
    project.ok("upgrade", "head")


def test_one_direction_alone_without_a_transaction(cluster, project):
    cluster.create(["one"])
    project.revision("r001", [], "CREATE TABLE t (id int);", "DROP TABLE t;")
    project.revision("r002", ["r001"], "CREATE INDEX i ON t (id);\nCREATE TABLE u ();", "DROP TABLE u;\nDROP INDEX CONCURRENTLY i;")
    path = project.folder / "migrations/r002.sql"
    path.write_text(path.read_text().replace("-- migrate:down", "-- migrate:down transaction:none"))
    configure(project, cluster.url("one"))
    assert "Transaction: none (down)" in project.ok("show", "r002").out
    project.ok("upgrade", "head")
    assert cluster.sql("one", "SELECT to_regclass('drover_progress')") == [(None,)], "the way up is one transaction"
    project.ok("downgrade", "-1", "--yes")
    assert cluster.sql("one", "SELECT to_regclass('i'), to_regclass('u')") == [(None, None)]
    sql = project.ok("downgrade", "r002:r001", "--sql").out
    assert sql.index("COMMIT") < sql.index("DROP INDEX CONCURRENTLY i")
    project.ok("upgrade", "head")
    project.ok("downgrade", "base", "--yes")


# ---- beside something else ----

def test_another_tool_moves_the_rows_meanwhile(cluster, project, url):
    """An Alembic at the same moment: nothing follows what it has overtaken, and both are told of."""
    project.revision("r001", [], WAITS)
    project.revision("r002", ["r001"], "INSERT INTO done VALUES ('first');\nCALL work('call');\n"
                     "INSERT INTO done VALUES ('last');", header=NONE)
    configure(project, url, "  lock_timeout: 60s\n")
    project.ok("upgrade", "r001")
    gate = Gate(cluster)
    process = project.start("upgrade", "head")
    wait_until(lambda: rows(cluster, "SELECT what FROM done") == ["first", "call begun"], "the procedure has begun")
    cluster.sql("one", "UPDATE alembic_version SET version_num = 'r002'")
    gate.open()
    failed = process.finish()
    assert failed.code == 2 and "something else moved the version rows to r002 while revision r002" in \
        re.sub(r"\s+", " ", failed.out), failed
    assert rows(cluster, "SELECT what FROM done") == ["first", "call begun", "call ended"]
    refused = project.run("upgrade", "head")
    assert refused.code == 4 and "past it meanwhile" in refused.out, refused
    assert follow_hints(project, failed)
    project.ok("check")
    project.ok("upgrade", "head")


def test_an_uncommitted_move_is_waited_for(cluster, project, url):
    project.revision("r001", [], "CREATE TABLE done (what text);")
    project.revision("r002", ["r001"], "INSERT INTO done VALUES ('ours');", header=NONE)
    configure(project, url, "  lock_timeout: 60s\n")
    project.ok("upgrade", "r001")
    alembic = cluster.hold("one", "UPDATE alembic_version SET version_num = 'r002'; INSERT INTO done VALUES ('alembic')")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("one", "SELECT 1 FROM pg_locks WHERE NOT granted AND relation ="
                                          " 'alembic_version'::regclass"), "it waits")
    alembic.commit()
    alembic.close()
    assert process.finish().code == 0
    assert rows(cluster, "SELECT what FROM done") == ["alembic"]


def test_what_a_reindex_left_is_dropped(cluster, project):
    cluster.create(["one"])
    project.revision("r001", [], "CREATE TABLE t (id int);\nCREATE INDEX i ON t (id);\nCREATE TABLE other (id int);")
    project.revision("r002", ["r001"], "REINDEX TABLE CONCURRENTLY t;", header=NONE)
    configure(project, cluster.url("one"), "  lock_timeout: 60s\n")
    project.ok("upgrade", "r001")
    writer = cluster.hold("one", "INSERT INTO t VALUES (1)")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("one", "SELECT 1 FROM pg_class WHERE relname = 'i_ccnew'"), "it builds")
    process.kill()
    # The next one waits for whoever is still at it; then nobody is, and what is left is dropped.
    cluster.sql("one", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%'")
    writer.rollback()
    writer.close()
    wait_until(lambda: not in_progress(cluster, "REINDEX"), "it has ended")
    assert cluster.sql("one", "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('i_ccnew')") == [(False,)]
    assert "index public.i_ccnew is invalid" in project.ok("current").out
    project.ok("upgrade", "head")
    assert rows(cluster, "SELECT relname FROM pg_class WHERE relname LIKE 'i%' AND relkind = 'i'"
                         " AND relnamespace = 'public'::regnamespace") == ["i"]
    assert cluster.versions("one") == ["r002"]
