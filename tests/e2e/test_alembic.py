"""An Alembic project adopted unchanged: rendered once, migrated half by Alembic and half by Drover."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import PG, ROOT

PROJECT = ROOT / "tests/e2e/alembic_project"
PYTHON = "/usr/bin/python3"  # Debian's, which has Alembic
HEADS = ["a007", "n002"]


@pytest.fixture
def alembic(project, cluster):
    """The project's files in the folder of drover.yaml, and two databases."""
    shutil.copytree(PROJECT, project.folder, dirs_exist_ok=True)
    cluster.create(["one", "two"])
    project.config(f"migrations: {{alembic: alembic.ini}}\n"
                   f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n")
    os.environ["DROVER_PYTHON"] = PYTHON
    os.environ["ALEMBIC_RUNS"] = str(project.folder / "runs")
    yield project
    del os.environ["DROVER_PYTHON"]
    del os.environ["ALEMBIC_RUNS"]


def run_alembic(project, url, *arguments, ok=True):
    done = subprocess.run([PYTHON, "-m", "alembic", *arguments], cwd=project.folder, capture_output=True, text=True,
                          env=project.environment(ALEMBIC_URL=url, PYTHONDONTWRITEBYTECODE="1"))
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def schema(cluster, database):
    """The database as pg_dump shows it, with the rows, without Drover's own tables."""
    done = subprocess.run([PG / "pg_dump", "--no-owner", "--inserts", "--exclude-table=*.drover_*", "-h", "127.0.0.1",
                           "-p", str(cluster.port), "-U", "postgres", database], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # The version rows are in whatever order they were written.
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    version_row = re.compile(r'INSERT INTO (public\.alembic_version|meta\."Schema Versions"|public\.versions) ')
    rows = sorted(line for line in lines if version_row.match(line))
    return [line for line in lines if not version_row.match(line)] + rows


def runs(project):
    path = project.folder / "runs"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_graph_is_alembics(alembic):
    revisions = alembic.ok("history", "--json").json["revisions"]
    listed = run_alembic(alembic, "postgresql://x/x", "history").splitlines()
    names = [line.split(" -> ")[1].split(",")[0].split(" ")[0] for line in listed if " -> " in line]
    # 1.8.1 lists files as the file system does, so that the order of lines is not Alembic's word here.
    assert sorted(revision["revision"] for revision in revisions) == sorted(names)
    by_name = {revision["revision"]: revision for revision in revisions}
    assert by_name["m001"]["down_revision"] == ["a004", "b003"]
    assert by_name["n001"]["depends_on"] == ["a002"] and by_name["n001"]["branch_labels"] == ["reporting"]
    assert by_name["a002"]["message"] == "add the account's email\nunique where it is given"
    assert by_name["a002"]["create_date"] == "2025-03-02 09:00:00.000000"
    assert "transactional" not in by_name["b002"], "the graph does not tell"
    assert by_name["a002"]["path"] == "migrations/versions/a002_add_the_account_s_email.py"
    heads = [revision["revision"] for revision in alembic.ok("heads", "--json").json["revisions"]]
    assert sorted(heads) == HEADS


def test_one_python_process_and_none_the_second_time(alembic):
    first = alembic.ok("show", "-v", "heads").out
    assert runs(alembic) == 3, "env.py ran for all revisions at once: twice, and as on a connection"
    assert alembic.ok("show", "-v", "heads").out == first
    assert runs(alembic) == 3, "the answer was kept"
    # Any file that counts: a revision, env.py, the ini, a new revision.
    (alembic.folder / "migrations/versions/a007_rename_country.py").open("a").write("\n# edited\n")
    alembic.ok("show", "-v", "heads")
    assert runs(alembic) == 6
    alembic.write("migrations/versions/z001_later.py", '"""later"""\nrevision = "z001"\ndown_revision = "a007"\n'
                  "def upgrade(): pass\ndef downgrade(): pass\n")
    assert "z001" in alembic.ok("show", "-v", "heads").out and runs(alembic) == 9
    (alembic.folder / "migrations/versions/z001_later.py").unlink()
    assert "z001" not in alembic.ok("show", "-v", "heads").out and runs(alembic) == 12
    # A cache that cannot be written is no error.
    shutil.rmtree(alembic.folder / ".drover")
    (alembic.folder / ".drover").write_text("in the way")
    alembic.ok("show", "-v", "heads")
    assert runs(alembic) == 15
    assert not list(alembic.folder.glob("migrations/**/__pycache__")), "nothing is written into the project"


def test_data_files_that_revisions_read_count(alembic):
    alembic.write("seed.sql", "SELECT 'first'")
    alembic.write("migrations/versions/z001_seed.py", '"""seed"""\nimport pathlib\nfrom alembic import op\n'
                  'revision = "z001"\ndown_revision = "a007"\n'
                  'def upgrade(): op.execute(pathlib.Path("seed.sql").read_text())\ndef downgrade(): pass\n')
    assert "'first'" in alembic.ok("show", "-v", "z001").out
    alembic.write("seed.sql", "SELECT 'second'")
    assert "'second'" in alembic.ok("show", "-v", "z001").out


# Who does what, one after the other; the last step of all is up to the heads by Alembic or Drover.
ALTERNATIONS = [
    [("drover", "upgrade", "heads")],
    [("alembic", "upgrade", "a002"), ("drover", "upgrade", "heads")],
    [("drover", "upgrade", "a003"), ("alembic", "upgrade", "heads")],
    [("alembic", "upgrade", "b001"), ("drover", "upgrade", "m001"), ("alembic", "upgrade", "a005"),
     ("drover", "upgrade", "heads")],
    [("drover", "upgrade", "heads"), ("alembic", "downgrade", "a003"), ("drover", "upgrade", "heads")],
    [("alembic", "upgrade", "heads"), ("drover", "downgrade", "a003"), ("alembic", "upgrade", "heads")],
    [("alembic", "upgrade", "heads"), ("drover", "downgrade", "base"), ("drover", "upgrade", "a004"),
     ("alembic", "downgrade", "a001"), ("drover", "upgrade", "a006"), ("alembic", "stamp", "a005"),
     ("alembic", "stamp", "a006"), ("drover", "upgrade", "heads")],
    [("drover", "upgrade", "n001"), ("alembic", "upgrade", "billing@b002"), ("drover", "downgrade", "a002"),
     ("alembic", "upgrade", "+1"), ("drover", "upgrade", "heads"), ("alembic", "downgrade", "m001"),
     ("alembic", "upgrade", "heads")],
]


@pytest.mark.parametrize("number", range(len(ALTERNATIONS)))
def test_any_alternation_ends_identical(alembic, cluster, number):
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    for who, verb, target in ALTERNATIONS[number]:
        if who == "alembic":
            run_alembic(alembic, cluster.url("one"), verb, target)
        else:
            alembic.ok(verb, target, "--yes")
        # Each sees where the other left off.
        rows = cluster.versions("one")
        shown = {line.split(" ")[0] for line in run_alembic(alembic, cluster.url("one"), "current").splitlines()
                 if line and not line.startswith("env.py")}
        assert set(rows) <= shown, (rows, shown)
        seen = alembic.ok("current", "--json").json["targets"][0]["heads"]
        assert sorted(seen) == rows
    assert schema(cluster, "one") == schema(cluster, "two")
    assert cluster.versions("one") == HEADS
    # All the way down again, by Alembic, on a database that Drover moved.
    run_alembic(alembic, cluster.url("one"), "downgrade", "base")
    assert cluster.versions("one") == []


def test_what_cannot_be_rendered_blocks_only_what_needs_it(alembic, cluster):
    alembic.write("migrations/versions/z001_reads.py",
                  '"""reads"""\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "z001"\n'
                  'down_revision = "a007"\n\n\ndef upgrade():\n'
                  '    rows = op.get_bind().execute(sa.text("SELECT id FROM account")).fetchall()\n'
                  '    assert rows is not None\n\n\ndef downgrade():\n    pass\n')
    alembic.write("migrations/versions/z002_after.py",
                  '"""after"""\nfrom alembic import op\nrevision = "z002"\ndown_revision = "z001"\n'
                  'def upgrade():\n    op.execute("CREATE TABLE after_all (id int)")\n'
                  'def downgrade():\n    op.execute("DROP TABLE after_all")\n')
    alembic.config("migrations: {alembic: alembic.ini, python: never}\n" + cluster.targets(["one"]))
    listed = alembic.ok("show", "-v", "heads")
    assert "migrations/versions/z001_reads.py:10: warning:" in listed.err
    assert "it reads the result of a SELECT" in listed.err and "NoneType" not in listed.err
    assert "Traceback" not in listed.err and "alembic_render" not in listed.err
    alembic.ok("upgrade", "a007")
    refused = alembic.run("upgrade", "z002")
    assert refused.code == 4, refused
    assert "z001_reads.py:10" in refused.out + refused.err and "not available" in refused.out + refused.err
    assert cluster.versions("one") == ["a007"]
    # Alembic runs that one; then Drover goes on, and down again.
    run_alembic(alembic, cluster.url("one"), "upgrade", "z001")
    alembic.ok("upgrade", "z002")
    assert cluster.versions("one") == ["z002"]
    alembic.ok("downgrade", "a007", "--yes")
    assert cluster.versions("one") == ["a007"]
    # The graph alone does not tell what can be rendered.
    assert alembic.ok("explain", "upgrade", "z002", "--from", "a007", "--json").json["to"] == ["z002"]
    # As .sql files it does.
    alembic.run("import", "alembic", "--to", "sql")
    explained = alembic.run("explain", "upgrade", "z002", "--json", "--migrations", "sql")
    assert explained.code == 2 and explained.json["error"]["code"] == "revision_unavailable"


def test_statements_that_drover_refuses_block_only_their_revision(alembic):
    alembic.write("migrations/versions/z001_savepoint.py",
                  '"""savepoint"""\nfrom alembic import op\nrevision = "z001"\ndown_revision = "a007"\n'
                  'def upgrade():\n    op.execute("SELECT 1")\n    op.execute("SAVEPOINT here")\n'
                  'def downgrade():\n    op.execute("SELEC 1")\n')
    listed = alembic.ok("show", "-v", "heads")
    assert "z001_savepoint.py:7: warning: the upgrade of z001" in listed.err
    assert "z001_savepoint.py:9: warning: the downgrade of z001" in listed.err
    alembic.ok("upgrade", "a007")


def test_parameter_without_value_is_not_a_silent_null(alembic):
    alembic.write("migrations/versions/z001_colon.py",
                  '"""colon"""\nfrom alembic import op\nrevision = "z001"\ndown_revision = "a007"\n'
                  'def upgrade():\n    op.execute("SELECT \':x\'")\ndef downgrade():\n    pass\n')
    listed = alembic.ok("show", "-v", "heads")
    assert "z001_colon.py:6: warning: the upgrade of z001 is not available: :x is taken for a parameter" in listed.err


def test_a_failing_statement_names_the_line_of_the_python_file(alembic, cluster):
    alembic.write("migrations/versions/z001_fails.py",
                  '"""fails"""\nfrom alembic import op\nrevision = "z001"\ndown_revision = "a007"\n'
                  'def upgrade():\n    op.execute("SELECT 1")\n\n    op.execute("SELECT 1 / 0")\n'
                  'def downgrade():\n    pass\n')
    failed = alembic.run("upgrade", "z001")
    assert failed.code != 0
    assert "migrations/versions/z001_fails.py:8" in failed.out + failed.err, failed


@pytest.mark.parametrize("fault, words", [
    ("syntax", ["migrations/versions/z001.py:2", "SyntaxError"]),
    ("environment", ["env.py", "ZeroDivisionError", "migrations/env.py:2"]),
    ("cycle", ["cycle"]),
    ("no_revision", ["Could not determine revision id"]),
    ("no_location", ["No 'script_location' key found"]),
    ("no_folder", ["Path doesn't exist"]),
    ("no_ini", ["alembic.ini does not exist"]),
    ("no_python", ["No such file or directory", "DROVER_PYTHON"]),
    ("no_alembic", ["No module named 'alembic'", "DROVER_PYTHON"]),
    ("several_databases", ["several different databases"]),
    ("exit", ["SystemExit"]),
])
def test_every_failure_is_told_in_a_sentence(alembic, fault, words):
    environment = {}
    if fault == "syntax":
        alembic.write("migrations/versions/z001.py", "revision = 'z001'\ndef upgrade(:\n")
    elif fault == "environment":
        alembic.write("migrations/env.py", "import os\n1 / 0\n")
    elif fault == "exit":
        alembic.write("migrations/env.py", "import sys\nsys.exit('no database today')\n")
    elif fault == "cycle":
        for name, parent in (("y001", "y002"), ("y002", "y001")):
            alembic.write(f"migrations/versions/{name}.py", f'revision = "{name}"\ndown_revision = "{parent}"\n'
                          "def upgrade(): pass\ndef downgrade(): pass\n")
    elif fault == "no_revision":
        alembic.write("migrations/versions/noid.py", "def upgrade(): pass\n")
    elif fault == "no_location":
        alembic.write("alembic.ini", "[alembic]\nsqlalchemy.url = postgresql://x/x\n")
    elif fault == "no_folder":
        alembic.write("alembic.ini", "[alembic]\nscript_location = elsewhere\n")
    elif fault == "several_databases":
        text = (alembic.folder / "alembic.ini").read_text()
        alembic.write("alembic.ini", text.replace("[alembic]\n", "[alembic]\ndatabases = engine1, engine2\n"))
    elif fault == "no_ini":
        (alembic.folder / "alembic.ini").unlink()
    elif fault == "no_python":
        environment["DROVER_PYTHON"] = "/nowhere/python3"
    elif fault == "no_alembic":
        bare = alembic.folder / "bare"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
        environment["DROVER_PYTHON"] = str(bare / "bin/python")
    failed = alembic.run("show", "-v", "heads", **environment)
    assert failed.code == 2, failed
    for word in words:
        assert word in failed.err, failed
    assert "Traceback" not in failed.err and "<string>" not in failed.err, failed
    assert failed.out == ""


def test_import_writes_the_same_as_sql_files(alembic, cluster):
    before = json.loads(alembic.ok("history", "--json").out)["revisions"]
    alembic.ok("import", "alembic", "--to", "sql")
    after = alembic.ok("history", "--json", "--migrations", "sql").json["revisions"]
    assert [item["revision"] for item in after if not item["transactional"]] == ["b002"]
    for old, new in zip(before, after, strict=True):
        del new["transactional"]
        assert pathlib.Path(new.pop("path")).stem == pathlib.Path(old.pop("path")).stem
        assert old == new
    for arguments in (["upgrade", "heads"], ["downgrade", "a002", "--from", "a007", "--from", "n002"]):
        assert alembic.ok("explain", *arguments, "--json", "--migrations", "sql").json == \
            alembic.ok("explain", *arguments, "--json").json
    again = alembic.run("import", "alembic", "alembic.ini", "--to", "sql")
    assert again.code == 64 and "exists already" in again.err
    into = alembic.run("import", "alembic")
    assert into.code == 64 and "--to DIR" in into.err, "migrations/ is Alembic's own folder"
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    alembic.ok("upgrade", "heads", "--migrations", "sql")
    assert schema(cluster, "one") == schema(cluster, "two")


def test_version_table_schema_is_honoured(alembic, cluster):
    text = (alembic.folder / "migrations/env.py").read_text()
    alembic.write("migrations/env.py",
                  text.replace("context.configure(", "context.configure(version_table_schema='ops', "))
    for name in ("one", "two"):
        cluster.sql(name, "CREATE SCHEMA ops")
    run_alembic(alembic, cluster.url("one"), "upgrade", "a002")
    alembic.ok("upgrade", "heads")
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    assert cluster.versions("one", "ops") == HEADS and cluster.versions("one") is None
    assert schema(cluster, "one") == schema(cluster, "two")
    assert "ops" in alembic.ok("upgrade", "a001", "--sql").out


def env_configure(alembic, options):
    """env.py passes further options to context.configure, online and offline."""
    text = (alembic.folder / "migrations/env.py").read_text()
    alembic.write("migrations/env.py", text.replace("context.configure(", f"context.configure({options}, "))


def rows_of(cluster, database, table):
    return sorted(row[0] for row in cluster.sql(database, f"SELECT version_num FROM {table}"))


def test_another_version_table_in_another_schema(alembic, cluster):
    """By Alembic and Drover in turns, in one process and through a coordinator that says otherwise."""
    env_configure(alembic, "version_table='Schema Versions', version_table_schema='meta'")
    for name in ("one", "two"):
        cluster.sql(name, "CREATE SCHEMA meta")
    table = 'meta."Schema Versions"'
    alembic.ok("upgrade", "a002")
    assert rows_of(cluster, "one", table) == ["a002"] and cluster.versions("one") is None
    run_alembic(alembic, cluster.url("one"), "upgrade", "b001")
    alembic.ok("upgrade", "m001")
    assert "a002" in run_alembic(alembic, cluster.url("one"), "history")
    run_alembic(alembic, cluster.url("one"), "downgrade", "a003")
    alembic.write("fleet/drover.yaml", f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n"
                  "version_table: elsewhere\n")
    address = "unix:c.sock"
    alembic.coordinator("-c", "fleet/drover.yaml", "--listen", address)
    alembic.start("worker", "--coordinator", address)
    alembic.ok("upgrade", "heads", "--coordinator", address)
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    assert rows_of(cluster, "one", table) == HEADS
    assert schema(cluster, "one") == schema(cluster, "two")
    current = alembic.ok("current", "--json", "--coordinator", address).json["targets"][0]
    assert sorted(current["heads"]) == HEADS
    assert cluster.sql("one", "SELECT to_regclass('meta.drover_history') IS NOT NULL,"
                       " to_regclass('public.drover_history') IS NULL") == [(True, True)]
    offline = alembic.ok("upgrade", "a001", "--sql").out
    assert 'CREATE TABLE "meta"."Schema Versions" (' in offline and '"Schema Versions_pkc" PRIMARY KEY' in offline


def test_a_version_table_without_a_key(alembic, cluster):
    env_configure(alembic, "version_table='versions', version_table_pk=False")
    alembic.ok("upgrade", "heads")
    run_alembic(alembic, cluster.url("two"), "upgrade", "heads")
    assert rows_of(cluster, "one", "versions") == HEADS
    assert schema(cluster, "one") == schema(cluster, "two")
    assert "PRIMARY KEY" not in alembic.ok("upgrade", "a001", "--sql").out.split("-- Running")[0]


def test_a_transaction_for_each_revision_as_env_says(alembic, cluster):
    """In the branch for a connection, which is not what renders; the configuration has the last word."""
    def transactions():
        return len(cluster.sql("one", "SELECT DISTINCT xmin::text FROM drover_history"))
    text = (alembic.folder / "migrations/env.py").read_text()
    alembic.write("migrations/env.py", text.replace("(connection=connection)",
                                                    "(connection=connection, **{'transaction_per_migration': True})"))
    assert alembic.ok("upgrade", "a003", "--sql").out.count("BEGIN;") == 3
    alembic.ok("upgrade", "a003")
    assert transactions() == 3
    assert "transaction: revision" in alembic.ok("import", "alembic", "--to", "sql").err
    alembic.ok("downgrade", "base", "--yes")
    cluster.sql("one", "DROP TABLE drover_history")
    alembic.config(f"migrations: {{alembic: alembic.ini}}\nrollout: {{transaction: target}}\n"
                   f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n")
    assert alembic.ok("upgrade", "a003", "--sql").out.count("BEGIN;") == 1
    alembic.ok("upgrade", "a003")
    assert transactions() == 1


PARAMETERS = """import sqlalchemy as sa
from alembic import op
revision = "p001"
down_revision = "a007"
seats = sa.table("seats", sa.column("name", sa.Text), sa.column("value", sa.Integer), sa.column("note", sa.Text))


def upgrade():
    op.execute("CREATE TABLE seats (name text, value int, note text, day date)")
    bind = op.get_bind()
    bind.execute(sa.text("INSERT INTO seats (name, value, note) VALUES (:name, :value, :note)"),
                 [{"name": "a'b", "value": 1, "note": None}, {"name": "c:d %s", "value": -2, "note": "x\\\\\\\\y"}])
    bind.execute(sa.text("UPDATE seats SET day = CAST(:day AS date) WHERE value = :value"), {"day": "2026-03-02", "value": 1})
    bind.execute(seats.insert(), [{"name": "t", "value": 5}, {"name": "u", "value": 6}])
    bind.execute(seats.update().where(seats.c.name == sa.bindparam("which")), {"which": "t", "value": 50})
    bind.execute(seats.delete().where(seats.c.name == sa.bindparam("which")), {"which": "u"})
    bind.execute(sa.text("UPDATE seats SET note = 'all' WHERE note IS NULL"))


def downgrade():
    op.execute("DROP TABLE seats")
"""


def test_parameters_that_have_values(alembic, cluster):
    """As a connection would send them: offline mode drops them without a word."""
    alembic.write("migrations/versions/p001.py", PARAMETERS)
    run_alembic(alembic, cluster.url("two"), "upgrade", "p001")
    alembic.ok("upgrade", "p001")
    ordered = "SELECT * FROM seats ORDER BY value"
    assert cluster.sql("one", ordered) == cluster.sql("two", ordered)
    assert len(cluster.sql("one", ordered)) == 3


@pytest.mark.parametrize("call, words", [
    ("op.get_bind().execute(sa.text('SELECT :a'), {'b': 1})", "p001.py"),
    ("op.get_bind().execute(sa.text('SELECT :a'))", ":a is taken for a parameter"),
    ("op.get_bind().exec_driver_sql('SELECT %s, %s', (1,))", "p001.py")])
def test_parameters_without_their_values_are_refused(alembic, call, words):
    alembic.write("migrations/versions/p001.py", "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'p001'\n"
                  f"down_revision = 'a007'\ndef upgrade():\n    {call}\ndef downgrade(): pass\n")
    result = alembic.run("upgrade", "p001")
    assert result.code == 4 and words in result.out + result.err, result
