"""Running and waiting targets are glass: plain `drover status` names what they are at, and who is in whose way."""
import re
import threading

import psycopg2
import pytest

from conftest import assert_exactly_once, wait_until


class Session:
    """An application's session, whose statements run on a thread of their own."""

    def __init__(self, cluster, database, application):
        self.connection = cluster.connect(database)
        self.connection.autocommit = False
        self.cursor = self.connection.cursor()
        self.cursor.execute("SET application_name = %s", (application,))
        self.connection.commit()
        self.pid = self.connection.get_backend_pid()
        self.thread = None

    def run(self, statement):
        self.cursor.execute(statement)
        return self

    def wait(self, statement):
        """Begins a statement that waits; the session ends with it."""
        def work():
            try:
                self.cursor.execute(statement)
                self.connection.rollback()
            except psycopg2.Error:
                pass  # the test is over
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        return self

    def close(self):
        if self.thread is not None:
            self.connection.cancel()
            self.thread.join(60)
        self.connection.close()


@pytest.fixture
def session(cluster):
    made = []

    def make(database, application):
        made.append(Session(cluster, database, application))
        return made[-1]
    yield make
    for one in made:
        one.close()


def services(project):
    project.coordinator()
    project.start("worker", "--name", "w1")


def screen(project, *words):
    """`drover status`, once it says all of these; lines are joined as they were before they were wrapped."""
    seen = [""]

    def says():
        seen[0] = re.sub(r"\s+", " ", project.run("status").out)  # at first there may be no journal
        return all(word in seen[0] for word in words)
    try:
        wait_until(says, f"the status says {words}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen[0]}") from None
    return seen[0]


