"""Fleets: discovery, waves, caps, both shapes, questions."""
import json

import pytest

from conftest import assert_exactly_once, wait_until

pytestmark = pytest.mark.every_server


def fleet_config(cluster, rollout="", labels=""):
    return ("migrations: migrations\n"
            "targets:\n"
            "  - name: '{database}'\n"
            f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n"
            f"    labels: {{kind: database{labels}}}\n"
            "  - name: 'shared/{schema}'\n"
            f"    discover: {{schemas: 't_*', url: '{cluster.url('shared')}'}}\n"
            "    labels: {kind: schema}\n"
            "  - name: '{name}'\n"
            "    discover:\n"
            "      query: select name, url, tier from catalogue where active\n"
            f"      url: {cluster.url('catalogue')}\n" + rollout)


def build_fleet(cluster, databases=6, schemas=4):
    names = [f"tenant_{n:02d}" for n in range(databases)]
    cluster.create([*names, "shared", "catalogue", "listed", "asleep", "unrelated"])
    for n in range(schemas):
        cluster.sql("shared", f"CREATE SCHEMA t_{n:02d}")
    cluster.sql("catalogue", "CREATE TABLE catalogue (name text, url text, tier text, active boolean)")
    cluster.sql("catalogue", "INSERT INTO catalogue VALUES ('listed', %s, 'gold', true), ('asleep', %s, 'gold', false)",
                (cluster.url("listed"), cluster.url("asleep")))
    return names


def test_discovery_and_targets(cluster, project):
    names = build_fleet(cluster)
    project.chain(2)
    project.config(fleet_config(cluster))
    targets = project.ok("targets", "--json").json["targets"]
    assert sorted(t["name"] for t in targets) == sorted([*names, *[f"shared/t_{n:02d}" for n in range(4)], "listed"])
    by_name = {t["name"]: t for t in targets}
    assert by_name["shared/t_01"]["schema"] == "t_01"
    assert by_name["listed"]["labels"]["tier"] == "gold"
    assert by_name["tenant_00"]["labels"]["kind"] == "database"
    assert "tenant_00" in project.ok("targets").out
    assert not (project.folder / ".drover").exists(), "a question leaves no trace"


def test_waves_in_order_in_one_process(cluster, project):
    names = build_fleet(cluster)
    project.chain(3)
    project.config(fleet_config(cluster, "rollout:\n  waves:\n"
                                         "    - {name: canary, select: {tier: gold}}\n"
                                         "    - {name: schemas, select: {kind: schema}}\n"
                                         "    - {name: rest}\n"))
    result = project.ok("upgrade", "head")
    for wave in ("canary", "schemas", "rest"):
        assert wave in result.out + result.err
    finished = {}
    for name in [*names, "listed"]:
        assert_exactly_once(cluster, name, ["r001", "r002", "r003"])
        finished[name] = cluster.sql(name, "SELECT min(at), max(at) FROM applied")[0]
    schema_times = []
    for n in range(4):
        assert_exactly_once(cluster, "shared", ["r001", "r002", "r003"], schema=f"t_{n:02d}")
        schema_times.append(cluster.sql("shared", f"SELECT min(at), max(at) FROM t_{n:02d}.applied")[0])
    assert finished["listed"][1] < min(start for start, _ in schema_times)
    assert max(end for _, end in schema_times) < min(finished[name][0] for name in names)
    for untouched in ("unrelated", "asleep", "catalogue", "postgres"):
        assert cluster.versions(untouched) is None


def test_targets_at_different_revisions_take_their_own_paths(cluster, project):
    names = [f"tenant_{n}" for n in range(4)]
    cluster.create(names)
    revisions = project.chain(5)
    for name, spec in zip(names, ("r001", "r003", "r005")):
        project.ok("upgrade", spec, "--url", cluster.url(name))
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n")
    project.ok("upgrade", "head")
    for name in names:
        assert_exactly_once(cluster, name, revisions)
    project.ok("downgrade", "-2", "--yes")
    for name in names:
        assert cluster.versions(name) == ["r003"]
        assert [r[0] for r in cluster.sql(name, "SELECT revision FROM applied ORDER BY at")] == revisions[:3]
    project.ok("downgrade", "base", "--yes")
    assert cluster.versions(names[0]) == []


def test_json_events_and_questions(cluster, project):
    build_fleet(cluster)
    project.chain(2)
    project.config(fleet_config(cluster))
    events = project.ok("upgrade", "head", "--json").events
    assert events, "one event a line"
    final = events[-1]
    assert final["state"] == "succeeded" and final["exit_code"] == 0, final
    assert project.ok("status", "--json").json["state"] == "succeeded"
    rollouts = project.ok("rollouts", "--json").json["rollouts"]
    assert len(rollouts) == 1 and rollouts[0]["spec"] == "head"
    current = project.ok("current", "--json").json["targets"]
    assert {tuple(t["heads"]) for t in current} == {("r002",)}
    text = project.ok("current").out
    assert "11 targets at r002 (head)" in text, text
    assert "tenant_00" in project.ok("current", "-v").out


