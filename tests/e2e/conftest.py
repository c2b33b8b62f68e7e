"""Fixtures: private PostgreSQL clusters, project folders, drover processes. Nothing is left behind."""
import atexit
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import psycopg2
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DROVER = pathlib.Path(os.environ.get("DROVER", ROOT / "build/dev/drover"))
PG = pathlib.Path("/usr/lib/postgresql/15/bin")
SERVER = int(os.environ.get("DROVER_TEST_SERVER", "15"))  # the major version of the servers; clients are 15's
# What the machine that runs the tests may have set, and would change what drover does.
AMBIENT = {"DATABASE_URL", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI"}
PATIENCE = 90  # seconds that a condition may take on a loaded machine before the test gives up


def unprivileged(command):
    """PostgreSQL refuses to run as root: then it runs as Debian's postgres."""
    command = [str(part) for part in command]
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]
    return command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pytest_configure(config):
    config.addinivalue_line("markers", "every_server: the core, which also runs on the versions that Debian does not have")


@functools.cache
def server_programs():
    """The folder with initdb and postgres; newer ones, which npm brings, where user postgres may run them."""
    if SERVER == 15:
        return PG
    native = ROOT / f"build/servers/node_modules/postgresql-{SERVER}/native"
    if not (native / "bin/postgres").exists():
        pytest.exit(f"PostgreSQL {SERVER} cannot be had: `scripts/install-deps test` fetches it by npm", returncode=3)
    if subprocess.run(unprivileged([native / "bin/postgres", "-V"]), capture_output=True).returncode == 0:
        return native / "bin"
    copy = pathlib.Path(tempfile.mkdtemp(prefix="drover-e2e-programs-"))
    copy.chmod(0o755)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    shutil.copytree(native, copy / "native", symlinks=True)
    return copy / "native/bin"


# A run that is stopped from outside still takes its servers and folders down.
signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))


def wait_until(condition, what, patience=PATIENCE):
    """Polls until condition() is true; its value is returned."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up waiting until {what}")
        time.sleep(0.01)


class Cluster:
    """One PostgreSQL server: trust for postgres on loopback, scram for everybody else."""

    def __init__(self, folder, standby_of=None, settings=()):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.data = self.folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        if standby_of is None:
            self._run([server_programs() / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
                       "--no-locale", "--no-sync"])
            (self.data / "pg_hba.conf").write_text(
                "local all all trust\nhost all postgres 127.0.0.1/32 trust\n"
                "host replication postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        else:
            self._run([PG / "pg_basebackup", "-D", self.data, "-R", "-c", "fast", "-h", "127.0.0.1",
                       "-p", standby_of.port, "-U", "postgres"])
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                       f"unix_socket_directories = '{self.folder}'\nfsync = off\nautovacuum = off\n")
            conf.write("max_connections = 400\n")
            for setting in settings:
                conf.write(setting + "\n")
        self.start()

    def _run(self, command):
        done = subprocess.run(unprivileged(command), capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def start(self):
        """The server as our own child, so that a dead one is reaped at once."""
        log = open(self.folder / "log", "a")
        self.server = subprocess.Popen(unprivileged([server_programs() / "postgres", "-D", self.data]), stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        log.close()

        def ready():
            assert self.server.poll() is None, (self.folder / "log").read_text()[-2000:]
            return subprocess.run([PG / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0
        wait_until(ready, "the server accepts connections")

    def stop(self, mode="immediate"):
        if self.server.poll() is None:
            self.server.send_signal({"immediate": signal.SIGQUIT, "fast": signal.SIGINT}[mode])
            self.server.wait(PATIENCE)

    def kill(self):
        """kill -9 of the postmaster and everything below it, as a machine that loses power."""
        self.server.kill()
        self.server.wait(PATIENCE)

        def gone():
            alive = False
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    if (process / "cwd").resolve() == self.data.resolve():
                        os.kill(int(process.name), signal.SIGKILL)
                        alive = True
                except OSError:
                    pass  # it went by itself
            return not alive
        wait_until(gone, "no process of the server is left")

    def url(self, database, user="postgres"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def targets(self, names):
        """The part of a configuration that lists databases, each under its own name."""
        return "targets:\n" + "".join(f"  - {{name: {name}, url: '{self.url(name)}'}}\n" for name in names)

    def connect(self, database="postgres", user="postgres", password=None):
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname=database, user=user,
                                      password=password)
        connection.autocommit = True
        return connection

    def hold(self, database, statement):
        """A session in a transaction that has run the statement, and keeps its locks until the test ends it."""
        session = self.connect(database)
        session.autocommit = False
        session.cursor().execute(statement)
        return session

    def sql(self, database, script, parameters=None):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(script, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def create(self, names, template="template0", owner=None):
        connection = self.connect()
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"' +
                               (f' OWNER "{owner}"' if owner else ""))
        connection.close()

    def drop_all(self):
        """Back to an empty server."""
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"')
        connection.close()

    def versions(self, database, schema="public"):
        """The version rows; None when there is no version table."""
        if self.sql(database, "SELECT to_regclass(%s)", (f"{schema}.alembic_version",)) == [(None,)]:
            return None
        return sorted(row[0] for row in self.sql(database, f'SELECT version_num FROM "{schema}".alembic_version'))


@contextlib.contextmanager
def own_server(within=None, **options):
    """A cluster in a temporary folder, which user postgres may enter; in the end neither is left."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-e2e-pg-", dir=within))
    folder.chmod(0o755)
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = Cluster(folder / "server", **options)
        after.callback(cluster.stop)
        yield cluster


