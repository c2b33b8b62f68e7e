"""What a revision of an Alembic project does is what Alembic would do on a connection, or it is not rendered, and says why."""
import subprocess

import pytest

from test_alembic import PYTHON, alembic, run_alembic, schema  # noqa: F401

HEAD = ("import datetime, decimal, uuid\nimport sqlalchemy as sa\nfrom alembic import context, op\n"
        "from sqlalchemy.dialects import postgresql\nfrom sqlalchemy.orm import Session\n"
        "revision = 'z001'\ndown_revision = 'a007'\n")
FIRST_LINE = HEAD.count("\n") + 2  # of the body of upgrade()


def revision_write(alembic, body, more=""):
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    alembic.write("migrations/versions/z001_it.py",
                  HEAD + "def upgrade():\n" + lines + more + "\n\ndef downgrade():\n    pass\n")


def python_never(alembic, cluster):
    """What cannot be rendered is refused and told, and not run by Alembic on each target."""
    alembic.config("migrations: {alembic: alembic.ini, python: never}\n" + cluster.targets(["one"]))


def both_upgrade(alembic, cluster):
    """By Alembic on the database two, by Drover on one."""
    run_alembic(alembic, cluster.url("two"), "upgrade", "z001")
    alembic.ok("upgrade", "z001")
    assert schema(cluster, "one") == schema(cluster, "two")


