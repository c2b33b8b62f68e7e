"""Nothing is passed over in silence: what was asked for and cannot be done, or is not there, is said."""
import os
import subprocess

import pytest

from conftest import DROVER, own_server, wait_until


def one(cluster, project, name="app"):
    """A database and its drover.yaml with one target."""
    cluster.create([name])
    project.config(f"migrations: migrations\ntargets:\n  - name: {name}\n    url: {cluster.url(name)}\n")


@pytest.mark.parametrize("command", [("check",), ("current", "--check-heads"), ("upgrade", "head"), ("validate",),
                                     ("plan",), ("downgrade", "base", "--yes"), ("upgrade", "head", "--sql")])
def test_a_folder_without_revisions_is_refused(cluster, project, command):
    one(cluster, project)
    project.write("migrations/README.md", "The migrations are copied here.\n")
    result = project.run(*command)
    assert result.code == 2 and "there are no revisions in migrations" in result.err, result
    assert cluster.versions("app") is None


def test_without_revisions_a_target_can_still_be_asked(cluster, project):
    one(cluster, project)
    (project.folder / "migrations").mkdir()
    result = project.ok("current")
    assert "passed over" not in result.err, result


def test_what_is_passed_over_is_named(cluster, project):
    one(cluster, project)
    project.chain(1)
    for name in ("spring/r002.sql", "old/2019/r000.SQL", "r003.sql.bak", "r004.psql"):
        project.write("migrations/" + name, "SELECT 1;\n")
    for name in ("README.md", ".r001.sql.swp", "pictures/graph.svg", ".git/x.sql"):
        project.write("migrations/" + name, "\n")
    for command in (["heads"], ["upgrade", "head"]):
        result = project.ok(*command)
        assert "passed over: old/, r003.sql.bak, r004.psql, spring/" in result.err, result
        assert not any(word in result.err for word in ("README", "swp", "pictures", ".git")), result


def test_many_that_are_passed_over_are_counted(project):
    project.chain(1)
    for number in range(25):
        project.write(f"migrations/dump{number:02}.csv", "\n")
    assert "dump09.csv and 15 more" in project.ok("heads").err


def test_an_ending_in_capitals_is_refused(cluster, project):
    one(cluster, project)
    project.chain(1)
    project.write("migrations/r002_colours.SQL", "SELECT 1;\n")
    result = project.run("upgrade", "head")
    assert result.code == 2 and "r002_colours.SQL" in result.err and "rename" in result.err, result
    assert cluster.versions("app") is None


def test_a_pipe_among_the_revisions_is_refused(project):
    project.chain(1)
    os.mkfifo(project.folder / "migrations/r002.sql")
    result = project.run("heads", timeout=20)
    assert result.code == 2 and "r002.sql" in result.err and "ordinary file" in result.err, result


def test_a_template_that_nobody_filled_in_is_refused(cluster, project):
    one(cluster, project)
    project.chain(1)
    project.ok("upgrade", "head")
    path = project.ok("revision", "-m", "add price").out.strip()
    result = project.run("upgrade", "head")
    assert result.code == 4 and "add_price.sql is the template as it was made" in result.out, result
    assert "has no statement" in project.run("upgrade", "head", "--sql").err
    assert cluster.versions("app") == ["r001"]
    text = (project.folder / path).read_text()
    (project.folder / path).write_text("\n".join(line for line in text.splitlines() if "SQL that" not in line) + "\n")
    project.ok("upgrade", "head")
    assert len(cluster.versions("app")) == 1 and cluster.versions("app") != ["r001"]


def test_the_way_down_that_nobody_filled_in_is_no_way_down(cluster, project):
    one(cluster, project)
    project.chain(1)
    path = project.folder / project.ok("revision", "-m", "add price").out.strip()
    path.write_text(path.read_text().replace("-- SQL that upgrades to this revision goes here.",
                                             "CREATE TABLE prices (id int);"))
    project.ok("upgrade", "head")
    before = cluster.versions("app")
    result = project.run("downgrade", "-1", "--yes")
    assert result.code == 4 and "no way down" in result.out, result
    assert cluster.versions("app") == before


def test_a_merge_has_nothing_to_run(cluster, project):
    one(cluster, project)
    project.chain(1)
    for name in ("east", "west"):
        project.revision(name, ["r001"], f"CREATE TABLE {name} (id int);")
    project.ok("merge", "heads", "-m", "both")
    project.ok("upgrade", "head")
    assert len(cluster.versions("app")) == 1
    project.ok("downgrade", "base", "--yes")
    assert cluster.versions("app") == []


