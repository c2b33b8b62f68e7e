"""Which schemas an unqualified name goes through: the version table's, and those of a tenant's script."""
import psycopg2
import psycopg2.errors
import pytest

from conftest import wait_until

pytestmark = pytest.mark.every_server

CITEXT = "CREATE TABLE people (mail citext UNIQUE); INSERT INTO people VALUES ('Ann@Example.org');"


def tables(cluster, database, name):
    return [schema for (schema,) in cluster.sql(
        database, "SELECT schemaname FROM pg_tables WHERE tablename = %s ORDER BY 1", (name,))]


def path_seen(cluster, database, schema):
    return cluster.sql(database, f'SELECT path FROM "{schema}".seen')


# ---- a target that is a schema ----

def test_schema_target_keeps_the_path_of_its_database(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;"
                       "CREATE SCHEMA t_01; CREATE SCHEMA t_02;"
                       'ALTER DATABASE app SET search_path = "$user", public, extensions')
    project.config(f'targets:\n  - {{name: "{{schema}}", discover: {{schemas: "t_*", url: "{cluster.url("app")}"}}}}\n'
                   "rollout: {waves: [{name: all, checks: [\"SELECT count(mail = 'ANN@example.ORG'::citext) = 1 FROM people\"]}]}\n")
    project.revision("r1", [], CITEXT)
    project.ok("upgrade", "head")
    assert tables(cluster, "app", "people") == ["t_01", "t_02"]


def test_rest_of_the_path_comes_from_role_and_url_in_the_servers_order(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA ext; CREATE SCHEMA \"a b\"; ALTER DATABASE app SET search_path = 'of database';"
                       "ALTER ROLE postgres IN DATABASE app SET search_path = ext, \"of role\"")
    project.revision("r1", [], "CREATE TABLE seen AS SELECT current_setting('search_path') AS path;")
    url = cluster.url("app")
    for name, options, expected in (("of_role", "", '"{}", ext, "of role"'),
                                    ("it's", "?options=-csearch_path%3D%22of%5C%20url%22", '"{}", "of url"'),
                                    ('o"d\\d', "?options=-csearch_path%3D", '"{}"')):
        quoted = name.replace('"', '""')
        cluster.sql("app", f'CREATE SCHEMA "{quoted}"')
        yaml = name.replace("'", "''")
        project.config(f"targets:\n  - {{name: one, schema: '{yaml}', url: '{url}{options}'}}\n")
        project.ok("upgrade", "head")
        assert path_seen(cluster, "app", quoted) == [(expected.format(quoted),)]


def test_statements_outside_of_a_transaction_see_the_same_path(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA ext; CREATE SCHEMA t_1;"
                       "ALTER DATABASE app SET search_path = ext")
    project.config(f"targets:\n  - {{name: one, schema: t_1, url: '{cluster.url('app')}'}}\n")
    project.revision("r1", [], "CREATE TABLE words (w text);")
    project.revision("r2", ["r1"], "SET work_mem = '5MB';\nCREATE INDEX CONCURRENTLY words_w ON words USING gin (w gin_trgm_ops);",
                     header="-- Transaction: none")
    project.ok("upgrade", "head")
    assert cluster.sql("app", "SELECT schemaname, tablename FROM pg_indexes WHERE indexname = 'words_w'") == [("t_1", "words")]


SEEN = "CREATE TABLE seen AS SELECT current_setting('search_path') AS path;"