WRITES = {
    "not_offline": "if not context.is_offline_mode():\n    op.execute('CREATE TABLE z (id int)')",
    "offline_returns": "if context.is_offline_mode():\n    return\nop.execute('CREATE TABLE z (id int)')",
    "not_as_sql": "if not op.get_context().as_sql:\n    op.execute('CREATE TABLE z (id int)')",
    "implementation_not_as_sql": "if not op.get_context().impl.as_sql:\n    op.execute('CREATE TABLE z (id int)')",
    "bind_is_there": "if op.get_bind() is not None:\n    op.execute('CREATE TABLE z (id int)')",
    "answer_is_there": "done = op.get_bind().execute(sa.text('CREATE TABLE z (id int)'))\n"
                       "if done is not None:\n    op.execute('CREATE TABLE y (id int)')",
    "answer_closed": "op.get_bind().execute(sa.text('CREATE TABLE z (id int)')).close()",
    "begin": "with op.get_bind().begin():\n    op.execute('CREATE TABLE z (id int)')",
    "options": "op.get_bind().execution_options(logging_token='z').execute(sa.text('CREATE TABLE z (id int)'))",
    "driver": "op.get_bind().exec_driver_sql(\"CREATE TABLE z AS SELECT '100%%' AS a, ':x' AS b\")\n"
              "op.get_bind().exec_driver_sql('INSERT INTO z VALUES (%s, %s)', ('a%', \"it's\"))\n"
              "op.get_bind().exec_driver_sql('INSERT INTO z VALUES (%(a)s, %(b)s)', [{'a': '1', 'b': None}, {'a': '2', 'b': '%'}])",
    "plain_text": "op.get_bind().execute(\"CREATE TABLE z AS SELECT '100%%' AS a, ':x' AS b\")",
    "session": "session = Session(bind=op.get_bind())\nsession.execute(sa.text('CREATE TABLE z (id int, t text)'))\n"
               "session.execute(sa.text('INSERT INTO z VALUES (:a, :b)'), {'a': 1, 'b': \"it's\"})\nsession.commit()\nsession.close()",
    "values": "op.execute('CREATE TABLE z (i int, t text, d date, s timestamp, z timestamptz, m time, v interval, b bytea, n numeric,'\n"
              "           ' f float, o bool, u uuid, j jsonb, l text[])')\n"
              "op.get_bind().execute(sa.text('INSERT INTO z VALUES (:i,:t,:d,:s,:z,:m,:v,:b,:n,:f,:o,:u,:j,:l)'), dict(\n"
              "    i=-5, t=\"a'b\\\\c%:x\", d=datetime.date(2026, 3, 2), s=datetime.datetime(2026, 3, 2, 9, 8, 7, 65),\n"
              "    z=datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc), m=datetime.time(1, 2, 3),\n"
              "    v=datetime.timedelta(days=-1, seconds=5, microseconds=7), b=b'\\x00\\\\a\\xff', n=decimal.Decimal('1.50'), f=2.5, o=True,\n"
              "    u='00000000-0000-0000-0000-000000000001', j='{\"a\": 1}', l=['x', \"y'\"]))",
    "typed_values": "table = op.create_table('z', sa.Column('d', sa.Date), sa.Column('s', sa.DateTime), sa.Column('b', sa.LargeBinary),\n"
                    "    sa.Column('j', sa.JSON), sa.Column('k', postgresql.JSONB), sa.Column('u', postgresql.UUID(as_uuid=True)),\n"
                    "    sa.Column('l', postgresql.ARRAY(sa.Text)), sa.Column('n', sa.Numeric), sa.Column('v', sa.Interval),\n"
                    "    sa.Column('o', sa.Boolean), sa.Column('e', sa.Enum('p', 'q', name='pq')))\n"
                    "row = dict(d=datetime.date(2026, 3, 2), s=datetime.datetime(2026, 3, 2, 9), b=b'\\x00\\\\a', j={'a': \"it's\"}, k=[1, None],\n"
                    "    u=uuid.UUID(int=5), l=['a', 'b\\\\c'], n=decimal.Decimal('2.50'), v=datetime.timedelta(1), o=False, e='q')\n"
                    "op.bulk_insert(table, [row])\nop.get_bind().execute(table.insert(), [row, row])\n"
                    "op.get_bind().execute(table.update().where(table.c.d < datetime.date(2027, 1, 1)).values(n=7))",
    "defaults_of_python": "table = op.create_table('z', sa.Column('a', sa.Integer), sa.Column('b', sa.Text, default='x'),\n"
                          "    sa.Column('c', sa.Text, default=lambda: 'y'), sa.Column('d', sa.Text, onupdate='w'))\n"
                          "op.bulk_insert(table, [{'a': 1}])\nop.get_bind().execute(table.insert(), {'a': 2})\n"
                          "op.get_bind().execute(table.update().values(a=3))",
    "more_values": "op.get_bind().execute(sa.text('CREATE TABLE z (id int)'), {'unused': 1})",
    "expanding": "op.execute('CREATE TABLE z AS SELECT 1 AS a')\n"
                 "op.get_bind().execute(sa.text('DELETE FROM z WHERE a IN :ids').bindparams(sa.bindparam('ids', expanding=True)), {'ids': [1, 2]})",
    "metadata": "meta = sa.MetaData()\nsa.Table('z', meta, sa.Column('id', sa.Integer, primary_key=True), sa.Column('e', sa.Enum('p', name='pq')))\n"
                "meta.create_all(op.get_bind())",
    "enum_checked_first": "postgresql.ENUM('p', 'q', name='pq').create(op.get_bind(), checkfirst=True)",
    "several_indexes": "op.create_table('z', sa.Column('a', sa.Integer, index=True), sa.Column('b', sa.Integer, index=True),\n"
                       "    sa.Column('c', sa.Integer, unique=True))",
    "batch": "with op.batch_alter_table('account') as batch:\n    batch.add_column(sa.Column('z', sa.Integer))",
    "own_connection_type": "if op.get_bind().dialect.name == 'postgresql' and op.get_bind().engine.name == 'postgresql':\n"
                           "    op.execute('CREATE TABLE z (id int)')",
}


@pytest.mark.parametrize("kind", WRITES)
def test_what_only_writes_is_rendered(alembic, cluster, kind):
    python_never(alembic, cluster)
    revision_write(alembic, WRITES[kind])
    assert "not available" not in alembic.ok("show", "-v", "z001").err
    both_upgrade(alembic, cluster)


