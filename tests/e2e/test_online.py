"""Alembic revisions that cannot be rendered run on each target by the project's own Alembic, inside the rollout."""
import os
import shutil
import signal
import subprocess

import pytest

from conftest import Project, wait_until
from test_alembic import PYTHON, run_alembic, schema

ENV = '''import os
from alembic import context
from sqlalchemy import create_engine

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ.get("ALEMBIC_URL", "postgresql://nobody@nowhere/nothing")).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
'''
READS = '''    for (name,) in op.get_bind().execute(sa.text("SELECT name FROM item ORDER BY name")).fetchall():
        op.execute(f"CREATE TABLE of_{name} (id int)")
'''
READS_DOWN = '''    for (name,) in op.get_bind().execute(sa.text("SELECT name FROM item ORDER BY name")).fetchall():
        op.execute(f"DROP TABLE of_{name}")
'''


class Online:
    """A project of three revisions, the second of which reads; and databases in which it reads something else."""

    def __init__(self, project, cluster, names):
        self.project = project
        self.cluster = cluster
        project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/scripts\n")
        project.write("scripts/env.py", ENV)
        self.revision("p1", None, '    op.execute("CREATE TABLE item (name text)")\n', '    op.execute("DROP TABLE item")\n')
        self.revision("p2", "p1", READS, READS_DOWN)
        self.revision("p3", "p2", '    op.execute("CREATE TABLE last (id int)")\n', '    op.execute("DROP TABLE last")\n')
        self.configure(names)
        cluster.create(names)

    def configure(self, names, more=""):
        self.project.config("migrations: {alembic: alembic.ini}\n" + more + self.cluster.targets(names))

    def revision(self, name, down, up, undo="    pass\n"):
        return self.project.write(
            f"scripts/versions/{name}.py",
            f'"""{name}"""\nimport os, signal, sys, time\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{name}"\n'
            f'down_revision = {down!r}\n\n\ndef upgrade():\n{up}\n\ndef downgrade():\n{undo}')

    def fill(self, **rows):
        """Up to p1, and what p2 will read."""
        self.project.ok("upgrade", "p1")
        for database, names in rows.items():
            for name in names:
                self.cluster.sql(database, "INSERT INTO item VALUES (%s)", (name,))

    def tables(self, database):
        return [name for (name,) in self.cluster.sql(
            database, "SELECT tablename::text FROM pg_tables WHERE tablename LIKE 'of\\_%' ORDER BY 1")]

    def history(self, database):
        return self.cluster.sql(database, "SELECT revision, direction FROM drover_history ORDER BY number")


@pytest.fixture
def online(project, cluster):
    os.environ["DROVER_PYTHON"] = PYTHON
    yield Online(project, cluster, ["one", "two"])
    del os.environ["DROVER_PYTHON"]


def test_it_runs_inside_the_rollout(online, cluster):
    online.fill(one=["red", "blue"], two=["green"])
    plan = online.project.ok("plan", "head", "-v").out
    assert "2 steps in 2 transactions, 1 of which runs Python on each target" in plan, plan
    assert "+p2 runs Python on each target: it reads the result of a SELECT (scripts/versions/p2.py:11)" in plan
    online.project.ok("upgrade", "head")
    assert online.tables("one") == ["of_blue", "of_red"] and online.tables("two") == ["of_green"]
    assert cluster.versions("one") == cluster.versions("two") == ["p3"]
    assert online.history("one") == [("p1", "upgrade"), ("p2", "upgrade"), ("p3", "upgrade")]
    # It is known by its code.
    file = online.project.folder / "scripts/versions/p2.py"
    was = file.read_text()
    file.write_text(was + "    # mended\n")
    online.project.ok("check")
    file.write_text(was.replace("def upgrade():", "def upgrade():\n    op.execute('SELECT 1')"))
    assert "p2.py" in online.project.run("check").err
    file.write_text(was)
    # The same as by Alembic alone.
    cluster.create(["alone"])
    run_alembic(online.project, cluster.url("alone"), "upgrade", "p1")
    cluster.sql("alone", "INSERT INTO item VALUES ('red'), ('blue')")
    run_alembic(online.project, cluster.url("alone"), "upgrade", "head")
    assert schema(cluster, "alone") == schema(cluster, "one")


