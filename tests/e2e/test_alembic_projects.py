"""Alembic projects of every kind that real ones are of: run by Alembic's own command and by Drover, and compared."""
import os
import re
import subprocess

import pytest

import alembic_versions
from alembic_versions import PYTHON
from test_alembic import schema

ENV = """from alembic import context
from sqlalchemy import create_engine
import os
config = context.config
{begin}


def run(**options):
    context.configure({options}**options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run(url="postgresql://", literal_binds=True)
else:
    with create_engine(os.environ.get("ALEMBIC_URL", "postgresql://nobody@127.0.0.1:1/x")).connect() as connection:
        run(connection=connection)
"""


def revision(name, down, table, begin=""):
    return (f'"""{name}"""\nfrom alembic import context, op\nimport sqlalchemy as sa\nrevision = "{name}"\n'
            f"down_revision = {down!r}\n{begin}\n"
            f'def upgrade():\n    op.create_table({table}, sa.Column("id", sa.Integer, primary_key=True))\n'
            f"def downgrade():\n    op.drop_table({table})\n")


class Tools:
    """The two commands in one project; Alembic of one version."""

    def __init__(self, project, cluster, modules):
        self.project, self.cluster = project, cluster
        self.more = {"DROVER_PYTHON": PYTHON, "PYTHONDONTWRITEBYTECODE": "1"}
        if modules is not None:
            self.more["PYTHONPATH"] = str(modules)
        cluster.create(["one", "two"])
        self.targets = f"targets:\n  - {{name: one, url: '{cluster.url('one')}'}}\n"

    def configure(self, migrations):
        self.project.config(f"migrations: {migrations}\n{self.targets}")

    def alembic(self, *arguments, ok=True, within="."):
        """On the database two."""
        done = subprocess.run([PYTHON, "-m", "alembic", *arguments], cwd=self.project.folder / within, text=True,
                              capture_output=True,
                              env=self.project.environment(ALEMBIC_URL=self.cluster.url("two"), **self.more))
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    def run(self, *arguments, **environment):
        """On the database one."""
        return self.project.run(*arguments, **{**self.more, **environment})

    def ok(self, *arguments, **environment):
        result = self.run(*arguments, **environment)
        assert result.code == 0, result
        return result

    def same(self):
        assert schema(self.cluster, "one") == schema(self.cluster, "two")


@pytest.fixture(params=["installed", "newest"])
def tools(request, project, cluster):
    return Tools(project, cluster, alembic_versions.newest() if request.param == "newest" else None)


@pytest.fixture
def newest(project, cluster):
    return Tools(project, cluster, alembic_versions.newest())


def small(project, ini="[alembic]\nscript_location = %(here)s/scripts\n", begin="", options="", table="'first'"):
    project.write("alembic.ini", ini)
    project.write("scripts/env.py", ENV.format(begin=begin, options=options))
    project.write("scripts/script.py.mako", "")
    project.write("scripts/versions/a1_first.py", revision("a1", None, table))
    project.write("scripts/versions/a2_second.py", revision("a2", "a1", "'second'"))


def test_x_and_tag_reach_env_and_revisions(tools):
    small(tools.project, table="context.get_x_argument(as_dictionary=True)['name']",
          begin="assert context.get_tag_argument() == 'spring'",
          options="version_table=context.get_x_argument(as_dictionary=True)['versions'], ")
    tools.configure("{alembic: alembic.ini, x: {name: wrong, versions: own_versions}}")
    tools.ok("upgrade", "heads", "-x", "name=a=b c", "--tag", "spring")
    tools.alembic("-x", "versions=own_versions", "-x", "name=a=b c", "upgrade", "heads", "--tag", "spring")
    assert tools.cluster.sql("one", "SELECT to_regclass('\"a=b c\"') IS NOT NULL, to_regclass('own_versions') IS NOT NULL"
                             ) == [(True, True)]
    tools.same()
    # As the configuration has them; and by Alembic's own order of words.
    assert "CREATE TABLE wrong (" in tools.ok("upgrade", "a1", "--sql", "--tag", "spring").out
    assert "named_again" in tools.ok("-x", "name=named_again", "upgrade", "a1", "--sql", "--tag=spring").out


def test_a_section_of_another_name(tools):
    small(tools.project, ini="[core]\nscript_location = scripts\nlabel = c\n"
          "[tenant]\nscript_location = scripts\nlabel = t\n", table="context.config.get_main_option('label')")
    tools.configure("{alembic: alembic.ini}")
    refused = tools.run("history")
    assert refused.code == 2 and "has no section [alembic]" in refused.err and "core or tenant" in refused.err, refused
    assert "a2" in tools.ok("history", "-n", "core").out
    tools.configure("{alembic: alembic.ini, section: tenant}")
    tools.ok("upgrade", "heads")
    tools.alembic("-n", "tenant", "upgrade", "heads")
    tools.same()
    assert "CREATE TABLE c " in tools.ok("upgrade", "a1", "--sql", "--name", "core").out
    assert tools.ok("rollouts", "-n", "5").out, "the same letter means something else there"


