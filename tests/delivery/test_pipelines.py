"""The pipelines: their files against the official schemas, and their steps run for real, stage by stage, on a fleet
of real databases."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import azure
import pytest
from conftest import ROOT, check, check_json
from fleet import DROVER

PIPELINE = ROOT / "azure-pipelines/db-migration-pipeline.yml"
TEMPLATES = sorted((ROOT / "azure-pipelines/templates").glob("*.yml"))
GITHUB = ROOT / "deploy/ci/github-actions.yml"
GITLAB = ROOT / "deploy/ci/gitlab-ci.yml"
SECRET = "s3cret&Passw%rd"
BASE = [{"name": "migrationTarget", "displayName": "Migration Target"},
        {"name": "customMigrationTarget", "displayName": "Custom Migration Target"},
        {"name": "showSqlStatements", "displayName": "Show SQL Statements"},
        {"name": "targets", "displayName": "Targets"},
        {"name": "waveLimit", "displayName": "Wave limit"},
        {"name": "dryRunOnly", "displayName": "Dry run only"},
        {"name": "confirmBase", "displayName": "Confirm base"}]


# ---- the files ----

def test_files_follow_the_official_schemas():
    for what, files in (("azure", [PIPELINE, *TEMPLATES]), ("github", [GITHUB]), ("gitlab", [GITLAB])):
        done = check(what, *files)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what, file, old, new", [
    ("azure", PIPELINE, "type: boolean", "type: bool"),
    ("azure", PIPELINE, "trigger: none", "triger: none"),
    ("azure", TEMPLATES[0], "timeoutInMinutes: 0", "timeout: 0"),
    ("azure", TEMPLATES[0], "testResultsFormat: JUnit", "testResultsFormat: Junit4"),
    ("github", GITHUB, "runs-on: ubuntu-latest", "run-on: ubuntu-latest"),
    ("gitlab", GITLAB, "resource_group: database-migration", "resource_group: [1]")])
def test_the_schemas_find_what_is_wrong(tmp_path, what, file, old, new):
    text = file.read_text()
    assert old in text
    (tmp_path / file.name).write_text(text.replace(old, new))
    done = check(what, tmp_path / file.name)
    assert done.returncode == 1 and file.name in done.stderr, done


def test_the_form_that_a_person_fills():
    document = check_json("yaml", PIPELINE)
    assert document["trigger"] == document["pr"] == "none" and "schedules" not in document
    shown = document["parameters"]
    assert [entry["name"] for entry in shown] == [entry["name"] for entry in BASE]
    for entry, wanted in zip(shown, BASE):
        assert entry["displayName"].split(" (")[0] == wanted["displayName"]
        assert "default" in entry
    assert shown[0]["values"] == ["head", "base", "custom"]
    # The same form, in the words of the others.
    inputs = check_json("yaml", GITHUB)["on"]["workflow_dispatch"]["inputs"]
    variables = check_json("yaml", GITLAB)["variables"]
    for entry in BASE:
        name = re.sub(r"([A-Z])", r"_\1", entry["name"]).lower()
        assert inputs[name]["description"].startswith(entry["displayName"])
        assert variables[name.upper()]["description"].startswith(entry["displayName"])


def test_two_stages():
    validate, deploy = azure.template(PIPELINE, {})["stages"]
    assert (validate["displayName"], deploy["displayName"]) == ("Validate Migration", "Deploy Migration")
    assert deploy["dependsOn"] == validate["stage"]
    job, = deploy["jobs"]
    assert job["environment"] == "database-production" and "deployment" in job and "runOnce" in job["strategy"]
    for stage in (validate, deploy):
        assert stage["variables"] == [{"group": "database-migration"}]


def test_no_value_becomes_a_part_of_a_script():
    """What a person types and what is secret reaches a script through its environment only."""
    for path in [PIPELINE, *TEMPLATES]:
        scripts = re.findall(r"(?:- bash|script): \|\n((?: +.*\n|\n)+?)(?= *\w[\w ]*:|\Z)", path.read_text())
        for script in scripts:
            assert "${{" not in script and not re.search(r"\$\([\w.]+\)", script.split("displayName")[0]
                                                         .replace("$(cat ", "").replace("$(find ", "")), script
    for job in check_json("yaml", GITHUB)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), step


def test_secrets_go_only_where_they_are_needed():
    for stage in azure.template(PIPELINE, {})["stages"]:
        job, = stage["jobs"]
        steps = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        for step in steps:
            holds = "$(db_password)" in json.dumps({key: value for key, value in step.items() if key != "env"})
            assert not holds, step
            assert ("$(db_password)" in step.get("env", {}).values()) == ("drover " in step.get("bash", "").replace(
                "command -v drover", "")), step["displayName"]


def test_the_template_serves_another_repository(tmp_path):
    steps = [{"bash": "true", "displayName": "Ours"}]
    stages = azure.template(TEMPLATES[0], {"config": "database/drover.yaml", "environment": "other",
                                           "installSteps": steps, "secrets": ["us_password", "eu_password"]})["stages"]
    job, = stages[0]["jobs"]
    assert job["steps"][1] == steps[0] and "Install Drover" not in json.dumps(stages)
    env = job["steps"][2]["env"]
    assert env["CONFIG"] == "database/drover.yaml"
    assert (env["US_PASSWORD"], env["EU_PASSWORD"]) == ("$(us_password)", "$(eu_password)")


def test_scripts_are_clean():
    for document in (azure.template(PIPELINE, {}),):
        for stage in document["stages"]:
            job, = stage["jobs"]
            for step in job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]:
                if "bash" in step:
                    assert step["bash"].startswith("set -euo pipefail\n"), step
                    subprocess.run(["bash", "-n"], input=step["bash"], text=True, check=True)


# ---- the runs ----

@pytest.fixture
def team(cluster, project, tmp_path):
    """A repository with three revisions and a fleet of four, reached with a password."""
    cluster.sql("postgres", f"CREATE ROLE migrator LOGIN PASSWORD '{SECRET}'")
    project.names = ["acme", "bolt", "crow", "dune"]
    cluster.create(project.names, owner="migrator")
    for name in project.names:
        cluster.sql(name, "ALTER SCHEMA public OWNER TO migrator")
    project.chain(3)
    lines = ["targets:"]
    for name in project.names:
        lines += [f"  - name: {name}",
                  f"    url: postgresql://${{DB_USERNAME}}@${{DB_HOST}}:{cluster.port}/{name}",
                  f"    labels: {{tier: {'internal' if name == 'acme' else 'free'}}}"]
    lines += ["password: {env: DB_PASSWORD}", "rollout:", "  waves:",
              "    - {name: canary, select: {tier: internal}}", "    - {name: rest}"]
    project.config("\n".join(lines) + "\n")
    project.cluster = cluster
    path = tmp_path / "bin"
    path.mkdir()
    (path / "drover").symlink_to(DROVER)
    project.path = path
    project.variables = {"db_host": "127.0.0.1", "db_name": "acme", "db_username": "migrator"}
    project.secrets = {"db_password": SECRET}
    project.count = 0

    def run(**parameters):
        project.count += 1
        run = azure.Run(tmp_path / f"run-{project.count}", project.folder, project.variables, project.secrets, path)
        run.validate, run.deploy = azure.template(PIPELINE, parameters)["stages"]
        return run
    project.pipeline = run
    project.versions = lambda: [cluster.versions(name) for name in project.names]
    return project


def both(run):
    """Both stages succeed."""
    validated = run.stage(run.validate)
    assert not validated.failed, validated
    assert condition(run.deploy)
    deployed = run.stage(run.deploy)
    assert not deployed.failed, deployed
    no_secret_anywhere(run)
    return validated, deployed


def condition(stage):
    return azure.evaluate(stage["condition"], {})


def no_secret_anywhere(run):
    for path in run.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in run.result.log


def cases(path):
    return {case.get("name"): [child.tag for child in case] for case in ElementTree.parse(path).iter("testcase")}


def test_head(team):
    run = team.pipeline()
    validated, deployed = both(run)
    assert team.versions() == [["r003"]] * 4
    plan = run.artifacts / "migration-plan-1"
    assert {path.name for path in plan.iterdir()} == {"plan.json", "plan.txt", "revision", "validation.xml"}
    assert cases(plan / "validation.xml") == dict.fromkeys(team.names, [])
    result = run.artifacts / "migration-result-1"
    assert cases(result / "deployment.xml") == dict.fromkeys(team.names, [])
    assert (result / "drover.log").stat().st_size > 0 and (result / "journal.db").is_file()
    digest = re.search(r"[0-9a-f]{64}", (plan / "plan.json").read_text())[0]
    assert digest[:12] in validated.log and digest[:12] in deployed.log, "the plan that was validated is deployed"
    names = [name for name, _, _ in deployed.commands]
    assert "task.uploadsummary" in names and "group" in names and "task.setprogress" in names
    assert "task.uploadsummary" in [name for name, _, _ in validated.commands]
    assert "as planned: 4 targets" in deployed.log
    pages = [text for name, _, text in validated.commands if name == "task.uploadsummary"]
    assert any(f"plan {digest}" in open(page).read() for page in pages), "the digest is on the run's page"


def test_sql_is_shown_when_asked(team):
    run = team.pipeline(showSqlStatements=True)
    validated = run.stage(run.validate)
    assert not validated.failed, validated
    text = (run.artifacts / "migration-plan-1/plan.txt").read_text()
    assert "CREATE TABLE applied" in text and "CREATE TABLE applied" in validated.log
    assert team.versions() == [None] * 4


def test_dry_run(team):
    run = team.pipeline(dryRunOnly=True)
    assert not run.stage(run.validate).failed
    assert not condition(run.deploy)
    assert team.versions() == [None] * 4


def test_base_wants_a_second_word(team):
    both(team.pipeline())
    run = team.pipeline(migrationTarget="base")
    refused = run.stage(run.validate)
    assert refused.failed and "Confirm base must say base" in refused.log
    assert "task.logissue" in [name for name, _, _ in refused.commands]
    assert team.versions() == [["r003"]] * 4
    both(team.pipeline(migrationTarget="base", confirmBase="base"))
    assert team.versions() == [[]] * 4


def test_custom_targets(team):
    for target, expected in (("+2", ["r002"]), ("r003", ["r003"]), ("-1", ["r002"]), ("head", ["r003"])):
        both(team.pipeline(migrationTarget="custom", customMigrationTarget=target))
        assert team.versions() == [expected] * 4, target
    run = team.pipeline(migrationTarget="custom")
    assert run.stage(run.validate).failed and "custom needs" in run.result.log


def test_what_a_person_types_is_never_run(team, tmp_path):
    for target in (f"$(touch {tmp_path}/pwned)", f"; touch {tmp_path}/pwned", f"`touch {tmp_path}/pwned`",
                   "##vso[task.setvariable variable=PATH]/evil", "--config=/etc/passwd"):
        for parameters in ({"migrationTarget": "custom", "customMigrationTarget": target}, {"targets": target}):
            run = team.pipeline(**parameters)
            stopped = run.stage(run.validate)
            assert stopped.failed, stopped
            assert not (tmp_path / "pwned").exists()
            assert "task.setvariable" not in [name for name, _, _ in stopped.commands]
    assert team.versions() == [None] * 4


def test_some_targets_only(team):
    both(team.pipeline(targets="tier=internal"))
    assert team.versions() == [["r003"], None, None, None]


def test_wave_limit(team):
    run = team.pipeline(waveLimit=1)
    both(run)
    assert team.versions() == [["r003"], None, None, None]
    assert "as planned: 1 target\n" in run.result.log
    found = cases(run.artifacts / "migration-result-1/deployment.xml")
    assert found == {"acme": [], "bolt": ["skipped"], "crow": ["skipped"], "dune": ["skipped"]}


def test_a_target_that_moved_in_between(team):
    """Approvals take hours: what was validated is what is deployed, or nothing is."""
    run = team.pipeline()
    assert not run.stage(run.validate).failed
    team.ok("upgrade", "+1", "--where", "tier=internal", DB_HOST="127.0.0.1", DB_USERNAME="migrator", DB_PASSWORD=SECRET)
    deployed = run.stage(run.deploy)
    assert deployed.steps["Deploy the validated plan"] == 4, deployed
    assert "acme" in deployed.log
    assert team.versions() == [["r001"], None, None, None]
    assert (run.artifacts / "migration-result-1/drover.log").is_file(), "the log is published all the same"


def test_a_database_that_is_not_fit_stops_the_first_stage(team):
    team.cluster.sql("postgres", "ALTER DATABASE crow SET default_transaction_read_only = on")
    run = team.pipeline()
    stopped = run.stage(run.validate)
    assert stopped.steps["Validate every target and make the plan"] == 4, stopped
    assert cases(run.artifacts / "migration-plan-1/validation.xml")["crow"] == ["failure"]
    assert "task.logissue" in [name for name, _, _ in stopped.commands]
    assert team.versions() == [None] * 4


def test_a_failing_statement_fails_the_second_stage(team):
    team.revision("r003", ["r002"], "SELECT 1 FROM nothing_like_that;")
    run = team.pipeline()
    assert not run.stage(run.validate).failed
    deployed = run.stage(run.deploy)
    assert deployed.steps["Deploy the validated plan"] != 0 and deployed.steps["Versions after"] == 1
    assert "not as planned: 4 targets of 4" in deployed.log
    assert cases(run.artifacts / "migration-result-1/deployment.xml")["acme"] == ["failure"]
    issues = [properties for name, properties, _ in deployed.commands if name == "task.logissue"]
    assert "migrations/r003.sql" in [properties.get("sourcepath") for properties in issues], deployed


def test_a_secret_that_does_not_exist_is_named(team):
    team.secrets = {}
    run = team.pipeline()
    stopped = run.stage(run.validate)
    assert stopped.failed and "DB_PASSWORD is the text $(db_password)" in stopped.log
    assert "must map in its env:" in stopped.log


def test_a_second_attempt_of_the_validation(team):
    run = team.pipeline()
    assert not run.stage(run.validate).failed
    team.ok("upgrade", "+1", DB_HOST="127.0.0.1", DB_USERNAME="migrator", DB_PASSWORD=SECRET)
    assert not run.stage(run.validate, attempt=2).failed
    assert not run.stage(run.deploy).failed, run.result
    assert team.versions() == [["r003"]] * 4


# ---- the others: the same scripts in short ----

def shell(team, script, tmp_path, folder, **environment):
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**team.environment(), "PATH": f"{team.path}:{os.environ['PATH']}",
                               "DB_HOST": "127.0.0.1", "DB_USERNAME": "migrator", "DB_PASSWORD": SECRET,
                               **environment})
    return done.returncode, done.stdout


def github_scripts(inputs):
    """(script, environment) of each `run` of each job."""
    document = check_json("yaml", GITHUB)
    given = {name: entry["default"] for name, entry in document["on"]["workflow_dispatch"]["inputs"].items()}
    given.update(inputs)
    for job in document["jobs"].values():
        scripts = []
        for step in job["steps"]:
            env = {name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: str(given[m[1]]).lower()
                                if isinstance(given[m[1]], bool) else given[m[1]], str(value))
                   for name, value in step.get("env", {}).items() if "secrets." not in str(value)}
            if "run" in step:
                scripts.append((step["run"], {"GITHUB_ACTIONS": "true", "CONFIG": document["env"]["CONFIG"], **env}))
        yield scripts


def gitlab_scripts(variables):
    document = check_json("yaml", GITLAB)
    given = {name: entry["value"] for name, entry in document["variables"].items()}
    given.update({name.upper(): str(value).lower() if isinstance(value, bool) else value
                  for name, value in variables.items()})
    for name in ("Validate Migration", "Deploy Migration"):
        scripts = document[name]["script"] + document[name].get("after_script", [])
        yield [(script, {"GITLAB_CI": "true", **given}) for script in scripts]


@pytest.mark.parametrize("scripts", [github_scripts, gitlab_scripts])
def test_the_others(team, tmp_path, scripts):
    def run(**inputs):
        code, log = 0, ""
        for stage in scripts(inputs):
            for script, environment in stage:
                code, more = shell(team, script, tmp_path, team.folder, **environment)
                log += more
                if code != 0:
                    return code, log
        return code, log
    code, log = run(migration_target="custom", custom_migration_target="+1", show_sql_statements=True)
    assert code == 0, log
    assert team.versions() == [["r001"]] * 4 and "CREATE TABLE applied" in (team.folder / "plan/plan.txt").read_text()
    assert run(targets="tier=internal")[0] == 0
    assert team.versions() == [["r003"]] + [["r001"]] * 3
    assert run(wave_limit="1")[0] == 0
    assert (team.folder / "result/journal.db").is_file()
    code, log = run(migration_target="base")
    assert code != 0 and "must say base" in log
    assert team.versions()[0] == ["r003"]
    code, log = run(migration_target="custom")
    assert code != 0 and "custom needs" in log
    assert SECRET not in log
