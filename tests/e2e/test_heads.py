"""Where a fleet stands, compared with the revisions: check, current --check-heads, history -i, `current` as a symbol."""


def fleet(cluster, project, names):
    cluster.create(names)
    project.config(cluster.targets(names))


def test_check_is_the_gate_of_an_application(cluster, project):
    fleet(cluster, project, ["one", "two", "three"])
    project.chain(3)
    behind = project.run("check")
    assert behind.code == 1 and "3 targets of 3 targets" in behind.out, behind
    project.ok("upgrade", "head")
    assert "3 targets at the head" in project.ok("check").out
    assert project.ok("current", "--check-heads").code == 0
    project.ok("downgrade", "-1", "--yes", "--url", cluster.url("two"))
    answer = project.run("check", "--json")
    assert answer.code == 1 and answer.json["at_head"] is False
    assert {target["name"]: target["is_head"] for target in answer.json["targets"]} == \
        {"one": True, "two": False, "three": True}
    assert project.run("current", "--check-heads").code == 1
    assert project.run("current").code == 0, "asking alone is no failure"


def test_a_target_that_cannot_be_asked_is_no_head(cluster, project):
    fleet(cluster, project, ["one", "two"])
    project.chain(1)
    project.ok("upgrade", "head")
    cluster.sql("postgres", "DROP DATABASE two WITH (FORCE)")
    assert project.run("check").code in (2, 3)
    assert project.run("current", "--check-heads").code in (2, 3)
    assert project.run("show", "current").code != 0


def test_current_is_a_symbol(cluster, project):
    fleet(cluster, project, ["one", "two"])
    project.chain(4)
    project.ok("upgrade", "r003")
    shown = project.ok("history", "-i").out.splitlines()
    assert "(current)" in shown[1] and not any("(current" in line for line in shown[:1] + shown[2:])
    ids = [found["revision"] for found in project.ok("history", "--json", "-r", "current:").json["revisions"]]
    assert ids == ["r004", "r003"]
    assert "Rev: r003" in project.ok("show", "current").out
    assert "r003.sql" in project.ok("edit", "current", EDITOR="echo").out

    project.ok("upgrade", "head", "--url", cluster.url("one"))
    shown = project.ok("history", "--indicate-current").out
    assert "r004 (head) (current: 1 of 2 targets)" in shown and "r003 (current: 1 of 2 targets)" in shown
    assert [found["revision"] for found in project.ok("show", "--json", "current").json["revisions"]]
    several = project.run("history", "-r", "current:")
    assert several.code == 2 and "different revisions" in several.err