def test_settings_for_alembic_alone(project):
    project.write("migrations/x.sql", "-- x\n--\n-- Revision ID: x\n-- Revises:\n\n-- migrate:up\n\n-- migrate:down\n")
    refused = project.run("history", "-x", "a=b")
    assert refused.code == 64 and "is for Alembic projects" in refused.err, refused


def test_pyproject_alone_and_beside_an_ini(newest):
    project = newest.project
    small(project)
    (project.folder / "alembic.ini").unlink()
    project.write("pyproject.toml", '[project]\nname = "p"\n\n[tool.alembic]\nscript_location = "%(here)s/scripts"\n'
                  'version_locations = ["%(here)s/scripts/versions", "%(here)s/more"]\n')
    project.write("more/b1_more.py", revision("b1", "a2", "'more'"))
    for named in ("pyproject.toml", ".", "scripts"):
        newest.configure(f"{{alembic: {named}}}")
        assert newest.ok("heads").out.startswith("b1"), named
    newest.ok("upgrade", "heads")
    newest.alembic("upgrade", "heads")
    newest.same()
    # The ini goes first, in what it says.
    project.write("alembic.ini", "[alembic]\nversion_locations = %(here)s/scripts/versions\n")
    newest.configure("{alembic: alembic.ini}")
    assert newest.ok("heads").out.startswith("a2")
    assert newest.alembic("heads").stdout.startswith("a2")


def test_pyproject_with_an_alembic_that_knows_none(project, cluster):
    tools = Tools(project, cluster, None)
    project.write("pyproject.toml", '[tool.alembic]\nscript_location = "scripts"\n')
    refused = tools.run("history", "--migrations", "pyproject.toml")
    assert refused.code == 2 and "Alembic 1.16" in refused.err, refused


@pytest.mark.parametrize("separator", ["space", "os", "newline"])
def test_several_version_locations(newest, separator):
    """In subfolders, too; `path_separator` came with 1.16."""
    text = {"space": " ", "os": os.pathsep, "newline": "\n    "}[separator]
    key = "version_path_separator" if separator == "os" else "path_separator"
    small(newest.project, ini="[alembic]\nscript_location = %(here)s/scripts\nrecursive_version_locations = true\n"
          f"{key} = {separator}\nversion_locations = {text.join(['%(here)s/scripts/versions', '%(here)s/apps'])}\n")
    newest.project.write("apps/billing/2026/b1_invoices.py", revision("b1", None, "'invoices'", 'branch_labels = "billing"\n'))
    newest.project.write("apps/billing/2027/b2_more.py", revision("b2", "b1", "'more'"))
    newest.configure("{alembic: alembic.ini}")
    assert sorted(line.split()[0] for line in newest.ok("heads").out.splitlines()) == ["a2", "b2"]
    newest.ok("upgrade", "billing@head")
    newest.alembic("upgrade", "billing@head")
    newest.ok("upgrade", "heads")
    newest.alembic("upgrade", "heads")
    newest.same()
    newest.project.write("apps/billing/2028/b3_later.py", revision("b3", "b2", "'later'"))
    assert "b3" in newest.ok("heads").out, "the kept answer is not taken"


@pytest.mark.parametrize("name", ["types", "io", "json", "logging", "alembic", "traceback"])
def test_a_folder_named_like_a_module(tools, name):
    small(tools.project)
    tools.project.write(f"{name}/__init__.py", "raise RuntimeError('not this one')\n")
    tools.configure("{alembic: alembic.ini}")
    tools.ok("upgrade", "heads")
    assert tools.cluster.versions("one") == ["a2"]


def test_env_imports_from_the_folder_of_the_ini(tools):
    """As `python3 -m alembic` there does, whether the ini says prepend_sys_path or not."""
    small(tools.project, begin="import settings_of_the_project")
    tools.project.write("settings_of_the_project.py", "")
    tools.configure("{alembic: alembic.ini}")
    assert "CREATE TABLE first" in tools.ok("upgrade", "a1", "--sql").out


# ---- URLs ----

OFFLINE = """from alembic import context
from sqlalchemy import create_engine
import os
config = context.config
if context.is_offline_mode():
    context.configure({offline})
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ["ALEMBIC_URL"]).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.parametrize("ini, offline", [
    ("", "url=config.get_main_option('sqlalchemy.url'), literal_binds=True"),
    ("sqlalchemy.url = driver://user:pass@localhost/dbname", "url=config.get_main_option('sqlalchemy.url')"),
    ("sqlalchemy.url = sqlite:///nova.db", "url=config.get_main_option('sqlalchemy.url'), literal_binds=True"),
    ("sqlalchemy.url = driver://user:pass@localhost/dbname", "url='driver://user:pass@localhost/dbname'"),
    ("", "url='sqlite://'"), ("", "url=''"), ("", ""), ("", "dialect_name='sqlite'"),
    ("", "url='postgres://old.example/name'"), ("", "url='postgresql+asyncpg://h/d', compare_type=True"),
    ("sqlalchemy.url = %(NOT_THERE_YET)s", "dialect_name='postgresql'")])
def test_a_url_that_is_none(project, cluster, ini, offline):
    """The targets are PostgreSQL's, whatever stands in the ini for the laptop or for nobody."""
    tools = Tools(project, cluster, None)
    small(project, ini=f"[alembic]\nscript_location = scripts\n{ini}\n")
    project.write("scripts/env.py", OFFLINE.format(offline=offline))
    tools.configure("{alembic: alembic.ini}")
    tools.ok("upgrade", "heads")
    tools.alembic("upgrade", "heads")
    tools.same()


