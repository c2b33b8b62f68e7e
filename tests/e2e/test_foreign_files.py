"""Revisions as other tools and people write them: what does nothing, or nothing that Drover does not do, is passed over."""
import pytest

FRAMED = """BEGIN;
{body}
COMMIT;"""


def fleet(cluster, project, names=("t1", "t2")):
    cluster.create(names)
    project.config("migrations: migrations\n" + cluster.targets(names))
    return names


def test_psql_and_a_pair_around_it(cluster, project):
    names = fleet(cluster, project)
    project.revision("r1", [], "\\restrict key\n\\set ON_ERROR_STOP on\n" + FRAMED.format(body="CREATE TABLE a (b int);") +
                     "\n\\unrestrict key", FRAMED.format(body="DROP TABLE a;"))
    project.revision("r2", ["r1"], FRAMED.format(body="\\echo filling\nINSERT INTO a VALUES (1);"))
    result = project.ok("upgrade", "head")
    assert [cluster.sql(name, "SELECT b FROM a") for name in names] == [[(1,)]] * 2
    # Once for all files, and not where only the graph is read.
    assert result.err.count("of psql without effect on a server") == 1 and "4 lines of psql" in result.err, result
    assert "\\restrict, \\unrestrict, \\set, \\echo in 2 files" in result.err, result
    assert result.err.count("BEGIN and COMMIT around 3 whole sections passed over in 2 files") == 1, result
    assert "psql" not in project.ok("history").err
    project.ok("downgrade", "base")
    assert cluster.sql("t1", "SELECT to_regclass('a')") == [(None,)]


@pytest.mark.parametrize("up", ["BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();",
                                "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;"])
def test_statements_outside_of_a_pair(cluster, project, up):
    fleet(cluster, project)
    project.revision("r1", [], up)
    result = project.run("upgrade", "head")
    assert result.code == 2 and "transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed" in result.err, result
    assert "passed over" not in result.err and cluster.versions("t1") is None, result


def test_a_way_down_that_does_not_parse(cluster, project):
    """It is told while there is time, and refused when it is asked for; the way up is not held up by it."""
    names = fleet(cluster, project)
    project.revision("r1", [], "CREATE TABLE a ();", "DROP TABLE a;")
    project.revision("r2", ["r1"], "CREATE TABLE b ();", "DORP TABLE b;")
    for command in (["validate", "head"], ["plan"], ["upgrade", "head"]):
        result = project.ok(*command)
        assert "r2 cannot be taken back: syntax error at or near \"DORP\" (r2.sql:11)" in result.err, result
    result = project.run("downgrade", "base")
    assert result.code != 0 and "the downgrade of revision 'r2' is not available" in result.err + result.out, result
    assert "mend it" in result.err + result.out and cluster.versions("t1") == ["r2"], result
    project.revision("r2", ["r1"], "CREATE TABLE b ();", "DROP TABLE b;")
    project.ok("downgrade", "base")
    assert [cluster.versions(name) for name in names] == [[]] * 2


def test_concurrently_in_one_direction(cluster, project):
    fleet(cluster, project)
    project.revision("r1", [], "CREATE TABLE a (b int);\nCREATE INDEX i ON a (b);", "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;")
    result = project.run("validate", "head")
    assert result.code == 2 and "-- migrate:down transaction:none" in result.err, result
    file = project.folder / "migrations/r1.sql"
    file.write_text(file.read_text().replace("-- migrate:down", "-- migrate:down transaction:none"))
    project.ok("upgrade", "head")
    project.ok("downgrade", "base")
    assert cluster.sql("t1", "SELECT to_regclass('a'), to_regclass('i')") == [(None, None)]
