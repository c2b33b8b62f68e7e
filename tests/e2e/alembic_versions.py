"""Alembic in two versions: this Debian's, and the newest that Debian has, which is fetched once and kept."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

PYTHON = "/usr/bin/python3"
KEPT = pathlib.Path(os.environ.get("DROVER_TEST_PACKAGES", "/var/tmp/drover-tests-alembic"))
PACKAGES = ["python3-alembic", "python3-mako", "python3-sqlalchemy", "python3-typing-extensions", "python3-markupsafe"]


def fetch(folder):
    """Unpacks Debian unstable's packages into the folder; apt's own state stays as it is."""
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "archives/partial").mkdir(parents=True)
    uris = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                           "Origin: Debian", "Label: Debian"], capture_output=True, text=True).stdout.split()
    if not uris:
        return "apt knows no mirror of Debian here"
    (folder / "sources").write_text("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                                    f"{uris[0]} sid main\n")
    options = ["-o", f"Dir::Etc::sourcelist={folder}/sources", "-o", "Dir::Etc::sourceparts=-", "-o",
               f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User=root",
               "-qq"]
    for command in (["update"], ["download", *PACKAGES]):
        done = subprocess.run(["apt-get", *options, *command], cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            return done.stderr.strip()
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "root"], check=True)
    return None


def newest():
    """The folder of modules with the newest Alembic; skips the test where it cannot be had."""
    modules = KEPT / "usr/lib/python3/dist-packages"
    if not modules.exists():
        folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-alembic-"))
        try:
            problem = fetch(folder)
            if problem is not None:
                pytest.skip(f"needs python3-alembic of Debian unstable: {problem}")
            shutil.move(folder / "root", KEPT)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return modules


def flask_migrate():
    """Skips the test where Flask-Migrate is not installed."""
    if subprocess.run([PYTHON, "-c", "import flask_migrate"], capture_output=True).returncode != 0:
        pytest.skip("needs Flask-Migrate, in Debian python3-flask-migrate")