def test_a_project_for_another_database_is_refused(project, cluster):
    tools = Tools(project, cluster, None)
    small(project)
    project.write("scripts/env.py", OFFLINE.format(offline="url='mysql://h/d'"))
    refused = tools.run("show", "-v", "heads", "--migrations", "alembic.ini")
    assert refused.code == 2 and "the project is for mysql, not for PostgreSQL" in refused.err, refused


ONLINE = {
    "sync": """from alembic import context
from sqlalchemy import engine_from_config, pool
import os
config = context.config
if "ALEMBIC_URL" in os.environ:
    config.set_main_option("sqlalchemy.url", os.environ["ALEMBIC_URL"])
engine = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)
with engine.{connect}() as connection:
    context.configure(connection=connection, version_table="own_versions")
    with context.begin_transaction():
        context.run_migrations()
""",
    "async": """import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
import os


def run(connection):
    context.configure(connection=connection, version_table="own_versions")
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine(os.environ.get("ALEMBIC_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/x"))
    async with engine.{connect}() as connection:
        await connection.run_sync(run)
    await engine.dispose()
asyncio.run(main())
"""}


@pytest.mark.parametrize("kind", sorted(ONLINE))
@pytest.mark.parametrize("connect", ["connect", "begin"])
def test_env_without_an_offline_branch_connects_to_nothing(project, cluster, kind, connect):
    if kind == "async" and subprocess.run([PYTHON, "-c", "import asyncpg"], capture_output=True).returncode != 0:
        pytest.skip("needs asyncpg, in Debian python3-asyncpg")
    tools = Tools(project, cluster, None)
    small(project, ini="[alembic]\nscript_location = scripts\nsqlalchemy.url = postgresql://nobody@127.0.0.1:1/x\n")
    project.write("scripts/env.py", ONLINE[kind].format(connect=connect))
    tools.configure("{alembic: alembic.ini}")
    tools.ok("upgrade", "heads")
    assert tools.cluster.sql("one", "SELECT to_regclass('own_versions') IS NOT NULL, to_regclass('second') IS NOT NULL"
                             ) == [(True, True)]
    if kind == "sync":
        tools.alembic("upgrade", "heads")
        tools.same()


@pytest.mark.parametrize("begin, words", [
    ("create_engine('postgresql://nobody@127.0.0.1:1/x').raw_connection()", "it opens a"),
    ("with create_engine('postgresql://nobody@127.0.0.1:1/x').connect() as c: c.scalar(text('SELECT 1'))", "env.py needs a"),
    ("with create_engine('postgresql://nobody@127.0.0.1:1/x').begin() as c: c.execute(text('CREATE SCHEMA app'))",
     "env.py executes on the connection: CREATE SCHEMA app")])
def test_env_that_needs_a_database_leaves_all_to_alembic(project, cluster, begin, words):
    """Nothing is connected to while the plan is made: on each target env.py gets its connection."""
    tools = Tools(project, cluster, None)
    small(project, begin=f"from sqlalchemy import create_engine, text\n{begin}")
    tools.configure("{alembic: alembic.ini}")
    plan = tools.ok("plan", "head", "-v")
    assert words in plan.out and "scripts/env.py" in plan.out, plan


def test_a_revision_that_opens_a_connection_of_its_own(project, cluster):
    """Also where it catches what happens: it is left to Alembic."""
    tools = Tools(project, cluster, None)
    small(project)
    project.write("scripts/versions/a3_third.py", revision("a3", "a2", "'third'").replace(
        "def upgrade():\n", "def upgrade():\n    try:\n        sa.create_engine('postgresql://nobody@127.0.0.1:1/x').connect()"
        ".execute('SELECT 1')\n    except Exception:\n        pass\n"))
    tools.configure("{alembic: alembic.ini}")
    plan = tools.ok("plan", "head", "-v")
    assert "it uses connection.execute" in plan.out, plan
    tools.ok("upgrade", "a2")


# ---- Flask-Migrate ----

APPLICATION = """import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
migrate = Migrate()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("ALEMBIC_URL", "{url}")
    db.init_app(app)
    migrate.init_app(app, db{directory})
    {more}
    return app
"""


