"""Which schemas an unqualified name goes through: the version table's, and those of a tenant's script."""

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
