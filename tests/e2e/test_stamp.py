"""`stamp` as a rollout, version tables of other names, and a history that Alembic left behind."""
import os
import re
import shlex

import pytest

from conftest import wait_until
from test_alembic import HEADS, alembic, run_alembic, schema  # noqa: F401 (a fixture)

TARGETS = 12


def history(cluster, database, where="true", schema="public"):
    return cluster.sql(database, f"SELECT revision, direction, checksum <> '' FROM {schema}.drover_history"
                       f" WHERE {where} ORDER BY number")


@pytest.fixture
def three(cluster, project):
    """A chain of three revisions, and one database."""
    cluster.create(["one"])
    project.revisions = project.chain(3)
    project.config(f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n")
    return project


@pytest.fixture
def fleet(cluster, project):
    """Databases that stand at r001, and stamp slowly enough for a kill: a trigger sleeps."""
    names = [f"t_{n:02d}" for n in range(TARGETS)]
    cluster.create(names)
    project.chain(3)
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 't_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout:\n  concurrency: 3\n  per_server: 3\n  retry: {attempts: 40, backoff: 50ms..500ms}\n")
    project.ok("upgrade", "r001")
    for name in names:
        cluster.sql(name, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                    " $$BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END$$;"
                    "CREATE TRIGGER slow AFTER UPDATE ON alembic_version FOR EACH ROW EXECUTE FUNCTION slow()")
    project.names = names
    return project


def stamped(cluster, names):
    return sum(cluster.versions(name) == ["r003"] for name in names)


def assert_stamped_once(cluster, names):
    for name in names:
        assert cluster.versions(name) == ["r003"]
        assert history(cluster, name) == [("r001", "upgrade", True), ("r002", "seen", False),
                                          ("r003", "stamp", True)], name
        assert cluster.sql(name, "SELECT count(*) FROM applied") == [(1,)], "nothing ran"


def test_a_stamp_runs_nothing(three, cluster):
    done = three.ok("stamp", "head")
    assert "stamp succeeded: 1 stamped, 0 unchanged, 0 failed" in done.err + done.out, done
    assert cluster.versions("one") == ["r003"]
    assert cluster.sql("one", "SELECT to_regclass('applied')") == [(None,)]
    assert history(cluster, "one") == [("r001", "seen", False), ("r002", "seen", False), ("r003", "stamp", True)]
    checksum = cluster.sql("one", "SELECT checksum FROM drover_history WHERE direction = 'stamp'")[0][0]
    assert re.fullmatch("[0-9a-f]{64}", checksum)
    again = three.ok("stamp", "r003")
    assert "0 stamped, 1 unchanged" in again.err + again.out
    assert len(history(cluster, "one")) == 3
    three.ok("stamp", "base")
    assert cluster.versions("one") == []
    assert history(cluster, "one")[3:] == [("r002", "gone", False), ("r001", "gone", False), ("r003", "stamp", False)]
    three.ok("upgrade", "head")
    assert cluster.versions("one") == ["r003"] and cluster.sql("one", "SELECT count(*) FROM applied") == [(3,)]
    assert "by something else" not in three.ok("current", "-v").out


def test_json_and_words(three, cluster):
    events = three.ok("stamp", "r002", "--json").events
    finished = events[-1]
    assert finished["event"] == "finished" and "1 stamped" in finished["sentence"]
    assert [event["verb"] for event in events if event["event"] == "progress"][-1] == "stamp"
    rollouts = three.ok("rollouts", "--json").json["rollouts"]
    assert (rollouts[0]["verb"], rollouts[0]["spec"]) == ("stamp", "r002")
    assert "STAMPED" in three.ok("status").out
    validated = three.ok("stamp", "r003", "--validate-only")
    assert cluster.versions("one") == ["r002"] and "validate succeeded" in validated.out + validated.err


def test_refused_before_any_database(three, cluster):
    for arguments, words in ((["+1"], "relative"), (["nope"], "nope"), (["r001:r002"], "--sql"),
                             (["head", "--purge", "--sql"], "--purge"), (["r001 r002"], "not the name")):
        refused = three.run("stamp", *arguments)
        assert refused.code in (2, 64) and words in refused.err, refused
    assert cluster.versions("one") is None


def test_purge_with_unknown_rows(three, cluster):
    three.ok("upgrade", "r002")
    cluster.sql("one", "INSERT INTO alembic_version VALUES ('feedbeef')")
    refused = three.run("stamp", "r001")
    assert refused.code == 4 and "feedbeef" in refused.err + refused.out
    three.ok("stamp", "--purge", "r002", "--yes")
    assert cluster.versions("one") == ["r002"]
    assert history(cluster, "one")[2:] == [("", "purge", False), ("r001", "seen", False), ("r002", "stamp", True)]
    cluster.sql("one", "UPDATE alembic_version SET version_num = 'feedbeef'")
    three.ok("stamp", "--purge", "base", "--yes")
    assert cluster.versions("one") == []
    assert history(cluster, "one")[-1] == ("", "purge", False)


def test_purge_accepts_an_edited_revision(three, cluster):
    three.ok("upgrade", "head")
    path = three.folder / "migrations/r001.sql"
    path.write_text(path.read_text().replace("CREATE TABLE", "CREATE UNLOGGED TABLE"))
    refused = three.run("upgrade", "head")
    assert refused.code == 4 and "edited" in refused.out + refused.err
    three.ok("stamp", "--purge", "head", "--yes")
    assert cluster.versions("one") == ["r003"]
    three.ok("upgrade", "head")
    three.ok("check")


def test_a_half_applied_revision_is_settled(three, cluster):
    three.revision("r004", ["r003"], "CREATE INDEX CONCURRENTLY one_i ON applied (revision);\nSELECT 1/0;",
                   header="-- Transaction: none\n")
    failed = three.run("upgrade", "head")
    assert failed.code in (2, 5) and cluster.sql("one", "SELECT count(*) > 0 FROM drover_progress") == [(True,)]
    three.run("cancel")
    assert three.run("downgrade", "r001", "--yes").code == 4, "half applied"
    three.ok("stamp", "r004")
    assert cluster.sql("one", "SELECT count(*) FROM drover_progress") == [(0,)]
    assert cluster.versions("one") == ["r004"]


@pytest.mark.parametrize("going", ["up", "down"])
def test_what_is_half_done_is_settled_by_a_stamp_of_anywhere(cluster, project, going):
    """Of where the target stands, below, at and above what is half done, and at base; in its own line only."""
    ways = {"here": "r001", "base": "base", "at": "r002", "above": "r003"} if going == "up" else \
        {"here": "r002", "base": "base", "below": "r001"}
    cluster.create(["one"])
    for name in [*ways, "other"]:
        cluster.sql("one", f"CREATE SCHEMA {name}")
    project.revision("r001", [], "CREATE TABLE t ();")
    project.revision("r002", ["r001"], "CREATE TABLE u ();\n" + ("SELECT 1/0;" if going == "up" else ""),
                     "DROP TABLE u;\nSELECT 1/0;", header="-- Transaction: none\n")
    project.revision("r003", ["r002"], "CREATE TABLE v ();")
    project.revision("x001", [], "CREATE TABLE x ();")
    project.config("targets:\n" + "".join(f"  - {{name: {name}, url: '{cluster.url('one')}', schema: {name}}}\n"
                                          for name in [*ways, "other"]) + "rollout: {max_failures: 100%}\n")
    project.ok("upgrade", "x001")
    if going == "down":
        project.ok("upgrade", "r002")
    failed = project.run("upgrade", "r002") if going == "up" else project.run("downgrade", "r001", "--yes")
    assert failed.code == 2, failed

    def half_done(name):
        return cluster.sql("one", f"SELECT revision FROM {name}.drover_progress WHERE statement > 0")
    for name, spec in ways.items():
        assert half_done(name) == [("r002",)]
        stamped = project.ok("stamp", spec, "--where", f"target={name}")
        assert "1 stamped" in stamped.out + stamped.err and half_done(name) == [], name
        assert cluster.versions("one", name) == ([] if spec == "base" else [spec, "x001"])
        again = project.ok("stamp", spec, "--where", f"target={name}")
        assert "1 unchanged" in again.out + again.err, "there is nothing left to say"
    project.ok("stamp", "x001", "--where", "target=other")
    assert half_done("other") == [("r002",)], "that says nothing of its line"
    checked = project.run("check", "--where", "target=other")
    assert checked.code != 0 and (going == "up" or "the version rows name it, but part of it is undone" in checked.err), checked
    # What is named where the rollout goes the other way keeps the other line.
    refused = project.run(*(["downgrade", "r001@base"] if going == "up" else ["upgrade", "r003"]), "--where", "target=other", "--yes")
    assert refused.code == 4, refused
    hints = [shlex.split(hint) for hint in re.findall("`drover (stamp [^`]+)`", refused.out)]
    for hint, row in zip(hints, ["r002", "r001"] if going == "up" else ["r001", "r002"], strict=True):
        project.ok(*hint, "--yes")
        assert cluster.versions("one", "other") == [row, "x001"], hint
    assert half_done("other") == []


def test_killed_in_the_middle_by_itself(fleet, cluster):
    running = fleet.start("stamp", "head")
    wait_until(lambda: stamped(cluster, fleet.names) >= 2, "two targets are stamped")
    running.kill()
    assert stamped(cluster, fleet.names) < TARGETS
    fleet.ok("stamp", "head")
    assert_stamped_once(cluster, fleet.names)


def test_killed_in_the_middle_with_services(fleet, cluster):
    coordinator = fleet.coordinator()
    worker = fleet.start("worker", "--name", "first")
    command = fleet.start("stamp", "head")
    wait_until(lambda: stamped(cluster, fleet.names) >= 2, "two targets are stamped")
    worker.kill()
    fleet.start("worker", "--name", "second")
    wait_until(lambda: stamped(cluster, fleet.names) >= 5, "five targets are stamped")
    coordinator.kill()
    fleet.coordinator()
    assert command.finish().code == 0
    fleet.ok("stamp", "head")
    assert_stamped_once(cluster, fleet.names)


def test_purge_to_where_it_stands_happens_once(fleet, cluster):
    running = fleet.start("stamp", "--purge", "r001", "--yes")
    for name in fleet.names[:2]:
        wait_until(lambda: history(cluster, name, "direction = 'purge'"), "the first targets are purged")
    running.kill()
    fleet.ok("stamp", "--purge", "r001", "--yes")
    for name in fleet.names:
        assert cluster.versions(name) == ["r001"]
        assert history(cluster, name)[1:] == [("", "purge", False), ("r001", "stamp", True)], name


def test_offline(alembic):
    text = alembic.ok("stamp", "a001:a003", "--sql").out
    assert text == ("BEGIN;\n\n-- Running stamp_revision a001 -> a003\n\nUPDATE alembic_version SET version_num='a003' "
                    "WHERE alembic_version.version_num = 'a001';\n\nCOMMIT;\n")
    both = alembic.ok("stamp", "heads", "--sql").out
    theirs = run_alembic(alembic, "postgresql://x/x", "stamp", "heads", "--sql")
    wanted = [re.sub(r" RETURNING .*?;", ";", line.rstrip()) for line in theirs.splitlines()[1:] if line.strip()]
    assert sorted(line for line in both.splitlines() if line) == sorted(wanted)


def test_stamps_by_both(alembic, cluster):
    one, two = cluster.url("one"), cluster.url("two")
    run_alembic(alembic, one, "upgrade", "a002")
    alembic.ok("stamp", "a004", "b001")
    assert cluster.versions("one") == ["a004", "b001"]
    assert {"a004", "b001"} <= set(re.findall(r"\w+", run_alembic(alembic, one, "current")))
    run_alembic(alembic, one, "stamp", "--purge", "a002")
    alembic.ok("stamp", "billing@base")
    assert cluster.versions("one") == [], "a002 is below the line of billing"
    alembic.ok("stamp", "a002")
    run_alembic(alembic, one, "upgrade", "a003")
    alembic.ok("upgrade", "heads")
    run_alembic(alembic, two, "upgrade", "heads")
    assert cluster.versions("one") == HEADS and schema(cluster, "one") == schema(cluster, "two")


def test_the_history_learns_what_alembic_did(alembic, cluster):
    url = cluster.url("one")
    run_alembic(alembic, url, "upgrade", "a003")
    current = alembic.ok("current", "-v")
    assert "a003" in current.out and "3 revisions were applied by something else, probably Alembic" in current.out
    validated = alembic.ok("upgrade", "m001", "--validate-only")
    assert "3 revisions were applied by something else" in validated.out + validated.err
    alembic.ok("upgrade", "b001")
    assert history(cluster, "one") == [("a001", "seen", False), ("a002", "seen", False), ("a003", "seen", False),
                                       ("b001", "upgrade", True)]
    assert "something else" not in alembic.ok("current", "-v").out
    run_alembic(alembic, url, "upgrade", "b002")
    run_alembic(alembic, url, "downgrade", "a003@a001")
    both = alembic.ok("current", "-v").out
    assert "by something else" in both, both
    target = alembic.ok("current", "--json").json["targets"][0]
    before = len(history(cluster, "one"))
    alembic.ok("upgrade", "heads")
    rows = history(cluster, "one")[before:]
    assert [row[1] for row in rows].count("gone") == target["gone"]
    assert [row[1] for row in rows].count("seen") == target["seen"]
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    assert schema(cluster, "one") == schema(cluster, "two")
    # The history is lost: it is made anew.
    cluster.sql("one", "DROP TABLE drover_history")
    alembic.ok("downgrade", "m001", "--yes")
    seen = [row[0] for row in history(cluster, "one", "direction = 'seen'")]
    assert len(seen) == 13 and "something else" not in alembic.ok("current", "-v").out


def test_unrecorded_before_a_revision_without_a_transaction(three, cluster):
    three.ok("upgrade", "r002")
    cluster.sql("one", "DROP TABLE drover_history")
    three.revision("r003", ["r002"], "CREATE INDEX CONCURRENTLY one_i ON applied (revision);\n"
                   "INSERT INTO applied (revision) VALUES ('r003');", header="-- Transaction: none\n")
    three.ok("upgrade", "head")
    assert history(cluster, "one") == [("r001", "seen", False), ("r002", "seen", False), ("r003", "upgrade", True)]


def test_the_normal_case_says_no_more_to_the_server(three, cluster):
    """What Alembic left costs something once; a database that only Drover knows never pays."""
    three.ok("upgrade", "r001")
    cluster.sql("postgres", "ALTER DATABASE one SET log_statement = 'all'")
    before = (cluster.folder / "log").stat().st_size
    three.ok("upgrade", "r002")
    said = (cluster.folder / "log").read_bytes()[before:].decode()
    assert "version rows are not those" in said and "'seen'" not in said
    cluster.sql("postgres", "ALTER DATABASE one RESET ALL")


def test_version_table_of_the_configuration(three, cluster):
    three.config(f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n"
                 "version_schema: meta\nversion_table: schema_versions\n")
    cluster.sql("one", "CREATE SCHEMA meta")
    three.ok("upgrade", "r002")
    three.ok("stamp", "r003")
    assert cluster.sql("one", "SELECT version_num FROM meta.schema_versions") == [("r003",)]
    assert cluster.sql("one", "SELECT conname FROM pg_constraint WHERE conrelid = 'meta.schema_versions'::regclass") \
        == [("schema_versions_pkc",)]
    assert history(cluster, "one", schema="meta")[-1] == ("r003", "stamp", True)
    assert "r003 (head)" in three.ok("current").out
    cluster.sql("one", "CREATE ROLE app LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA meta TO app;")
    refused = three.run("current", "--url", cluster.url("one", "app"), PGPASSWORD="x")
    assert refused.code in (0, 2), refused
