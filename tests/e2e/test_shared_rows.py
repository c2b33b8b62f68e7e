"""Revisions that change rows which the databases of a server share: roles, memberships, settings, databases."""
import threading

import pytest

from conftest import Project, wait_until

DATABASES = [f"t_{number:02d}" for number in range(20)]
SCRIPTS = {
    "membership": "GRANT app TO reader;",
    "revoked": "GRANT app TO reader;\nREVOKE app FROM reader;",
    "setting": "ALTER ROLE app SET work_mem = '3MB';",
    "comment": "COMMENT ON ROLE app IS 'of the application';",
    "parameter": "GRANT SET ON PARAMETER log_statement TO app;",
    "tablespace": "GRANT CREATE ON TABLESPACE pg_default TO app;",
    "made": "DO $$BEGIN\n  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fresh') THEN\n    CREATE ROLE fresh;\n"
            "  END IF;\nEND$$;",
    "quoted": "DO $$BEGIN EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', 'app', 9); END$$;",
    "owned": "DO $$BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO reader', current_database()); END$$;\n"
             "DROP OWNED BY reader;",
}


def fleet(project, cluster, names=DATABASES, more=""):
    project.config(cluster.targets(names) + "rollout:\n  concurrency: 20\n  per_server: 20\n" + more)


def most_at_once(cluster, names):
    """How many of the deploys overlapped at one moment, by what each revision wrote of its transaction."""
    spans = [cluster.sql(name, "SELECT begun, ended FROM span")[0] for name in names]
    return max(sum(begun < other_begun < ended for begun, ended in spans) for other_begun, _ in spans) + 1


SPAN = "CREATE TABLE span AS SELECT now() AS begun, clock_timestamp() AS ended;\n"
END = "\nSELECT pg_sleep(0.03);\nUPDATE span SET ended = clock_timestamp();"


def test_twenty_databases_of_one_server(cluster, project):
    """One at a time, so that none fails even once: each kind by itself, and the way down of all."""
    cluster.create(DATABASES)
    cluster.sql("postgres", "CREATE ROLE app; CREATE ROLE reader")
    fleet(project, cluster, more="  retry: {attempts: 1}\n")
    down = []
    for kind, script in SCRIPTS.items():
        project.revision(kind, down, SPAN + script + END, "DROP TABLE span;\n" + SCRIPTS["setting"])
        down = [kind]
        project.ok("upgrade", "head")
        assert most_at_once(cluster, DATABASES) == 1, kind
        for name in DATABASES:
            assert cluster.versions(name) == [kind]
            cluster.sql(name, "ALTER TABLE span RENAME TO " + kind)
    for name in DATABASES:
        cluster.sql(name, "".join(f"ALTER TABLE {kind} RENAME TO span;" if kind == down[0] else f"DROP TABLE {kind};"
                                  for kind in SCRIPTS))
    project.ok("downgrade", "-1", "--yes")


def test_others_are_not_slowed(cluster, project):
    """What each database keeps to itself runs beside; and what only its own row of pg_database says."""
    cluster.create(DATABASES)
    project.revision("r1", [], SPAN + "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''3MB''', current_database());"
                     " END$$;" + END.replace("0.03", "0.5"), "DROP TABLE span;")
    fleet(project, cluster, more="  retry: {attempts: 1}\n")
    project.ok("upgrade", "head")
    assert most_at_once(cluster, DATABASES) > 1


def test_schemas_share_the_row_of_their_database(cluster, project):
    """Which databases do not: there it is one schema at a time."""
    cluster.create(["shared"])
    names = [f"s_{number:02d}" for number in range(12)]
    cluster.sql("shared", "CREATE ROLE app;" + "".join(f"CREATE SCHEMA {name};" for name in names))
    project.revision("r1", [], "GRANT CONNECT ON DATABASE shared TO app;\nSELECT pg_sleep(0.02);")
    project.config(f"targets:\n  - name: '{{schema}}'\n    discover: {{schemas: 's_*', url: '{cluster.url('shared')}'}}\n"
                   "rollout: {concurrency: 12, per_server: 12, retry: {attempts: 1}}\n")
    project.ok("upgrade", "head")


