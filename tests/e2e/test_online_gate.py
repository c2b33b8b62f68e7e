"""What the gate finds out of revisions that the project's own Alembic runs on each target."""
import os

import pytest

from conftest import wait_until
from test_alembic import PYTHON
from test_online import ENV, PARTS, READS, Online


@pytest.fixture
def online(project, cluster):
    os.environ["DROVER_PYTHON"] = PYTHON
    yield Online(project, cluster, ["one"])
    del os.environ["DROVER_PYTHON"]


def refused(online, *words):
    """The gate refuses, says so, and nothing was done."""
    result = online.project.run("upgrade", "head")
    assert result.code == 4, result
    for word in words:
        assert word in result.out + result.err, (word, result)
    assert online.cluster.sql("one", "SELECT count(*) FROM pg_class WHERE relname IN ('item', 'drover_history')") == [(0,)]
    return result


def target(online, url=None, more=""):
    """The target `one`, with a line for each of `more`."""
    return f"targets:\n  - name: one\n    url: {url or online.cluster.url('one')}\n{more}"


def test_behind_a_pooler_its_own_transaction_works(online, cluster, pooler):
    cluster.sql("one", "CREATE SCHEMA acme")
    url = pooler("transaction").url("one")
    for schema in ("", "acme"):
        online.project.config("migrations: {alembic: alembic.ini}\n" +
                              target(online, url, f"    schema: {schema}\n" if schema else ""))
        online.project.ok("upgrade", "p1")
        cluster.sql("one", f"INSERT INTO {schema or 'public'}.item VALUES ('red{schema}')")
        online.project.ok("upgrade", "head")
        assert cluster.versions("one", schema or "public") == ["p3"]
    assert cluster.sql("one", "SELECT schemaname, tablename FROM pg_tables WHERE tablename LIKE 'of\\_%' ORDER BY 1") == [
        ("acme", "of_redacme"), ("public", "of_red")]


HELPER = '''from alembic import op


def build():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY item_name ON item (name)")
'''


@pytest.mark.parametrize("body", [
    PARTS, READS + "    import helper\n    helper.build()\n", READS + '    op.execute("COMMIT")\n'])
def test_behind_a_pooler_a_part_of_it_does_not(online, pooler, body):
    online.project.write("helper.py", HELPER)
    online.project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/scripts\nprepend_sys_path = .\n")
    online.revision("p2", "p1", body)
    url = pooler("transaction").url("one")
    online.project.config("migrations: {alembic: alembic.ini}\n" + target(online, url))
    refused(online, "it commits part of its work by itself, and a pooler stands before the server", "revision p2",
            "name the server itself in the target's URL", "scripts/versions/p2.py")
    online.configure(["one"])
    online.project.ok("upgrade", "head")
    assert online.history("one") == [("p1", "upgrade"), ("p2", "upgrade"), ("p3", "upgrade")]


def env(before):
    """An env.py that does this on its connection first."""
    return ENV.replace("        context.configure(connection=connection)\n", before +
                       "        context.configure(connection=connection)\n")


def test_a_search_path_that_leads_to_another_version_table(online, cluster):
    cluster.sql("one", "CREATE SCHEMA app")
    online.project.write("scripts/env.py", env('        connection.exec_driver_sql("SET search_path TO app")\n'))
    refused(online, "env.py keeps its versions in app.alembic_version, and not in public.alembic_version",
            "`version_schema: app` in drover.yaml says so")
    online.project.config("migrations: {alembic: alembic.ini}\nversion_schema: app\n" + cluster.targets(["one"]))
    online.project.ok("upgrade", "head")
    assert cluster.versions("one", "app") == ["p3"] and cluster.versions("one") is None


def test_env_py_writes_nothing_at_the_gate(online, cluster):
    online.project.write("scripts/env.py", env(
        '        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS app")\n'
        '        connection.exec_driver_sql("SELECT set_config(\'search_path\', \'app\', false)")\n'))
    refused(online, "env.py keeps its versions in app.alembic_version, and not in public.alembic_version")
    assert cluster.sql("one", "SELECT count(*) FROM pg_namespace WHERE nspname = 'app'") == [(0,)]
    online.project.write("scripts/env.py", env('        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS app")\n'))
    online.project.ok("validate", "head")
    assert cluster.sql("one", "SELECT count(*) FROM pg_namespace WHERE nspname = 'app'") == [(0,)]
    online.project.ok("upgrade", "head")
    assert cluster.sql("one", "SELECT count(*) FROM pg_namespace WHERE nspname = 'app'") == [(1,)]


def test_what_x_asks_for_and_the_target_has_not(online, cluster):
    online.project.config("migrations: {alembic: alembic.ini, x: {tier: '{tier}'}}\n" + target(online))
    refused(online, "-x asks for {tier}, which the target has none of", "`labels: {tier: ...}`")
    online.project.config("migrations: {alembic: alembic.ini, x: {tier: '{tier}'}}\n" +
                          target(online, more="    labels: {tier: gold}\n"))
    online.project.ok("upgrade", "head")


@pytest.mark.parametrize("fault, words", [
    ('        raise KeyError("tenant")\n', ["env.py fails here: KeyError: 'tenant' (scripts/env.py:13)"]),
    ('        connection.exec_driver_sql("SELECT * FROM nothing")\n', ['relation "nothing" does not exist']),
    ('        os._exit(7)\n', ["it ended by itself, with exit code 7"]),
    ('        import time\n        time.sleep(1000)\n', ["it did not end within 3 s"]),
])
def test_env_py_that_fails_on_a_target(online, cluster, fault, words):
    """It renders, for there is no such branch then."""
    online.configure(["one"], "rollout: {statement_timeout: 3s}\n")
    online.project.write("scripts/env.py", env('        import sys\n        if sys.argv[-1] != "heads" or connection.connection:\n' +
                                               "".join("    " + line for line in fault.splitlines(True))))
    refused(online, *words)
    online.project.write("scripts/env.py", ENV)
    online.project.ok("upgrade", "head")


def test_an_index_outlasts_the_limits(online, cluster):
    """Built outside of a transaction, it waits for old snapshots for as long as they are there."""
    online.revision("p2", "p1", PARTS + '    assert op.get_bind().execute(sa.text("SHOW lock_timeout")).scalar() == "200ms"\n')
    online.configure(["one"], "rollout: {lock_timeout: 200ms, statement_timeout: 1s}\n")
    online.project.ok("upgrade", "p1")
    old = cluster.hold("one", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM item")
    process = online.project.start("upgrade", "head")
    wait_until(lambda: cluster.sql(
        "one", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active'"
               " AND wait_event = 'virtualxid' AND clock_timestamp() - query_start > interval '1500 ms'") == [(1,)],
        "the index waits for longer than either limit")
    old.close()
    result = process.finish()
    assert result.code == 0, result
    assert cluster.versions("one") == ["p3"]
    assert cluster.sql("one", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_name'::regclass") == [(True,)]