SELECT = "op.get_bind().execute(sa.text('SELECT 1 AS one'))"
READS = {
    "fetchall": (f"{SELECT}.fetchall()", "it reads the result of a SELECT"),
    "truth": (f"rows = {SELECT}\n" "if rows:\n    pass", "it reads the result of a SELECT"),
    "iteration": (f"for row in {SELECT}:\n    pass", "it reads the result of a SELECT"),
    "comparison": (f"{SELECT} == 1", "it reads the result of a SELECT"),
    "text": (f"str({SELECT})", "it reads the result of a SELECT"),
    "returning": ("op.get_bind().execute(sa.text('INSERT INTO account (id) VALUES (1) RETURNING id')).scalar()",
                  "it reads the result of an INSERT"),
    "rowcount": ("op.get_bind().execute(sa.text('DELETE FROM account')).rowcount", "it reads the result of a DELETE"),
    "swallowed": (f"try:\n    {SELECT}.scalar()\nexcept Exception:\n    pass", "it reads the result of a SELECT"),
    "swallowed_all": (f"try:\n    {SELECT}.scalar()\nexcept:\n    pass", "it reads the result of a SELECT"),
    "scalar": ("op.get_bind().scalar(sa.text('SELECT 1'))", "it reads the result of a query"),
    "inspect": ("try:\n    sa.inspect(op.get_bind()).get_columns('account')\nexcept:\n    pass", "it inspects the database"),
    "inspect_engine": ("sa.inspect(op.get_bind().engine)", "it inspects the database"),
    "inspector": ("from sqlalchemy.engine.reflection import Inspector\nInspector.from_engine(op.get_bind()).get_table_names()", "database"),
    "has_table": ("try:\n    op.get_bind().dialect.has_table(op.get_bind(), 'account')\nexcept Exception:\n    pass", "it inspects the database"),
    "reflection": ("sa.Table('account', sa.MetaData(), autoload_with=op.get_bind())", "it inspects the database"),
    "version": ("if op.get_bind().dialect.server_version_info and True:\n    pass", "server_version_info"),
    "version_rows": ("op.get_context().get_current_revision()", "it asks for the version rows"),
    "savepoint": ("with op.get_bind().begin_nested():\n    op.execute('SELECT 1')", "it opens a savepoint"),
    "another_connection": ("op.get_bind().engine.connect()", "it uses engine.connect"),
    "driver_connection": ("op.get_bind().connection.cursor()", "it uses connection.connection"),
    "url": ("op.get_bind().engine.url.database", "it uses engine.url"),
    "query": ("class T(sa.orm.declarative_base()):\n    __tablename__ = 'account'\n    id = sa.Column(sa.Integer, primary_key=True)\n"
              "Session(bind=op.get_bind()).query(T).all()", "it reads the result of a SELECT"),
    "no_literal": ("try:\n    op.get_bind().execute(sa.text('SELECT :a'), {'a': object()})\nexcept Exception:\n    pass",
                   "no literal"),
    "batch_of_a_new_table": ("with op.batch_alter_table('account', recreate='always') as batch:\n"
                             "    batch.add_column(sa.Column('z', sa.Integer))", ""),
}


@pytest.mark.parametrize("kind", READS)
def test_what_reads_is_not_rendered_and_says_so(alembic, cluster, kind):
    body, reason = READS[kind]
    python_never(alembic, cluster)
    revision_write(alembic, body)
    shown = alembic.ok("show", "-v", "z001").err
    line = FIRST_LINE + next(number for number, text in enumerate(body.splitlines()) if "op." in text)
    assert f"the upgrade of z001 is not available: {reason}" in shown or reason in shown, shown
    assert "not available" in shown and "Traceback" not in shown
    assert "z001_it.py:" in shown and (reason == "" or kind in ("inspector", "truth", "query")
                                       or f"z001_it.py:{line}" in shown), (line, shown)
    assert alembic.run("upgrade", "z001").code == 4 and cluster.versions("one") is None


def later_write(alembic):
    """One more revision: everything is rendered anew."""
    alembic.write("migrations/versions/z002_later.py", '"""later"""\nfrom alembic import op\nrevision = "z002"\n'
                  'down_revision = "z001"\ndef upgrade():\n    op.execute("CREATE TABLE later (id int)")\ndef downgrade():\n    pass\n')