class FlaskTools(Tools):
    def flask(self, *arguments, within="."):
        done = subprocess.run([PYTHON, "-m", "flask", "db", *arguments], cwd=self.project.folder / within, text=True,
                              capture_output=True,
                              env=self.project.environment(ALEMBIC_URL=self.cluster.url("two"), **self.more))
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture
def flask(project, cluster):
    alembic_versions.flask_migrate()
    return FlaskTools(project, cluster, None)


def flask_project(tools, application, folder="migrations", url="sqlite:///dev.db", more="pass", directory=""):
    """As `flask db init` writes it: no script_location, an env.py that asks for the application."""
    tools.project.write(application, APPLICATION.format(url=url, more=more, directory=directory))
    tools.flask("init", "-d", folder)
    tools.project.write(f"{folder}/versions/f1_first.py", revision("f1", None, "'first'"))
    tools.project.write(f"{folder}/versions/f2_second.py", revision("f2", "f1", "'second'"))


def both_upgrade(tools, folder="migrations", named=None):
    tools.configure(f"{{alembic: {named or folder}}}")
    assert "f2" in tools.ok("heads").out
    tools.ok("upgrade", "f1")
    tools.flask("upgrade", "-d", folder)
    tools.ok("upgrade", "heads")
    tools.same()
    tools.flask("downgrade", "-d", folder, "f1")
    tools.ok("downgrade", "f1", "--yes")
    tools.same()


@pytest.mark.parametrize("named", ["migrations", "migrations/alembic.ini", "migrations/versions"])
def test_flask_migrate(flask, named):
    flask_project(flask, "app.py")
    both_upgrade(flask, named=named)


def test_flask_migrate_with_an_application_that_is_named(flask):
    flask.more["FLASK_APP"] = "shop.main:create_app()"
    flask.project.write("shop/__init__.py", "")
    flask_project(flask, "shop/main.py")
    both_upgrade(flask)


def test_flask_migrate_from_another_folder(flask):
    """The ini is deeper down, and the command is typed elsewhere."""
    flask.more["FLASK_APP"] = "shop.main:create_app"
    flask.project.write("shop/__init__.py", "")
    flask_project(flask, "shop/main.py", folder="shop/db/migrations")
    both_upgrade(flask, folder="shop/db/migrations")
    elsewhere = flask.project.folder / "elsewhere"
    elsewhere.mkdir()
    del flask.more["FLASK_APP"]
    flask.project.write("shop/db/wsgi.py", "import sys; sys.path.insert(0, '../..')\nfrom shop.main import create_app\n"
                        "app = create_app()\n")
    done = subprocess.run([os.environ.get("DROVER", "drover"), "show", "-v", "heads", "--migrations", "../shop/db/migrations"],
                          cwd=elsewhere, env=flask.project.environment(**flask.more), capture_output=True, text=True)
    assert done.returncode == 0 and "CREATE TABLE second" in done.stdout, done


def test_flask_migrate_with_x_and_what_the_application_configures(flask):
    flask_project(flask, "app.py", more="migrate.configure(lambda config: config.set_main_option('version_locations',"
                  " os.path.join(app.root_path, 'migrations/versions') + ' ' + os.path.join(app.root_path, 'more')) or config)")
    flask.project.write("more/m1.py", revision("m1", "f2", "context.get_x_argument(as_dictionary=True)['name']"))
    flask.configure("{alembic: migrations, x: {name: third}}")
    assert flask.ok("heads").out.startswith("m1")
    flask.ok("upgrade", "heads")
    flask.flask("upgrade", "-x", "name=third")
    flask.same()


def test_flask_migrate_without_its_application(flask):
    flask_project(flask, "app.py")
    (flask.project.folder / "app.py").rename(flask.project.folder / "other.py")
    assert "f2" in flask.ok("heads", "--migrations", "migrations").out, "the files are enough for the graph"
    refused = flask.run("show", "-v", "heads", "--migrations", "migrations")
    assert refused.code == 2 and "env.py needs the Flask application" in refused.err, refused
    assert "`flask db history` in " in refused.err and "FLASK_APP" in refused.err, refused
    # An interpreter that has Alembic, and no Flask.
    bare = flask.project.folder / "bare"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", bare], check=True)
    modules = bare / "lib/python3.11/site-packages"
    for name in ("alembic", "sqlalchemy", "mako", "markupsafe", "typing_extensions.py", "psycopg2"):
        os.symlink(f"/usr/lib/python3/dist-packages/{name}", modules / name)
    refused = flask.run("show", "-v", "heads", "--migrations", "migrations", DROVER_PYTHON=str(bare / "bin/python"))
    assert refused.code == 2 and "No module named 'flask'" in refused.err and "DROVER_PYTHON" in refused.err, refused


def test_flask_migrate_in_a_virtual_environment_of_the_project(flask):
    """.venv stands beside the folder of the ini."""
    flask_project(flask, "app.py")
    flask.project.write(".venv/bin/python", f"#!/bin/sh\necho ran >> {flask.project.folder}/ran\nexec {PYTHON} \"$@\"\n"
                        ).chmod(0o755)
    del flask.more["DROVER_PYTHON"]
    flask.ok("show", "-v", "heads", "--migrations", "migrations")
    assert (flask.project.folder / "ran").exists()