def test_caps_are_kept(cluster, project):
    """Every script waits for a lock that the test holds: so many wait at once, and not one more."""
    names = [f"tenant_{n:02d}" for n in range(12)]
    cluster.create(names)
    holders = []
    for name in names:
        cluster.sql(name, "CREATE TABLE gate ()")
        holder = cluster.hold(name, "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
        holders.append(holder)
    project.revision("r001", [], "LOCK TABLE public.gate IN ACCESS SHARE MODE;")
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout: {concurrency: 10, per_server: 5, lock_timeout: 60s}\n")
    process = project.start("upgrade", "head")

    def waiting():
        return {row[0] for row in cluster.sql("postgres", "SELECT datname FROM pg_stat_activity "
                                              "WHERE wait_event_type = 'Lock' AND wait_event = 'relation'")}
    for left in range(len(names), 0, -1):
        expected = min(5, left)
        wait_until(lambda: len(waiting()) == expected, f"{expected} scripts wait")
        status = project.ok("status", "--json").json
        assert status["running"] == expected and status["pending"] == left - expected, status
        first = sorted(waiting())[0]
        holder = holders[names.index(first)]
        holder.rollback()
        wait_until(lambda: cluster.versions(first) == ["r001"], f"{first} is done")
    for holder in holders:
        holder.close()
    assert process.finish().code == 0


def test_services_over_a_unix_socket(cluster, project):
    names = build_fleet(cluster)
    revisions = project.chain(3)
    project.config(fleet_config(cluster))
    coordinator = project.coordinator()
    workers = [project.start("worker", "--name", f"w{n}") for n in range(2)]
    project.ok("upgrade", "head")
    for name in names:
        assert_exactly_once(cluster, name, revisions)
    assert "succeeded" in project.ok("status").out
    assert "r003" in project.ok("current").out
    # Workers that leave in order, and one that comes later.
    for worker in workers:
        assert worker.terminate().code == 0
    late = project.start("worker", "--name", "late")
    project.ok("downgrade", "-1", "--yes")
    assert cluster.versions(names[0]) == ["r002"]
    assert late.terminate().code == 0
    assert coordinator.terminate().code == 0


def test_services_over_loopback_tcp(cluster, project):
    names = build_fleet(cluster)
    revisions = project.chain(2)
    project.config(fleet_config(cluster))
    coordinator = project.start("coordinator", "--listen", "tcp:127.0.0.1:0")
    line = coordinator.wait_for_line("listening on")
    address = line.split("listening on")[1].split()[0].rstrip(",")
    assert address.startswith("tcp:127.0.0.1:") and not address.endswith(":0")
    project.start("worker", "--coordinator", address)
    project.ok("upgrade", "head", "--coordinator", address)
    for name in names:
        assert_exactly_once(cluster, name, revisions)


def test_status_from_another_terminal_during_an_embedded_run(cluster, project):
    cluster.create(["app"])
    project.revision("r001", [], "LOCK TABLE public.gate IN ACCESS SHARE MODE;")
    cluster.sql("app", "CREATE TABLE gate ()")
    project.config(f"targets:\n  - name: app\n    url: {cluster.url('app')}\nrollout: {{lock_timeout: 60s}}\n")
    holder = cluster.hold("app", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                               "AND datname = 'app'"), "the script waits for the lock")
    status = project.ok("status", "--json").json
    assert status["state"] == "deploying" and status["running"] == 1, status
    busy = project.run("upgrade", "r001")
    assert busy.code != 0 and "drover status" in busy.out + busy.err, busy
    holder.rollback()
    holder.close()
    assert process.finish().code == 0
    assert project.ok("status", "--json").json["state"] == "succeeded"


def test_coordinator_refuses_addresses_beyond_loopback(project):
    project.chain(1)
    result = project.run("coordinator", "--listen", "tcp:0.0.0.0:7000", "--url", "postgresql://x@localhost/y")
    assert result.code != 0 and "loopback" in result.err, result


def test_failure_budget_pauses_and_the_same_command_goes_on(cluster, project):
    names = [f"tenant_{n}" for n in range(6)]
    cluster.create(names)
    project.revision("r001", [], "CREATE TABLE applied (revision text, at timestamptz DEFAULT clock_timestamp());\n"
                                 "INSERT INTO applied VALUES ('r001');")
    cluster.sql("tenant_0", "CREATE TABLE applied ()")  # the migration will fail here
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout: {concurrency: 1}\n")
    result = project.run("upgrade", "head")
    assert result.code == 5, result
    assert "42P07" in result.out + result.err and "tenant_0" in result.out + result.err
    cluster.sql("tenant_0", "DROP TABLE applied")
    project.ok("upgrade", "head")
    for name in names:
        assert_exactly_once(cluster, name, ["r001"])
    rollouts = project.ok("rollouts", "--json").json["rollouts"]
    assert len(rollouts) == 1, "the same command went on with the same rollout"


def test_failure_budget_cancel(cluster, project):
    names = [f"tenant_{n}" for n in range(4)]
    cluster.create(names)
    project.revision("r001", [], "CREATE TABLE applied (revision text);")
    cluster.sql("tenant_0", "CREATE TABLE applied ()")
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'tenant_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout: {concurrency: 1, on_failure: cancel}\n")
    result = project.run("upgrade", "head")
    assert result.code == 5, result
    assert cluster.versions("tenant_3") is None
    assert json.loads(project.ok("status", "--json").out)["state"] == "cancelled"