class Pooler:
    """A PgBouncer before a cluster; `mode` is its pool_mode."""

    def __init__(self, cluster, mode, settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-e2e-pooler-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={cluster.port} user=postgres\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\n{settings}\n")
        self.process = subprocess.Popen(unprivileged(["/usr/sbin/pgbouncer", "-q", self.folder / "pgbouncer.ini"]),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: subprocess.run([PG / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode
                   == 0, "the pooler accepts connections")

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def stop(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def pooler(cluster):
    """Makes poolers: pooler("transaction")."""
    made = []

    def make(mode, settings=""):
        made.append(Pooler(cluster, mode, settings))
        return made[-1]
    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def session_cluster():
    with own_server() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def session_servers(session_cluster):
    """Three servers; the first is the session's."""
    with own_server() as second, own_server() as third:
        yield [session_cluster, second, third]


@pytest.fixture
def servers(session_servers):
    """Three servers, emptied."""
    for cluster in session_servers:
        cluster.drop_all()
    return session_servers


@pytest.fixture
def cluster(session_cluster):
    """The session's server, emptied."""
    session_cluster.drop_all()
    return session_cluster


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def events(self):
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Process:
    """A drover process under way; its standard output is read line by line by a thread."""

    def __init__(self, project, arguments, environment, within=()):
        self.popen = subprocess.Popen([*within, DROVER, *arguments], cwd=project.folder, env=environment, text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.errors = []
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.popen.stdout, self.lines), (self.popen.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line)

    def running(self):
        return self.popen.poll() is None

    def wait_for_line(self, pattern, patience=PATIENCE):
        return wait_until(lambda: next((line for line in self.lines + self.errors if re.search(pattern, line)), None),
                          f"a line matches {pattern!r}\n{self.output()}", patience)

    def output(self):
        return "".join(self.lines) + "".join(self.errors)

    def kill(self):
        self.popen.send_signal(signal.SIGKILL)
        return self.finish()

    def terminate(self):
        if self.running():
            self.popen.terminate()
        return self.finish()

    def finish(self, patience=PATIENCE):
        self.popen.wait(patience)
        for reader in self.readers:
            reader.join(patience)
        return Result(self.popen.returncode, "".join(self.lines), "".join(self.errors))


class Project:
    """A folder with migrations and drover.yaml, and the processes started in it."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.processes = []

    def environment(self, **more):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("PG") and name not in AMBIENT}
        environment.update({"LC_ALL": "C.UTF-8", **more})
        return environment

    def run(self, *arguments, stdin=None, timeout=180, **environment):
        done = subprocess.run([DROVER, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              env=self.environment(**environment), timeout=timeout,
                              input=stdin if stdin is not None else "")
        assert "Sanitizer" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments, **options):
        result = self.run(*arguments, **options)
        assert result.code == 0, result
        return result

    def start(self, *arguments, within=(), **environment):
        """A process of its own; `within` is a command that becomes it."""
        process = Process(self, [str(a) for a in arguments], self.environment(**environment), within)
        self.processes.append(process)
        return process

    def coordinator(self, *arguments, **environment):
        process = self.start("coordinator", *arguments, **environment)
        process.wait_for_line("listening on")
        return process

    def close(self):
        for process in self.processes:
            if process.running():
                process.popen.kill()
            result = process.finish()
            assert "Sanitizer" not in result.err, result.err

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def sample_migrations(self):
        shutil.copytree(ROOT / "migrations", self.folder / "migrations")

    def chain(self, length, body="INSERT INTO applied (revision) VALUES ('{id}');", first=None):
        """A linear chain r001..rNNN in which every revision leaves one row: what exactly once is seen by."""
        down = []
        for number in range(1, length + 1):
            name = f"r{number:03d}"
            up = body.format(id=name)
            if number == 1:
                up = (first or "CREATE TABLE applied (revision text, at timestamptz DEFAULT clock_timestamp());") + \
                    "\n" + up
            undo = "DROP TABLE applied;" if number == 1 else f"DELETE FROM applied WHERE revision = '{name}';"
            self.revision(name, down, up, undo)
            down = [name]
        return [f"r{number:03d}" for number in range(1, length + 1)]

    def revision(self, name, down, up, undo="SELECT 1;", header=""):
        self.write(f"migrations/{name}.sql",
                   f"-- {name}\n--\n-- Revision ID: {name}\n-- Revises: {', '.join(down)}\n"
                   f"-- Create Date: 2026-01-01 00:00:00+00:00\n{header}\n-- migrate:up\n{up}\n\n"
                   f"-- migrate:down\n{undo}\n")

    def config(self, text):
        self.write("drover.yaml", text)


@pytest.fixture
def project():
    # Not pytest's tmp_path: a Unix socket's path must stay short.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-e2e-"))
    project = Project(folder / "p")
    yield project
    project.close()
    shutil.rmtree(folder, ignore_errors=True)


def assert_exactly_once(cluster, database, revisions, schema="public", table="applied"):
    """Every revision ran once, in order, and the records agree."""
    rows = [row[0] for row in cluster.sql(database, f'SELECT revision FROM "{schema}".{table} ORDER BY at')]
    assert rows == revisions, (database, rows)
    assert cluster.versions(database, schema) == [revisions[-1]]
    history = cluster.sql(database, f'SELECT revision, direction FROM "{schema}".drover_history ORDER BY number')
    assert history == [(revision, "upgrade") for revision in revisions], (database, history)