CREATE = "op.execute('CREATE TABLE z (id int)')"
SAME = {
    "comment": ("# a remark\n" + CREATE, ""),
    "layout": ('op . execute (\n    "CREATE TABLE "  "z (id int)",\n)', ""),
    "same_statements": ("table = 'z'\nop.execute(f'CREATE TABLE {table} (id int)')", ""),
    "docstring": ('"""what it does"""\n' + CREATE, ""),
    "way_down": (CREATE, "\n\ndef downgrade():\n    op.execute('DROP TABLE z')\n"),
    "way_down_that_reads": (CREATE, "\n\ndef downgrade():\n    op.get_bind().execute('SELECT 1').scalar()\n"),
}


@pytest.mark.parametrize("kind", SAME)
def test_what_is_no_edit(alembic, cluster, kind):
    revision_write(alembic, CREATE)
    alembic.ok("upgrade", "z001")
    revision_write(alembic, *SAME[kind])
    later_write(alembic)
    alembic.ok("upgrade", "z002")
    assert cluster.versions("one") == ["z002"]


def test_an_edit_is_one(alembic, cluster):
    revision_write(alembic, CREATE)
    alembic.ok("upgrade", "z001")
    revision_write(alembic, CREATE.replace("id int", "id bigint"))
    later_write(alembic)
    refused = alembic.run("upgrade", "z002")
    assert refused.code == 4 and "z001_it.py" in refused.out and "edited after it was applied" in refused.out, refused
    assert cluster.versions("one") == ["z001"]


def test_what_was_recorded_of_statements_alone_holds(alembic, cluster):
    """An older Drover recorded the checksum of the statements; .sql files do."""
    revision_write(alembic, CREATE)
    alembic.ok("import", "alembic", "--to", "sql")
    alembic.ok("upgrade", "z001", "--migrations", "sql")
    assert not any(row[0].startswith("s") for row in cluster.sql("one", "SELECT checksum FROM drover_history"))
    later_write(alembic)
    alembic.ok("upgrade", "z002")
    revision_write(alembic, CREATE.replace("id int", "id bigint"))
    assert "edited after it was applied" in alembic.run("validate", "z002").out


def test_what_was_adopted_and_imported_later_holds(alembic, cluster):
    revision_write(alembic, CREATE)
    alembic.ok("upgrade", "z001")
    assert all(row[0].startswith("s") for row in cluster.sql("one", "SELECT checksum FROM drover_history"))
    later_write(alembic)
    alembic.ok("import", "alembic", "--to", "sql")
    alembic.ok("upgrade", "z002", "--migrations", "sql")
    (path,) = (alembic.folder / "sql").glob("z001*")
    path.write_text(path.read_text().replace("id int", "id bigint"))
    assert "edited after it was applied" in alembic.run("validate", "z002", "--migrations", "sql").out


# ---- what differs from one rendering to the next ----

VARY = {
    "uuid": "op.execute(f\"INSERT INTO account (email) VALUES ('{uuid.uuid4()}')\")",
    "now": "op.execute(f\"COMMENT ON TABLE account IS '{datetime.datetime.now()}'\")",
    "today": "op.execute(f\"COMMENT ON TABLE account IS '{datetime.date.today()}'\")",
    "month": "op.execute(f\"COMMENT ON TABLE account IS '{datetime.datetime.now():%Y-%m}'\")",
    "strftime": "import time\nop.execute('COMMENT ON TABLE account IS ' + time.strftime(\"'%Y-%m-%d'\"))",
    "random": "import random\nop.execute(f'COMMENT ON TABLE account IS $${random.random()}$$')",
    "secret": "import secrets\nop.execute(f'COMMENT ON TABLE account IS $${secrets.token_hex(8)}$$')",
    "choice": "import random\nif random.random() < 0.5:\n    op.get_bind().execute('SELECT 1').scalar()\n"
              "op.execute(f'COMMENT ON TABLE account IS $${random.random()}$$')",
    "default": "table = op.create_table('z', sa.Column('a', sa.Integer), sa.Column('b', sa.DateTime, default=datetime.datetime.utcnow))\n"
               "op.bulk_insert(table, [{'a': 1}])",
}


