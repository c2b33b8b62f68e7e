"""Steering a rollout: every verb on real databases, from another process, and what it says."""
import json
import re

import pytest
from conftest import assert_exactly_once, wait_until

TARGETS = 12


class Gates:
    """A table in each database that its deploy has to lock: so a deploy runs until the test lets it go."""

    def __init__(self, cluster, names):
        self.cluster = cluster
        self.held = {}
        for name in names:
            cluster.sql(name, "CREATE TABLE public.gate ()")
            connection = cluster.hold(name, "LOCK TABLE public.gate IN ACCESS EXCLUSIVE MODE")
            self.held[name] = connection

    def waiting(self):
        """Databases whose deploy stands before its gate."""
        rows = self.cluster.sql("postgres", "SELECT datname FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                            "AND wait_event = 'relation'")
        return sorted({row[0] for row in rows})

    def open(self, *names):
        for name in names or list(self.held):
            connection = self.held.pop(name)
            connection.rollback()
            connection.close()


@pytest.fixture
def fleet(cluster, project):
    project.names = [f"tenant_{n:02d}" for n in range(TARGETS)]
    cluster.create(project.names)
    project.revision("r001", [], "CREATE TABLE applied (revision text, at timestamptz DEFAULT clock_timestamp());\n"
                                 "INSERT INTO applied VALUES ('r001');", "DROP TABLE applied;")
    project.revision("r002", ["r001"], "LOCK TABLE public.gate IN ACCESS SHARE MODE;\n"
                                       "INSERT INTO applied VALUES ('r002');",
                     "DELETE FROM applied WHERE revision = 'r002';")

    def write_config(rollout, extra=""):
        targets = "".join(f"  - name: {name}\n    url: {cluster.url(name)}\n"
                          f"    labels: {{ring: '{n % 3}'}}\n" for n, name in enumerate(project.names))
        project.config(f"targets:\n{targets}rollout:\n  lock_timeout: 120s\n{rollout}{extra}")
    project.write_config = write_config
    write_config("  concurrency: 4\n  per_server: 4\n")
    return project


def serve(project, workers=1):
    coordinator = project.coordinator()
    for number in range(workers):
        project.start("worker", "--name", f"w{number}")
    return coordinator


def status(project, *arguments):
    return project.ok("status", "--json", *arguments).json


def test_pause_and_resume_of_all(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    running = wait_until(lambda: len(gates.waiting()) == 4 and gates.waiting(), "four deploys run")
    paused = fleet.ok("pause", "--reason", "lunch")
    assert "`drover resume`" in paused.out, paused
    gates.open(*running)
    result = client.finish()
    assert result.code == 5, result
    assert "lunch" in result.out + result.err and "paused" in result.out
    assert sorted(name for name in fleet.names if cluster.versions(name)) == running, "running ones finished"
    assert gates.waiting() == []
    shown = status(fleet)
    assert shown["state"] == "paused" and shown["deployed"] == 4, shown
    gates.open()
    fleet.ok("resume")
    assert fleet.ok("status", "-w").code == 0
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


def test_pause_now_rolls_back_and_requeues(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    fleet.ok("pause", "--now")
    assert client.finish().code == 5, client.output()
    assert gates.waiting() == [], "nothing runs any more"
    assert not any(cluster.versions(name) for name in fleet.names), "it was rolled back"
    assert status(fleet)["pending"] == TARGETS
    gates.open()
    fleet.ok("resume")
    fleet.ok("status", "-w")
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


def test_a_part_waits_and_the_others_go_on(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    said = fleet.ok("pause", "--where", "ring=1", "--reason", "ring 1 is busy").out
    assert 'drover resume --where "ring=1"' in said, said
    ring = [name for n, name in enumerate(fleet.names) if n % 3 == 1]
    gates.open()
    wait_until(lambda: status(fleet)["running"] == 0 and status(fleet)["idle"], "only the held ones are left")
    held = status(fleet, "--where", "state=pending", "--targets")
    assert {target["name"] for target in held["target_list"]} <= set(ring)
    assert held["holds"][0]["scope"] == "ring=1" and held["holds"][0]["reason"] == "ring 1 is busy"
    text = fleet.ok("status").out
    assert "PAUSED PARTS" in text and "ring 1 is busy" in text, text
    assert client.running()
    fleet.ok("resume", "--where", "ring=1")
    assert client.finish().code == 0, client.output()
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


def test_skip_names_the_reason(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    left = [name for name in fleet.names if name not in gates.waiting()]
    said = fleet.ok("skip", left[0], left[1], "no_such_tenant", "--reason", "customer is leaving").out
    assert "2 targets" in said and "2 of the 3 targets named" in said, said
    gates.open()
    result = client.finish()
    assert "2 skipped" in result.out and "SKIPPED" in result.out, result
    skipped = status(fleet, "--where", "state=skipped", "--targets")["target_list"]
    assert [target["name"] for target in skipped] == left[:2]
    assert all("customer is leaving" in target["reason"] for target in skipped)
    assert cluster.versions(left[0]) is None
    assert "customer is leaving" in fleet.ok("status", "--targets", "--where", "state=skipped").out


def test_what_runs_is_stopped_and_skipped(cluster, fleet):
    """At the server too: nothing of it is left that could commit."""
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    running = sorted(gates.waiting())
    idle = next(name for name in fleet.names if name not in running)
    said = fleet.ok("skip", *running[:2], idle, "--reason", "customer is leaving").out
    assert "1 target skipped, 2 running targets told to stop, and skipped once they have" in said, said
    wait_until(lambda: not set(running[:2]) & set(gates.waiting()), "their sessions are stopped")
    wait_until(lambda: status(fleet)["skipped"] == 3, "they are skipped")
    gates.open()
    result = client.finish()
    assert "3 skipped" in result.out, result
    for name in fleet.names:
        if name in [*running[:2], idle]:
            assert cluster.versions(name) is None
        else:
            assert_exactly_once(cluster, name, ["r001", "r002"])


def test_approval_names_the_plan(cluster, fleet):
    fleet.write_config("  waves:\n    - {name: canary, count: 2}\n    - {name: rest, approve: true}\n")
    Gates(cluster, fleet.names).open()
    serve(fleet)
    result = fleet.run("upgrade", "head", "--no-wait")
    assert result.code == 5 and "awaits approval" in result.out and "drover approve --digest" in result.out, result
    digest = status(fleet)["digest"]
    wrong = fleet.run("approve", "--digest", "0123456789")
    assert wrong.code == 2 and digest[:12] in wrong.err, wrong
    none = fleet.run("approve")
    assert none.code == 64 and "--digest" in none.err, none
    # With another budget it is another plan than the one that was looked at.
    fleet.ok("set", "--max-failures", "2")
    assert fleet.run("approve", "--digest", digest[:8]).code == 2
    fleet.ok("approve", "--digest", status(fleet)["digest"][:8], "--reason", "looked at it")
    fleet.ok("status", "-w")
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


def test_set_takes_hold_at_once(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    said = fleet.ok("set", "--concurrency", "7", "--per-server", "7", "--max-failures", "50%", "--lock-timeout", "250ms")
    assert "lock timeout 250 ms" in said.out, said
    wait_until(lambda: len(gates.waiting()) == 7, "seven deploys run")
    gates.open()
    assert client.finish().code == 0, client.output()


def test_retry_of_a_part(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.write_config("  max_failures: 12\n")
    for name in fleet.names[:4]:
        cluster.sql(name, "DROP TABLE gate")
    result = fleet.run("upgrade", "head")
    assert result.code == 3, result
    assert "4 targets: a statement failed" in result.out and "r002" in result.out, result
    # The rollout is over: there is nothing to put back, and it says so.
    late = fleet.run("retry", fleet.names[0])
    assert late.code == 2, late


def test_retry_while_paused(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.write_config("  max_failures: 1\n  concurrency: 1\n")
    for name in fleet.names[:2]:
        cluster.sql(name, "DROP TABLE gate")
    result = fleet.run("upgrade", "head")
    assert result.code == 5, result
    assert "`drover retry`" in result.out, result
    for name in fleet.names[:2]:
        cluster.sql(name, "CREATE TABLE gate ()")
    assert fleet.run("retry", "--where", "state=failed").code in (0, 5)
    fleet.ok("upgrade", "head")
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


def test_rollback_restores_exactly_the_heads_that_were(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.write_config("  waves:\n    - {name: canary, count: 2}\n    - {name: rest}\n")
    fleet.ok("upgrade", "r001", "--where", "ring=0")
    before = {name: cluster.versions(name) or [] for name in fleet.names}
    fleet.ok("upgrade", "head")
    assert all(cluster.versions(name) == ["r002"] for name in fleet.names)
    result = fleet.ok("rollback", "--reason", "bad idea")
    assert "rollback succeeded" in result.out and "12 deployed" in result.out, result
    assert {name: cluster.versions(name) for name in fleet.names} == before
    names = [rollout["verb"] for rollout in fleet.ok("rollouts", "--json").json["rollouts"]]
    assert names == ["rollback", "upgrade", "upgrade"]
    assert "rollback" in fleet.ok("rollouts").out
    again = fleet.run("rollback", "nonsense")
    assert again.code in (2, 64) and "nonsense" in again.err, again


def test_verbs_on_a_run_in_one_process(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    client = fleet.start("upgrade", "head", "--connections", "4")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    fleet.ok("pause", "--where", "target=tenant_11")
    assert status(fleet)["holds"][0]["targets"] == 1
    gates.open()
    wait_until(lambda: status(fleet)["deployed"] == TARGETS - 1, "all others are done")
    fleet.ok("resume", "--target", "tenant_11")
    assert client.finish().code == 0, client.output()
    none = fleet.run("pause")
    assert none.code == 2 and "nothing runs" in none.err, none


@pytest.mark.parametrize("verb", [("pause",), ("pause", "--where", "ring=2"), ("pause", "--now"),
                                  ("skip", "--where", "ring=2,state=pending", "--reason", "later"),
                                  ("set", "--concurrency", "1")], ids=" ".join)
def test_a_verb_outlives_the_coordinator(cluster, fleet, verb):
    gates = Gates(cluster, fleet.names)
    coordinator = serve(fleet)
    fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    answer = fleet.ok(*verb, "--json").json
    coordinator.kill()
    assert answer["event"] == "controlled" and answer["sentence"], answer
    fleet.coordinator()
    shown = status(fleet)
    if verb == ("pause",) or "--now" in verb:
        assert shown["state"] == "paused", shown
    elif verb[0] == "pause":
        assert shown["holds"][0]["scope"] == "ring=2", shown
    elif verb[0] == "skip":
        assert shown["skipped"] == answer["targets"] > 0, shown
    gates.open()
    if verb[0] == "pause":
        fleet.ok("resume")
    fleet.ok("status", "-w") if verb[0] != "skip" else fleet.run("status", "-w")
    skipped = {target["name"] for target in status(fleet, "--where", "state=skipped", "--targets")["target_list"]}
    for name in fleet.names:
        if name not in skipped:
            assert_exactly_once(cluster, name, ["r001", "r002"])


# ---- plans ----

def test_a_kept_plan_runs_as_it_is(cluster, fleet):
    Gates(cluster, fleet.names).open()
    shown = fleet.ok("plan", "-o", "plan.json")
    assert "12 targets  <base> -> r002 (2 steps)" in shown.out, shown
    kept = json.loads((fleet.folder / "plan.json").read_text())
    assert kept["digest"] in shown.out and len(kept["targets"]) == TARGETS
    assert all("password" not in target["url"] and target["wave"] == 1 for target in kept["targets"])
    assert "LOCK TABLE public.gate" in fleet.ok("plan", "--sql").out
    assert not any(cluster.versions(name) for name in fleet.names), "nothing was changed"
    fleet.ok("upgrade", "--plan", "plan.json")
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])
    machine = fleet.ok("plan", "--json").json
    assert machine["state"] == "succeeded" and machine["paths"][0]["steps"] == []


def test_a_plan_that_differs_is_refused_with_the_differences(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.ok("plan", "-o", "plan.json")
    fleet.ok("upgrade", "r001", "--where", "target=tenant_00")
    cluster.create(["tenant_12"])
    fleet.names = [*fleet.names[:10], "tenant_12"]
    fleet.write_config("  concurrency: 5\n  per_server: 4\n")
    result = fleet.run("upgrade", "--plan", "plan.json")
    assert result.code == 4, result
    for line in ("policy: concurrency was 4, is 5", "1 target new: tenant_12", "2 targets gone: tenant_10, tenant_11",
                 "1 target moved since: tenant_00 (<base> -> r001)"):
        assert line in result.out, (line, result)
    assert cluster.versions("tenant_01") is None, "nothing was changed"
    events = fleet.run("upgrade", "--plan", "plan.json", "--json").events
    assert any("1 target new: tenant_12" in event.get("differences", []) for event in events), events

    fleet.revision("r002", ["r001"], "SELECT 'something else';")
    result = fleet.run("upgrade", "--plan", "plan.json")
    assert result.code == 4 and "SQL: r002.sql (r002, up) was changed" in result.out, result


def test_plans_of_other_things(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.ok("plan", "r001", "-o", "plan.json")
    for arguments, code, text in ((("downgrade", "--plan", "plan.json"), 64, "drover upgrade --plan plan.json"),
                                  (("upgrade", "head", "--plan", "plan.json"), 64, "the plan of `drover upgrade r001`"),
                                  (("upgrade", "--plan", "none.json"), 64, "cannot be read"),
                                  (("upgrade", "--plan", "drover.yaml"), 64, "drover.yaml:1:"),
                                  (("upgrade",), 64, "needs REVISION"),
                                  (("upgrade", "head", "--where", "state=failed"), 64, "before a rollout begins"),
                                  (("upgrade", "head", "--where", "ring=9"), 2, "no target of the fleet matches ring=9")):
        result = fleet.run(*arguments)
        assert result.code == code and text in result.out + result.err, (arguments, result)
    down = fleet.ok("plan", "base").out
    assert "downgrade to base" in down, down


def test_until_wave(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.write_config("  waves:\n    - {name: canary, count: 2}\n    - {name: rest}\n")
    fleet.ok("upgrade", "head", "--until-wave", "1")
    assert sum(cluster.versions(name) is not None for name in fleet.names) == 2
    fleet.ok("resume")
    for name in fleet.names:
        assert_exactly_once(cluster, name, ["r001", "r002"])


# ---- status ----

def test_failures_are_grouped_by_cause(cluster, fleet):
    Gates(cluster, fleet.names).open()
    fleet.write_config("  max_failures: 12\n")
    for name in fleet.names[:5]:
        cluster.sql(name, "DROP TABLE gate")
    for name in fleet.names[5:8]:
        cluster.sql(name, "CREATE TABLE applied (revision int)")
    result = fleet.run("upgrade", "head")
    assert result.code == 3, result
    assert "8 failures, 2 causes" in result.out, result
    assert result.out.index("5 targets: a statement failed") < result.out.index("3 targets: a statement failed")
    assert "at: migrations/r002.sql:" in result.out and "revision: r002" in result.out
    assert re.search(r"target failed: tenant_0\d: .* at migrations/r00\d.sql:\d+", result.err), result
    shown = status(fleet)
    assert [(group["count"], group["sqlstate"], group["revision"]) for group in shown["failures"]] == \
        [(5, "42P01", "r002"), (3, "42P07", "r001")]
    part = status(fleet, "--where", "sqlstate=42P07", "--group-by", "label:ring")
    assert part["matching"] == 3 and [group["count"] for group in part["failures"]] == [3]
    assert {group["value"]: group["targets"] for group in part["groups"]} == {"2": 1, "0": 1, "1": 1}
    assert status(fleet, "--where", "revision=r002", "--group-by", "state")["groups"] == \
        [{"value": "failed", "targets": 5, "states": {"failed": 5}}]
    text = fleet.ok("status", "--group-by", "wave", "--where", "state=failed").out
    assert "8 targets with state=failed: 8 failed" in text and "WAVE" in text, text
    assert "No target matches state=running" in fleet.ok("status", "--where", "state=running").out


def test_bad_input_gets_one_clear_error(cluster, fleet):
    gates = Gates(cluster, fleet.names)
    serve(fleet)
    client = fleet.start("upgrade", "head")
    wait_until(lambda: len(gates.waiting()) == 4, "four deploys run")
    rows = ((("pause", "--where", "stat=failed"), 64, "did you mean state?"),
            (("pause", "--where", "rng=1"), 64, "did you mean ring?"),
            (("pause", "--where", "ring in (1"), 64, "--where: column"),
            (("pause", "nobody"), 2, "no target"),
            (("retry", "nobody"), 2, ""),
            (("skip", "tenant_00"), 64, "needs a reason"),
            (("skip", "tenant_00", "--reason", " "), 64, "needs a reason"),
            (("skip", "--reason", "x"), 64, "which targets"),
            (("set",), 64, "what is to be set"),
            (("set", "--max-failures", "many"), 64, "--max-failures"),
            (("set", "--lock-timeout", "0s"), 64, "--lock-timeout"),
            (("set", "--concurrency", "0"), 64, "--concurrency"),
            (("status", "--group-by", "sever"), 64, "did you mean server?"),
            (("status", "--where", "nolabel=1"), 64, "nolabel"),
            (("rollback", "--where", "ring=1"), 64, "takes no option"))
    for arguments, code, text in rows:
        result = fleet.run(*arguments)
        assert result.code == code and text in result.err, (arguments, result)
        assert result.err.count("error:") == 1 and result.out == "", (arguments, result)
    gates.open()
    assert client.finish().code == 0, client.output()


def test_no_worker_is_said(fleet):
    fleet.coordinator()
    client = fleet.start("upgrade", "head")
    client.wait_for_line("No worker is connected to the coordinator: `drover worker` starts one")


def test_control_characters_in_names_are_not_printed(cluster, project):
    cluster.create(["catalogue", "one"])
    cluster.sql("catalogue", "CREATE TABLE catalogue (name text, url text)")
    cluster.sql("catalogue", "INSERT INTO catalogue VALUES (E'evil\\x1b]0;title\\x07name', %s)", (cluster.url("one"),))
    project.chain(1)
    project.config("targets:\n  - name: '{name}'\n    discover:\n      query: select name, url from catalogue\n"
                   f"      url: {cluster.url('catalogue')}\n")
    assert "\x1b" not in project.ok("targets").out
    assert "evil?]0;title?name" in project.ok("targets").out
    project.ok("upgrade", "head")
    shown = project.ok("status", "--targets")
    assert "\x1b" not in shown.out and "evil?]0;title?name" in shown.out, shown
    machine = project.ok("status", "--targets", "--json").json
    assert machine["target_list"][0]["name"] == "evil\x1b]0;title\x07name"


def test_current_of_one_database_at_base(cluster, project):
    cluster.create(["app"])
    project.chain(1)
    assert project.ok("current", "--url", cluster.url("app")).out == "<base>\n"
