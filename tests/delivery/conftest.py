"""Fixtures of the delivery tests: the servers, projects and processes of tests/e2e, what npm brings, the image."""
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

specification = importlib.util.spec_from_file_location("fleet", ROOT / "tests/e2e/conftest.py")
fleet = importlib.util.module_from_spec(specification)
sys.modules["fleet"] = fleet
specification.loader.exec_module(fleet)

import bare  # they need `fleet`
from image import Image
from machine import Machine

session_cluster = fleet.session_cluster
cluster = fleet.cluster
project = fleet.project


@pytest.fixture
def tenants(cluster, project):
    """Four databases and a configuration with two waves."""
    names = ["acme", "bolt", "crow", "dune"]
    cluster.create(names)
    project.chain(3)
    lines = ["migrations: migrations", "targets:"]
    for name in names:
        tier = "internal" if name == "acme" else "free"
        lines += [f"  - name: {name}", f"    url: {cluster.url(name)}", f"    labels: {{tier: {tier}}}"]
    lines += ["rollout:", "  waves:", "    - {name: canary, select: {tier: internal}}", "    - {name: rest}"]
    project.config("\n".join(lines) + "\n")
    project.names = names
    return project


def check(what, *files):
    """tests/delivery/npm/check.js; scripts/install-deps puts its packages into build/npm."""
    packages = ROOT / "build/npm/node_modules"
    assert packages.is_dir(), f"{packages} is missing: run `scripts/install-deps test`"
    return subprocess.run(["node", ROOT / "tests/delivery/npm/check.js", what, *files], capture_output=True, text=True,
                          env={**os.environ, "NODE_PATH": str(packages)}, timeout=120)


def check_json(what, file):
    done = check(what, file)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def base():
    """(folder, None) of a bare Debian; else ("/", why there is none)."""
    try:
        return bare.bare(), None
    except bare.Unavailable as error:
        if os.environ.get("CI"):
            raise
        return "/", str(error)


@pytest.fixture(scope="session")
def image(base):
    """The Dockerfile's image, built once: the release, the package, and what containers are made of."""
    if os.geteuid() != 0:
        pytest.skip("only root can build an image without an engine")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-image-"))
    try:
        image = Image(check_json("dockerfile", ROOT / "Dockerfile"), folder, base[0])
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    else:
        yield image
        image.close()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def machine():
    if os.geteuid() != 0:
        pytest.skip("only root can install")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-machine-"))
    try:
        machine = Machine(folder)
        machine.path("/var/lib/man-db/auto-update").unlink(missing_ok=True)  # indexing all pages takes its time
    except OSError as error:
        folder.rmdir()
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    yield machine
    machine.close()
    folder.rmdir()