@pytest.mark.parametrize("kind", VARY)
def test_what_differs_each_time_is_not_rendered(alembic, cluster, kind):
    python_never(alembic, cluster)
    revision_write(alembic, VARY[kind])
    shown = alembic.ok("show", "-v", "z001").err
    line = FIRST_LINE + next(number for number, text in enumerate(VARY[kind].splitlines()) if "op." in text)
    if kind != "choice":
        assert "the upgrade of z001 is not available: it gives other SQL each time" in shown
        assert f"z001_it.py:{line + (kind == 'default')}:" in shown
    assert "not available" in shown


STEADY = {
    "seeded": "import random\nop.execute(f'COMMENT ON TABLE account IS $${random.Random(5).random()}$$')",
    "given_time": "op.execute(f\"COMMENT ON TABLE account IS '{datetime.datetime(2026, 3, 2)}'\")",
    "set": "for name in {'x', 'y', 'z'}:\n    op.execute(f'CREATE TABLE {name} (id int)')",
    "time_taken": "import time\nbegan = time.time()\nop.execute('CREATE TABLE z (id int)')\nprint(time.time() - began)",
    "kinds_of_time": "assert isinstance(datetime.datetime.now(), datetime.datetime) and isinstance(datetime.date.today(), datetime.date)\n"
                     "assert datetime.datetime(2026, 1, 1) < datetime.datetime.now() and type(datetime.date(2026, 1, 1)) is type(datetime.date.today())\n"
                     "op.execute('CREATE TABLE z (id int)')",
}


@pytest.mark.parametrize("kind", STEADY)
def test_what_is_the_same_each_time_is_rendered(alembic, cluster, kind):
    python_never(alembic, cluster)
    revision_write(alembic, STEADY[kind])
    assert "not available" not in alembic.ok("show", "-v", "z001").err
    alembic.ok("upgrade", "z001")


# ---- what env.py does on a connection ----

OFFLINE = "context.configure(url='postgresql://localhost/x', literal_binds=True)\n" \
          "    with context.begin_transaction():\n        context.run_migrations()\n"


def env_write(alembic, online, head=""):
    body = "".join(f"    {line}\n" for line in online.strip("\n").splitlines())
    alembic.write("migrations/env.py", "import os\nfrom alembic import context\nimport sqlalchemy as sa\n" + head +
                  "url = os.environ.get('ALEMBIC_URL', 'postgresql://127.0.0.1:1/x')\n"
                  "if context.is_offline_mode():\n    " + OFFLINE + "else:\n" + body)


CONNECT = "with sa.create_engine(url).connect() as connection:\n"
RUN = "    with context.begin_transaction():\n        context.run_migrations()\n"
CONFIGURE = "    context.configure(connection=connection)\n"
ASYNC = ("import asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\ndef run(connection):\n"
         "    SETTINGS\n" + CONFIGURE + RUN + "async def main():\n    engine = create_async_engine('postgresql+asyncpg://h/d')\n"
         "    async with engine.connect() as connection:\n        await connection.run_sync(run)\n    await engine.dispose()\n"
         "asyncio.run(main())\n")
