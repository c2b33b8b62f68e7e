"""deploy/terraform: read by HashiCorp's parser, every argument looked up in what its provider documents."""
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import ROOT, check, check_json

FOLDER = ROOT / "deploy/terraform"
TABLE = yaml.safe_load((ROOT / "tests/delivery/terraform_arguments.yaml").read_text())
GUIDE = {"azure_subscription_id", "azure_subscription_name", "azure_tenant_id", "azure_service_principal_id",
         "azure_service_principal_key", "db_host", "db_name", "db_username", "db_password",
         "azure_devops_project_name"}
META = {"count", "for_each", "depends_on", "provider", "lifecycle"}


@pytest.fixture(scope="module")
def parsed():
    return check_json("hcl", FOLDER)


def resources(parsed, kind="resource"):
    for name, instances in parsed[kind].items():
        for label, bodies in instances.items():
            for body in bodies:
                yield name, label, body


def faults(name, body, shape, where):
    """Arguments that are not documented, or missing."""
    arguments = set(shape.get("required", [])) | set(shape.get("optional", []))
    blocks = dict(shape.get("blocks", {}))
    given = {key: value for key, value in body.items() if key not in META and key != "dynamic"}
    dynamic = {key: [item["content"][0] for item in items] for key, items in body.get("dynamic", {}).items()}
    found = [f"{where}: {key} is not documented" for key in given if key not in arguments and key not in blocks]
    found += [f"{where}: dynamic {key} is not documented" for key in dynamic if key not in blocks]
    found += [f"{where}: {key} is missing" for key in shape.get("required", []) if key not in given]
    for key, block in blocks.items():
        for one in list(given.get(key, [])) + dynamic.get(key, []):
            found += faults(name, one, block, f"{where}.{key}")
    for key in TABLE["required_blocks"].get(name, []) if shape is TABLE["resources"].get(name) else []:
        if key not in given and key not in dynamic:
            found.append(f"{where}: block {key} is missing")
    return found


def all_faults(parsed):
    found = []
    for kind, table in (("resource", TABLE["resources"]), ("data", TABLE["data"])):
        for name, label, body in resources(parsed, kind):
            assert name in table, f"{name}: nothing is known of it; add it to terraform_arguments.yaml"
            found += faults(name, body, table[name], f"{name}.{label}")
    return found


def test_every_argument_is_documented(parsed):
    assert all_faults(parsed) == []


def test_the_check_finds_what_is_wrong():
    """The same check on bad ones."""
    bad = {"resource": {"azuredevops_environment": {"x": [{"project_id": "1", "nmae": "y"}]},
                        "azuredevops_variable_group": {"x": [{"project_id": "1", "name": "y", "variable": [
                            {"name": "z", "secret": "q"}]}]},
                        "azuredevops_git_repository": {"x": [{"project_id": "1", "name": "y"}]}}, "data": {}}
    assert all_faults(bad) == [
        "azuredevops_environment.x: nmae is not documented", "azuredevops_environment.x: name is missing",
        "azuredevops_variable_group.x.variable: secret is not documented",
        "azuredevops_git_repository.x: block initialization is missing"]


def test_a_syntax_error_is_found(tmp_path):
    (tmp_path / "bad.tf").write_text('resource "a" "b" {\n  c = \n}\n')
    done = check("hcl", tmp_path)
    assert done.returncode == 1 and "bad.tf:2" in done.stderr, done


def test_the_guides_variables(parsed):
    assert GUIDE <= set(parsed["variable"])
    for name, (variable,) in parsed["variable"].items():
        assert variable["description"] and variable["type"], name
        assert ("default" in variable) == (name not in GUIDE), f"{name}: the guide's file must do"
    example = check_json("tfvars", FOLDER / "terraform.tfvars.example")
    assert set(example) == GUIDE


def test_secrets_are_marked(parsed):
    """A secret is never a plain value, and never in an output."""
    secret = {name for name, (variable,) in parsed["variable"].items() if variable.get("sensitive")}
    assert secret == {"azure_service_principal_key", "db_password", "fleet_secrets"}
    allowed = {"secret_value", "serviceprincipalkey", "administrator_password", "client_secret", "for_each"}

    def walk(value, path):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, path + [key])
        elif isinstance(value, list):
            for inner in value:
                walk(inner, path)
        elif isinstance(value, str) and any(f"var.{name}" in value for name in secret):
            assert path[-1] in allowed, (path, value)
            assert path[-1] != "for_each" or "keys(" in value
    for kind in ("resource", "data", "output", "provider"):
        walk(parsed[kind], [kind])
    variables = parsed["resource"]["azuredevops_variable_group"]["database"][0]
    entries = {entry["name"]: entry for entry in variables["variable"]}
    assert entries["db_password"]["is_secret"] is True and "value" not in entries["db_password"]
    assert {"db_host", "db_name", "db_username", "db_password"} == set(entries)


def test_references_lead_somewhere(parsed):
    """var.X, resource.label.attribute and data.resource.label.attribute exist."""
    text = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.tf")))
    assert {match for match in re.findall(r"\bvar\.(\w+)", text)} <= set(parsed["variable"])
    for name, (_,) in parsed["variable"].items():
        assert re.search(rf"\bvar\.{name}\b", text), f"{name} is used nowhere"
    for kind, table in (("resource", TABLE["resources"]), ("data", TABLE["data"])):
        prefix = r"\bdata\." if kind == "data" else r"(?<!data\.)\b"
        for name, label, rest in re.findall(prefix + r"(azure(?:devops|rm)_\w+)\.(\w+)(?:\[\w+\])?\.?(\w*)", text):
            assert label in parsed[kind].get(name, {}), f"{name}.{label}"
            shape = table[name]
            known = set(shape.get("required", [])) | set(shape.get("optional", [])) | \
                set(TABLE["exported"].get(name, []))
            assert rest in known | {""}, f"{name}.{label}.{rest}"


def test_it_belongs_to_the_pipeline(parsed):
    """Names that the pipeline and Terraform must have in common."""
    defaults = {name: variable.get("default") for name, (variable,) in parsed["variable"].items()}
    template = check_json("yaml", ROOT / "azure-pipelines/templates/db-migration.yml")
    parameters = {entry["name"]: entry.get("default") for entry in template["parameters"]}
    assert (ROOT / defaults["pipeline_path"]).is_file()
    assert defaults["environment_name"] == parameters["environment"]
    assert defaults["variable_group_name"] == parameters["variableGroup"]
    definition = parsed["resource"]["azuredevops_build_definition"]["migration"][0]
    assert definition["name"] == "Database-Migration-Pipeline"
    assert definition["ci_trigger"] == [{"use_yaml": True}]
    hours, = parsed["resource"]["azuredevops_check_business_hours"]["low_traffic"]
    approval, = parsed["resource"]["azuredevops_check_approval"]["deploy"]
    for guard in (hours, approval):
        assert guard["target_resource_type"] == "environment"
        assert guard["target_resource_id"] == "${azuredevops_environment.production.id}"
    assert approval["requester_can_approve"] is False


def test_versions_are_pinned(parsed):
    terraform, = parsed["terraform"]
    providers, = terraform["required_providers"]
    assert {name: entry["source"] for name, entry in providers.items()} == \
        {"azuredevops": "microsoft/azuredevops", "azurerm": "hashicorp/azurerm"}
    assert all(entry["version"].startswith("~> ") for entry in providers.values())


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not in Debian; its parser ran above")
def test_terraform_fmt():
    done = subprocess.run(["terraform", "fmt", "-check", "-diff", FOLDER], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
