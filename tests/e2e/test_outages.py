"""Servers that cannot be reached, and workers that do not reach them: waited for, told, and charged to the right one."""
import os
import subprocess

import pytest

from conftest import assert_exactly_once, free_port, own_server

TENANTS = [f"t_{number:02}" for number in range(60)]


def fleet(project, cluster, names, rollout):
    project.config(cluster.targets(names) + f"rollout: {rollout}\n")


@pytest.fixture
def server():
    """One of its own, which a test stops and starts."""
    with own_server() as cluster:
        yield cluster


def test_a_wrong_port_is_said_at_once(project):
    project.chain(1)
    port = free_port()
    project.config(f"targets: [{{name: acme, url: 'postgresql://postgres@127.0.0.1:{port}/acme'}}]\n"
                   "rollout: {server_patience: 2s}\n")
    upgrade = project.start("upgrade", "head")
    upgrade.wait_for_line(rf"cannot be reached: 127.0.0.1:{port}: .*Connection refused.*waited for, up to 2 s")
    result = upgrade.finish()
    assert result.code == 4, result
    assert "Connection refused" in result.out + result.err and "08001" in result.out + result.err, result
    told = [line for line in (result.out + result.err).splitlines() if "a server cannot be reached" in line]
    assert len(told) == 1, told


def test_whoever_only_asks_is_answered_soon(project):
    project.chain(1)
    project.config(f"targets: [{{name: acme, url: 'postgresql://postgres@127.0.0.1:{free_port()}/acme'}}]\n"
                   "rollout: {server_patience: 10m}\n")
    result = project.run("current", timeout=60)
    assert result.code == 2 and "the server cannot be reached" in result.out + result.err, result


def test_each_attempt_counts_when_nobody_waits(project):
    project.chain(1)
    project.config(f"targets: [{{name: acme, url: 'postgresql://postgres@127.0.0.1:{free_port()}/acme'}}]\n"
                   "rollout: {server_patience: off, retry: {attempts: 1}}\n")
    result = project.run("upgrade", "head", timeout=60)
    assert result.code == 4 and "waited for" not in result.out + result.err, result


def test_a_server_that_starts_late_opens_the_gate(project, server):
    names = TENANTS[:20]
    server.create(names)
    project.chain(2)
    fleet(project, server, names, "{server_patience: 2m, retry: {attempts: 1}}")
    server.stop("fast")
    upgrade = project.start("upgrade", "head")
    upgrade.wait_for_line("a server cannot be reached")
    server.start()
    result = upgrade.finish()
    assert result.code == 0 and "a server can be reached again" in result.out + result.err, result
    for name in names:
        assert_exactly_once(server, name, ["r001", "r002"])


def test_a_server_that_restarts_costs_no_attempts(project, server):
    """In the middle of a deploy: status says what is waited for, and nothing has failed in the end."""
    names = TENANTS[:30]
    server.create(names)
    project.chain(2)
    fleet(project, server, names, "{server_patience: 5m, retry: {attempts: 2}, per_server: 2}")
    project.coordinator()
    project.start("worker", "--name", "w1")
    upgrade = project.start("upgrade", "head")
    upgrade.wait_for_line("wave started")
    server.stop("immediate")
    upgrade.wait_for_line("a server cannot be reached")
    status = project.ok("status")
    assert "UNREACHABLE" in status.out and f"127.0.0.1:{server.port}" in status.out, status
    outage = project.ok("status", "--json").json["outages"][0]
    assert outage["server"] == f"127.0.0.1:{server.port}" and outage["worker"] == "", outage
    assert outage["targets"] > 0 and outage["until_ms"] > outage["unreached_ms"], outage
    server.start()
    result = upgrade.finish()
    assert result.code == 0, result
    assert project.ok("status", "--json").json["outages"] == []
    for name in names:
        assert_exactly_once(server, name, ["r001", "r002"])


@pytest.fixture
def blind(project):
    """Starts a worker in a network namespace of its own: it reaches the coordinator's Unix socket, and nothing else."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
        pytest.skip("a network namespace needs root")
    return lambda name: project.start("worker", "--name", name, within=["unshare", "-n"])


def test_a_worker_without_a_network_stands_aside(cluster, project, blind):
    cluster.create(TENANTS)
    project.chain(2)
    fleet(project, cluster, TENANTS, "{server_patience: 2s, retry: {attempts: 1}}")
    project.coordinator()
    blind("cave").wait_for_line("joined")
    project.start("worker", "--name", "hill").wait_for_line("joined")
    upgrade = project.start("upgrade", "head")
    upgrade.wait_for_line("a server cannot be reached")  # by cave, or at all, as long as nobody else has said more
    result = upgrade.finish()
    assert result.code == 0, result
    for name in TENANTS:
        assert_exactly_once(cluster, name, ["r001", "r002"])
