"""Revision ids of more than 32 characters: where the version column takes them, as in projects that widened it."""
import pytest

FIRST = "20260301_add_billing_address_to_every_customer"
SECOND = "20260302_add_delivery_address_to_every_customer"
THIRD = "20260303_index_the_delivery_addresses_of_customers"
INDEX = "CREATE INDEX CONCURRENTLY {0} ON customers (delivery);"


@pytest.fixture
def long(project, cluster):
    cluster.create(["one"])
    project.config(cluster.targets(["one"]))
    project.revision("a1", [], "CREATE TABLE customers (billing text);")
    project.revision(FIRST, ["a1"], "ALTER TABLE customers ADD first text;")
    project.revision(SECOND, [FIRST], "ALTER TABLE customers ADD delivery text;", "ALTER TABLE customers DROP delivery;")
    project.revision(THIRD, [SECOND], INDEX.format("i"), "DROP INDEX CONCURRENTLY i;", header="-- Transaction: none\n")
    return project


def widths(cluster):
    return dict(cluster.sql("one", "SELECT attrelid::regclass::text, atttypmod - 4 FROM pg_attribute"
                            " WHERE attname IN ('version_num', 'revision') AND attrelid::regclass::text"
                            " IN ('alembic_version', 'drover_history', 'drover_progress')"))


def test_a_new_database_gets_a_column_that_takes_them(long, cluster):
    long.ok("upgrade", "head")
    assert cluster.versions("one") == [THIRD]
    assert widths(cluster) == {"alembic_version": 255, "drover_history": 255, "drover_progress": 255}
    long.ok("downgrade", FIRST, "--yes")
    assert cluster.versions("one") == [FIRST]
    assert FIRST in long.ok("current").out
    assert "version_num VARCHAR(255)" in long.ok("upgrade", "head", "--sql").out


def test_short_ids_get_alembics_own_table(project, cluster):
    cluster.create(["one"])
    project.config(cluster.targets(["one"]))
    project.chain(2)
    project.ok("upgrade", "head")
    assert widths(cluster) == {"alembic_version": 32, "drover_history": 32}


def test_a_narrow_column_is_refused_at_the_gate(long, cluster):
    """Nothing is begun; the hint is a statement that works."""
    cluster.sql("one", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    refused = long.run("upgrade", "head")
    assert refused.code == 4, refused
    said = refused.out + refused.err
    assert f"revision id {THIRD} has {len(THIRD)} characters" in said and "takes 32" in said
    assert cluster.sql("one", "SELECT to_regclass('customers') IS NULL") == [(True,)]
    statement = said[said.index("ALTER TABLE"):].splitlines()[0]
    cluster.sql("one", statement)
    long.ok("upgrade", "head")
    assert cluster.versions("one") == [THIRD]


def test_a_column_without_a_bound_takes_any(long, cluster):
    cluster.sql("one", "CREATE TABLE alembic_version (version_num text PRIMARY KEY)")
    long.ok("upgrade", "head")
    assert cluster.versions("one") == [THIRD]


def test_a_revision_may_widen_it(project, cluster):
    """The tables of ours too, which were made for short ids."""
    cluster.create(["one"])
    project.config(cluster.targets(["one"]))
    project.revision("a1", [], "CREATE TABLE customers (delivery text);")
    project.revision("a2", ["a1"], INDEX.format("i"), header="-- Transaction: none\n")
    project.ok("upgrade", "head")
    assert widths(cluster) == {"alembic_version": 32, "drover_history": 32, "drover_progress": 32}
    project.revision("a3", ["a2"], "ALTER TABLE alembic_version ALTER version_num TYPE varchar(100);")
    project.revision(SECOND, ["a3"], "SELECT 1;")
    project.revision(THIRD, [SECOND], INDEX.format("j"), header="-- Transaction: none\n")
    project.ok("upgrade", "head")
    assert cluster.versions("one") == [THIRD]
    assert widths(cluster) == {"alembic_version": 100, "drover_history": 255, "drover_progress": 255}
    assert [row[0] for row in cluster.sql("one", "SELECT revision FROM drover_history ORDER BY number")] == [
        "a1", "a2", "a3", SECOND, THIRD]


def test_a_new_id_by_hand_stays_short(project):
    (project.folder / "migrations").mkdir()
    refused = project.run("revision", "-m", "x", "--rev-id", SECOND)
    assert refused.code == 64 and "1 to 32 letters" in refused.err
