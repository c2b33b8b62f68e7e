"""What a sceptical reviewer found; each test is one mistake that must not come back."""
import pathlib
import sqlite3
import time

from conftest import wait_until


def waiting(cluster):
    """Whether a revision is in its pg_sleep(): the query's text itself may be cut off."""
    return cluster.sql("postgres", "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")[0][0]


def test_password_of_an_url_is_not_among_the_process_arguments(cluster, project):
    cluster.create(["app"])
    cluster.sql("postgres", "CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'hunter2'")
    project.revision("r1", [], "SELECT pg_sleep(2);")
    address = f"127.0.0.1:{cluster.port}/app"
    for words in (["--url", f"postgresql://keeper:hunter2@{address}"],
                  [f"--url=postgresql://keeper@{address}?password=hunter2"]):
        process = project.start("upgrade", "head", *words)
        wait_until(lambda: waiting(cluster), "the revision runs")
        shown = pathlib.Path(f"/proc/{process.popen.pid}/cmdline").read_bytes()
        result = process.finish()
        assert result.code == 0, result
        assert b"upgrade" in shown and b"hunter2" not in shown
        project.ok("downgrade", "base", "-y", "--url", cluster.url("app"))


def test_password_command_that_leaves_a_child_behind_ends_at_its_limit(cluster, project):
    """A child with a session of its own holds the pipe; the limit of 30 s counts nevertheless."""
    cluster.create(["app"])
    cluster.sql("postgres", "CREATE ROLE keeper LOGIN PASSWORD 'hunter2'")
    project.config(f"targets:\n  - {{name: app, url: postgresql://keeper@127.0.0.1:{cluster.port}/app}}\n"
                   "password: {command: \"setsid sleep 60 & echo hunter2\"}\n")
    project.chain(1)
    begun = time.monotonic()
    result = project.run("current")
    assert time.monotonic() - begun < 50, result
    assert result.code == 2 and "did not end within 30 s" in result.out + result.err, result


def test_schema_named_like_the_role_placeholder_is_refused(cluster, project):
    """search_path = "$user" would run the SQL in another schema, such as public."""
    cluster.create(["app"])
    cluster.sql("app", 'CREATE SCHEMA "$user"')
    project.chain(2)
    project.config(f'targets:\n  - {{name: odd, schema: "$user", url: "{cluster.url("app")}"}}\n')
    result = project.run("upgrade", "head")
    assert result.code == 4 and "cannot be a target" in result.out + result.err, result
    assert cluster.sql("app", "SELECT count(*) FROM pg_tables WHERE tablename = 'applied'") == [(0,)]


def test_broken_journal_names_its_file_and_the_way_out(cluster, project):
    cluster.create(["app"])
    project.chain(2)
    project.ok("upgrade", "head", "--url", cluster.url("app"))
    journal = project.folder / ".drover/journal.db"
    journal.write_bytes(b"garbage" * 1000)
    result = project.run("upgrade", "head", "--url", cluster.url("app"))
    assert result.code == 2 and "journal.db" in result.err and "move it away" in result.err, result
    journal.unlink()
    project.ok("upgrade", "head", "--url", cluster.url("app"))
    assert cluster.versions("app") == ["r002"]


def test_journal_with_an_impossible_event_ends_each_command_with_its_exit_code(cluster, project):
    """A rollout that ends twice: a fault wrote it, or the file was patched together."""
    cluster.create(["app"])
    project.chain(2)
    project.config(f'targets: [{{name: app, url: "{cluster.url("app")}"}}]\n')
    project.ok("upgrade", "head")
    journal = project.folder / ".drover/journal.db"
    connection = sqlite3.connect(journal)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
    others = ", ".join(name for name in columns if name != "sequence")
    again = connection.execute("SELECT max(sequence) + 1 FROM events").fetchone()[0]
    connection.execute(f"INSERT INTO events (sequence, {others}) SELECT {again}, {others} FROM events "
                       f"WHERE sequence = {again} - 1")
    connection.commit()
    connection.close()
    for words in (["status"], ["status", "--json"], ["coordinator"], ["upgrade", "head"]):
        result = project.run(*words)
        assert result.code == 2, (words, result)
        assert "cannot go on" in result.err and f"at its event {again}:" in result.err, (words, result)
        assert f"event {again}: ROLLOUT_FINISHED" in result.err and "move the file away" in result.err, (words, result)
        assert "Sanitizer" not in result.err, (words, result)
    for file in journal.parent.glob("journal.db*"):
        file.unlink()
    project.ok("upgrade", "head")