def test_show_tells_who_runs_it(online):
    shown = online.project.ok("show", "-v", "p2").out
    why = "-- the project's own Alembic runs it on each target: it reads the result of a SELECT (scripts/versions/p2.py:%d)\n"
    assert "-- migrate:up\n" + why % 11 in shown and "-- migrate:down\n" + why % 16 in shown, shown


def test_from_nothing_and_all_the_way_back(online, cluster):
    online.project.ok("upgrade", "head")
    cluster.sql("one", "INSERT INTO item VALUES ('red'); CREATE TABLE of_red (id int)")
    online.project.ok("downgrade", "base", "--yes")
    assert cluster.versions("one") == [] and online.tables("one") == []
    assert online.history("one")[-2:] == [("p2", "downgrade"), ("p1", "downgrade")]


def test_a_first_revision_that_reads(online, cluster):
    online.revision("p1", None, '    op.get_bind().execute(sa.text("SELECT 1")).scalar_one()\n'
                                '    op.execute("CREATE TABLE item (name text)")\n')
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == ["p3"] and online.history("one")[0] == ("p1", "upgrade")


def test_a_failure_leaves_nothing_and_tells_its_line(online, cluster):
    online.fill(one=["red", "no-name"], two=["green"])
    failed = online.project.run("upgrade", "head")
    assert failed.code == 3, failed
    assert 'syntax error at or near "-" (42601)' in failed.out + failed.err
    assert "scripts/versions/p2.py:12" in failed.out + failed.err
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []
    assert cluster.versions("two") == ["p3"]
    cluster.sql("one", "DELETE FROM item WHERE name = 'no-name'")
    online.project.ok("upgrade", "head")
    assert online.tables("one") == ["of_red"]


