"""A rollback takes each target back to exactly what it was: the heads, and the schema as pg_dump shows it."""
import json
import re
import shutil
import subprocess

import pytest

from conftest import PG, Project
from steering import Herd, Steered

STANDS = {"d_base": [], "d_a1": ["a1"], "d_b1": ["b1"], "d_b2": ["b2"], "d_both": ["b1", "b2"], "d_m1": ["m1"]}


def graph(project):
    """a1, two branches b1 and b2, merged by m1, then c1."""
    project.revision("a1", [], "CREATE TABLE a (id int PRIMARY KEY, name text);", "DROP TABLE a;")
    project.revision("b1", ["a1"], "ALTER TABLE a ADD COLUMN b1 int;\nCREATE INDEX a_name ON a (name);",
                     "DROP INDEX a_name;\nALTER TABLE a DROP COLUMN b1;")
    project.revision("b2", ["a1"], "CREATE TABLE b (id int REFERENCES a);", "DROP TABLE b;")
    project.revision("m1", ["b1", "b2"], "CREATE VIEW v AS SELECT a.id FROM a JOIN b USING (id);", "DROP VIEW v;")
    project.revision("c1", ["m1"], "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
                     "DROP FUNCTION f();")


@pytest.fixture
def fleet(cluster, project):
    """One database at each place of the graph."""
    graph(project)
    herd = Herd([(cluster, list(STANDS))])
    herd.create()
    other = Project(project.folder.parent / "other")
    shutil.copytree(project.folder / "migrations", other.folder / "migrations")
    for name, heads in STANDS.items():
        for head in heads:
            other.ok("upgrade", head, "--url", cluster.url(name))
    project.config("targets:\n  - name: '{database}'\n"
                   f"    discover: {{databases: 'd_*', url: '{cluster.url('postgres')}'}}\n"
                   "rollout:\n  rediscover: off\n  waves: [{name: canary, count: 2}, {name: rest}]\n")
    herd.somebody = other
    yield herd
    herd.close()


def picture(herd):
    """{database: (heads, schema)} without Drover's own tables, which stay."""
    cluster = herd.clusters[0]
    pictures = {}
    for name in herd.names:
        dump = subprocess.run([PG / "pg_dump", "-s", "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres",
                               "-T", "alembic_version", "-T", "drover_*", name],
                              capture_output=True, text=True, check=True).stdout
        dump = re.sub(r"^\\(un)?restrict .*\n", "", dump, flags=re.M)  # a word drawn anew each time
        pictures[name] = (cluster.versions(name) or [], dump)
    return pictures


@pytest.mark.parametrize("embedded", [False, True])
def test_rollback_of_an_upgrade_over_mixed_revisions(fleet, project, embedded):
    before = picture(fleet)
    assert {name: heads for name, (heads, _) in before.items()} == STANDS
    steered = Steered(project)
    if not embedded:
        steered.begin()
    project.ok("upgrade", "heads")
    after = picture(fleet)
    assert {tuple(heads) for heads, _ in after.values()} == {("c1",)}
    assert len({dump for _, dump in after.values()}) <= len(STANDS)
    if not embedded:
        steered.crash()
    result = project.ok("rollback", "--yes")
    assert "rollback succeeded" in result.out, result
    assert picture(fleet) == before
    # and never there again
    again = project.run("rollback", "--yes")
    assert again.code == 2 and "not taken back yet" in again.err, again
    assert picture(fleet) == before and after != before


@pytest.mark.parametrize("embedded", [False, True])
def test_rollback_after_a_plan_with_another_bundle(fleet, project, embedded):
    before = picture(fleet)
    steered = Steered(project)
    if not embedded:
        steered.begin()
    project.ok("upgrade", "heads")
    project.revision("d1", ["c1"], "CREATE TABLE d (id int);", "DROP TABLE d;")
    project.ok("plan", "heads")
    if not embedded:
        steered.crash()
    result = project.ok("rollback", "--yes")
    assert "rollback succeeded" in result.out, result
    assert picture(fleet) == before


def test_rollback_of_a_downgrade(fleet, project):
    before = picture(fleet)
    project.ok("downgrade", "base", "--yes")
    assert {tuple(heads) for heads, _ in picture(fleet).values()} == {()}
    refused = project.run("rollback", "--yes")
    assert refused.code == 64 and "would go forward" in refused.err, refused
    project.ok(*re.search(r"`drover (rollback \S+)`", refused.err)[1].split(), "--yes")
    assert picture(fleet) == before


def test_what_somebody_moved_meanwhile_is_refused(fleet, project):
    project.ok("upgrade", "m1")
    before = picture(fleet)
    cluster = fleet.clusters[0]
    fleet.somebody.ok("upgrade", "c1", "--url", cluster.url("d_b2"))
    steered = Steered(project).begin()
    moved = picture(fleet)
    result = project.run("rollback", "--yes")
    assert result.code == 4 and "d_b2" in result.out and "moved" in result.out, result
    assert picture(fleet) == moved, "nothing was changed anywhere"
    # mended, the same command does it, though a rollout that changed nothing lies between
    fleet.somebody.ok("downgrade", "m1", "--yes", "--url", cluster.url("d_b2"))
    assert picture(fleet) == before
    steered.crash()
    project.ok("rollback", "--yes")
    assert {name: heads for name, (heads, _) in picture(fleet).items()} == STANDS


def test_a_target_that_somebody_took_back_already_is_left_alone(fleet, project):
    project.ok("upgrade", "heads")
    cluster = fleet.clusters[0]
    fleet.somebody.ok("downgrade", "m1", "--yes", "--url", cluster.url("d_m1"))
    fleet.somebody.ok("downgrade", "m1", "--yes", "--url", cluster.url("d_b1"))  # between
    project.ok("rollback", "--yes")
    assert {name: heads for name, (heads, _) in picture(fleet).items()} == STANDS


def test_rollback_needs_a_way_back(fleet, project):
    assert project.run("rollback", "--yes").code != 0, "there was no rollout"
    project.write("migrations/d1.sql", "-- d1\n--\n-- Revision ID: d1\n-- Revises: c1\n\n-- migrate:up\n"
                                       "CREATE TABLE d ();\n")
    project.ok("upgrade", "heads")
    before = picture(fleet)
    result = project.run("rollback", "--yes")
    assert result.code == 4 and "revision 'd1' has no way down" in result.err, result
    assert picture(fleet) == before


def test_precisely_the_plan_or_nothing(fleet, project, cluster):
    project.ok("plan", "heads", "-o", "plan.json")
    before = picture(fleet)
    plan = json.loads((project.folder / "plan.json").read_text())
    digest = plan["digest"]
    wrong = dict(plan, digest=("0" if digest[0] != "0" else "1") + digest[1:])
    project.write("wrong.json", json.dumps(wrong))
    result = project.run("upgrade", "--plan", "wrong.json")
    assert result.code == 4, result
    assert picture(fleet) == before

    cluster.create(["d_new"])
    result = project.run("upgrade", "--plan", "plan.json")
    assert result.code == 4 and "d_new" in result.out, result
    assert picture(fleet) == before
    cluster.sql("postgres", "DROP DATABASE d_new WITH (FORCE)")

    steered = Steered(project).begin()
    project.ok("upgrade", "--plan", "plan.json")
    assert {tuple(heads) for heads, _ in picture(fleet).values()} == {("c1",)}
    assert steered.status()["digest"] == digest