@pytest.mark.parametrize("held, script", [
    ("ALTER ROLE app SET work_mem = '2MB'", "ALTER ROLE app SET work_mem = '3MB';"),       # XX000, simple_heap_update
    ("REVOKE app FROM reader", "REVOKE app FROM reader;"),                                 # XX000, simple_heap_delete
    ("CREATE ROLE fresh", SCRIPTS["made"]),                                                # 23505, pg_authid
    ("GRANT app TO other", "GRANT app TO other;"),                                         # 23505, pg_auth_members
    ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
     "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 3';")])           # XX000, no shared row
def test_somebody_else_changes_the_row(cluster, project, held, script):
    """Not of this rollout: the attempt fails, by fields and not by words, and the next one goes through."""
    cluster.create(["one"])
    cluster.sql("one", "CREATE ROLE app; CREATE ROLE reader; CREATE ROLE other; GRANT app TO reader;"
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER ROLE app SET work_mem = '1MB';"
                "ALTER DATABASE one SET lc_messages = 'C'")
    project.revision("r1", [], script)
    fleet(project, cluster, ["one"], "  lock_timeout: 80s\n  retry: {attempts: 3, backoff: 50ms..100ms}\n")
    other = cluster.hold("one", held)
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("one", "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)], "it waits")
    other.commit()
    other.close()
    result = process.finish()
    assert result.code == 0, result
    assert cluster.sql("one", "SELECT DISTINCT attempt FROM drover_history") == [(2,)]


def test_two_drovers_on_one_server(cluster, project):
    """Neither knows of the other: what collides is tried again."""
    cluster.create(DATABASES)
    cluster.sql("postgres", "CREATE ROLE app; CREATE ROLE reader")
    results = []
    threads = []
    for number in range(2):
        half = Project(project.folder.parent / f"p{number}")
        half.revision("r1", [], SCRIPTS["setting"] + "\n" + SCRIPTS["membership"] + "\nSELECT pg_sleep(0.02);")
        fleet(half, cluster, DATABASES[number::2], "  lock_timeout: 20s\n  retry: {attempts: 40, backoff: 20ms..200ms}\n")
        threads.append(threading.Thread(target=lambda half=half: results.append(half.run("upgrade", "head"))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.code for result in results] == [0, 0], results
    assert all(cluster.versions(name) == ["r1"] for name in DATABASES)


def test_who_waits_for_whom_is_said(cluster, project):
    """One runs, or waits for a stranger; the others say why they do not."""
    cluster.create(DATABASES[:4])
    cluster.sql("postgres", "CREATE ROLE app; ALTER ROLE app SET work_mem = '1MB'")
    project.revision("r1", [], SCRIPTS["setting"])
    fleet(project, cluster, DATABASES[:4], "  lock_timeout: 80s\n  retry: {attempts: 9, backoff: 50ms..100ms}\n")
    other = cluster.hold("postgres", "ALTER ROLE app SET work_mem = '2MB'")
    process = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)], "one waits")
    targets = project.ok("status", "--targets", "--json").json["target_list"]
    assert sorted(target["state"] for target in targets) == ["pending"] * 3 + ["running"], targets
    assert {target["reason"] for target in targets if target["state"] == "pending"} == {
        "one at a time on its server: its revisions change rows that others share"}, targets
    other.commit()
    other.close()
    assert process.finish().code == 0, process.output()


def test_schemas_of_one_database_share_its_catalogs(cluster, project):
    """What 12 schemas make at once in their database, each if it is not there yet: tried again until it is."""
    cluster.create(["shared"])
    names = [f"s_{number:02d}" for number in range(12)]
    cluster.sql("shared", "".join(f"CREATE SCHEMA {name};" for name in names))
    project.revision("r1", [], "CREATE EXTENSION IF NOT EXISTS pgcrypto;\nCREATE SCHEMA IF NOT EXISTS common;\n"
                     "CREATE OR REPLACE FUNCTION common.f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
                     "CREATE TABLE IF NOT EXISTS common.a (id int);\nSELECT pg_sleep(0.02);")
    project.config(f"targets:\n  - name: '{{schema}}'\n    discover: {{schemas: 's_*', url: '{cluster.url('shared')}'}}\n"
                   "rollout: {concurrency: 12, per_server: 12, lock_timeout: 20s, retry: {attempts: 60, backoff: 20ms..200ms}}\n")
    project.ok("upgrade", "head")
