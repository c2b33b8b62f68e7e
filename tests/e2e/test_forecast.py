"""How long it will take: `plan` and `status` tell it, from what deploys were measured to take."""
import datetime
import time

from conftest import wait_until

NAMES = [f"tenant_{number}" for number in range(6)]
NEVER = "tenant_5"


def fleet(cluster, project, extra=""):
    project.revision("r001", [], "CREATE TABLE applied (revision text); SELECT pg_sleep(1.2);", "DROP TABLE applied;")
    lines = ["migrations: migrations", "targets:"]
    for number, name in enumerate(NAMES):
        lines += [f"  - name: {name}", f"    url: {cluster.url(name)}",
                  f"    labels: {{slot: s{number}}}"]
    project.config("\n".join(lines) + "\n" + extra)


def test_plan_tells_windows_and_what_never_fits(cluster, project):
    """Nothing is known before the first deploy; then the plan says when, and what fits no window."""
    cluster.create(NAMES)
    fleet(cluster, project)
    before = project.ok("plan", "--json").json["forecast"]
    assert before["finish_ms"] is None and before["reason"] == "no deploy was measured yet", before
    assert [wave["name"] for wave in before["waves"]] == ["all"]
    project.ok("upgrade", "head", "--where", "slot=s1")

    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
    fleet(cluster, project, f"""
rollout:
  waves:
    - {{name: canary, count: 1, soak: 10m}}
    - {{name: rest, approve: true}}
windows:
  - {{kind: allow, schedule: "0 {soon.hour} * * *", duration: 1h, timeZone: UTC, select: {{slot: s4}}}}
  - {{kind: allow, schedule: "*/5 * * * *", duration: 1s, timeZone: UTC, select: {{slot: s5}}}}
""")
    now = time.time() * 1000
    planned = project.ok("plan", "--json").json["forecast"]
    opens = soon.replace(minute=0, second=0, microsecond=0).timestamp() * 1000
    assert planned["measured"] == 1, planned
    assert planned["never"] == 1 and planned["never_targets"] == [NEVER], planned
    assert opens + 1200 <= planned["finish_ms"] < opens + 60_000, planned
    assert "wave rest is approved" in planned["reason"], planned
    canary, rest = planned["waves"]
    assert canary["finish_ms"] - canary["start_ms"] >= 600_000 and rest["start_ms"] >= now + 600_000, planned
    windows = {window["schedule"]: window for window in planned["windows"]}
    night = windows[f"0 {soon.hour} * * * for 1h UTC"]
    assert night["targets"] == 1 and night["start_ms"] == opens, planned
    assert windows["always"]["targets"] == 3, planned
    shown = project.ok("plan").out
    assert "forecast: expected to end" in shown and f"1 target fits no window: {NEVER}" in shown, shown
    assert cluster.versions(NAMES[0]) is None


def test_status_tells_the_end_of_a_running_rollout(cluster, project):
    """What the coordinator foretells after the first targets is when it is over, within the noise."""
    cluster.create(NAMES)
    fleet(cluster, project, "rollout: {concurrency: 1}\n")
    project.coordinator()
    project.start("worker")
    client = project.start("upgrade", "head")

    def foretold():
        status = project.run("status", "--json")
        if status.code not in (0, 5) or not status.json.get("forecast"):
            return None
        forecast = status.json["forecast"]
        return forecast if forecast["measured"] >= 2 else None
    forecast = wait_until(foretold, "a forecast from two deploys")
    assert forecast["finish_ms"] > 0 and forecast["reason"] == "", forecast
    assert client.finish().code == 0
    late = time.time() * 1000 - forecast["finish_ms"]
    assert -2000 < late < 5000, (late, forecast)
    project.ok("status", "--json")


def test_an_end_that_nobody_can_know_is_not_foretold(cluster, project):
    """One of three is locked out by a report: no time slides along, and the one is named."""
    names = NAMES[:3]
    cluster.create(names)
    project.config(cluster.targets(names) + "rollout: {lock_timeout: 10m, concurrency: 1}\n")
    project.revision("r001", [], "CREATE TABLE applied ();")
    project.revision("r002", ["r001"], "LOCK TABLE applied;")
    project.ok("upgrade", "r001")
    holder = cluster.hold(names[2], "LOCK TABLE applied")
    project.coordinator()
    project.start("worker")
    upgrade = project.start("upgrade", "head")

    def named():
        forecast = project.ok("status", "--json").json.get("forecast") or {}
        return forecast if "times longer than the others" in forecast.get("reason", "") else None
    forecast = wait_until(named, "the one that is in the way is named")
    assert forecast["reason"].startswith(names[2] + " runs ") and forecast["finish_ms"] is None, forecast
    assert [wave["finish_ms"] for wave in forecast["waves"]] == [None], forecast
    status = project.ok("status").out
    assert "its end is not known: " + names[2] + " runs" in status.replace("\n", " "), status
    assert "expected to end" not in status, status
    holder.rollback()
    holder.close()
    assert upgrade.finish().code == 0