LOOKED = {
    "async": (ASYNC.replace("SETTINGS", "connection.execute(sa.text('SET search_path TO app'))"), "SET search_path TO app"),
    "search_path": (CONNECT + "    connection.execute(sa.text('SET search_path TO app'))\n" + CONFIGURE + RUN, "SET search_path TO app"),
    "role": (CONNECT + CONFIGURE + "    connection.execute(sa.text('SET ROLE owner'))\n" + RUN, "SET ROLE owner"),
    "schema_made": (CONNECT + CONFIGURE + "    with context.begin_transaction():\n        context.execute('CREATE SCHEMA IF NOT EXISTS app')\n"
                    "        context.run_migrations()\n", "CREATE SCHEMA IF NOT EXISTS app"),
    "after": (CONNECT + CONFIGURE + RUN + "    connection.execute(sa.text('ANALYZE'))\n", "ANALYZE"),
    "options": (CONNECT.replace("url)", "url, connect_args={'options': '-csearch_path=app'})") + CONFIGURE + RUN, "options=-csearch_path=app"),
    "listener": ("engine = sa.create_engine(url)\n@sa.event.listens_for(engine, 'connect')\ndef set_path(connection, record):\n"
                 "    with connection.cursor() as cursor:\n        cursor.execute('SET search_path TO app')\n"
                 "with engine.connect() as connection:\n" + CONFIGURE + RUN, "SET search_path TO app"),
    "translation": (CONNECT + "    connection = connection.execution_options(schema_translate_map={None: 'app'})\n" + CONFIGURE + RUN,
                    "it sets execution options of its connection"),
    "loop": ("for schema in ('blue', 'green'):\n" + "".join("    " + line + "\n" for line in (CONNECT + CONFIGURE + RUN).splitlines()),
             "env.py runs the revisions 2 times, as for several schemas"),
    "asks": (CONNECT + "    for schema in connection.execute(sa.text('SELECT name FROM tenants')).fetchall():\n        pass\n" + CONFIGURE + RUN,
             "env.py needs a connection: it reads the result of a SELECT"),
    "asks_quietly": (CONNECT + "    try:\n        sa.inspect(connection).get_table_names()\n    except:\n        pass\n" + CONFIGURE + RUN,
                     "env.py needs a connection: it inspects the database"),
}


def driver_check(kind):
    if kind == "async" and subprocess.run([PYTHON, "-c", "import asyncpg"], capture_output=True).returncode != 0:
        pytest.skip("needs asyncpg, in Debian python3-asyncpg")


@pytest.mark.parametrize("kind", LOOKED)
def test_what_env_does_on_a_connection_keeps_from_rendering(alembic, cluster, kind):
    driver_check(kind)
    python_never(alembic, cluster)
    online, words = LOOKED[kind]
    env_write(alembic, online)
    shown = alembic.ok("show", "-v", "a001").err
    assert words in shown and "migrations/env.py" in shown, shown


