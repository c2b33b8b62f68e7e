"""A configuration that is edited while a coordinator runs by it: read again on SIGHUP and by `drover reload`."""
import os
import signal

import pytest

from conftest import wait_until


@pytest.fixture
def fleet(cluster, project):
    """Two databases, of which the configuration names the first."""
    cluster.create(["acme", "beta"])
    project.chain(1)
    project.config(cluster.targets(["acme"]))
    return cluster


def digest(project):
    return project.ok("status", "--json").json["configuration"]["digest"]


def test_reload_takes_up_what_was_edited(fleet, project):
    coordinator = project.coordinator()
    project.start("worker")
    project.ok("upgrade", "head")
    before = digest(project)
    assert "configuration " + before[:12] in project.ok("status").out
    assert project.ok("reload").out.startswith("Nothing has changed")
    project.config(fleet.targets(["acme", "beta"]) + "rollout: {concurrency: 3}\njournal: elsewhere.db\n")
    status = project.ok("status")
    assert "drover.yaml has changed since" in status.out and "drover reload" in status.out, status
    page = project.ok("status", "--json").json["configuration"]
    assert page["differs"] and page["changed"] == ["targets", "rollout.concurrency"], page
    # who starts something by the edited file is told that another one is in force
    upgrade = project.ok("upgrade", "head")
    assert upgrade.err.count("the coordinator goes by another configuration") == 1, upgrade
    assert fleet.versions("beta") is None
    answer = project.ok("reload", "--reason", "beta joins")
    assert "targets, rollout.concurrency" in answer.out and "next rollout" in answer.out, answer
    assert "journal" in answer.out and "restart" in answer.out, answer
    assert digest(project) != before
    assert "has changed since" not in project.ok("status").out
    upgrade = project.ok("upgrade", "head")
    assert "another configuration" not in upgrade.err, upgrade
    assert fleet.versions("beta") == ["r001"]
    story = project.ok("log").out
    assert "configuration read again" in story and "beta joins" in story and os.uname().nodename in story, story
    assert coordinator.running()


def test_a_faulty_file_changes_nothing(fleet, project):
    coordinator = project.coordinator()
    before = digest(project)
    project.write("good.yaml", (project.folder / "drover.yaml").read_text())
    project.config(fleet.targets(["acme"]) + "rolout: {}\nrollout: {concurrency: 0}\n")
    refused = project.run("reload", "-c", "good.yaml")
    assert refused.code == 78, refused
    assert "drover.yaml:3:1: error: unknown key 'rolout'" in refused.err, refused
    assert "drover.yaml:4:24: error: " in refused.err and before[:12] in refused.err, refused
    page = project.run("reload", "-c", "good.yaml", "--json")
    assert page.code == 78 and not page.json["reloaded"], page
    assert [(m["file"], m["line"], m["column"]) for m in page.json["mistakes"]] == [
        ("drover.yaml", 3, 1), ("drover.yaml", 4, 24)], page
    status = project.ok("status", "-c", "good.yaml").out
    assert "2 mistakes" in status and "drover config check" in status, status
    # by its own file the command does not get so far; what is in force stays as well
    assert project.run("reload").code == 78
    coordinator.popen.send_signal(signal.SIGHUP)
    coordinator.wait_for_line(r"error.*drover\.yaml:4:24")
    coordinator.wait_for_line("stays in force")
    (project.folder / "drover.yaml").unlink()
    assert "cannot be read" in project.run("reload", "-c", "good.yaml").err
    (project.folder / "good.yaml").rename(project.folder / "drover.yaml")
    assert digest(project) == before and coordinator.running()


def test_sighup(fleet, project):
    coordinator = project.coordinator()
    worker = project.start("worker", "--name", "w")
    coordinator.wait_for_line("worker joined")
    project.config(fleet.targets(["acme", "beta"]))
    coordinator.popen.send_signal(signal.SIGHUP)
    coordinator.wait_for_line("configuration read again by SIGHUP.*targets")
    for _ in range(3):
        coordinator.popen.send_signal(signal.SIGHUP)
    coordinator.wait_for_line("configuration read again: nothing has changed")
    worker.popen.send_signal(signal.SIGHUP)
    worker.wait_for_line("configuration read again")
    project.config("targets: [\n")
    worker.popen.send_signal(signal.SIGHUP)
    worker.wait_for_line(r"error.*drover\.yaml:2:1")
    project.config(fleet.targets(["acme", "beta"]))
    project.ok("upgrade", "head")
    assert fleet.versions("beta") == ["r001"]
    assert worker.terminate().code == 0 and coordinator.terminate().code == 0


def test_a_rollout_under_way_keeps_what_it_was_planned_with(fleet, project):
    """The digest that was approved names the targets; the next rollout has the others."""
    project.config(fleet.targets(["acme"]) + "rollout: {waves: [{name: all, approve: true}]}\n")
    project.coordinator()
    project.start("worker")
    assert project.run("upgrade", "head", "--no-wait").code == 5
    before = project.ok("status", "--json").json
    project.config(fleet.targets(["acme", "beta"]))
    answer = project.ok("reload")
    assert f"{before['rollout']} goes on with what it was planned with" in answer.out, answer
    after = project.ok("status", "--json").json
    assert (after["digest"], after["targets"]) == (before["digest"], 1), after
    project.ok("approve", "--digest", before["digest"][:12])
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the rollout is over")
    assert fleet.versions("beta") is None
    project.ok("upgrade", "head")
    assert fleet.versions("beta") == ["r001"]


def test_what_has_no_file(fleet, project):
    url = fleet.url("acme")
    (project.folder / "drover.yaml").unlink()
    coordinator = project.coordinator("--url", url)
    refused = project.run("reload", "--url", url)
    assert refused.code == 78 and "--url" in refused.err, refused
    coordinator.popen.send_signal(signal.SIGHUP)
    coordinator.wait_for_line("no file")
    assert coordinator.running()
    nobody = project.run("reload", "--url", url, "--coordinator", "unix:none")
    assert nobody.code == 2 and "no coordinator answers" in nobody.err, nobody