def test_search_path_of_the_target_goes_before_all_else(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", 'CREATE SCHEMA t_1; CREATE SCHEMA "t ""2"; CREATE SCHEMA "Ext, ""1""";'
                       'CREATE FUNCTION "Ext, ""1""".one() RETURNS int LANGUAGE sql AS $$SELECT 1$$')
    url = cluster.url("app") + "?options=-csearch_path%3Dpublic"
    config = (f"targets:\n  - name: '{{schema}}'\n    search_path: '\"{{schema}}\", \"Ext, \"\"1\"\"\", NoWhere, $user'\n"
              f"    discover: {{schemas: 't*', url: '{url}'}}\n"
              "rollout: {waves: [{name: all, checks: ['SELECT one() = 1 AND count(*) = 1 FROM seen']}]}\n")
    project.config(config)
    project.revision("r1", [], SEEN)
    assert [target["search_path"] for target in project.ok("targets", "--json").json["targets"]] == [
        '{schema}, "Ext, ""1""", "nowhere", "$user"'] * 2
    offline = project.ok("upgrade", "head", "--sql").out
    assert offline.startswith('-- In target {schema}, before the rest: SET search_path = {schema}, "Ext, ""1""", "nowhere", "$user";\n')
    cluster.sql("app", "CREATE SCHEMA offline; SET search_path = offline;" + offline)
    assert path_seen(cluster, "app", "offline") == [("offline",)]
    project.ok("plan", "-o", "plan.json")
    project.config(config.replace("NoWhere, ", ""))
    changed = project.run("upgrade", "--plan", "plan.json")
    assert changed.code == 4, changed
    project.config(config)
    project.ok("upgrade", "--plan", "plan.json")
    rest = '"Ext, ""1""", nowhere, "$user"'
    assert path_seen(cluster, "app", "t_1") == [(f"t_1, {rest}",)]
    assert path_seen(cluster, "app", 't ""2') == [(f'"t ""2", {rest}',)]


def test_rows_of_a_catalogue_may_be_schemas_with_a_path(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA t_1; CREATE SCHEMA ext;"
                       f"CREATE TABLE tenants AS SELECT 'one' AS name, 't_1' AS schema, '{cluster.url('app')}' AS url")
    project.config("targets:\n  - name: '{name}'\n    search_path: '{schema}, ext'\n"
                   f"    discover: {{query: 'SELECT * FROM tenants', url: '{cluster.url('app')}'}}\n")
    project.revision("r1", [], SEEN, "DROP TABLE seen;")
    project.ok("upgrade", "head")
    assert path_seen(cluster, "app", "t_1") == [("t_1, ext",)]
    project.ok("rollback", "--yes")
    cluster.sql("app", "UPDATE tenants SET schema = ''")
    result = project.run("targets")
    assert result.code == 2 and 'target "one" has no schema for its search_path' in result.out + result.err, result


# ---- the version table ----

ALEMBIC = ("CREATE TABLE {0}.alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);"
           "INSERT INTO {0}.alembic_version VALUES ('r001')")


def adopted(cluster, project, schema):
    """Alembic has brought the database to the first of two revisions, in this schema."""
    cluster.create(["app"])
    cluster.sql("app", f"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.applied (revision text, at timestamptz DEFAULT"
                       f" clock_timestamp()); INSERT INTO {schema}.applied (revision) VALUES ('r001');" + ALEMBIC.format(schema))
    project.chain(2)


def stands_once(cluster, schema, revision="r002"):
    assert cluster.versions("app", schema) == [revision]
    assert cluster.sql("app", f"SELECT revision FROM {schema}.applied ORDER BY at") == [("r001",), ("r002",)][:int(revision[-1])]
    assert tables(cluster, "app", "alembic_version") == [schema]
    assert tables(cluster, "app", "drover_history") in ([schema], [])


def test_alembics_table_on_the_path_of_role_database_url_and_service(cluster, project):
    for place in ("role", "role in database", "database", "url", "service", "user"):
        cluster.drop_all()
        schema = "postgres" if place == "user" else "ops"
        adopted(cluster, project, schema)
        options, environment = "", {}
        if place == "role":
            cluster.sql("app", "ALTER ROLE postgres SET search_path = ops, public")
        elif place == "role in database":
            cluster.sql("app", "ALTER ROLE postgres IN DATABASE app SET search_path = nowhere, ops")
        elif place == "database":
            cluster.sql("app", "ALTER DATABASE app SET search_path = public, ops")
        elif place == "url":
            options = "?options=-csearch_path%3Dops"
        elif place == "service":
            project.write("pg_service.conf", f"[app]\nhost=127.0.0.1\nport={cluster.port}\ndbname=app\nuser=postgres\n"
                                             "options=-c search_path=ops\n")
            environment = {"PGSERVICEFILE": str(project.folder / "pg_service.conf")}
        url = "postgresql:///?service=app" if place == "service" else cluster.url("app") + options
        project.config(f"targets: [{{name: app, url: '{url}'}}]\n")
        try:
            shown = project.ok("current", "-v", **environment).out
            assert "app   r001" in shown and shown.endswith(f"  {schema}.alembic_version\n"), (place, shown)
            project.ok("upgrade", "head", **environment)
            stands_once(cluster, schema)
            assert project.ok("current", "--json", **environment).json["targets"][0]["version_table"] == f"{schema}.alembic_version"
            project.ok("downgrade", "-1", "-y", **environment)
            stands_once(cluster, schema, "r001")
            project.ok("upgrade", "head", **environment)
            stands_once(cluster, schema)
            project.ok("rollback", "--yes", **environment)
            stands_once(cluster, schema, "r001")
        finally:
            cluster.sql("app", "ALTER ROLE postgres RESET search_path; ALTER ROLE postgres IN DATABASE app RESET search_path")


def test_table_is_made_where_alembic_would_make_it(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA second; ALTER DATABASE app SET search_path = first, second, public")
    project.chain(2)
    assert "\napp   <base>    -\n" in project.ok("current", "-v", "--url", cluster.url("app")).out
    project.ok("upgrade", "head", "--url", cluster.url("app"))
    stands_once(cluster, "second")


def test_two_tables_on_the_path_are_refused_until_the_configuration_chooses(cluster, project):
    adopted(cluster, project, "ops")
    cluster.sql("app", ALEMBIC.format("public") + "; ALTER DATABASE app SET search_path = ops, public")
    config = f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\n"
    project.config(config)
    for verb, code in (("current", 2), ("check", 2), ("validate", 4), ("upgrade", 4)):
        result = project.run(verb, *(["head"] if code == 4 else []))
        assert result.code == code, result
        assert "two version tables are on the search_path (ops, public): ops.alembic_version and public.alembic_version" in \
            result.out + result.err
        assert "version_schema: ops" in result.out + result.err, result
    project.config(config + "version_schema: ops\n")
    project.ok("upgrade", "head")
    assert cluster.versions("app", "ops") == ["r002"] and cluster.versions("app") == ["r001"]


def test_what_an_older_drover_kept_in_public_is_not_begun_again(cluster, project):
    cluster.create(["app"])
    project.chain(2)
    config = f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\n"
    project.config(config)
    project.ok("upgrade", "head")
    cluster.sql("app", "CREATE SCHEMA ops; ALTER DATABASE app SET search_path = ops")
    result = project.run("upgrade", "head")
    assert result.code == 4 and "public.alembic_version has a history of Drover's" in result.out + result.err, result
    assert tables(cluster, "app", "applied") == ["public"]
    project.config(config + "version_schema: public\n")
    assert project.ok("current").out == "r002 (head)\n"


# ---- what is ours sees nothing of a tenant's ----

def test_probes_see_nothing_of_a_tenants(cluster, project):
    """100.0 * count(*) has no operator of just these types, unless a tenant makes one."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE FUNCTION public.caught(numeric, bigint) RETURNS numeric LANGUAGE plpgsql AS"
                       " $$BEGIN RAISE 'caught'; END$$;"
                       "CREATE OPERATOR public.* (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = caught)")
    project.config(f"targets: [{{name: one, url: '{cluster.url('app')}'}}]\n"
                   "rollout: {throttle: [{probe: connection_use, threshold: 99}]}\n")
    project.chain(1)
    result = project.ok("upgrade", "head")
    assert "caught" not in result.out + result.err


def test_a_tenant_cannot_become_drovers_role(cluster, project):
    """Every way that was tried: before the first deploy, beside it, and while it runs."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE ROLE tenant LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO tenant; SET ROLE tenant;"
                       "CREATE FUNCTION takes() RETURNS trigger LANGUAGE plpgsql AS"
                       " $$BEGIN ALTER ROLE tenant SUPERUSER; RETURN new; END$$;")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\n")
    project.chain(1)
    project.revision("r2", ["r001"], "SELECT pg_advisory_xact_lock(42);")
    project.revision("r3", ["r2"], "SELECT pg_advisory_xact_lock_shared(43);", header="-- Transaction: none")

    def is_tenant_still():
        assert cluster.sql("app", "SELECT rolsuper FROM pg_roles WHERE rolname = 'tenant'") == [(False,)]

    for table, columns in (("drover_history", "number bigint, revision varchar(32), direction varchar(9), checksum varchar(64)"),
                           ("alembic_version", "version_num varchar(32)")):
        cluster.sql("app", f"SET ROLE tenant; CREATE TABLE {table} ({columns});"
                           f"CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION takes()")
        result = project.run("upgrade", "head")
        assert result.code == 4 and f'public.{table} belongs to role "tenant" and has a trigger' in result.out + result.err, result
        is_tenant_still()
        cluster.sql("app", f"DROP TABLE {table}")

    # Its own table, plain, at the gate; the trigger comes while the deploy runs.
    cluster.sql("app", "SET ROLE tenant; CREATE TABLE alembic_version (version_num varchar(32))")
    holder = cluster.connect("app")
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(42)")
        process = project.start("upgrade", "r2")
        wait_until(lambda: cluster.sql("app", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(1,)],
                   "the revision waits")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            cluster.sql("app", "SET ROLE tenant; SET lock_timeout = '100ms';"
                               "CREATE TRIGGER t BEFORE UPDATE OR INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION takes()")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            cluster.sql("app", "SET ROLE tenant; SET lock_timeout = '100ms'; CREATE TABLE child () INHERITS (alembic_version)")
        cursor.execute("SELECT pg_advisory_unlock(42)")
    assert process.finish().code == 0
    # Between two transactions of one revision.
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(43)")
        process = project.start("upgrade", "head")
        wait_until(lambda: cluster.sql("app", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(1,)],
                   "the revision waits")
        process.popen.kill()
        process.finish()
        cursor.execute("SELECT pg_advisory_unlock(43)")
    wait_until(lambda: cluster.sql("app", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)], "it is over")
    cluster.sql("app", "SET ROLE tenant; CREATE TRIGGER t BEFORE UPDATE OR INSERT ON alembic_version FOR EACH ROW"
                       " EXECUTE FUNCTION takes()")
    result = project.run("upgrade", "head")
    assert result.code != 0 and "belongs to" in result.out + result.err, result
    is_tenant_still()
    holder.close()