@pytest.mark.parametrize("closed, code", [("<&-", 0), ("2>&-", 0), (">&-", 2), ("<&- 2>&-", 0), ("<&- >&- 2>&-", 2)])
def test_closed_streams_harm_nothing(cluster, project, closed, code):
    """What is printed must not land in the journal, which would take the number of the closed stream."""
    one(cluster, project)
    project.chain(2)
    for spec in ("r001", "head"):
        done = subprocess.run(["sh", "-c", f"exec {DROVER} upgrade {spec} {closed}"], cwd=project.folder, text=True,
                              env=project.environment(), capture_output=True, timeout=60)
        assert done.returncode == code, done
    assert cluster.versions("app") == ["r002"]
    assert len(project.ok("rollouts", "--json").json["rollouts"]) == 2


@pytest.mark.parametrize("command", ["upgrade head --sql", "upgrade head", "check", "heads"])
def test_a_configuration_from_a_pipe(cluster, project, command):
    """`-c <(envsubst <drover.yaml)`: read once, and what lies beside it is what lies here."""
    one(cluster, project)
    project.chain(1)
    project.ok("upgrade", "head")
    done = subprocess.run(["bash", "-c", f"{DROVER} {command} -c <(cat drover.yaml)"], cwd=project.folder, text=True,
                          env=project.environment(), capture_output=True, timeout=60)
    assert done.returncode == 0, done
    done = subprocess.run(["bash", "-c", f"cat drover.yaml | {DROVER} {command} -c /dev/stdin"], cwd=project.folder,
                          text=True, env=project.environment(), capture_output=True, timeout=60)
    assert done.returncode == 0, done


def test_a_plan_from_a_pipe(cluster, project):
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'right'")
    cluster.create(["app"], owner="app")
    project.config(f"migrations: migrations\ntargets:\n  - name: app\n    url: {cluster.url('app', user='app')}\n"
                   "    password: {file: secret}\n")
    project.write("secret", "right\n")
    project.chain(1)
    project.ok("plan", "-o", "plan.json")
    done = subprocess.run(["bash", "-c", f"{DROVER} upgrade head --plan <(cat plan.json)"], cwd=project.folder, text=True,
                          env=project.environment(), capture_output=True, timeout=60)
    assert done.returncode == 0, done


def test_urls_as_other_tools_write_them(cluster, project):
    cluster.create(["app"])
    project.chain(1)
    url = cluster.url("app")
    for text in (url.replace("postgresql:", "postgresql+asyncpg:"), url + "\n", f"  {url} \r\n"):
        assert "r001" in project.ok("upgrade", "head", DATABASE_URL=text).out or cluster.versions("app") == ["r001"]
    for text, needle in ((url + "?schema=public", '"schema"'), (f"'{url}'", "quotation mark"),
                         (url.replace("postgresql:", "postgis:"), "postgis:")):
        result = project.run("current", DATABASE_URL=text)
        assert result.code == 78 and needle in result.err, result


def test_a_role_that_may_only_read_can_ask(cluster, project):
    cluster.create(["app"])
    project.chain(2)
    project.ok("upgrade", "r001", "--url", cluster.url("app"))
    cluster.sql("postgres", "CREATE ROLE reader LOGIN PASSWORD 'x'")
    url = cluster.url("app", user="reader")
    asked = {"PGPASSWORD": "x"}
    result = project.run("check", "--url", url, **asked)
    assert result.code == 2 and 'may not read "public"."alembic_version"' in result.out + result.err, result
    cluster.sql("app", "GRANT SELECT ON alembic_version TO reader")
    assert project.run("check", "--url", url, **asked).code == 1
    project.ok("upgrade", "head", "--url", cluster.url("app"))
    assert "1 target at the head" in project.ok("check", "--url", url, **asked).out
    current = project.ok("current", "-v", "--url", url, **asked)
    assert "r002 (head)" in current.out and "seen" not in current.out + current.err, current
    assert project.run("upgrade", "head", "--url", url, **asked).code == 4


def test_a_standby_can_be_asked(cluster, project):
    cluster.create(["app"])
    project.chain(2)
    project.ok("upgrade", "r001", "--url", cluster.url("app"))
    with own_server(standby_of=cluster) as standby:
        url = standby.url("app")
        assert project.run("check", "--url", url).code == 1
        project.ok("upgrade", "head", "--url", cluster.url("app"))
        wait_until(lambda: standby.versions("app") == ["r002"], "the standby has followed")
        project.ok("check", "--url", url)
        assert "r002 (head)" in project.ok("current", "--url", url).out
        assert project.run("upgrade", "head", "--url", url).code == 4


def test_a_database_that_only_reads_can_be_asked(cluster, project):
    one(cluster, project)
    project.chain(1)
    project.ok("upgrade", "head")
    cluster.sql("postgres", "ALTER DATABASE app SET default_transaction_read_only = on")
    project.ok("check")
    assert project.run("upgrade", "head").code == 4


