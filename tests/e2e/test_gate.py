"""The gate: every reason to refuse, grouped by cause, and nothing changed anywhere."""
import shutil

import pytest

from conftest import SERVER, free_port, own_server, wait_until

pytestmark = pytest.mark.every_server

GOOD = ["good_1", "good_2"]


@pytest.fixture
def fleet(cluster, project):
    """Two good targets; a test adds its bad one."""
    cluster.create(GOOD)
    project.chain(3)
    project.targets = [(name, cluster.url(name)) for name in GOOD]

    def write(extra="", **settings):
        lines = ["migrations: migrations", "targets:"]
        for name, url in project.targets:
            lines += [f"  - name: {name}", f"    url: {url}"]
        project.config("\n".join(lines) + "\n" + extra)
    project.write_config = write
    return project


def refused(cluster, fleet, *needles, config="rollout: {server_patience: 1s}\n", **environment):
    """`drover upgrade head` is refused by the gate, says why, and has changed nothing."""
    fleet.write_config(config)
    result = fleet.run("upgrade", "head", **environment)
    assert result.code == 4, result
    for needle in needles:
        assert needle in result.out + result.err, (needle, result)
    for name in GOOD:
        assert cluster.versions(name) is None, f"{name} was touched"
        tables = cluster.sql(name, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert tables == [(0,)], f"{name} was touched"
    return result


def test_unreachable(cluster, fleet):
    port = free_port()
    fleet.targets.append(("gone", f"postgresql://postgres@127.0.0.1:{port}/x"))
    refused(cluster, fleet, "gone", "cannot be reached", str(port))


def test_missing_database(cluster, fleet):
    fleet.targets.append(("missing", cluster.url("no_such_database")))
    refused(cluster, fleet, "missing", "no_such_database", "3D000")


def test_wrong_password(cluster, fleet):
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'right'")
    cluster.create(["locked"], owner="app")
    fleet.targets.append(("locked", cluster.url("locked", user="app")))
    result = refused(cluster, fleet, "locked", "28P01", config="password: {env: APP_PASSWORD}\n",
                     APP_PASSWORD="wrong-secret")
    assert "wrong-secret" not in result.out + result.err
    for path in fleet.folder.rglob("*"):
        if path.is_file():
            assert b"wrong-secret" not in path.read_bytes(), path


def test_password_that_cannot_be_found(cluster, fleet):
    refused(cluster, fleet, "APP_PASSWORD", config="password: {env: APP_PASSWORD}\n")


def test_read_only_database(cluster, fleet):
    cluster.create(["frozen"])
    cluster.sql("postgres", "ALTER DATABASE frozen SET default_transaction_read_only = on")
    fleet.targets.append(("frozen", cluster.url("frozen")))
    refused(cluster, fleet, "frozen", "read-only")


@pytest.mark.skipif(SERVER != 15, reason="pg_basebackup is of 15")
def test_standby(cluster, fleet):
    with own_server(standby_of=cluster) as standby:
        cluster.create(["mirrored"])
        wait_until(lambda: standby.sql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'mirrored'"),
                   "the standby has replayed")
        fleet.targets.append(("mirror", standby.url("mirrored")))
        refused(cluster, fleet, "mirror", "standby")


def test_missing_privileges(cluster, fleet):
    cluster.sql("postgres", "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    cluster.create(["foreign"])
    fleet.targets.append(("foreign", cluster.url("foreign", user="guest")))
    refused(cluster, fleet, "foreign", "privilege", "GRANT", config="password: {env: GUEST}\n", GUEST="guest")


def test_unknown_revision(cluster, fleet):
    cluster.create(["ahead"])
    cluster.sql("ahead", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
                         "INSERT INTO alembic_version VALUES ('fffffff')")
    fleet.targets.append(("ahead", cluster.url("ahead")))
    refused(cluster, fleet, "ahead", "fffffff")


def test_several_heads_where_one_is_asked(cluster, fleet):
    fleet.revision("other", ["r002"], "SELECT 1;")
    fleet.write_config("")
    result = fleet.run("upgrade", "head")
    assert result.code == 2 and "2 (other, r003)" in result.err and "heads" in result.err, result
    assert cluster.versions("good_1") is None
    # Asked for all heads, it goes through.
    assert fleet.run("upgrade", "heads").code == 0, result
    assert cluster.versions("good_1") == ["other", "r003"]


def test_edited_revision_that_is_applied(cluster, fleet):
    cluster.create(["edited"])
    fleet.targets.append(("edited", cluster.url("edited")))
    fleet.ok("upgrade", "r002", "--url", cluster.url("edited"))
    path = fleet.folder / "migrations/r002.sql"
    path.write_text(path.read_text().replace("INSERT INTO applied", "INSERT  INTO public.applied"))
    shutil.rmtree(fleet.folder / ".drover", ignore_errors=True)
    refused(cluster, fleet, "edited", "r002")


def test_comment_in_an_applied_revision_may_be_mended(cluster, fleet):
    fleet.write_config()
    fleet.ok("upgrade", "r002")
    path = fleet.folder / "migrations/r002.sql"
    path.write_text(path.read_text().replace("-- migrate:up", "-- migrate:up\n-- a better comment"))
    fleet.ok("upgrade", "head")
    assert cluster.versions("good_1") == ["r003"]


def test_reasons_are_grouped_by_cause(cluster, fleet):
    port = free_port()
    for number in range(3):
        fleet.targets.append((f"gone_{number}", f"postgresql://postgres@127.0.0.1:{port}/x{number}"))
        fleet.targets.append((f"missing_{number}", cluster.url(f"missing_{number}")))
    result = refused(cluster, fleet, *[f"gone_{n}" for n in range(3)], *[f"missing_{n}" for n in range(3)])
    assert (result.out + result.err).count("the server cannot be reached") == 1, result


def test_budget_leaves_targets_out_and_names_them(cluster, fleet):
    fleet.targets.append(("missing", cluster.url("no_such_database")))
    fleet.write_config("rollout:\n  validate: {max_failures: 1}\n")
    result = fleet.run("upgrade", "head")
    assert result.code == 3, result
    assert "missing" in result.out + result.err
    for name in GOOD:
        assert cluster.versions(name) == ["r003"]


def test_validate_only_stops_after_the_gate(cluster, fleet):
    fleet.write_config()
    result = fleet.ok("upgrade", "head", "--validate-only")
    assert cluster.versions("good_1") is None
    fleet.targets.append(("missing", cluster.url("no_such_database")))
    fleet.write_config()
    assert fleet.run("upgrade", "head", "--validate-only").code == 4, result


def test_failing_statement_names_everything(cluster, fleet):
    fleet.revision("r004", ["r003"], "CREATE TABLE fine (id int);\n\nINSERT INTO fine\nVALUES ('abc');")
    fleet.write_config()
    result = fleet.run("upgrade", "head")
    assert result.code in (2, 3), result
    text = result.out + result.err
    for needle in ("r004.sql:11", "22P02", "invalid input syntax", "good_1", "good_2"):
        assert needle in text, (needle, result)
    for name in GOOD:
        assert cluster.versions(name) is None, "one transaction per target: nothing of it stays"
