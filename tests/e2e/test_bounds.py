"""One target is one target: a silent, huge or hostile database costs its own job, and nobody else's."""
import re

import pytest

from conftest import wait_until
from passage import Passage

BRIEF = """rollout:
  statement_timeout: 1s
  lock_timeout: 1s
  connect_timeout: 2s
  retry: {attempts: 1}
  validate: {max_failures: 1}
  max_failures: 1
"""


@pytest.fixture
def passages():
    made = []

    def make(cluster, **options):
        made.append(Passage(cluster.port, **options))
        return made[-1]
    yield make
    for passage in made:
        passage.close()


def fleet(project, targets, rollout=BRIEF):
    project.config("migrations: migrations\ntargets:\n" +
                   "".join(f"  - name: {name}\n    url: {url}\n" for name, url in targets) + rollout)


def failures(result):
    return " ".join((result.out + result.err).split())


def test_a_server_that_logs_in_and_never_answers(cluster, project, passages):
    names = [f"good{i}" for i in range(5)]
    cluster.create([*names, "evil"])
    project.chain(2)
    silent = passages(cluster, after_login=True)
    fleet(project, [("evil", silent.url("evil"))] + [(name, cluster.url(name)) for name in names])
    for command in ("current", "check"):
        result = project.run(command)
        assert result.code == 3 and re.search(r"no answer within 6 s.*targets: evil", failures(result)), result
    result = project.run("upgrade", "head")
    assert result.code == 3 and re.search(r"no answer within 6 s", failures(result)), result
    assert all(cluster.versions(name) == ["r002"] for name in names)
    assert cluster.versions("evil") is None


def test_a_path_that_swallows_traffic_in_the_middle(cluster, project, passages):
    cluster.create(["good", "evil"])
    project.revision("r001", [], "SELECT pg_sleep(CASE current_database() WHEN 'evil' THEN 60 ELSE 0 END);\n"
                                 "CREATE TABLE t ();")
    path = passages(cluster)
    fleet(project, [("evil", path.url("evil")), ("good", cluster.url("good"))],
          BRIEF.replace("statement_timeout: 1s", "statement_timeout: 3s"))
    running = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT 1 FROM pg_stat_activity WHERE datname = 'evil' "
                                               "AND wait_event = 'PgSleep'"), "the script runs")
    path.swallow()
    result = running.finish()
    assert result.code == 3 and "no answer within 8 s" in failures(result), result
    assert cluster.versions("good") == ["r001"] and cluster.versions("evil") is None


@pytest.mark.parametrize("verb", ["cancel", "pause"])
def test_what_is_silent_can_be_stopped(cluster, project, passages, verb):
    """Long before its statement_timeout."""
    cluster.create(["evil"])
    project.chain(1)
    silent = passages(cluster, after_login=True)
    fleet(project, [("evil", silent.url("evil"))], BRIEF.replace("statement_timeout: 1s", "statement_timeout: 1h"))
    coordinator = project.coordinator()
    worker = project.start("worker")
    running = project.start("upgrade", "head")
    wait_until(lambda: '"running":1' in project.run("status", "--json").out.replace(" ", ""), "it is asked")
    if verb == "cancel":
        project.ok("cancel", "--reason", "it is silent")
    else:
        project.ok("pause", "--now", "--reason", "it is silent")
        wait_until(lambda: '"running":0' in project.run("status", "--json").out.replace(" ", ""), "nothing runs")
        project.ok("cancel", "--reason", "it is silent")
    assert running.finish(30).code != 0
    assert worker.terminate().code == 0
    assert coordinator.terminate().code == 0


def test_what_is_silent_can_be_skipped(cluster, project, passages):
    """Before the gate, which the others then pass."""
    cluster.create(["evil", "good"])
    project.chain(1)
    silent = passages(cluster, after_login=True)
    fleet(project, [("evil", silent.url("evil")), ("good", cluster.url("good"))],
          BRIEF.replace("statement_timeout: 1s", "statement_timeout: 1h").replace("attempts: 1", "attempts: 10"))
    project.coordinator()
    project.start("worker")
    running = project.start("upgrade", "head")
    wait_until(lambda: '"running":1' in project.run("status", "--json").out.replace(" ", ""), "it is asked")
    said = project.ok("skip", "evil", "--reason", "it is silent").out
    assert "1 running target told to stop, and skipped once it has" in said, said
    assert running.finish().code == 0
    assert "it is silent" in project.ok("status", "--targets", "--where", "state=skipped").out
    assert cluster.versions("good") == ["r001"] and cluster.versions("evil") is None


