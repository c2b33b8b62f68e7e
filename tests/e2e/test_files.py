"""Files that a person names: found where they are looked for, read once, and refused in words when they are none."""
import os
import shutil
import socket
import subprocess
import tempfile

import pytest

from conftest import DROVER


def fleet(cluster, project, password=""):
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'right'")
    names = [f"t{number}" for number in range(6)]
    cluster.create(names, owner="app")
    project.chain(1)
    project.config("migrations: migrations\ntargets:\n" + "".join(
        f"  - {{name: {name}, url: \"{cluster.url(name, user='app')}\"{password}}}\n" for name in names))


def a_pipe(path):
    os.mkfifo(path)


def a_folder(path):
    path.mkdir()


def a_device(path):
    path.symlink_to("/dev/zero")


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def a_huge_one(path):
    with open(path, "wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize("make, words", [(a_pipe, "it is a pipe"), (a_folder, "it is a folder"),
                                         (a_device, "it is a device"), (a_socket, "No such device"),
                                         (a_huge_one, "longer than any password")])
def test_a_password_file_that_is_none(cluster, project, make, words):
    """Six targets wait for it, more than libuv has threads: none may be kept."""
    fleet(cluster, project, password=", password: {file: secret}")
    make(project.folder / "secret")
    result = project.run("upgrade", "head", timeout=60)
    assert result.code == 4 and words in result.out + result.err and "secret cannot be read" in result.out + result.err, result
    assert all(cluster.versions(f"t{number}") is None for number in range(6))


@pytest.mark.parametrize("make, words", [(a_pipe, "it is a pipe"), (a_device, "it is a device"),
                                         (a_socket, "No such device"), (a_huge_one, "larger than 256 MiB")])
def test_a_revision_that_is_none(project, make, words):
    project.chain(1)
    make(project.folder / "migrations/r002.sql")
    result = project.run("heads", timeout=60)
    assert result.code == 2 and words in result.err and "r002.sql" in result.err, result


def test_a_folder_with_the_name_of_a_revision_is_told(project):
    project.chain(1)
    a_folder(project.folder / "migrations/r002.sql")
    assert "passed over: r002.sql/" in project.ok("heads").err


@pytest.mark.parametrize("arguments", ["-c drover.yaml", "-c <(cat drover.yaml)"])
@pytest.mark.parametrize("command", ["history -i", "current -v", "check", "targets", "plan", "upgrade head", "revision -m x"])
def test_a_configuration_is_read_once(cluster, project, command, arguments):
    fleet(cluster, project)
    done = subprocess.run(["bash", "-c", f"{DROVER} {command} {arguments}"], cwd=project.folder, text=True,
                          env=project.environment(PGPASSWORD="right"), capture_output=True, timeout=60)
    assert done.returncode == (1 if command == "check" else 0), done


@pytest.mark.parametrize("path, words", [("/dev/null", "targets"), (".", "Is a directory"), ("missing.yaml", "No such file")])
def test_a_configuration_that_is_none(project, path, words):
    project.chain(1)
    for arguments, environment in ((["-c", path], {}), ([], {"DROVER_CONFIG": path})):
        result = project.run("targets", *arguments, **environment)
        assert result.code == 78 and words in result.err and path in result.err, result


def test_the_configuration_that_the_environment_names(cluster, project):
    fleet(cluster, project)
    elsewhere = project.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("drover.yaml", "migrations"):
        (project.folder / name).rename(elsewhere / name)
    named = {"DROVER_CONFIG": str(elsewhere / "drover.yaml"), "PGPASSWORD": "right"}
    assert "t5" in project.ok("targets", **named).out
    assert "r001" in project.ok("heads", **named).out
    assert "elsewhere/drover.yaml is valid" in project.ok("config", "check", **named).out
    assert project.ok("config", "check", "--json", **named).json["file"].endswith("elsewhere/drover.yaml")
    # It is named, so it counts more than what lies here; what the command itself says counts most.
    project.config("migrations: migrations\ntargets: [{name: here, url: \"postgresql://127.0.0.1/here\"}]\n")
    assert "t5" in project.ok("targets", **named).out
    assert "here" in project.ok("targets", "-c", "drover.yaml", **named).out
    assert "t0" in project.ok("targets", "--url", cluster.url("t0"), **named).out
    assert "here" in project.ok("targets", DROVER_CONFIG="").out


def of_the_machine(project, folder, command, **environment):
    """With `folder` as /etc/drover, which nobody else sees."""
    return subprocess.run(["unshare", "--mount", "bash", "-c", f"""
        set -e
        mount -t tmpfs none /mnt
        mkdir /mnt/upper /mnt/work
        mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
        cp -r {folder} /etc/drover
        exec {DROVER} {command}"""], cwd=project.folder, text=True, capture_output=True, timeout=60,
        env=project.environment(PGPASSWORD="right", **environment))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_the_configuration_of_the_machine(cluster, project):
    fleet(cluster, project)
    folder = tempfile.mkdtemp(prefix="drover-e2e-etc-")
    try:
        for name in ("drover.yaml", "migrations"):
            shutil.move(project.folder / name, folder)
        found = of_the_machine(project, folder, "targets")
        assert found.returncode == 0 and "t5" in found.stdout, found
        found = of_the_machine(project, folder, "upgrade head")
        assert found.returncode == 0 and cluster.versions("t5") == ["r001"], found
        named = of_the_machine(project, folder, "targets", DATABASE_URL=cluster.url("postgres"))
        assert named.returncode == 0 and "t5" not in named.stdout, named
    finally:
        shutil.rmtree(folder)


def test_without_a_configuration_the_places_are_named(project):
    result = project.run("targets")
    assert result.code == 78, result
    for place in ("drover.yaml", "/etc/drover/drover.yaml", "DROVER_CONFIG", "DATABASE_URL", "--url"):
        assert place in result.err, result
