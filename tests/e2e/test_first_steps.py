"""What a developer does in the first five minutes, and what happens when they mistype."""
import json
import re
import time

import pytest

from conftest import ROOT


def test_init_revision_upgrade_downgrade(cluster, project):
    cluster.create(["app"])
    url = cluster.url("app")
    project.ok("init")
    assert (project.folder / "drover.yaml").exists() and (project.folder / "migrations").is_dir()
    assert project.run("init").code != 0, "a second init must not overwrite"

    path = project.folder / project.ok("revision", "-m", "Create accounts").out.strip().splitlines()[-1].split()[-1]
    text = path.read_text()
    assert text.startswith("-- Create accounts\n--\n-- Revision ID: ")
    head, tail = text.split("-- migrate:up", 1)
    path.write_text(head + "-- migrate:up\nCREATE TABLE accounts (id int);\n\n-- migrate:down\nDROP TABLE accounts;\n")
    revision = text.split("-- Revision ID: ")[1].split("\n")[0]
    assert len(revision) == 12

    assert project.run("current", "--url", url).code == 0
    assert cluster.versions("app") is None, "asking changes nothing"
    project.ok("upgrade", "head", "--url", url)
    assert cluster.versions("app") == [revision]
    assert cluster.sql("app", "SELECT count(*) FROM accounts") == [(0,)]
    assert revision in project.ok("current", "--url", url).out
    again = project.ok("upgrade", "head", DATABASE_URL=url, *["--url", url])
    assert again.code == 0
    project.ok("downgrade", "-1", "--url", url, "--yes")
    assert cluster.versions("app") == []
    assert cluster.sql("app", "SELECT to_regclass('accounts')") == [(None,)]


def test_database_url_alone_is_a_fleet_of_one(cluster, project):
    cluster.create(["app"])
    project.chain(2)
    project.ok("upgrade", "head", DATABASE_URL=cluster.url("app"))
    assert cluster.versions("app") == ["r002"]
    current = project.ok("current", "--json", DATABASE_URL=cluster.url("app")).json
    assert "r002" in str(current)