HARMLESS = {
    "plain": CONNECT + CONFIGURE + RUN,
    "async": ASYNC.replace("SETTINGS", "pass"),
    "begin": "with sa.create_engine(url).begin() as connection:\n" + CONFIGURE + RUN,
    "waiting": CONNECT + "    connection.execute(sa.text(\"SET lock_timeout = '5s'\"))\n"
               "    connection.execute(sa.text('SELECT pg_advisory_lock(42)'))\n" + CONFIGURE + RUN,
    "module_engine": "with engine.connect() as connection:\n" + CONFIGURE + RUN,
    "given": "connection = context.config.attributes.get('connection') or engine.connect()\nwith connection:\n" + CONFIGURE + RUN,
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_an_env_without_doings_of_its_own(alembic, cluster, kind):
    driver_check(kind)
    env_write(alembic, HARMLESS[kind], "engine = sa.create_engine('postgresql://127.0.0.1:1/x')\n")
    assert alembic.ok("show", "-v", "a001").err == ""


def test_revisions_that_env_py_runs_twice_are_run_once(alembic, cluster):
    """Alembic finds nothing to do the second time. Where the runs are for several schemas see test_online.py."""
    env_write(alembic, LOOKED["loop"][0])
    alembic.ok("upgrade", "a001")
    run_alembic(alembic, cluster.url("two"), "upgrade", "a001")
    assert schema(cluster, "one") == schema(cluster, "two")


def test_options_of_the_branch_for_a_connection_hold(alembic, cluster):
    env_write(alembic, CONNECT + "    context.configure(connection=connection, version_table='Schema Versions', version_table_schema='meta',\n"
              "                      transaction_per_migration=True)\n" + RUN)
    for name in ("one", "two"):
        cluster.sql(name, "CREATE SCHEMA meta")
        run_alembic(alembic, cluster.url(name), "upgrade", "a002")
    alembic.ok("upgrade", "heads")
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    assert sorted(row[0] for row in cluster.sql("one", 'SELECT version_num FROM meta."Schema Versions"')) == ["a007", "n002"]
    assert schema(cluster, "one") == schema(cluster, "two")
    assert len(cluster.sql("one", "SELECT DISTINCT xmin::text FROM meta.drover_history")) > 1


def test_nobody_is_talked_to(alembic, cluster):
    """env.py's branch for a connection is run, and reaches no server: neither through a driver nor by other programs."""
    cluster.sql("one", "CREATE TABLE touched (by text)")
    place = f"host=127.0.0.1 port={cluster.port} user=postgres dbname=one"
    env_write(alembic, "import psycopg2, subprocess\n"
              f"subprocess.run(['psql', '-c', \"INSERT INTO touched VALUES ('psql')\", '{place}'])\n"
              f"driver = psycopg2.connect('{place}')\ndriver.autocommit = True\n"
              "driver.cursor().execute(\"INSERT INTO touched VALUES ('driver')\")\n" + CONNECT + CONFIGURE + RUN)
    shown = alembic.ok("show", "-v", "a001")
    assert cluster.sql("one", "SELECT * FROM touched") == []
    assert "what env.py does on a connection could not be looked at" in shown.err and "migrations/env.py:12" in shown.err, shown.err
    assert "CREATE TABLE account" in shown.out


def test_an_env_that_hangs_on_a_connection_is_left(alembic, cluster):
    env_write(alembic, "import time\nwhile True:\n    time.sleep(1)\n")
    shown = alembic.ok("show", "-v", "a001")
    assert "could not be looked at: it did not end" in shown.err and "CREATE TABLE account" in shown.out


# ---- said once ----

READS_IT = "op.get_bind().execute(sa.text('SELECT 1')).scalar()"


def test_one_line_tells_of_all_that_is_not_available(alembic, cluster):
    """A command that needs none of them is not drowned; the one that does is told the reason; `show -v` tells all."""
    python_never(alembic, cluster)
    revision_write(alembic, READS_IT)
    for number in range(2, 9):
        alembic.write(f"migrations/versions/z{number:03d}.py", HEAD.replace("z001", f"z{number:03d}").replace("a007", f"z{number - 1:03d}")
                      + f"def upgrade():\n    {READS_IT}\ndef downgrade():\n    {READS_IT}\n")
    done = alembic.ok("upgrade", "a007")
    assert "alembic.ini: warning: 15 directions of the revisions are not available" in done.err
    assert done.err.count("warning:") == 1 and "z001_it.py" not in done.err
    refused = alembic.run("upgrade", "z001")
    assert refused.code == 4 and "z001_it.py" in refused.out and "it reads the result of a SELECT" in refused.out
    assert "z002" not in refused.out + refused.err
    assert alembic.ok("show", "-v", "heads").err.count("is not available: it reads the result of a SELECT") == 15


def test_a_failure_is_kept_while_its_files_and_the_environment_are_the_same(alembic, cluster):
    counted = "with open('seen', 'a') as seen:\n    seen.write('x')\n"

    def seen():
        return len((alembic.folder / "seen").read_text())
    env = alembic.folder / "migrations/env.py"
    whole = env.read_text()
    alembic.write("migrations/versions/z001_it.py", HEAD + "def upgrade(:\n")
    (alembic.folder / "migrations/versions/a001_create_account.py").open("a").write("\n" + counted)
    first = alembic.run("show", "-v", "a001")
    assert first.code == 2 and "SyntaxError" in first.err
    again = alembic.run("show", "-v", "a001")
    assert again.err == first.err
    before = seen()
    assert alembic.run("show", "-v", "a001").err == first.err and seen() == before, "it was kept"
    assert alembic.run("show", "-v", "a001", SOMETHING="else").err == first.err and seen() > before
    (alembic.folder / "migrations/versions/z001_it.py").unlink()
    alembic.ok("show", "-v", "a001")
    # What an installed package may mend is tried again.
    env.write_text("import os\nwith open('seen', 'a') as seen:\n    seen.write('x')\nimport not_there\n" + whole)
    before = seen()
    for _ in range(2):
        assert "not_there" in alembic.run("show", "-v", "a001").err
    assert seen() >= before + 4
