"""A way down that nobody wrote, and that is written at three in the morning."""
import pytest

from conftest import wait_until

WITHOUT = "-- {id}\n--\n-- Revision ID: {id}\n-- Revises: {down}\n\n-- migrate:up\n{up}\n"


def one_way(project, name, down, up):
    return project.write(f"migrations/{name}.sql", WITHOUT.format(id=name, down=down, up=up))


def upgraded(cluster, project, embedded):
    """Two databases at r002, which has no way down."""
    cluster.create(["a", "b"])
    project.config(cluster.targets(["a", "b"]))
    project.chain(1)
    if not embedded:
        project.coordinator()
        project.start("worker")
    project.ok("upgrade", "head")
    path = one_way(project, "r002", "r001", "CREATE TABLE later (id int);")
    plan = project.ok("plan")
    assert "r002 cannot be taken back: r002.sql has no way down" in plan.out, plan
    project.ok("upgrade", "head", "--yes")
    return path


@pytest.mark.parametrize("embedded", [False, True])
def test_a_rollback_goes_by_a_way_down_written_later(cluster, project, embedded):
    path = upgraded(cluster, project, embedded)
    rollouts = len(project.ok("rollouts", "--json").json["rollouts"])
    refused = project.run("rollback", "--yes")
    assert refused.code == 4 and "revision 'r002' has no way down" in refused.err, refused
    assert "'-- migrate:down'" in refused.err and "changed since validation" not in refused.err, refused
    assert len(project.ok("rollouts", "--json").json["rollouts"]) == rollouts, "nothing began"
    up = path.read_text()
    # what was deployed may not be edited with it
    path.write_text(up.replace("(id int)", "(id bigint)") + "\n-- migrate:down\nDROP TABLE later;\n")
    edited = project.run("rollback", "--yes")
    assert edited.code == 4 and "its way up was edited" in edited.err, edited
    assert cluster.versions("a") == ["r002"]
    path.write_text(up + "\n-- migrate:down\nDROP TABLE later;\n")
    back = project.ok("rollback", "--yes")
    assert "by ways down that were written since" in back.out + back.err, back
    assert [cluster.versions(name) for name in ("a", "b")] == [["r001"]] * 2
    assert cluster.sql("a", "SELECT to_regclass('later')") == [(None,)]
    # and forward again by the same files
    project.ok("upgrade", "head", "--yes")
    assert cluster.versions("b") == ["r002"]


def test_a_running_rollout_goes_on_when_it_cannot_be_taken_back(cluster, project):
    """It is not cancelled for a rollback that could not be."""
    cluster.create(["a", "b"])
    project.config(cluster.targets(["a", "b"]) +
                   "rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n")
    project.chain(1)
    one_way(project, "r002", "r001", "CREATE TABLE later (id int);")
    project.coordinator()
    project.start("worker")
    assert project.run("upgrade", "head", "--no-wait").code == 5
    refused = project.run("rollback", "--yes")
    assert refused.code == 4 and "has no way down" in refused.err, refused
    status = project.ok("status", "--json").json
    assert status["state"] == "deploying", status