def test_who_blocks_whom(cluster, project, session):
    """A report has the table, a script wants it, and the shop waits behind the script."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE threads (id int, password text)")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\nrollout: {{lock_timeout: 120s, queue_timeout: off}}\n")
    project.revision("r001", [], "SELECT 1;\nSELECT 2;\nALTER TABLE threads ADD note text;")
    services(project)
    report = session("app", "monthly report").run("SELECT count(*) FROM threads")
    project.start("upgrade", "head")
    screen(project, "r001 statement 3 of 3", "blocked by pid")
    shop = session("app", "shop").wait("SELECT * FROM threads WHERE password = 'hunter2'")
    said = screen(project, "1 session waits behind it")
    for word in ("RUNNING", "app: r001 statement 3 of 3", "worker w1", "attempt 1 of 10", "ALTER TABLE threads ADD note text",
                 "for AccessExclusiveLock on public.threads",
                 f"blocked by pid {report.pid}, application monthly report, user postgres, idle in transaction",
                 "SELECT count(*) FROM threads", f"pid {shop.pid}, application shop"):
        assert word in said, (word, said)
    assert "hunter2" not in said
    page = project.ok("status", "--json").json
    running = page["running_list"][0]
    assert running["statement"] == 3 and running["statements"] == 3 and running["worker"] == "w1"
    assert running["blockers"][0]["pid"] == report.pid and running["behind_count"] == 1 and running["begun_ms"] > 0
    assert page["blockages"][0]["application"] == "monthly report" and page["blockages"][0]["count"] == 1
    listed = re.sub(r"\s+", " ", project.ok("status", "--targets", "-v").out)
    assert "r001 statement 3 of 3" in listed and "application monthly report" in listed, listed
    report.connection.rollback()
    wait_until(lambda: project.ok("status", "--json").json["state"] == "succeeded", "the rollout is over")
    assert "RUNNING" not in project.ok("status").out


def test_what_waits_for_another_try(cluster, project, session):
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE threads (id int)")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\n"
                   "rollout: {lock_timeout: 600ms, retry: {attempts: 4, backoff: 30s..60s}}\n")
    project.revision("r001", [], "ALTER TABLE threads ADD note text;")
    report = session("app", "monthly report").run("SELECT count(*) FROM threads")
    project.start("upgrade", "head")
    said = screen(project, "WAITING")
    assert re.search(r"app: attempt 1 of 4 failed, the next at \d\d:\d\d.* \(in .*canceling statement due to lock timeout \(55P03\)",
                     said), said
    listed = re.sub(r"\s+", " ", project.ok("status", "--targets").out)
    assert "lock timeout; attempt 1 of 4, tried again at" in listed, listed
    assert f"it was blocked by pid {report.pid}, application monthly report" in said, said
    page = project.ok("status", "--json").json
    assert [(one["pid"], one["targets"]) for one in page["blockages"]] == [(report.pid, ["app"])], page["blockages"]
    waiting = page["waiting_list"][0]
    assert waiting["sqlstate"] == "55P03" and waiting["attempt"] == 1 and waiting["attempts"] == 4, waiting


def test_an_index_build(cluster, project, session):
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE threads (id int)")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\n")
    project.revision("r001", [], "CREATE INDEX CONCURRENTLY threads_id ON threads (id);", header="-- Transaction: none")
    writer = session("app", "shop").run("INSERT INTO threads VALUES (1)")
    upgrade = project.start("upgrade", "head")
    said = screen(project, "r001 statement 1 of 1", "index: waiting for writers before build", f"blocked by pid {writer.pid}, application shop")
    assert "CREATE INDEX CONCURRENTLY threads_id ON threads (id)" in said, said
    writer.connection.commit()
    assert upgrade.finish().code == 0


def test_a_worker_that_left(cluster, project, session):
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE threads (id int)")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\nrollout: {{lock_timeout: 120s}}\n")
    project.revision("r001", [], "ALTER TABLE threads ADD note text;")
    session("app", "monthly report").run("SELECT count(*) FROM threads")
    project.coordinator()
    worker = project.start("worker", "--name", "w1")
    project.start("upgrade", "head")
    screen(project, "blocked by pid")
    worker.kill()
    said = screen(project, "LOST WORKERS", "w1: since", "with 1 job in hand", "MAY STILL COMMIT", "app: worker w1 had it in hand")
    assert re.search(r"lost since \d\d:\d\d", said), said


def test_one_session_blocks_many(cluster, project, session):
    """Schemas of one database, whose scripts want one table; what the session calls itself does a terminal no harm."""
    names = [f"t{number}" for number in range(12)]
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE gate (id int);" + "".join(f"CREATE SCHEMA {name};" for name in names))
    project.config("targets:\n" + "".join(f"  - {{name: {name}, url: '{cluster.url('app')}', schema: {name}}}\n" for name in names) +
                   "rollout: {lock_timeout: 120s, per_server: 12}\n")
    project.revision("r001", [], "LOCK public.gate IN ACCESS EXCLUSIVE MODE;")
    report = session("app", "re\x1b[2Jports").run("SELECT count(*) FROM gate")
    upgrade = project.start("upgrade", "head")
    said = screen(project, "12 targets blocked by application", "and 2 more: `drover status --targets --where state=running`")
    assert "r001 statement 1 of 1" in said, said
    assert f"(pid {report.pid} on 127.0.0.1:{cluster.port}): t" in said, said
    assert "\x1b" not in said and "re?[2Jports" in said, said
    blockage = project.ok("status", "--json").json["blockages"]
    assert [(one["pid"], one["count"], len(one["targets"])) for one in blockage] == [(report.pid, 12, 5)], blockage
    upgrade.wait_for_line("12 targets blocked by application")
    report.connection.rollback()
    assert upgrade.finish().code == 0


@pytest.mark.parametrize("header", ["", "-- Transaction: none"], ids=["transaction", "statements"])
def test_an_application_goes_first(cluster, project, session, header):
    """What waits for a lock keeps nobody waiting for long, however long it may wait itself."""
    cluster.create(["app"])
    cluster.sql("app", "CREATE TABLE threads (id int)")
    project.config(f"targets: [{{name: app, url: '{cluster.url('app')}'}}]\nrollout: {{lock_timeout: 120s, queue_timeout: 200ms}}\n")
    project.revision("r001", [], "CREATE TABLE applied (revision text, at timestamptz DEFAULT now());\nINSERT INTO applied (revision) VALUES ('r001');\nALTER TABLE threads ADD note text;",
                     header=header)
    report = session("app", "monthly report").run("SELECT count(*) FROM threads")
    upgrade = project.start("upgrade", "head")
    screen(project, "r001 statement 3 of 3", f"blocked by pid {report.pid}")
    for _ in range(2):
        shop = session("app", "shop").wait("SELECT * FROM threads")
        shop.thread.join(60)
        assert not shop.thread.is_alive()
        screen(project, f"blocked by pid {report.pid}", "gave way to applications")
    report.connection.rollback()
    assert upgrade.finish().code == 0
    assert_exactly_once(cluster, "app", ["r001"])