def late_fleet(cluster, project):
    """r003 has run on `ahead` before r002b came to stand below it; `behind` is at r002."""
    cluster.create(["ahead", "behind"])
    project.config(cluster.targets(["ahead", "behind"]))
    project.chain(3)
    project.ok("upgrade", "r002", "--where", "target=behind")
    project.ok("upgrade", "head", "--where", "target=ahead")
    project.revision("r002b", ["r002"], "CREATE TABLE audit (id int);", "DROP TABLE audit;")
    path = project.folder / "migrations/r003.sql"
    path.write_text(path.read_text().replace("Revises: r002", "Revises: r002b"))


@pytest.mark.parametrize("command", [("check",), ("current",), ("validate", "head")])
def test_a_lock_on_the_version_table_is_told(cluster, project, command):
    """Within seconds: a forgotten transaction in one database must not keep the whole fleet waiting."""
    cluster.create(["app"])
    project.config(f"""migrations: migrations
targets: [{{name: app, url: "{cluster.url('app')}"}}]
rollout: {{lock_timeout: 1s, retry: {{attempts: 1}}}}
""")
    project.chain(1)
    project.ok("upgrade", "head")
    holder = cluster.hold("app", "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    result = project.run(*command)
    holder.close()
    told = result.out + result.err
    assert result.code != 0 and "lock timeout" in told and "app" in told, result


def test_a_revision_merged_below_the_head_is_told(cluster, project):
    late_fleet(cluster, project)
    project.ok("upgrade", "head", "--where", "target=behind")
    check = project.run("check")
    assert check.code == 3 and "r002b never ran here" in check.err and "targets: ahead" in check.err, check
    result = project.run("upgrade", "head")
    assert result.code == 4 and "r002b never ran here: it came to stand below r003" in result.out, result
    project.revision("r004", ["r003"], "SELECT 1;")
    assert project.run("upgrade", "head", "--where", "target=ahead").code == 4
    assert cluster.versions("ahead") == ["r003"]


def test_ways_out_of_a_late_revision(cluster, project):
    late_fleet(cluster, project)
    project.ok("upgrade", "head", "--where", "target=behind")
    cluster.sql("ahead", "CREATE TABLE audit (id int)")  # by hand
    project.ok("stamp", "--purge", "--yes", "r003", "--where", "target=ahead")
    project.ok("check")
    project.revision("r004", ["r003"], "SELECT 1;")
    project.ok("upgrade", "head")
    project.ok("check")


def test_a_late_revision_goes_on_top(cluster, project):
    late_fleet(cluster, project)
    for name, old, new in (("r003", "r002b", "r002"), ("r002b", "r002", "r003")):
        path = project.folder / f"migrations/{name}.sql"
        path.write_text(path.read_text().replace(f"Revises: {old}", f"Revises: {new}"))
    project.ok("upgrade", "head")
    for name in ("ahead", "behind"):
        assert cluster.versions(name) == ["r002b"]
    project.ok("check")


def test_squashed_revisions_are_not_taken_for_late_ones(cluster, project):
    one(cluster, project)
    project.chain(3)
    project.ok("upgrade", "head")
    for name in ("r001", "r002"):
        (project.folder / f"migrations/{name}.sql").unlink()
    project.revision("squash", [], "CREATE TABLE applied (revision text);")
    path = project.folder / "migrations/r003.sql"
    path.write_text(path.read_text().replace("Revises: r002", "Revises: squash"))
    project.ok("check")
    project.ok("upgrade", "head")


FORGETFUL = """targets:
  - name: office
    url: {url}
  - name: "{{schema}}"
    discover: {{schemas: "{pattern}", url: "{url}"{more}}}
"""


@pytest.mark.parametrize("command, code", [(("targets",), 3), (("plan",), 4), (("upgrade", "head"), 4),
                                           (("validate",), 4), (("check",), 3)])
def test_a_discovery_that_finds_nothing_has_failed(cluster, project, command, code):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA org_blue")
    project.chain(1)
    project.config(FORGETFUL.format(url=cluster.url("app"), pattern="orgs_*", more=""))
    result = project.run(*command)
    assert result.code == code and 'the pattern "orgs_*" matches nothing' in result.out + result.err, result
    assert cluster.versions("app") is None


def test_min_says_how_many_a_discovery_must_find(cluster, project):
    cluster.create(["app"])
    cluster.sql("app", "CREATE SCHEMA org_blue; CREATE SCHEMA org_red")
    project.chain(1)
    url = cluster.url("app")
    project.config(FORGETFUL.format(url=url, pattern="orgs_*", more=", min: 0"))
    project.ok("upgrade", "head")
    project.config(FORGETFUL.format(url=url, pattern="org_*", more=", min: 3"))
    result = project.run("upgrade", "head")
    assert result.code == 4 and 'the pattern "org_*" matches 2, which is less than 3' in result.out, result
    project.config(FORGETFUL.format(url=url, pattern="org_*", more=", min: 2"))
    project.ok("upgrade", "head")
    assert cluster.versions("app", "org_red") == ["r001"]


def test_a_query_that_gives_nothing_has_failed(cluster, project):
    one(cluster, project)
    project.chain(1)
    project.config("targets:\n  - name: '{name}'\n    discover: {query: \"SELECT 'a' AS name, '' AS url WHERE false\", "
                   f"url: '{cluster.url('app')}'}}\n")
    result = project.run("upgrade", "head")
    assert result.code == 4 and "the query gives nothing" in result.out, result


@pytest.mark.parametrize("spec, code", [("-1", 4), ("r002b", 4), ("r002", 4), ("base", 4)])
def test_a_late_revision_is_not_undone(cluster, project, spec, code):
    """Its way down would take away what it never made."""
    late_fleet(cluster, project)
    cluster.sql("ahead", "CREATE TABLE audit (id int)")  # somebody else's
    result = project.run("downgrade", spec, "--yes", "--where", "target=ahead")
    assert result.code == code and "r002b never ran here, and this would undo it" in result.out, result
    assert cluster.versions("ahead") == ["r003"]


def test_what_stands_on_a_late_revision_can_be_taken_back(cluster, project):
    late_fleet(cluster, project)
    cluster.sql("ahead", "UPDATE alembic_version SET version_num = 'r004'")  # by another checkout
    project.revision("r004", ["r003"], "SELECT 1;")
    project.ok("downgrade", "-1", "--yes", "--where", "target=ahead")
    assert cluster.versions("ahead") == ["r003"]


@pytest.mark.parametrize("begun", [False, True])
def test_statement_pooling_is_told_at_the_gate(cluster, project, pooler, begun):
    """Also where the version table stands already, so that each question by itself is answered."""
    cluster.create(["app"])
    project.chain(2)
    if begun:
        project.ok("upgrade", "r001", "--url", cluster.url("app"))
    url = pooler("statement").url("app")
    for command in (["upgrade", "head"], ["plan"], ["validate"]):
        result = project.run(*command, "--url", url)
        assert result.code == 4 and "pool_mode" in result.out and "statement pooling" in result.out, result
        assert "relation" not in result.out + result.err, result
    assert cluster.versions("app") == (["r001"] if begun else None)


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_other_pooling_is_no_matter(cluster, project, pooler, mode):
    cluster.create(["app"])
    project.chain(2)
    url = pooler(mode).url("app")
    project.ok("upgrade", "r001", "--url", url)
    project.ok("upgrade", "head", "--url", url)
    project.ok("check", "--url", url)


SESSIONS = ["SET search_path = a;", "SELECT set_config('search_path', 'a', false);", "SET ROLE weak;",
            "SET SESSION AUTHORIZATION weak;", "SET default_transaction_read_only = on; SET statement_timeout = 1;",
            "CREATE TEMP TABLE alembic_version (version_num text);", "PREPARE q AS SELECT 1;",
            "create or replace temporary view applied as select 1;",
            "DO $$ BEGIN PERFORM set_config('role', 'weak', false); END $$;", "SELECT pg_advisory_lock(3); LISTEN x;"]


def test_sql_that_is_printed_means_what_the_rollout_means(cluster, project):
    """Each revision leaves something in the session; the next one and the version rows must not see it."""
    cluster.sql("postgres", "CREATE ROLE weak")
    cluster.create(["printed"])
    one(cluster, project)
    project.revision("r00", [], "CREATE SCHEMA a; CREATE TABLE applied (revision text);", "DROP TABLE applied; DROP SCHEMA a;")
    for number, statements in enumerate(SESSIONS):
        project.revision(f"r{number + 1:02}", [f"r{number:02}"],
                         f"INSERT INTO applied VALUES ('{number}');\nCREATE TABLE t{number} ();\n{statements}",
                         f"DROP TABLE t{number};\n{statements}")

    def printed(*arguments):
        text = project.ok(*arguments, "--sql").out
        done = subprocess.run(["psql", "-qv", "ON_ERROR_STOP=1", cluster.url("printed")], input=text, text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, (done, text)

    def tables(database):
        return cluster.sql(database, "SELECT schemaname, tablename, tableowner FROM pg_tables WHERE schemaname IN "
                                     "('a', 'public') AND tablename !~ '^drover' ORDER BY 1, 2")
    project.ok("upgrade", "head")
    printed("upgrade", "head")
    assert tables("printed") == tables("app") and len(tables("app")) == len(SESSIONS) + 2
    assert cluster.versions("printed") == cluster.versions("app")
    project.ok("downgrade", "base", "--yes")
    printed("downgrade", "head:base")
    assert tables("printed") == tables("app")
