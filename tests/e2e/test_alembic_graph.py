"""The graph of an Alembic project: read without env.py, by whichever Python has Alembic; and how it fails."""
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import DROVER, ROOT

PROJECT = ROOT / "tests/e2e/alembic_project"
PYTHON = "/usr/bin/python3"  # Debian's, which has Alembic
GRAPH_COMMANDS = [("explain", "upgrade", "heads"), ("explain", "downgrade", "base", "--from", "two"), ("heads",),
                  ("branches",), ("history",), ("history", "-r", "one:two", "-v"), ("show", "head"),
                  ("explain", "upgrade", "head", "--json"), ("heads", "--json"), ("show", "-v", "head", "--json")]


def run_alembic(folder, *arguments):
    done = subprocess.run([PYTHON, "-m", "alembic", *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def fresh(project, monkeypatch):
    """What `alembic init` writes, with its driver:// as the URL, and two revisions."""
    monkeypatch.setenv("DROVER_PYTHON", PYTHON)
    run_alembic(project.folder, "init", "migrations")
    assert "driver://" in (project.folder / "alembic.ini").read_text()
    run_alembic(project.folder, "revision", "-m", "first", "--rev-id", "one")
    run_alembic(project.folder, "revision", "-m", "second", "--rev-id", "two")
    return project


@pytest.fixture
def adopted(project, monkeypatch):
    """The sample project."""
    monkeypatch.setenv("DROVER_PYTHON", PYTHON)
    shutil.copytree(PROJECT, project.folder, dirs_exist_ok=True)
    return project


def file_of(revision, parent="None", more="", head=""):
    return (f'"""{revision}"""\n{head}revision = "{revision}"\ndown_revision = {parent}\n{more}'
            "def upgrade(): pass\ndef downgrade(): pass\n")


@pytest.mark.parametrize("command", GRAPH_COMMANDS, ids=" ".join)
def test_the_graph_needs_no_settings(fresh, command):
    fresh.ok(*command, "--migrations", "alembic.ini")


def test_env_is_not_run_for_the_graph(fresh):
    fresh.write("migrations/env.py", "open('ran', 'w')\nraise RuntimeError('never')\n")
    for command in GRAPH_COMMANDS:
        fresh.ok(*command, "--migrations", "alembic.ini")
        shutil.rmtree(fresh.folder / ".drover")
    explained = fresh.ok("explain", "upgrade", "head", "--from", "one", "--json", "--migrations", "alembic.ini").json
    assert explained == {"from": ["one"], "steps": [{"op": "upgrade", "revision": "two", "version_rows": ["two"]}],
                         "to": ["two"]}
    assert "two_second.py" in fresh.ok("edit", "head", "--migrations", "alembic.ini", VISUAL="echo").out
    assert not (fresh.folder / "ran").exists()
    # The SQL does need it.
    failed = fresh.run("show", "-v", "head", "--migrations", "alembic.ini")
    assert failed.code == 2 and "RuntimeError: never (migrations/env.py:2)" in failed.err
    assert (fresh.folder / "ran").exists()


def test_the_graph_is_kept_and_a_rendered_project_serves_it(adopted):
    versions = adopted.folder / "migrations/versions"
    counted = versions / "a001_create_account.py"
    counted.write_text(counted.read_text() + "\nwith open('loads', 'a') as loads:\n    loads.write('x')\n")

    def loads():
        return len((adopted.folder / "loads").read_text())
    adopted.ok("heads", "--migrations", ".")
    adopted.ok("history", "--migrations", ".")
    assert loads() == 1
    shutil.rmtree(adopted.folder / ".drover")
    adopted.ok("show", "-v", "heads", "--migrations", ".")
    adopted.ok("branches", "--migrations", ".")
    assert loads() == 3, "rendered twice, and what was rendered holds the graph"
    (versions / "a007_rename_country.py").unlink()
    assert "a006 (billing) (head)" in adopted.ok("heads", "--migrations", ".").out and loads() == 4


@pytest.mark.parametrize("named, from_folder", [
    (".", "."), ("alembic.ini", "."), ("migrations", "."), ("migrations/", "."), ("migrations/versions", "."),
    (".", "migrations"), ("versions", "migrations"), ("..", "migrations"), ("../migrations", "migrations")])
def test_any_folder_of_the_project_names_it(fresh, named, from_folder):
    done = subprocess.run([DROVER, "history", "--migrations", named], cwd=fresh.folder / from_folder,
                          capture_output=True, text=True, env=fresh.environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "one -> two (head), second\n<base> -> one, first\n"


def test_a_script_folder_deep_below_finds_its_ini(fresh):
    (fresh.folder / "app/db").mkdir(parents=True)
    (fresh.folder / "migrations").rename(fresh.folder / "app/db/schema")
    ini = fresh.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("script_location = migrations", "script_location = %(here)s/app/db/schema")
                   .replace("driver://", "postgresql://"))
    (fresh.folder / "app/alembic.ini").write_text("[alembic]\nscript_location = other\n")
    assert "CREATE" not in fresh.ok("show", "-v", "two", "--migrations", "app/db/schema").err
    assert fresh.ok("heads", "--json", "--migrations", "app/db/schema").json["revisions"][0]["path"] == \
        "app/db/schema/versions/two_second.py"
    fresh.write("drover.yaml", "migrations: {alembic: app/db/schema}\n"
                "targets: [{name: a, url: 'postgresql://127.0.0.1:1/a'}]\n")
    assert fresh.ok("heads").out == "two (head)\n"


def test_a_script_folder_without_any_ini_has_a_graph(fresh):
    (fresh.folder / "alembic.ini").unlink()
    assert fresh.ok("heads", "--migrations", "migrations").out == "two (head)\n"
    assert "-- migrate:up" in fresh.ok("show", "-v", "two", "--migrations", "migrations").out


def test_version_locations_in_two_folders(fresh):
    ini = fresh.folder / "alembic.ini"
    lines = [line for line in ini.read_text().splitlines() if not line.startswith("version_path_separator")]
    ini.write_text("\n".join(lines).replace(
        "script_location = migrations", "script_location = %(here)s/migrations\nversion_path_separator = :\n"
        "version_locations = %(here)s/migrations/versions:%(here)s/billing/versions"))
    fresh.write("billing/versions/b1.py", file_of("b1", more='branch_labels = "billing"\ndepends_on = "one"\n'))
    revisions = fresh.ok("heads", "--json", "--migrations", ".").json["revisions"]
    assert sorted((r["revision"], r["path"]) for r in revisions) == [
        ("b1", "billing/versions/b1.py"), ("two", "migrations/versions/two_second.py")]
    assert sorted(line.split()[0] for line in run_alembic(fresh.folder, "heads").splitlines()) == ["b1", "two"]
    steps = fresh.ok("explain", "upgrade", "billing@head", "--json", "--migrations", "migrations").json["steps"]
    assert [step["revision"] for step in steps] == ["one", "b1"]
    # A file in either is noticed.
    fresh.write("billing/versions/b2.py", file_of("b2", '"b1"'))
    assert "b2 (" in fresh.ok("heads", "--migrations", ".").out
    # The import keeps the order.
    ini.write_text(ini.read_text().replace("driver://", "postgresql://"))
    fresh.ok("import", "alembic", "--to", "sql")
    assert len(list((fresh.folder / "sql").glob("*.sql"))) == 4


@pytest.mark.parametrize("compiling", [True, False])
def test_sourceless_and_file_template(fresh, monkeypatch, compiling):
    """Sourceless, Alembic takes what Python itself has left in __pycache__ as well."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    if not compiling:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    ini = fresh.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("script_location = migrations", "script_location = migrations\n"
                                           "sourceless = true\nfile_template = %%(year)d-%%(rev)s"))
    run_alembic(fresh.folder, "revision", "-m", "third", "--rev-id", "three")
    assert "-three.py" in fresh.ok("show", "three", "--migrations", ".").out
    source = next(fresh.folder.glob("migrations/versions/*-three.py"))
    subprocess.run([PYTHON, "-c", "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[1] + 'c')",
                    source], check=True)
    source.unlink()
    assert fresh.ok("heads", "--migrations", ".").out == "three (head)\n"
    source.with_suffix(".pyc").unlink()
    left = list(fresh.folder.glob("migrations/versions/__pycache__/*-three.*.pyc"))
    assert bool(left) == compiling
    assert fresh.ok("heads", "--migrations", ".").out == run_alembic(fresh.folder, "heads")
    for compiled in left:
        compiled.unlink()
    assert fresh.ok("heads", "--migrations", ".").out == "two (head)\n", "a compiled file that went is noticed"


FAULTS = {
    "syntax": ("bad_revision", "SyntaxError: invalid syntax (migrations/versions/z1.py:2)"),
    "import": ("bad_revision", "No module named 'nosuch' (migrations/versions/z1.py:2)"),
    "no_revision": ("bad_revision", "Could not determine revision id from filename z1.py"),
    "no_down_revision": ("bad_revision", "has no attribute 'down_revision' (migrations/versions/z1.py)"),
    "cycle": ("cycle", "migrations/versions/z1.py:3: the revisions form a cycle: z1 -> z2 -> z1"),
    "no_parent": ("no_such_revision", "migrations/versions/z1.py:3: there is no revision 'gone'"),
    "duplicate": ("duplicate_revision",
                  "migrations/versions/z1.py:3: revision id 'two' is taken by migrations/versions/two_second.py:13"),
    "no_section": ("bad_project", "alembic.ini has no section [alembic]"),
    "no_header": ("bad_project", "file: 'alembic.ini', line: 1"),
    "no_location": ("bad_project", "No 'script_location' key found"),
    "no_folder": ("bad_project", "Path doesn't exist"),
    "no_ini": ("no_revisions", "nowhere/alembic.ini does not exist"),
    "no_such_folder": ("no_revisions", "the migrations folder nowhere cannot be read"),
    "no_alembic": ("no_alembic", "bare/bin/python (No module named 'alembic')"),
    "no_python": ("no_alembic", "/nowhere/python3 (No such file or directory)"),
    "dies": ("alembic_failed", "ended by signal 11"),
    "exits": ("alembic_failed", "exit code 3"),
    "no_drover_yaml": ("bad_configuration", "drover.yaml cannot be used"),
}


def fault_make(project, fault):
    """Breaks the project; what to name as --migrations, and the environment."""
    texts = {"syntax": '"""z1"""\ndef upgrade(:\n', "import": '"""z1"""\nimport nosuch\n', "no_revision": "x = 1\n",
             "no_down_revision": 'revision = "z1"\n', "cycle": file_of("z1", '"z2"'),
             "no_parent": file_of("z1", '"gone"'), "duplicate": file_of("two", '"one"', head="#\n"),
             "dies": "import os\nos.kill(os.getpid(), 11)\n", "exits": "import os\nos._exit(3)\n"}
    inis = {"no_section": "[other]\n", "no_header": "script_location = x\n", "no_location": "[alembic]\n",
            "no_folder": "[alembic]\nscript_location = elsewhere\n"}
    if fault in texts:
        project.write("migrations/versions/z1.py", texts[fault])
    if fault == "cycle":
        project.write("migrations/versions/z2.py", file_of("z2", '"z1"'))
    if fault in inis:
        project.write("alembic.ini", inis[fault])
    if fault == "no_python":
        return "alembic.ini", {"DROVER_PYTHON": "/nowhere/python3"}
    if fault == "no_alembic":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", project.folder / "bare"], check=True)
        return "alembic.ini", {"DROVER_PYTHON": "bare/bin/python"}
    return {"no_ini": "nowhere/alembic.ini", "no_such_folder": "nowhere"}.get(fault, "alembic.ini"), {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_project_is_an_answer(fresh, fault):
    migrations, environment = fault_make(fresh, fault)
    code, words = FAULTS[fault]
    arguments = ["--migrations", migrations]
    if fault == "no_drover_yaml":
        fresh.write("drover.yaml", "migrations: [\n")
        arguments = []
    expected = 78 if fault == "no_drover_yaml" else 2
    answered = fresh.run("explain", "upgrade", "head", "--json", *arguments, **environment)
    assert answered.code == expected, answered
    assert set(answered.json) == {"error"} and set(answered.json["error"]) == {"code", "message"}
    assert answered.json["error"]["code"] == code, answered
    assert words in answered.json["error"]["message"], answered
    told = fresh.run("explain", "upgrade", "head", *arguments, **environment)
    assert (told.code, told.out) == (expected, "") and "drover: error: " in told.err, told
    for part in words.split(": "):
        assert part in told.err, told
    for text in (answered.err, told.err, answered.out):
        assert "Traceback" not in text and "<string>" not in text, text


def test_a_usage_error_stays_one(fresh):
    for arguments in (["explain", "upgrade"], ["explain", "fly", "head"], ["explain", "upgrade", "head", "--nope"]):
        failed = fresh.run(*arguments, "--json", "--migrations", "nowhere")
        assert failed.code == 64 and failed.out == "", failed


ENVIRONMENTS = {
    "import": ("import nosuch\n", "ModuleNotFoundError: No module named 'nosuch' (migrations/env.py:1)"),
    "raises": ("\nraise KeyError('url')\n", "KeyError: 'url' (migrations/env.py:2)"),
    "online_only": ("from sqlalchemy import create_engine\n"
                    "create_engine('postgresql://postgres@127.0.0.1:1/x').connect()\n",
                    "env.py runs no migrations in offline mode"),
    "runs_nothing": ("print('here')\n", "env.py runs no migrations in offline mode"),
    "no_url": ("from alembic import context\ncontext.configure()\n", "env.py runs no migrations in offline mode"),
    "exits": ("import sys\nsys.exit('not today')\n", "SystemExit: not today (migrations/env.py:2)"),
    "dies": ("import os\nos.kill(os.getpid(), 11)\n", "ended by signal 11"),
}


@pytest.mark.parametrize("fault", ENVIRONMENTS)
def test_a_failing_env_is_told_with_its_line(adopted, fault):
    text, words = ENVIRONMENTS[fault]
    adopted.write("migrations/env.py", text)
    for command in (["show", "-v", "a001"], ["upgrade", "base:heads", "--sql"]):
        failed = adopted.run(*command, "--migrations", ".")
        assert (failed.code, failed.out) == (2, ""), failed
        assert words in failed.err and "Traceback" not in failed.err and "<string>" not in failed.err, failed
    adopted.ok("heads", "--migrations", ".")


def test_an_env_that_talks_disturbs_nothing(adopted):
    env = adopted.folder / "migrations/env.py"
    env.write_text('import os, sys\nos.write(1, b"raw")\nprint("{")\nsys.stderr.write("noise")\n' + env.read_text())
    shown = adopted.ok("show", "-v", "a001", "--migrations", ".")
    assert "CREATE TABLE account" in shown.out and shown.err == ""


# Which Python.

def python_make(folder, name, alembic=True):
    """An interpreter that says that it was used; without Alembic it is isolated from Debian's packages."""
    path = pathlib.Path(folder) / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    options = "" if alembic else "-S"
    path.write_text(f'#!/bin/sh\necho "{path}" >> "$USED"\nexec {PYTHON} {options} "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(fresh, monkeypatch, tmp_path):
    """The first python3 on PATH has no Alembic, as a version manager's; asks and tells which were used."""
    monkeypatch.delenv("DROVER_PYTHON")
    shim = python_make(tmp_path / "shims", "python3", alembic=False)

    def ask(path=f"{tmp_path}/shims/bin:/usr/bin:/bin", **more):
        used = tmp_path / "used"
        used.write_text("")
        shutil.rmtree(fresh.folder / ".drover", ignore_errors=True)
        result = fresh.run("heads", "--migrations", ".", PATH=path, USED=str(used), **more)
        return result, used.read_text().splitlines()
    return fresh, shim, ask


def test_a_python_without_alembic_is_passed_over(bare):
    project, shim, ask = bare
    result, used = ask()
    assert result.out == "two (head)\n" and result.err == "" and used == [str(shim)]
    # The system's own need not be on PATH.
    result, used = ask(path=str(shim.parent), VIRTUAL_ENV="/nowhere")
    assert result.out == "two (head)\n" and used == [str(shim)]
    # A script folder called alembic, where the command runs, is not taken for the package.
    (project.folder / "migrations").rename(project.folder / "alembic")
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("script_location = migrations", "script_location = alembic"))
    result, used = ask()
    assert result.out == "two (head)\n" and used == [str(shim)]
    (project.folder / "alembic/__init__.py").write_text("")
    assert ask()[0].out == "two (head)\n"
    # The second time none is started at all.
    second = project.ok("heads", "--migrations", ".", PATH=f"{shim.parent}:/usr/bin:/bin", USED="/nowhere/used")
    assert second.out == "two (head)\n"


def test_the_projects_own_environment_comes_before_path(bare, tmp_path):
    project, shim, ask = bare
    beside = python_make(project.folder / "venv", "python")
    assert ask()[1] == [str(beside)]
    hidden = python_make(project.folder / ".venv", "python")
    assert ask()[1] == [str(hidden)]
    active = python_make(tmp_path / "active", "python")
    assert ask(VIRTUAL_ENV=str(tmp_path / "active"))[1] == [str(active)]
    named = python_make(tmp_path / "named", "python3.11")
    assert ask(VIRTUAL_ENV=str(tmp_path / "active"), DROVER_PYTHON=str(named))[1] == [str(named)]
    result, used = ask(path=f"{tmp_path}/named/bin:/usr/bin:/bin", DROVER_PYTHON="python3.11")
    assert result.code == 0 and used == [str(named)], "searched on PATH"
    # One that is broken, or has no Alembic, does not keep the others from being asked.
    hidden.write_text("#!/nowhere/python\n")
    python_make(project.folder / "venv", "python", alembic=False)
    result, used = ask()
    assert result.out == "two (head)\n" and used == [str(beside), str(shim)]


def test_drover_python_is_not_second_guessed(bare):
    project, shim, ask = bare
    result, used = ask(DROVER_PYTHON=str(shim))
    assert result.code == 2 and used == [str(shim)]
    assert f"no Python here has Alembic, which reads alembic.ini: tried {shim} (No module named 'alembic')" in \
        result.err
    assert "DROVER_PYTHON" in result.err and "python3-alembic" in result.err