# ---- commands that are handed over ----

MAKO = """import sqlalchemy as sa
from alembic import op
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
# of this project's own template


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"""

MODELS = """import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("first", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("second", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


def authored(project, ini="", **options):
    small(project, ini=f"[alembic]\nscript_location = %(here)s/scripts\n{ini}", **options)
    project.write("scripts/script.py.mako", MAKO)


@pytest.mark.parametrize("template, name", [
    ("%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s", r"\d{4}_\d\d_\d\d_b1_add_orders\.py"),
    ("%%(epoch)d_%%(rev)s", r"\d{10}_b1\.py"),
    ("%%(rev)s-%%(hour).2d%%(minute).2d%%(second).2d", r"b1-\d{6}\.py"),
    ("%%(year)d/%%(month).2d/%%(rev)s_%%(slug)s", r"\d{4}/\d\d/b1_add_orders\.py")])
def test_revision_as_the_template_says(newest, template, name):
    """Names with the epoch came with 1.8, folders in them with 1.18."""
    authored(newest.project, ini=f"file_template = {template}\nrecursive_version_locations = true\n")
    newest.configure("{alembic: alembic.ini}")
    made = newest.ok("revision", "-m", "add orders", "--rev-id", "b1", "--branch-label", "shop", "--json").json
    assert made["revision"] == "b1" and re.fullmatch("scripts/versions/" + name, made["path"]), made
    assert "# of this project's own template" in (newest.project.folder / made["path"]).read_text()
    assert "b1 (shop)" in newest.ok("heads").out
    assert newest.alembic("heads").stdout.startswith("b1")
    plain = newest.ok("revision", "-m", "on top", "--head", "shop@head")
    assert plain.out.startswith("Generating ") and plain.out.endswith("done\n"), plain
    assert "on_top" in plain.out or "slug" not in template


def test_revision_into_one_of_several_folders(newest):
    authored(newest.project, ini="path_separator = space\nversion_locations = %(here)s/scripts/versions %(here)s/more\n")
    (newest.project.folder / "more").mkdir()
    newest.configure("{alembic: alembic.ini}")
    refused = newest.run("revision", "-m", "new line", "--head", "base")
    assert refused.code == 2 and "FAILED: Multiple version locations present" in refused.out, refused
    made = newest.ok("revision", "-m", "new line", "--head", "base", "--version-path", newest.project.folder / "more",
                     "--json").json
    assert made["path"].startswith("more/")
    assert newest.run("revision", "-m", "x").code == 2, "several heads"
    merged = newest.ok("merge", "heads", "-m", "both", "--rev-id", "m1", "--json").json
    assert merged["revision"] == "m1" and newest.ok("heads").out.startswith("m1")


def test_revision_from_the_models(tools):
    authored(tools.project, begin="import models", options="target_metadata=models.metadata, ")
    tools.project.write("models.py", MODELS)
    tools.configure("{alembic: alembic.ini}")
    where = {"ALEMBIC_URL": tools.cluster.url("one")}
    behind = tools.run("revision", "--autogenerate", "-m", "orders", **where)
    assert behind.code == 2 and "FAILED: Target database is not up to date." in behind.out, behind
    tools.ok("upgrade", "heads")
    made = tools.ok("revision", "--autogenerate", "-m", "orders", "--json", **where).json
    assert "op.create_table('orders'" in (tools.project.folder / made["path"]).read_text()
    tools.ok("upgrade", "heads")
    tools.alembic("upgrade", "heads")
    tools.same()


def test_check_of_the_models(newest):
    authored(newest.project, begin="import models", options="target_metadata=models.metadata, ")
    newest.project.write("models.py", MODELS)
    newest.configure("{alembic: alembic.ini}")
    where = {"ALEMBIC_URL": newest.cluster.url("one")}
    behind = newest.run("check", "--models", **where)
    assert behind.code == 1 and "Target database is not up to date." in behind.out, behind
    newest.ok("upgrade", "heads")
    different = newest.run("check", "--models", **where)
    assert different.code == 1 and "New upgrade operations detected" in different.out, different
    newest.ok("revision", "--autogenerate", "-m", "orders", **where)
    newest.ok("upgrade", "heads")
    same = newest.ok("check", "--models", **where)
    assert "No new upgrade operations detected." in same.out
    nowhere = newest.run("check", "--models", ALEMBIC_URL="postgresql://nobody@127.0.0.1:1/x")
    assert nowhere.code == 2 and "OperationalError" in nowhere.err, "Alembic's traceback, as it is"


def test_ensure_version(tools):
    authored(tools.project)
    tools.configure("{alembic: alembic.ini}")
    tools.ok("ensure_version", ALEMBIC_URL=tools.cluster.url("one"))
    assert tools.cluster.versions("one") == []
    tools.ok("upgrade", "heads")
    assert tools.cluster.versions("one") == ["a2"]


def test_check_with_an_alembic_that_has_none(project, cluster):
    tools = Tools(project, cluster, None)
    authored(project)
    refused = tools.run("check", "--models", "--migrations", "alembic.ini")
    assert refused.code == 2 and "Alembic 1.8.1 has no `alembic check`" in refused.err and "DROVER_PYTHON" in refused.err


def test_what_is_handed_over_is_for_alembic_projects_only(project):
    project.sample_migrations()
    for words, hint in ((["check", "--models"], "drover check"), (["ensure_version"], "drover stamp"),
                        (["revision", "--autogenerate"], ""), (["revision", "--version-path", "x"], "")):
        refused = project.run(*words)
        assert refused.code == 64 and "is for Alembic projects" in refused.err and hint in refused.err, refused
    assert len(list((project.folder / "migrations").iterdir())) == 12


def test_wrong_usage_of_what_is_handed_over(tools):
    authored(tools.project)
    tools.configure("{alembic: alembic.ini}")
    assert tools.run("revision", "--no-transaction").code == 64
    killed = tools.run("revision", "-m", "x", DROVER_PYTHON="/nowhere/python3")
    assert killed.code == 2 and "No such file or directory" in killed.err, killed
    tools.project.write("scripts/script.py.mako", "<% import os; os.kill(os.getpid(), 9) %>")
    killed = tools.run("revision", "-m", "x")
    assert killed.code == 2 and "`alembic revision` was ended by signal 9" in killed.err, killed


def test_revision_of_flask_migrate(flask):
    flask_project(flask, "app.py")
    flask.configure("{alembic: migrations}")
    made = flask.ok("revision", "-m", "more", "--json").json
    assert made["path"].startswith("migrations/versions/") and made["revision"] in flask.ok("heads").out
    flask.ok("upgrade", "head")
    flask.flask("upgrade")
    flask.same()


# ---- -x of each target, and projects whose revisions Alembic runs ----

TENANTS = """from alembic import context
from sqlalchemy import create_engine, text
import os
config = context.config
tenant = context.get_x_argument(as_dictionary=True)["tenant"]
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True{options})
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ.get("ALEMBIC_URL", "postgresql://nobody@127.0.0.1:1/x")).connect() as connection:
        {begin}
        context.configure(connection=connection{options})
        with context.begin_transaction():
            context.run_migrations()
        {end}
