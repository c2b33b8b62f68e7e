"""How a path is cut into transactions, and what stands when a later one fails."""
import subprocess

import pytest

from conftest import PG


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
