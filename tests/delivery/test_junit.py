"""--junit: one case for each target, of the shape that build servers read."""
import pathlib
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

SCHEMA = pathlib.Path(__file__).with_name("junit.xsd")


def read(project, name="results.xml"):
    path = project.folder / name
    done = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + path.read_text()
    suites = ElementTree.parse(path).getroot()
    suite, = suites
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    skipped = sum(case.find("skipped") is not None for case in cases.values())
    failures = sum(case.find("failure") is not None for case in cases.values())
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == \
        (str(len(cases)), str(failures), "0", str(skipped))
    assert (suites.get("tests"), suites.get("failures")) == (suite.get("tests"), suite.get("failures"))
    return suite, cases


def state(case):
    return case[0].tag if len(case) else "passed"


def test_all_is_well(cluster, tenants):
    tenants.ok("upgrade", "head", "--junit", "results.xml")
    suite, cases = read(tenants)
    assert suite.get("name") == "upgrade head"
    assert {name: state(case) for name, case in cases.items()} == dict.fromkeys(tenants.names, "passed")
    assert {case.get("classname") for case in cases.values()} == {f"127.0.0.1:{cluster.port}"}
    properties = {item.get("name"): item.get("value") for item in suite.find("properties")}
    assert properties["state"] == "succeeded" and len(properties["plan"]) == 64


def test_validation_alone(tenants):
    tenants.ok("upgrade", "head", "--validate-only", "--junit", "results.xml")
    _, cases = read(tenants)
    assert {state(case) for case in cases.values()} == {"passed"} and len(cases) == 4


def test_a_failure_stops_the_waves(cluster, tenants):
    tenants.revision("r003", ["r002"], "SELECT '<&>]]>' FROM \"a\x07b\uffff<![CDATA[\";")
    result = tenants.run("upgrade", "head", "--junit", "results.xml")
    assert result.code == 5, result
    _, cases = read(tenants)
    assert {name: state(case) for name, case in cases.items()} == \
        {"acme": "failure", "bolt": "skipped", "crow": "skipped", "dune": "skipped"}
    failure = cases["acme"].find("failure")
    assert failure.get("type") == "sql" and "a?b?<![CDATA[" in failure.get("message")
    assert "at: migrations/r003.sql:" in failure.text and "SQLSTATE: 42P01" in failure.text


def test_the_gate_refuses(cluster, tenants):
    cluster.sql("postgres", "ALTER DATABASE bolt SET default_transaction_read_only = on")
    result = tenants.run("upgrade", "head", "--junit", "results.xml")
    assert result.code == 4, result
    _, cases = read(tenants)
    assert state(cases["bolt"]) == "failure" and cases["bolt"].find("failure").get("type") == "read_only"
    assert {state(cases[name]) for name in ("acme", "crow", "dune")} == {"skipped"}, "validated, but nothing was done"


def test_a_discovery_that_fails_is_a_case(cluster, tenants):
    tenants.config(f"""
targets:
  - name: acme
    url: {cluster.url("acme")}
  - name: "{{database}}"
    discover: {{databases: "*", url: "{cluster.url('no_such_database')}"}}
""")
    result = tenants.run("upgrade", "head", "--junit", "results.xml")
    assert result.code == 4, result
    _, cases = read(tenants)
    bad, = [case for case in cases.values() if case.get("classname") == "discovery"]
    assert state(bad) == "failure" and "no_such_database" in bad.find("failure").get("message")


def test_a_coordinator_answers_as_well(tenants):
    tenants.coordinator()
    tenants.start("worker")
    tenants.ok("upgrade", "head", "--junit", "results.xml")
    _, cases = read(tenants)
    assert {state(case) for case in cases.values()} == {"passed"} and len(cases) == 4


@pytest.mark.parametrize("path", ["no/such/folder/results.xml", "/dev/full"])
def test_a_file_that_cannot_be_written(tenants, path):
    result = tenants.run("upgrade", "head", "--junit", path)
    assert result.code == 2 and f"{path} cannot be written" in result.err, result