def test_a_script_is_safe_as_the_tenants_own_role(cluster, project):
    """What the guide says of schemas whose owners one does not trust: a tenant's function is called, and can do no harm."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE ROLE tenant LOGIN PASSWORD 'x'; CREATE SCHEMA t_1 AUTHORIZATION tenant; SET ROLE tenant;"
                       "CREATE TABLE t_1.who (name text);"
                       "CREATE FUNCTION t_1.lower(varchar) RETURNS text LANGUAGE plpgsql AS $$BEGIN"
                       " PERFORM set_config('role', 'none', true); INSERT INTO t_1.who VALUES (current_user);"
                       " ALTER ROLE tenant CREATEROLE; EXCEPTION WHEN insufficient_privilege THEN"
                       " INSERT INTO t_1.who VALUES ('denied'); RETURN 'caught'; END$$")
    project.config(f"targets:\n  - {{name: one, schema: t_1, url: '{cluster.url('app', 'tenant')}', password: {{env: SECRET}}}}\n")
    project.revision("r1", [], "SELECT lower('A'::varchar);")
    project.ok("upgrade", "head", SECRET="x")
    assert cluster.sql("app", "SELECT name FROM t_1.who") == [("denied",)]
    for verb in (["current"], ["check"], ["validate", "head"], ["downgrade", "base", "-y"]):
        project.ok(*verb, SECRET="x")
    assert cluster.sql("app", "SELECT name FROM t_1.who") == [("denied",)]
