"""One worker drives 256 connections and more at once, on one loop."""
from conftest import wait_until

CONNECTIONS = 260


def test_256_connections_at_once(cluster, project):
    """Schemas of one database whose scripts all wait for one lock that the test holds."""
    cluster.create(["shared"])
    connection = cluster.connect("shared")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.gate ()")
        for number in range(CONNECTIONS):
            cursor.execute(f"CREATE SCHEMA t_{number:03d}")
    connection.close()
    project.revision("r001", [], "LOCK TABLE public.gate IN ACCESS SHARE MODE;\nCREATE TABLE t (id int);")
    project.config("targets:\n  - name: '{schema}'\n"
                   f"    discover: {{schemas: 't_*', url: '{cluster.url('shared')}'}}\n"
                   f"rollout: {{concurrency: {CONNECTIONS}, per_server: {CONNECTIONS}, lock_timeout: 120s}}\n")
    holder = cluster.hold("shared", "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
    project.coordinator()
    worker = project.start("worker", "--connections", str(CONNECTIONS))
    client = project.start("upgrade", "head")
    wait_until(lambda: cluster.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'relation' "
                                               "AND datname = 'shared'")[0][0] == CONNECTIONS,
               f"{CONNECTIONS} connections of one worker wait")
    threads = len(list((__import__("pathlib").Path(f"/proc/{worker.popen.pid}/task")).iterdir()))
    assert threads < 16, "connections are not threads"
    holder.rollback()
    holder.close()
    assert client.finish().code == 0, client.output()
    assert cluster.sql("shared", "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == [(CONNECTIONS,)]


def test_a_name_that_does_not_resolve_does_not_hold_up_the_others(cluster, project):
    cluster.create(["app"])
    project.chain(1)
    project.config("targets:\n"
                   "  - {name: nowhere, url: 'postgresql://postgres@no-such-host.invalid/x'}\n"
                   f"  - {{name: app, url: '{cluster.url('app')}'}}\n"
                   "rollout: {validate: {max_failures: 1}, connect_timeout: 5s}\n")
    result = project.run("upgrade", "head")
    assert result.code == 3, result
    assert "no-such-host.invalid" in result.out + result.err
    assert cluster.versions("app") == ["r001"]


def test_what_a_newcomer_left_out_is_said(cluster, project):
    """No password, the wrong one, no database: the server's words tell none of it."""
    cluster.create(["acme"])
    cluster.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'right'")
    project.chain(1)
    server = f"postgresql://app@127.0.0.1:{cluster.port}"
    project.config(f"targets: [{{name: acme, url: '{server}/acme'}}]\n")
    none = project.run("validate")
    assert none.code == 4 and "no password is named: `password: {env: NAME}`" in none.out + none.err, none
    project.config(f"targets: [{{name: acme, url: '{server}/acme', password: {{env: SECRET}}}}]\n")
    wrong = project.run("validate", SECRET="wrong")
    assert wrong.code == 4 and "is what `password` names the current one" in wrong.out + wrong.err, wrong
    project.config(f"targets: [{{name: acme, url: '{server}', password: {{env: SECRET}}}}]\n")
    nowhere = project.run("validate", SECRET="right")
    assert nowhere.code == 4 and "the URL names no database" in nowhere.out + nowhere.err, nowhere