@pytest.mark.parametrize("fault, words", [
    ("raise ValueError('no such thing')", "ValueError: no such thing"),
    ("sys.exit(7)", "SystemExit: 7"),
    ("os._exit(7)", "it ended by itself, with exit code 7"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal 9"),
])
def test_python_that_ends_is_one_targets_failure(online, cluster, fault, words):
    online.fill(one=["red"], two=["green"])
    online.revision("p2", "p1", READS + f"    if op.get_bind().engine.url is not None and op.get_bind().execute(sa.text("
                                        f"\"SELECT current_database() = 'one'\")).scalar():\n        {fault}\n")
    failed = online.project.run("upgrade", "head")
    assert failed.code == 3, failed
    assert words in failed.out + failed.err, failed
    assert "scripts/versions/p2.py" in failed.out + failed.err
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []
    assert cluster.versions("two") == ["p3"] and online.tables("two") == ["of_green"]


def test_what_it_prints_goes_nowhere(online, cluster):
    online.fill(one=["red"])
    online.revision("p2", "p1", READS + "    for number in range(2000):\n        print('x' * 100000)\n"
                                        "        print('y' * 100000, file=sys.stderr)\n")
    done = online.project.ok("upgrade", "head")
    assert "xxx" not in done.out + done.err and "yyy" not in done.out + done.err
    assert cluster.versions("one") == ["p3"]


def test_python_that_does_nothing_is_ended(online, cluster):
    online.configure(["one"], "rollout: {statement_timeout: 2s}\n")
    online.fill(one=["red"])
    online.revision("p2", "p1", READS + "    time.sleep(1000)\n")
    failed = online.project.run("upgrade", "head")
    assert failed.code == 2, failed
    assert "scripts/versions/p2.py:13" in failed.out + failed.err, failed
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []


def test_a_statement_that_takes_too_long_is_the_servers_to_end(online, cluster):
    online.configure(["one"], "rollout: {statement_timeout: 2s}\n")
    online.fill(one=["red"])
    online.revision("p2", "p1", READS + '    op.execute("SELECT pg_sleep(1000)")\n')
    failed = online.project.run("upgrade", "head")
    assert failed.code == 2 and "57014" in failed.out + failed.err, failed
    assert cluster.versions("one") == ["p1"]


def children_of(process):
    """The Python processes of a drover process."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.popen.pid)], capture_output=True, text=True)
    return [int(pid) for pid in listed.stdout.split()]


def holds(cluster, database, lock="item"):
    return lambda: cluster.sql(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
                               (database,)) != [(0,)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_is_one_targets_failure(online, cluster, number):
    online.fill(one=["red"], two=["green"])
    blocker = cluster.hold("one", "LOCK TABLE item")
    process = online.project.start("upgrade", "head")
    wait_until(holds(cluster, "one"), "the step waits for the table")
    wait_until(lambda: cluster.versions("two") == ["p3"], "the other target is through")
    for child in children_of(process):
        os.kill(child, number)
    result = process.finish()
    blocker.close()
    assert result.code == 3, result
    assert f"it was ended by signal {int(number)}" in result.out + result.err
    assert cluster.versions("one") == ["p1"] and cluster.versions("two") == ["p3"]
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == ["p3"]


def test_a_worker_that_is_killed_leaves_nothing_behind(online, cluster):
    online.fill(one=["red"])
    online.configure(["one"])
    blocker = cluster.hold("one", "LOCK TABLE item")
    process = online.project.start("upgrade", "head")
    wait_until(holds(cluster, "one"), "the step waits for the table")
    children = children_of(process)
    process.kill()
    wait_until(lambda: not any(os.path.exists(f"/proc/{child}") for child in children), "Python has ended with it")
    blocker.close()
    wait_until(lambda: cluster.sql("one", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'drover%'"
                                          " AND datname = 'one'") == [(0,)], "no session is left")
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == ["p3"] and online.tables("one") == ["of_red"]


def test_pause_now_stops_it_and_resume_goes_on(online, cluster):
    online.fill(one=["red"])
    online.configure(["one"])
    blocker = cluster.hold("one", "LOCK TABLE item")
    process = online.project.start("upgrade", "head")
    wait_until(holds(cluster, "one"), "the step waits for the table")
    online.project.ok("pause", "--now")
    wait_until(lambda: not holds(cluster, "one")(), "nothing waits any more")
    blocker.close()
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []
    assert process.finish().code == 5
    online.project.ok("resume")
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == ["p3"] and online.tables("one") == ["of_red"]


def test_without_python_on_targets_the_tools_take_turns(online, cluster):
    online.project.config("migrations: {alembic: alembic.ini, python: never}\n" + cluster.targets(["one"]))
    refused = online.project.run("upgrade", "head")
    assert refused.code == 4 and "scripts/versions/p2.py:11" in refused.out + refused.err, refused
    assert cluster.versions("one") is None
    commands = [line for line in refused.out.split("`") if line.startswith(("drover ", "alembic "))]
    assert commands == ["drover upgrade p1", "alembic upgrade p2", "drover upgrade head"], refused
    online.project.ok(*commands[0].split()[1:])
    cluster.sql("one", "INSERT INTO item VALUES ('red')")
    run_alembic(online.project, cluster.url("one"), *commands[1].split()[1:])
    online.project.ok(*commands[2].split()[1:])
    assert cluster.versions("one") == ["p3"] and online.tables("one") == ["of_red"]


ASYNC = '''import asyncio
from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config


def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def online():
    engine = async_engine_from_config({"sqlalchemy.url": "postgresql+asyncpg://nobody@nowhere/x"}, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(online())
'''
KEPT = '''import os
from alembic import context
from sqlalchemy import create_engine, text
import app_database

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with app_database.engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.name', 'x', false)"))
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
'''


@pytest.mark.parametrize("env", [ASYNC, KEPT])
def test_env_py_as_projects_have_it(online, cluster, env):
    """Asynchronous; or with an engine that the application makes once, with a pool, for a database of its own."""
    online.project.write("app_database.py", "from sqlalchemy import create_engine\n"
                                            "engine = create_engine('sqlite:///nothing.db')\n")
    online.project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/scripts\nprepend_sys_path = .\n")
    online.project.write("scripts/env.py", env)
    online.fill(one=["red", "no-name"], two=["green"])
    failed = online.project.run("upgrade", "head", "--where", "target=one")
    assert "scripts/versions/p2.py:12" in failed.out + failed.err, failed
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []
    cluster.sql("one", "DELETE FROM item WHERE name = 'no-name'")
    online.project.ok("upgrade", "head")
    assert online.tables("one") == ["of_red"] and online.tables("two") == ["of_green"]
    assert cluster.versions("one") == cluster.versions("two") == ["p3"]


SCHEMAS = '''from alembic import context
from sqlalchemy import create_engine, text

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine("postgresql://nobody@nowhere/x").connect() as connection:
        for tenant in ("blue", "green"):
            connection.execute(text(f'SET search_path TO "{tenant}"'))
            connection.dialect.default_schema_name = tenant
            context.configure(connection=connection, version_table_schema=tenant)
            with context.begin_transaction():
                context.run_migrations()
'''


def test_env_py_that_serves_many_schemas_serves_the_target(online, cluster):
    cluster.create(["site"])
    cluster.sql("site", "CREATE SCHEMA blue; CREATE SCHEMA green")
    url = cluster.url("site")
    targets = "".join(f"  - {{name: {name}, url: '{url}', schema: {name}}}\n" for name in ("blue", "green"))
    online.project.write("scripts/env.py", SCHEMAS)
    online.project.config("migrations: {alembic: alembic.ini}\ntargets:\n" + targets)
    online.project.ok("upgrade", "p1")
    cluster.sql("site", "INSERT INTO blue.item VALUES ('red'); INSERT INTO green.item VALUES ('lime')")
    online.project.ok("upgrade", "head", "--where", "target=blue")
    assert cluster.versions("site", "blue") == ["p3"] and cluster.versions("site", "green") == ["p1"]
    online.project.ok("upgrade", "head")
    assert cluster.sql("site", "SELECT schemaname, tablename FROM pg_tables WHERE tablename LIKE 'of\\_%' ORDER BY 1") == [
        ("blue", "of_red"), ("green", "of_lime")]
    # As a target that is the database it has no version table of its own.
    online.project.config(f"migrations: {{alembic: alembic.ini}}\nversion_schema: public\ntargets:\n  - {{name: site, url: '{url}'}}\n")
    cluster.sql("site", "CREATE TABLE item (name text)")
    online.project.ok("stamp", "p1")
    refused = online.project.run("upgrade", "head")
    assert refused.code == 4, refused
    assert "keeps its versions in blue.alembic_version, green.alembic_version" in refused.out + refused.err, refused


def test_a_stopped_process_is_ended(online, cluster):
    online.configure(["one"], "rollout: {statement_timeout: 3s}\n")
    online.fill(one=["red"])
    blocker = cluster.hold("one", "LOCK TABLE item")
    process = online.project.start("upgrade", "head")
    wait_until(holds(cluster, "one"), "the step waits for the table")
    for child in children_of(process):
        os.kill(child, signal.SIGSTOP)
    blocker.close()
    result = process.finish()
    assert result.code == 2 and "Python did nothing for 3 s" in result.out + result.err, result
    assert cluster.versions("one") == ["p1"] and online.tables("one") == []


class Services:
    """A coordinator, and workers in folders of their own, which know it by its socket."""

    def __init__(self, online):
        self.online = online
        self.project = online.project
        self.project.coordinator()
        self.socket = f"unix:{self.project.folder}/.drover/drover.sock"

    def worker(self, name, checkout=True, **environment):
        folder = self.project.folder.parent / name
        if checkout:
            shutil.copytree(self.project.folder, folder, ignore=shutil.ignore_patterns(".drover"))
        else:
            folder.mkdir()
        other = Project(folder)
        process = other.start("worker", "--coordinator", self.socket, "--name", name, **environment)
        self.project.processes.append(process)
        return folder


@pytest.fixture
def services(online):
    return Services(online)


def test_a_worker_runs_its_own_checkout(services, online, cluster):
    services.worker("w1")
    cluster.sql("one", "CREATE TABLE of_red (id int)")
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == cluster.versions("two") == ["p3"]


def test_another_file_than_the_planned_one_is_refused_at_the_gate(services, online, cluster):
    folder = services.worker("w1")
    path = folder / "scripts/versions/p2.py"
    path.write_text(path.read_text() + "# other\n")
    online.project.ok("upgrade", "p1")  # needs no Python
    refused = online.project.run("upgrade", "head")
    assert refused.code == 4, refused
    assert "scripts/versions/p2.py is another file here than the one that the rollout was planned with" in \
        refused.out + refused.err, refused
    assert cluster.versions("one") == ["p1"]


@pytest.mark.parametrize("checkout, python, words", [
    (False, PYTHON, "it knows no checkout of the Alembic project"),
    (True, "/bin/false", "no Python here has Alembic: tried /bin/false"),
])
def test_a_worker_that_cannot_is_told_at_the_gate(services, online, cluster, checkout, python, words):
    services.worker("w1", checkout, DROVER_PYTHON=python)
    refused = online.project.run("upgrade", "head")
    assert refused.code == 4, refused
    assert words in refused.out + refused.err and "revision p2" in refused.out + refused.err, refused
    assert cluster.versions("one") is None


PARTS = READS + """    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY item_name ON item (name)")
"""


def test_one_that_commits_part_of_its_work(online, cluster):
    online.revision("p2", "p1", PARTS + '    op.execute("CREATE TABLE of_the_rest (id int)")\n')
    online.fill(one=["red"])
    online.project.ok("upgrade", "head")
    assert online.tables("one") == ["of_red", "of_the_rest"] and cluster.versions("one") == ["p3"]
    assert online.history("one") == [("p1", "upgrade"), ("p2", "upgrade"), ("p3", "upgrade")]
    assert cluster.sql("one", "SELECT count(*) FROM drover_progress") == [(0,)]


@pytest.mark.parametrize("fault", ["raise ValueError('later')", "os._exit(3)"])
def test_one_that_was_interrupted_after_a_commit_asks(online, cluster, fault):
    online.configure(["one"])
    online.revision("p2", "p1", PARTS + f"    {fault}\n")
    online.fill(one=["red"])
    failed = online.project.run("upgrade", "head")
    assert failed.code == 2 and "has committed part of its work and did not end: how far did it come?" in \
        failed.out + failed.err, failed
    assert cluster.versions("one") == ["p1"] and online.tables("one") == ["of_red"]
    again = online.project.run("upgrade", "head")
    assert again.code == 4 and "Alembic had committed part of it" in again.out + again.err, again
    # Somebody has looked, and undone it.
    cluster.sql("one", "DROP INDEX item_name; DROP TABLE of_red")
    online.project.ok("stamp", "--purge", "p1", "--yes")
    online.revision("p2", "p1", PARTS)
    online.project.ok("upgrade", "head")
    assert cluster.versions("one") == ["p3"]


def test_there_is_no_sql_of_it(online, cluster):
    refused = online.project.run("upgrade", "head", "--sql")
    assert refused.code == 2 and "scripts/versions/p2.py:11" in refused.err, refused
    assert "CREATE TABLE last" in online.project.ok("upgrade", "p2:head", "--sql").out
