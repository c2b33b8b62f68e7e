"""One target over rollouts: where it is, what became of it, who wanted it."""
import subprocess


def test_the_history_of_one_target(cluster, project):
    cluster.create(["a", "b"])
    project.config(cluster.targets(["a", "b"]) + "rollout: {max_failures: 2}\n")
    none = project.run("target", "a")
    assert none.code != 0 and "no rollout has had a target a" in none.err, none
    project.chain(1)
    project.ok("upgrade", "head")
    project.revision("r002", ["r001"], "SELECT 1/count(*) FROM (SELECT 1 WHERE current_database() <> 'a') AS t;")
    assert project.run("upgrade", "head").code == 3
    told = project.ok("target", "a").out
    lines = told.splitlines()
    assert lines[0] == f"a: server 127.0.0.1:{cluster.port}, database a, user postgres", told
    assert "stands at r001, failed" in lines[1] and lines[2].strip().startswith("psql 'postgresql://postgres@"), told
    assert subprocess.run(lines[2] + " -Atc 'SELECT current_database()'", shell=True, capture_output=True,
                          text=True).stdout == "a\n", told
    assert "upgrade head" in lines[5] and " failed " in lines[5] and "division by zero" in lines[5], told
    assert " deployed " in lines[6] and len(lines) == 7, told
    page = project.ok("target", "b", "--json").json
    assert page["target"]["database"] == "b" and page["target"]["heads"] == ["r002"], page
    assert [(r["result"], r["attempts"]) for r in page["rollouts"]] == [("deployed", 1)] * 2, page
    assert page["rollouts"][0]["rollout"]["actor"] and page["rollouts"][0]["begin_ms"] > 0, page


def test_a_budget_that_is_a_part_is_told_as_the_number_it_is(cluster, project):
    cluster.create(["a", "b", "c"])
    project.chain(1)
    for budget, words in (("1%", "max_failures: 1% of 3: none may fail"), ("70%", "max_failures: 70% of 3: 2 may fail")):
        project.config(cluster.targets(["a", "b", "c"]) + f"rollout: {{max_failures: {budget}}}\n")
        assert words in project.ok("plan").out
    project.config(cluster.targets(["a", "b", "c"]) + "rollout: {max_failures: 2}\n")
    assert "max_failures" not in project.ok("plan").out
