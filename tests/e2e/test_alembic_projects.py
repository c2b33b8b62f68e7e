"""Alembic projects of every kind that real ones are of: run by Alembic's own command and by Drover, and compared."""
import os
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
    with create_engine(os.environ["ALEMBIC_URL"]).connect() as connection:
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