def test_sample_chain_up_down_up(cluster, project):
    cluster.create(["chat"])
    project.sample_migrations()
    url = cluster.url("chat")
    heads = project.ok("heads", "--json", "--migrations", "migrations").json["revisions"]
    project.ok("upgrade", "head", "--url", url)
    assert cluster.versions("chat") == [heads[0]["revision"]]
    assert cluster.sql("chat", "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    for _ in range(12):
        project.ok("downgrade", "-1", "--url", url, "--yes")
    assert cluster.versions("chat") == []
    assert cluster.sql("chat", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' "
                               "AND tablename !~ '^(drover_|alembic_)'") == [(0,)]
    project.ok("upgrade", "+3", "--url", url)
    project.ok("upgrade", "head", "--url", url)
    project.ok("downgrade", "base", "--url", url, "--yes")
    assert cluster.versions("chat") == []


def test_sql_without_a_connection(cluster, project):
    project.sample_migrations()
    everything = project.ok("upgrade", "head", "--sql", "--migrations", "migrations").out
    assert everything.startswith("BEGIN;") and "CREATE TABLE alembic_version" in everything
    assert everything.rstrip().endswith("COMMIT;")
    cluster.create(["offline"])
    done = cluster_psql(cluster, "offline", everything)
    assert done.returncode == 0, done.stderr
    history = project.ok("history", "--json", "--migrations", "migrations").json["revisions"]
    assert cluster.versions("offline") == [history[0]["revision"]]
    # And Drover finds nothing to do there.
    result = project.ok("upgrade", "head", "--url", cluster.url("offline"))
    assert "applied" not in result.out.lower() or result.code == 0
    back = project.ok("downgrade", f"{history[0]['revision']}:{history[2]['revision']}", "--sql",
                      "--migrations", "migrations").out
    done = cluster_psql(cluster, "offline", back)
    assert done.returncode == 0, done.stderr
    assert cluster.versions("offline") == [history[2]["revision"]]


def cluster_psql(cluster, database, script):
    import subprocess
    from conftest import PG
    return subprocess.run([PG / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", cluster.url(database)],
                          input=script, text=True, capture_output=True)


def test_history_and_heads(project):
    project.sample_migrations()
    history = project.ok("history", "--migrations", "migrations").out.splitlines()
    assert len(history) == 12
    assert "(head)" in history[0] and "<base> ->" in history[-1]
    heads = project.ok("heads", "--migrations", "migrations").out
    assert "(head)" in heads


def test_broken_statement_is_refused_before_any_database(cluster, project):
    cluster.create(["app"])
    project.chain(1)
    project.revision("r002", ["r001"], "CREATE TABLE x (id int);\nCREATE TABEL y (id int);")
    result = project.run("upgrade", "head", "--url", cluster.url("app"))
    assert result.code != 0
    assert "migrations/r002.sql:9:8" in result.err, result
    assert cluster.versions("app") is None


REFUSED = {
    "\\connect other": ("r002.sql:8:1", "psql"),
    "COPY t FROM STDIN;": ("r002.sql:8:1", "COPY"),
    "CREATE TABLE a (id int);\nCOMMIT;": ("r002.sql:9:1", "COMMIT"),
    "CREATE INDEX CONCURRENTLY i ON applied (revision);": ("r002.sql:8:1", "Transaction: none"),
}


@pytest.mark.parametrize("statement", REFUSED)
def test_refused_constructs_say_why(project, statement):
    project.chain(1)
    project.revision("r002", ["r001"], statement)
    result = project.run("heads", "--migrations", "migrations")
    assert result.code == 2, result
    for needle in REFUSED[statement]:
        assert needle in result.err, (needle, result)


def test_a_faulty_graph_is_refused(project):
    project.chain(2)
    project.revision("r003", ["nowhere"], "SELECT 1;")
    project.write("migrations/copy.sql", (project.folder / "migrations/r002.sql").read_text())
    result = project.run("history", "--migrations", "migrations")
    assert result.code == 2, result
    for needle in ("r003.sql:4", "nowhere", "r002.sql:3", "copy.sql"):
        assert needle in result.err, (needle, result)


def test_configuration_errors_all_at_once(project):
    project.chain(1)
    project.config("migrations: migrations\n"
                   "tragets: []\n"
                   "targets:\n"
                   "  - name: a\n"
                   "    url: postgresql://u:secretword@localhost/a\n"
                   "  - name: a\n"
                   "    url: postgresql://u@localhost/b\n"
                   "rollout:\n"
                   "  concurrency: many\n")
    result = project.run("upgrade", "head")
    assert result.code == 78, result
    assert "drover.yaml:2:1" in result.err and "targets" in result.err
    assert "drover.yaml:9:16" in result.err
    assert "drover.yaml:5" in result.err and "drover.yaml:6" in result.err
    assert "secretword" not in result.err + result.out
    assert project.run("config", "check").code == 78


def test_usage_errors(project):
    result = project.run("upgade", "head")
    assert result.code == 64 and "upgrade" in result.err
    result = project.run("upgrade", "--conections", "3")
    assert result.code == 64 and "--connections" in result.err
    assert project.run("--help").code == 0
    assert "0.1.0" in project.ok("--version").out


def test_every_sample_configuration_is_valid(project):
    for path in sorted((ROOT / "config").glob("*.yaml")):
        project.config(path.read_text())
        (project.folder / "migrations").mkdir(exist_ok=True)
        # Whatever variables the sample takes are set; the hosts are not asked.
        names = {name: "db.example" for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
        result = project.run("config", "check", **names)
        assert result.code == 0, (path, result)


def test_config_check_says_when_windows_open(project):
    project.config((ROOT / "config" / "windows.yaml").read_text())
    (project.folder / "migrations").mkdir(exist_ok=True)
    lines = project.ok("config", "check").out.splitlines()
    assert "2 windows" in lines[0] and len(lines) == 3, lines
    assert ": allow window, " in lines[1] and "closes " in lines[1], lines
    assert ": deny window, " in lines[2] and "closes " in lines[2], lines
    allow, deny = json.loads(project.ok("config", "check", "--json").out)["windows"]
    assert allow["kind"] == "allow" and deny["kind"] == "deny"
    assert allow["closes_ms"] - allow["opens_ms"] == 4 * 3600 * 1000
    assert allow["closes_ms"] > time.time() * 1000 and deny["closes_ms"] > time.time() * 1000
