"""The JSON schema of drover.yaml: what an editor says with it is what `drover config check` says."""
import json
import subprocess

import jsonschema
import pytest
import yaml

from fleet import DROVER, ROOT

SMALL = {"targets": [{"name": "app", "url": "postgresql://h/app"}]}


@pytest.fixture(scope="module")
def schema():
    done = subprocess.run([DROVER, "help", "--format", "schema"], capture_output=True, text=True, check=True, timeout=60)
    schema = json.loads(done.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return schema


def is_right(schema, document):
    return jsonschema.Draft7Validator(schema).is_valid(document)


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_the_samples_are_right(schema, path):
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(yaml.safe_load(path.read_text())))
    assert not errors, errors


def test_every_option_is_in_it(schema):
    text = json.dumps(schema)
    reference = (ROOT / "docs/reference/configuration.md").read_text()
    keys = {line.split("`")[1] for line in reference.splitlines() if line.startswith("| `") and line.count("|") == 5}
    assert len(keys) > 50
    for key in keys:
        assert f'"{key}": {{' in text, key


@pytest.mark.parametrize("change", [
    {"rollout": {"concurrency": 0}},
    {"rollout": {"concurency": 4}},
    {"rollout": {"lock_timeout": "2x"}},
    {"rollout": {"retry": {"backoff": "1s"}}},
    {"rollout": {"on_failure": "panic"}},
    {"rollout": {"transaction": "statement"}},
    {"rollout": {"waves": [{"select": "tier=free"}]}},
    {"rollout": {"throttle": [{"probe": "weather", "threshold": 1}]}},
    {"rollout": {"throttle": [{"probe": "replication_lag"}]}},
    {"windows": [{"kind": "maybe", "schedule": "0 1 * * *", "duration": "1h"}]},
    {"password": "secret"},
    {"password": {"env": "not a name"}},
    {"coordinator": "http://host"},
    {"version_table": "v" * 64},
    {"targets": [{"url": "postgresql://h/app"}]},
    {"targets": [{"name": "app", "discover": {"schemas": "t_*"}}]},
])
def test_what_is_wrong_is_wrong_for_both(schema, tmp_path, change):
    document = {**SMALL, **change}
    (tmp_path / "drover.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run([DROVER, "config", "check"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 78, done.stderr
    assert not is_right(schema, document)


@pytest.mark.parametrize("change", [
    {},
    {"migrations": {"alembic": "alembic.ini"}},
    {"rollout": {"concurrency": "64", "max_failures": "1%", "rediscover": "off", "lock_timeout": "1m30s"}},
    {"rollout": {"retry": {"attempts": 3, "backoff": "250ms..1m"}, "on_failure": "rollback"}},
    {"rollout": {"waves": [{"name": "canary", "canary": {"per_cohort": 1}, "soak": "off"},
                           {"name": "rest", "ramp": [1, "20%"], "checks": ["SELECT true"], "approve": True}]}},
    {"password": {"command": "print-token", "ttl": "5m"}},
    {"targets": [{**SMALL["targets"][0], "labels": {"tier": "free"}}],
     "windows": [{"kind": "deny", "schedule": "@daily", "duration": "1h", "select": {"tier": ["free", "paid"]}}]},
])
def test_what_is_right_is_right_for_both(schema, tmp_path, change):
    document = {**SMALL, **change}
    (tmp_path / "drover.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run([DROVER, "config", "check"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert is_right(schema, document)


def test_a_new_project_names_it(schema, tmp_path):
    done = subprocess.run([DROVER, "init"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "drover.schema.json\n" in done.stdout, done
    first = (tmp_path / "drover.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=drover.schema.json"
    assert json.loads((tmp_path / "drover.schema.json").read_text()) == schema
    assert is_right(schema, yaml.safe_load((tmp_path / "drover.yaml").read_text()))
    (tmp_path / "drover.yaml").unlink()
    (tmp_path / "drover.schema.json").write_text("{}")
    done = subprocess.run([DROVER, "init"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and (tmp_path / "drover.schema.json").read_text() == "{}"