"""
SETS_PATH = """connection.execute(text(f'SET search_path TO "{tenant}"'))
        connection.dialect.default_schema_name = tenant"""


def tenants(tools, begin="pass", end="pass", options=""):
    """Two schemas of the database one for Drover, the same of two for Alembic."""
    small(tools.project)
    tools.project.write("scripts/env.py", TENANTS.replace("{begin}", begin).replace("{end}", end).replace("{options}", options))
    for database in ("one", "two"):
        tools.cluster.sql(database, "CREATE SCHEMA acme; CREATE SCHEMA bolt")
    tools.targets = "targets:\n" + "".join(
        f"  - {{name: {name}, url: '{tools.cluster.url('one')}', schema: {name}, labels: {{plan: plan_of_{name}}}}}\n"
        for name in ("acme", "bolt"))
    tools.configure('{alembic: alembic.ini, x: {tenant: "{schema}", plan: "{plan}", where: "{database}/{name}"}}')


def both_tenants(tools, *arguments):
    tools.ok("upgrade", "heads")
    for name in ("acme", "bolt"):
        tools.alembic("-x", f"tenant={name}", "-x", f"plan=plan_of_{name}", "-x", f"where=one/{name}", "upgrade", "heads")
    tools.same()


def test_x_names_the_schema_of_the_version_table(tools):
    tenants(tools, begin="connection.execute(text('CREATE SCHEMA IF NOT EXISTS unrelated')); connection.commit()"
            if tools.more.get("PYTHONPATH") else "connection.execute(text('CREATE SCHEMA IF NOT EXISTS unrelated'))",
            options=", version_table_schema=tenant")
    tools.project.write("scripts/versions/a1_first.py", revision("a1", None, "'first'").replace(
        "sa.Column(\"id\", sa.Integer, primary_key=True))",
        "sa.Column(\"id\", sa.Integer, primary_key=True), schema=context.get_x_argument(as_dictionary=True)['tenant'])"))
    tools.project.write("scripts/versions/a2_second.py", revision("a2", "a1", "'second'").replace(
        "sa.Column(\"id\", sa.Integer, primary_key=True))",
        "sa.Column(\"id\", sa.Integer, primary_key=True), schema=context.get_x_argument(as_dictionary=True)['plan'])"
        ).replace("def upgrade():\n", "def upgrade():\n    op.execute('CREATE SCHEMA ' + context.get_x_argument("
                                     "as_dictionary=True)['plan'])\n"))
    plan = tools.ok("plan", "head", "-v").out
    both_tenants(tools)
    assert tools.cluster.sql("one", "SELECT to_regclass('acme.first') IS NOT NULL, to_regclass('plan_of_bolt.second')"
                             " IS NOT NULL") == [(True, True)]
    assert tools.cluster.versions("one", "acme") == ["a2"] and tools.cluster.versions("one") is None
    assert "-x" in plan or "CREATE SCHEMA" in plan, plan


def test_x_is_the_search_path_of_each_schema(tools):
    """As Alembic's cookbook has it: the revisions name no schema."""
    commit = "connection.commit()" if tools.more.get("PYTHONPATH") else "pass"
    tenants(tools, begin=SETS_PATH + "\n        " + commit, end=commit)
    both_tenants(tools)
    assert tools.cluster.versions("one", "bolt") == ["a2"] and tools.cluster.versions("one") is None


