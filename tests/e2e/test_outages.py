"""Servers that cannot be reached, and workers that do not reach them: waited for, told, and charged to the right one."""
import os
import re
import subprocess

import pytest

from conftest import assert_exactly_once, free_port, own_server, wait_until

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


def test_a_step_of_a_ramp_is_filled_while_a_server_is_down(cluster, project, server):
    """The first step is one target, and its server stops after the gate: the others follow one by one."""
    names = TENANTS[:4]
    server.create(["sick"])
    cluster.create(names)
    project.chain(1)
    project.config(cluster.targets(names).replace("targets:\n", f"targets:\n  - {{name: sick, url: '{server.url('sick')}'}}\n")
                   + "rollout: {server_patience: 5m, waves: [{name: all, ramp: [1, 2], approve: true}]}\n")
    project.coordinator()
    project.start("worker", "--name", "w1")
    assert project.run("upgrade", "head", "--no-wait").code == 5
    server.stop("immediate")
    project.ok("approve", "--digest", project.ok("status", "--json").json["digest"][:12])
    wait_until(lambda: all(cluster.versions(name) == ["r001"] for name in names), "the others do not wait for it")
    status = project.ok("status").out
    assert "UNREACHABLE" in status and "4" in status, status
    assert "wave lets another target run, as one stands still: all, t_00" in project.ok("log").out
    server.start()
    assert project.run("upgrade", "head").code == 0
    assert_exactly_once(server, "sick", ["r001"])
    for name in names:
        assert_exactly_once(cluster, name, ["r001"])


@pytest.fixture
def deaf(project):
    """Starts workers in mount namespaces of their own: one whose resolver knows the servers' name, one whose does not."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("a mount namespace needs root")
    nowhere = project.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")

    def start(name, hosts):
        known = project.write(f"hosts.{name}", hosts)
        return project.start("worker", "--name", name, within=[
            "unshare", "-m", "sh", "-ec", f"mount --bind {known} /etc/hosts; mount --bind {nowhere} /etc/resolv.conf; exec \"$@\"", "sh"])
    return start


def test_a_worker_whose_host_resolves_no_names_stands_aside(cluster, project, deaf):
    names = TENANTS[:20]
    cluster.create(names)
    project.chain(2)
    project.config(cluster.targets(names).replace("@127.0.0.1:", "@servers.drover.test:")
                   + "rollout: {server_patience: 30s, retry: {attempts: 1}}\n")
    project.coordinator()
    deaf("cave", "127.0.0.1 localhost\n").wait_for_line("joined")
    deaf("hill", "127.0.0.1 localhost servers.drover.test\n").wait_for_line("joined")
    result = project.run("upgrade", "head")
    assert result.code == 0, result
    assert re.search(r"a server cannot be reached by worker cave: servers.drover.test:.*cannot be resolved", project.ok("log").out), project.ok("log").out
    for name in names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


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
