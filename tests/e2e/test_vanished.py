"""Databases and schemas that are dropped, half dropped, or closed: said as what they are."""
import re

import pytest

from conftest import wait_until


def databases(cluster, project, names, more=""):
    cluster.create(names)
    project.chain(2, first="CREATE TABLE applied (revision text, at timestamptz DEFAULT clock_timestamp());")
    project.config(f"""migrations: migrations
targets:
  - name: "{{database}}"
    discover: {{databases: "t*", url: "{cluster.url('postgres')}"}}
{more}""")


def invalid(cluster, name):
    """What an interrupted DROP DATABASE leaves."""
    cluster.sql("postgres", "UPDATE pg_database SET datconnlimit = -2 WHERE datname = %s", (name,))


def test_an_invalid_database_is_told_and_holds_nobody_up(cluster, project):
    databases(cluster, project, ["t1", "t2", "t3"])
    invalid(cluster, "t2")
    result = project.ok("upgrade", "head")
    assert "2 deployed" in result.out and "1 gone" in result.out, result
    assert "t2" in result.out + result.err and "invalid database" in result.out + result.err, result
    assert cluster.versions("t1") == cluster.versions("t3") == ["r002"]
    status = project.ok("status", "--targets", "--where", "state=gone").out
    assert "t2" in status and "invalid database" in status, status
    assert project.ok("check").code == 0


def test_an_invalid_database_that_is_named_is_refused(cluster, project):
    cluster.create(["t1", "t2"])
    project.chain(1)
    project.config(cluster.targets(["t1", "t2"]))
    invalid(cluster, "t2")
    result = project.run("upgrade", "head")
    assert result.code == 4 and "the database takes no connections" in result.out and "DROP DATABASE" in result.out, result
    assert cluster.versions("t1") is None


def test_a_catalogue_that_names_what_is_not_there_is_refused(cluster, project):
    cluster.create(["t1"])
    project.chain(1)
    cluster.sql("postgres", "DROP TABLE IF EXISTS tenants")
    project.config(f"""migrations: migrations
targets:
  - name: "{{name}}"
    discover: {{query: "VALUES ('a', '{cluster.url('t1')}'), ('b', '{cluster.url('never')}')", url: "{cluster.url('postgres')}"}}
""".replace("VALUES", "SELECT * FROM (VALUES").replace("')\", url", "')) AS t (name, url)\", url"))
    result = project.run("upgrade", "head")
    assert result.code == 4 and "the database does not exist" in result.out, result
    assert cluster.versions("t1") is None


SLOW = "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7);"


def under_way(cluster, project):
    """The first target waits for a lock of ours, so that the others can be dropped meanwhile."""
    process = project.start("upgrade", "head", "-v")
    def waits():
        assert process.running(), process.finish()
        return cluster.sql("postgres", "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted")
    wait_until(waits, "a deploy waits")
    return process


@pytest.mark.parametrize("kind", ["databases", "catalogue"])
def test_a_database_dropped_while_the_rollout_runs(cluster, project, kind):
    names = [f"t{number}" for number in range(1, 6)]
    databases(cluster, project, names)
    rows = ", ".join(f"('{name}', '{cluster.url(name)}')" for name in names)
    source = 'databases: "t*"' if kind == "databases" else f'query: "SELECT * FROM (VALUES {rows}) AS t (database, url)"'
    project.config(f"""migrations: migrations
targets:
  - name: "{{database}}"
    discover: {{{source}, url: "{cluster.url('postgres')}"}}
rollout: {{waves: [{{name: first, count: 1}}, {{name: rest}}], lock_timeout: 60s}}
""")
    project.revision("r003", ["r002"], SLOW)
    holder = cluster.connect("t1")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = under_way(cluster, project)
    cluster.sql("postgres", "DROP DATABASE t4 WITH (FORCE)")
    holder.close()
    result = process.finish()
    assert result.code == 0 and "4 deployed" in result.out and "1 gone" in result.out, result
    assert re.search(r"FAILED +GONE\n", result.out) and re.search(r"\nall +5 +4 +0 +0 +1\n", result.out), result
    assert "t4" in result.out + result.err and "does not exist" in result.out + result.err, result
    assert all(cluster.versions(name) == ["r003"] for name in names if name != "t4")
    # A rollback passes over it as well.
    result = project.ok("rollback", "--yes")
    assert "4 deployed" in result.out and "GONE" not in result.out, "none of its waves has it"


def test_a_schema_dropped_while_the_rollout_runs(cluster, project):
    names = [f"s{number}" for number in range(1, 6)]
    cluster.create(["app"])
    for name in names:
        cluster.sql("app", f"CREATE SCHEMA {name}")
    project.chain(2)
    project.revision("r003", ["r002"], SLOW)
    project.config(f"""migrations: migrations
targets:
  - name: "{{schema}}"
    discover: {{schemas: "s*", url: "{cluster.url('app')}"}}
rollout: {{waves: [{{name: first, count: 1}}, {{name: rest}}], lock_timeout: 60s}}
""")
    holder = cluster.connect("app")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = under_way(cluster, project)
    cluster.sql("app", "DROP SCHEMA s4 CASCADE")
    holder.close()
    result = process.finish()
    assert result.code == 0 and "4 deployed" in result.out and "1 gone" in result.out, result
    assert cluster.sql("app", "SELECT to_regnamespace('s4')") == [(None,)]
    project.ok("check")


def test_a_target_that_is_named_and_dropped_has_failed(cluster, project):
    cluster.create(["t1", "t2"])
    project.chain(1)
    project.revision("r002", ["r001"], SLOW)
    project.config(cluster.targets(["t1", "t2"]) +
                   "rollout: {waves: [{name: first, count: 1}, {name: rest}], lock_timeout: 60s}\n")
    holder = cluster.connect("t1")
    holder.cursor().execute("SELECT pg_advisory_lock(7)")
    process = under_way(cluster, project)
    cluster.sql("postgres", "DROP DATABASE t2 WITH (FORCE)")
    holder.close()
    result = process.finish()
    assert result.code != 0 and "the database does not exist" in result.out, result