def test_x_that_a_target_has_not(project, cluster):
    tools = Tools(project, cluster, None)
    small(project, table="context.get_x_argument(as_dictionary=True)['tenant']")
    tools.configure('{alembic: alembic.ini, x: {tenant: "{ring}"}}')
    failed = tools.run("upgrade", "a1")
    assert failed.code in (2, 4) and "-x asks for {ring}, which the target has none of" in failed.out + failed.err, failed
    assert tools.cluster.versions("one") is None


def test_x_that_moves_the_version_table_elsewhere(project, cluster):
    tools = Tools(project, cluster, None)
    tenants(tools, options=", version_table_schema='of_' + tenant")
    refused = tools.run("upgrade", "head")
    assert refused.code == 2 and "-x gives each target a version table" in refused.err, refused


def test_x_of_a_worker_is_that_of_the_rollout(project, cluster):
    """A worker that was given another x than the command runs nothing."""
    tools = Tools(project, cluster, None)
    small(project)
    project.write("scripts/versions/a3_third.py", revision("a3", "a2", "'third'").replace(
        "def upgrade():\n", "def upgrade():\n    assert op.get_bind().execute(sa.text('SELECT 1')).scalar() == 1\n"))
    tools.configure("{alembic: alembic.ini, x: {name: right}}")
    project.coordinator("--listen", "unix:c.sock", **tools.more)
    project.start("worker", "--coordinator", "unix:c.sock", "-c", "drover.yaml", **tools.more)
    tools.ok("upgrade", "a2", "--coordinator", "unix:c.sock")
    refused = tools.run("upgrade", "head", "--coordinator", "unix:c.sock", "-x", "name=other")
    assert refused.code in (2, 3, 4) and "-n, -x or --tag are others" in refused.out + refused.err, refused
    assert tools.cluster.versions("one") == ["a2"]
    tools.ok("upgrade", "head", "--coordinator", "unix:c.sock")
    assert tools.cluster.versions("one") == ["a3"]


def test_flask_migrate_with_a_revision_that_reads(flask):
    """Run on each target by the application's own Alembic, with Flask-SQLAlchemy's engine."""
    flask_project(flask, "app.py")
    flask.project.write("migrations/versions/f3_reads.py", revision("f3", "f2", "'third'").replace(
        "def upgrade():\n", "def upgrade():\n    name = op.get_bind().execute(sa.text('SELECT current_database()')).scalar()\n"
        "    op.execute(f'CREATE TABLE of_{name} (id int)')\n"))
    flask.configure("{alembic: migrations}")
    flask.ok("upgrade", "heads")
    assert flask.cluster.sql("one", "SELECT to_regclass('of_one') IS NOT NULL") == [(True,)]
    flask.flask("upgrade")
    assert flask.cluster.versions("one") == flask.cluster.versions("two") == ["f3"]


@pytest.mark.parametrize("statement", ["connection.execute(text('SET search_path TO app'))",
                                       "assert connection.execute(text('SELECT 1')).scalar() == 1"])
def test_env_without_an_offline_branch_that_executes(project, cluster, statement):
    """What it executes, or reads, is no part of any revision: Alembic runs them all."""
    tools = Tools(project, cluster, None)
    small(project)
    project.write("scripts/env.py", f"""from alembic import context
from sqlalchemy import create_engine, text
import os
with create_engine(os.environ.get("ALEMBIC_URL", "postgresql://nobody@127.0.0.1:1/x")).connect() as connection:
    {statement}
    context.configure(connection=connection, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()
""")
    for database in ("one", "two"):
        tools.cluster.sql(database, "CREATE SCHEMA app")
    tools.configure("{alembic: alembic.ini}")
    tools.ok("upgrade", "heads")
    tools.alembic("upgrade", "heads")
    tools.same()


# ---- projects whose own program makes the Config ----