# ---- a build has no statement_timeout ----

BUILD = "SELECT pid FROM pg_stat_activity WHERE datname = 'one' AND state = 'active' AND query LIKE 'CREATE INDEX CONCURRENTLY%'"


@pytest.fixture
def build(cluster, project):
    """Deploys to `one` by this URL, and returns when its index is being built, which waits for an old transaction."""
    cluster.create(["one"])
    cluster.sql("one", "CREATE TABLE t (id int)")
    holders = []

    def begin(url):
        project.revision("r001", [], "CREATE INDEX CONCURRENTLY i ON t (id);", header="-- Transaction: none\n")
        fleet(project, [("one", url)], BRIEF.replace("max_failures: 1\n", "max_failures: 0\n"))
        holders.append(cluster.hold("one", "INSERT INTO t VALUES (1)"))
        running = project.start("upgrade", "head")
        wait_until(lambda: cluster.sql("postgres", BUILD), "it is being built")
        return running

    def end():
        for holder in holders:
            holder.rollback()
            holder.close()
        holders.clear()
    yield begin, end
    end()


@pytest.mark.parametrize("way", ["direct", "pooled"])
def test_a_long_build_is_not_cut(cluster, build, pooler, way):
    """Our own clock gives the server six seconds: as long as it says that it is at work they begin anew."""
    begin, end = build
    running = begin(cluster.url("one") if way == "direct" else pooler("transaction").url("one"))
    wait_until(lambda: cluster.sql("postgres", BUILD + " AND clock_timestamp() - query_start > '15 s'"), "it takes long")
    end()
    assert running.finish().code == 0
    assert cluster.sql("one", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]


@pytest.mark.parametrize("what", ["the server is silent", "the answer is lost"])
def test_a_silent_server_is_given_up_during_a_build(cluster, project, build, passages, what):
    begin, end = build
    path = passages(cluster)
    running = begin(path.url("one"))
    path.swallow() if what == "the server is silent" else path.cut()
    end()
    wait_until(lambda: not cluster.sql("postgres", BUILD), "it is built")
    result = running.finish()
    assert result.code != 0 and "no answer within 6 s" in failures(result), result
    assert cluster.versions("one") == []
    path.cut()  # new connections pass
    project.ok("upgrade", "head")  # another rollout; the session of the first is still there
    assert cluster.versions("one") == ["r001"]


def test_texts_from_a_server_are_cut(cluster, project):
    cluster.create(["long", "huge", "good"])
    project.revision("r001", [], "DO $$ BEGIN IF current_database() <> 'good' THEN RAISE EXCEPTION '%', repeat('x', "
                     "CASE current_database() WHEN 'huge' THEN 70000000 ELSE 1000000 END); END IF; END $$;")
    fleet(project, [(name, cluster.url(name)) for name in ("long", "huge", "good")],
          BRIEF.replace("max_failures: 1\n", "max_failures: 2\n"))
    result = project.run("upgrade", "head")
    assert result.code == 3 and len(result.out + result.err) < 100000, len(result.out)
    assert "cut here: it has 1000000 bytes" in result.out and "more than 16 MiB in one answer" in result.out, result
    assert cluster.versions("good") == ["r001"] and cluster.versions("huge") is None
    assert (project.folder / ".drover/journal.db").stat().st_size < 1000000


def test_a_version_table_of_a_million_rows(cluster, project):
    cluster.create(["good", "evil"])
    project.chain(1)
    cluster.sql("evil", "CREATE TABLE alembic_version (version_num varchar(32));"
                        "INSERT INTO alembic_version SELECT i FROM generate_series(1, 1100000) i")
    fleet(project, [("evil", cluster.url("evil")), ("good", cluster.url("good"))])
    for command in ("current", "check"):
        result = project.run(command)
        assert result.code == 3, result
        assert re.search(r"evil", result.out + result.err) and "has more than 1000 rows" in failures(result), result
    result = project.run("upgrade", "head")
    assert result.code == 3 and "has more than 1000 rows" in failures(result), result
    assert cluster.versions("good") == ["r001"]


def test_endless_notices_and_rows(cluster, project):
    names = ["notices", "rows", "many", "good"]
    cluster.create(names)
    project.revision("r001", [], """
DO $$ BEGIN WHILE current_database() = 'notices' LOOP RAISE NOTICE 'again'; END LOOP; END $$;
SELECT repeat('x', 1000) FROM generate_series(1, CASE current_database() WHEN 'rows' THEN 1000000000
                                                 WHEN 'many' THEN 20000 ELSE 1 END);
""")
    fleet(project, [(name, cluster.url(name)) for name in names],
          BRIEF.replace("max_failures: 1\n", "max_failures: 2\n").replace("statement_timeout: 1s", "statement_timeout: 20s"))
    result = project.run("upgrade", "head")
    assert result.code == 3 and "57014" in result.out, result
    assert cluster.versions("good") == cluster.versions("many") == ["r001"]
    assert cluster.versions("rows") is None and cluster.versions("notices") is None


