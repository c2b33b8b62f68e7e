"""scripts/test itself, between stand-ins for what it starts."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOREIGN = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/nowhere", "PGHOST": "nowhere", "PGOPTIONS": "-c nothing=1",
           "GIT_DIR": "/nowhere", "http_proxy": "http://proxy.invalid", "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8",
           "DATABASE_URL": "postgresql://nowhere", "SOMETHING": "else"}
OURS = {"CCACHE_DIR": "/cache", "ALEMBIC_SEED": "17", "TERM": "dumb"}


class Stages:
    def __init__(self, folder):
        self.folder = folder
        for script in ("test", "lint"):
            self.script(script, (ROOT / "scripts" / script).read_text())
        for script in ("install-deps", "build", "lint"):
            self.script(script, f"#!/bin/sh\nenv >{folder}/{script}.env\n")

    def script(self, name, text):
        path = self.folder / "scripts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *stages, **environment):
        return subprocess.run([self.folder / "scripts/test", *stages], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment}, timeout=60)

    def environment(self, of):
        return dict(line.split("=", 1) for line in (self.folder / f"{of}.env").read_text().splitlines())


@pytest.fixture
def stages(tmp_path):
    return Stages(tmp_path)


def test_a_stage_has_an_environment_of_its_own(stages):
    done = stages.run("format", **FOREIGN, **OURS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert FOREIGN.items() <= stages.environment("install-deps").items(), "what apt and npm are configured by"
    for script in ("build", "lint"):
        seen = stages.environment(script)
        assert OURS.items() <= seen.items() and seen["LC_ALL"] == "C.UTF-8"
        assert {name for name in FOREIGN if name in seen} == {"LC_ALL"}


def test_what_is_missing_fails_alone(stages):
    stages.script("install-deps", "#!/bin/sh\necho 'no root and no sudo' >&2\nexit 1\n")
    stages.script("build", "#!/bin/sh\necho no compiler\nexit 1\n")
    done = stages.run("format", "unit")
    assert done.returncode == 1 and "no root and no sudo" in done.stderr and "no compiler" in done.stdout
    rows = [line.split("  ")[0] for line in done.stdout.splitlines() if line.endswith(("ok", "FAILED"))]
    assert rows[:3] == ["install-deps", "build", "format"] and rows[3].startswith("unit, lacks ")
    assert done.stdout.endswith("1 passed, 3 failed\n")


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="it is what is taken away")
def test_a_stage_says_what_it_lacks(stages):
    where = stages.folder / "bin"
    where.mkdir()
    for program in pathlib.Path("/usr/bin").iterdir():
        if not program.name.startswith("clang"):
            (where / program.name).symlink_to(program)
    done = stages.run("format", "house", PATH=str(where))
    assert "==> format lacks: clang-format\n" in done.stdout and not (stages.folder / "lint.env").exists()
    assert "==> house (pytest)\n" in done.stdout


def test_a_failure_does_not_hide_the_next(stages):
    stages.write("tests/house/test_two.py", "import pytest\ndef test_one(): assert False\ndef test_two(): assert False\n"
                 "def test_three(): pytest.skip('only on Sundays')\ndef test_four(): pass\n")
    done = stages.run("house")
    assert done.returncode == 1 and done.stdout.endswith("1 passed, 2 failed\n")
    assert "only on Sundays" in done.stdout