OWN_ENV = """from alembic import context
from sqlalchemy import create_engine
import os
config = context.config
prefix = {asked}
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, version_table=prefix + "_versions")
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ.get("ALEMBIC_URL", "postgresql://nobody@127.0.0.1:1/x")).connect() as connection:
        context.configure(connection=connection, version_table=prefix + "_versions")
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.parametrize("asked, given", [
    ("config.shop_settings['prefix']", "config.shop_settings = {'prefix': 'shop'}"),
    ("config.attributes['prefix']", "config.attributes['prefix'] = 'shop'")])
def test_a_config_that_the_projects_own_program_makes(tools, asked, given):
    project = tools.project
    project.write("shop/env.py", OWN_ENV.format(asked=asked))
    project.write("shop/script.py.mako", "")
    project.write("shop/versions/a1_first.py", revision("a1", None, "'first'"))
    project.write("manage.py", "from alembic import command\nfrom alembic.config import Config\nconfig = Config()\n"
                  f"config.set_main_option('script_location', 'shop')\n{given}\ncommand.upgrade(config, 'head')\n")
    refused = tools.run("show", "-v", "head", "--migrations", "shop")
    assert refused.code == 2 and "the project's own program sets this on Alembic's Config" in refused.err, refused
    assert "shop/env.py:5" in refused.err and "version_locations" in refused.err, refused
    assert tools.ok("heads", "--migrations", "shop").out.startswith("a1")
    # As README has it.
    project.write("own/env.py", f"import runpy\nfrom alembic import context\nconfig = context.config\n{given}\n"
                  "runpy.run_path('shop/env.py')\n")
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/own\nversion_locations = %(here)s/shop/versions\n")
    tools.configure("{alembic: alembic.ini}")
    tools.ok("upgrade", "head")
    done = subprocess.run([PYTHON, "manage.py"], cwd=project.folder, capture_output=True, text=True,
                          env=project.environment(ALEMBIC_URL=tools.cluster.url("two"), **tools.more))
    assert done.returncode == 0, done.stderr
    for database in ("one", "two"):
        assert tools.cluster.sql(database, "SELECT version_num FROM shop_versions") == [("a1",)]
    tools.cluster.sql("one", "ALTER TABLE shop_versions RENAME TO alembic_version")
    tools.cluster.sql("two", "ALTER TABLE shop_versions RENAME TO alembic_version")
    tools.same()


def test_flask_migrate_with_flaskenv(flask):
    """As `flask db` reads it, with python-dotenv."""
    if subprocess.run([PYTHON, "-c", "import dotenv"], capture_output=True).returncode != 0:
        pytest.skip("needs python-dotenv, in Debian python3-dotenv")
    flask.project.write(".flaskenv", "FLASK_APP=shop.main:create_app\n")
    flask.project.write("shop/__init__.py", "")
    flask_project(flask, "shop/main.py")
    both_upgrade(flask)


def test_a_project_in_another_folder_than_the_configuration(tools):
    """Paths in the configuration are from its folder, those in the ini from the ini's, as for `alembic` there."""
    project = tools.project
    small(project, ini="[core]\nscript_location = scripts\n[tenant]\nscript_location = scripts\nversion_locations = more\n")
    for name in ("alembic.ini", "scripts"):
        (project.folder / "app").mkdir(exist_ok=True)
        (project.folder / name).rename(project.folder / "app" / name)
    project.write("app/more/t1_tenant.py", revision("t1", None, "context.get_x_argument(as_dictionary=True)['t']"))
    project.write("etc/drover.yaml", f"migrations: {{alembic: ../app, section: tenant, x: {{t: tenants}}}}\n{tools.targets}")
    assert tools.ok("heads", "-c", "etc/drover.yaml").out.startswith("t1")
    tools.ok("upgrade", "head", "-c", "etc/drover.yaml")
    tools.alembic("-n", "tenant", "-x", "t=tenants", "upgrade", "head", within="app")
    tools.same()
    # What the command line names is not what the configuration means.
    assert "a2" in tools.ok("heads", "-c", "etc/drover.yaml", "--migrations", "app/alembic.ini", "-n", "core").out
    made = tools.ok("import", "alembic", "app", "-n", "tenant", "-x", "t=imported", "--to", "sql")
    assert "CREATE TABLE imported" in (project.folder / "sql/t1_tenant.sql").read_text(), made


def test_labels_of_a_line_are_shown_as_alembic_does(tools):
    """Alembic's own order of several labels, and of children, is another one each time."""
    small(tools.project)
    for name, down, begin in (("b1", "a1", 'branch_labels = ("side", "other")'), ("b2", "b1", 'depends_on = "a2"'),
                              ("m1", ("a2", "b2"), ""), ("t1", "m1", ""), ("n1", None, ""), ("n2", "n1", ""),
                              ("n3", "n2", 'branch_labels = "named_late"')):
        tools.project.write(f"scripts/versions/{name}.py", revision(name, down, f"'{name}'", begin + "\n"))
    tools.configure("{alembic: alembic.ini}")

    def sorted_labels(text):
        return sorted(re.sub(r"\((\w[\w, ]*)\)", lambda match: f"({', '.join(sorted(match[1].split(', ')))})", line)
                      for line in text.splitlines())
    for command in ("history", "heads", "branches"):
        assert sorted_labels(tools.ok(command).out) == sorted_labels(tools.alembic(command).stdout), command
    assert "Branch names: side, other" in tools.ok("show", "t1").out