def test_a_catalogue_of_a_million_rows(cluster, project):
    cluster.create(["catalogue", "good"])
    project.chain(1)
    cluster.sql("catalogue", "CREATE TABLE c AS SELECT i::text AS name, 'postgresql://postgres@h/d' || i AS url, " +
                ", ".join(f"repeat(i::text, 5) AS c{n}" for n in range(8)) + " FROM generate_series(1, 1000000) i")
    project.config(f"""migrations: migrations
targets:
  - name: good
    url: {cluster.url('good')}
  - name: "tenant-{{name}}"
    discover: {{url: "{cluster.url('catalogue')}", query: "SELECT * FROM c"}}
rollout: {{retry: {{attempts: 1}}}}
""")
    for command in ("targets", "current", "plan"):
        result = project.run(command)
        assert result.code not in (0, None) and "more than 64 MiB in one answer" in failures(result), result


def test_who_holds_the_lock_is_said(cluster, project):
    """Each target's own, over one connection to the server, whose role need not see the other's session."""
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'; CREATE ROLE report LOGIN PASSWORD 'report'")
    names = [f"t{i}" for i in range(6)]
    cluster.create(names, owner="app")
    project.revision("r001", [], "CREATE TABLE things (id int); GRANT SELECT ON things TO report;")
    fleet(project, [(name, cluster.url(name, user="app")) for name in names],
          BRIEF.replace("max_failures: 1\n", "max_failures: 100%\n").replace("lock_timeout: 1s", "lock_timeout: 3s")
          .replace("statement_timeout: 1s", "statement_timeout: 60s") + "\n")
    project.ok("upgrade", "head", PGPASSWORD="app")
    project.revision("r002", ["r001"], "ALTER TABLE things ADD name text;")
    holders = []
    for name in names:
        holder = cluster.connect(name, "report", "report")
        with holder.cursor() as cursor:
            cursor.execute(f"SET application_name = 'monthly-{name}'")
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM things")
        holders.append(holder)
    running = project.start("upgrade", "head", PGPASSWORD="app")
    most = 0
    while running.running():
        (count,), = cluster.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")
        most = max(most, count)
    result = running.finish()
    assert result.code == 2 and re.search(r"the lock is held by pid \d+, application monthly-t\d, user report", result.out), result
    assert len(names) <= most <= len(names) + 1
    targets = project.run("status", "--targets", "--json").json["target_list"]
    pids = {name: holder.get_backend_pid() for name, holder in zip(names, holders)}
    for target in targets:
        assert f"pid {pids[target['name']]}, application monthly-{target['name']}" in str(target), target
    for holder in holders:
        holder.close()


def test_who_holds_the_version_table_is_said(cluster, project):
    cluster.create(["app"])
    project.chain(1)
    fleet(project, [("app", cluster.url("app"))])
    project.ok("upgrade", "head")
    holder = cluster.connect("app")
    holder.cursor().execute("BEGIN; LOCK alembic_version; SELECT 'the night\nshift'")
    for command in ("check", "current", "validate"):
        result = project.run(command)
        assert result.code == (4 if command == "validate" else 2), result
        assert f"pid {holder.get_backend_pid()}, user postgres, idle in transaction" in failures(result), result
        assert "SELECT 'the night shift'" in failures(result), result
    holder.close()


def test_a_catalogue_of_a_hundred_thousand(cluster, project):
    """More than one message between worker and coordinator, or coordinator and command, can hold."""
    cluster.create(["catalogue"])
    project.chain(1)
    cluster.sql("catalogue", "CREATE TABLE c AS SELECT i::text AS name, 'postgresql://postgres@h/d' || i AS url, " +
                ", ".join(f"'v' || i % 7 AS label{n}" for n in range(7)) + " FROM generate_series(1, 100000) i")
    project.config(f"""migrations: migrations
targets:
  - name: "tenant-{{name}}"
    discover: {{url: "{cluster.url('catalogue')}", query: "SELECT * FROM c"}}
""")
    targets = project.ok("targets", "--json").json["targets"]
    assert len(targets) == 100000 and len({each["name"] for each in targets}) == 100000
    assert all(len(each["labels"]) == 8 for each in targets)
