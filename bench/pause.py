#!/usr/bin/python3
"""How fast `drover pause` takes hold: from the start of the command, as somebody types it.

    bench/pause.py [--targets N] [--repeat R] [--build FOLDER]

Sets up its own PostgreSQL (as bench/run does) and N databases, and steers one rollout after the other, by a
coordinator and two workers, 16 targets at once:

  pause        scripts of 20 ms each; from the start of `drover pause` to the last beginning of a script. Each
               script leaves the time at which its transaction began. 0: none began after the command did
  pause --now  scripts that sleep for a minute; from the start of `drover pause --now` to the moment at which
               pg_stat_activity shows no transaction of ours, looked at without a pause in between

After each the rollout is cancelled and the databases are emptied. bench/run calls `measure`.
"""
import argparse
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUSY = ("SELECT count(*), extract(epoch FROM clock_timestamp()) FROM pg_stat_activity WHERE xact_start IS NOT NULL "
        "AND datname LIKE 'pause_%';")
AT_ONCE = 16
PATIENCE = 60


def revision(body):
    return ("-- pause\n--\n-- Revision ID: pause1\n-- Revises:\n-- Create Date: 2026-01-01 00:00:00+00:00\n\n"
            f"-- migrate:up\n{body}\n\n-- migrate:down\nSELECT 1;\n")


# The comment of a database can be seen from everywhere.
SHORT = ("SELECT pg_sleep(0.02);\nDO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), "
         "extract(epoch FROM now())); END $$;")
LONG = "SELECT pg_sleep(60);"
BEGUN = ("SELECT count(*), coalesce(max(shobj_description(oid, 'pg_database')::float8), 0) FROM pg_database "
         "WHERE shobj_description(oid, 'pg_database') IS NOT NULL AND datname LIKE 'pause_%';")


class Session:
    """One psql that stays, so that a look costs a round trip."""

    def __init__(self, psql, url):
        self.process = subprocess.Popen([psql, "-X", "-q", "-At", "-F", " ", "-d", url], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, query):
        self.process.stdin.write(query + "\n")
        return [float(value) for value in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Pause:
    def __init__(self, server, psql, build, folder, targets):
        self.server = server
        self.drover_path = build / "drover"
        self.folder = folder
        self.names = [f"pause_{n:04d}" for n in range(targets)]
        self.session = Session(psql, server.url("postgres"))
        server.sql("postgres", "".join(f"CREATE DATABASE {name};\n" for name in self.names))
        (folder / "migrations").mkdir(parents=True)
        (folder / "drover.yaml").write_text(
            "targets:\n  - name: '{database}'\n"
            f"    discover: {{databases: 'pause_*', url: '{server.url('postgres')}'}}\n"
            f"rollout:\n  concurrency: {AT_ONCE}\n  per_server: {AT_ONCE}\n")

    def drover(self, *arguments):
        return subprocess.run([self.drover_path, *arguments], cwd=self.folder, text=True, capture_output=True, check=True)

    def start(self, *arguments):
        return subprocess.Popen([self.drover_path, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                sys.exit(f"bench: gave up waiting until {what}")

    def status(self):
        asked = subprocess.run([self.drover_path, "status", "--json"], cwd=self.folder, text=True, capture_output=True)
        return json.loads(asked.stdout) if asked.returncode == 0 and asked.stdout.strip() else {}

    def reset(self):
        self.server.sql("postgres", "SET client_min_messages = warning;\n" + "".join(
            f"\\c {name}\nCOMMENT ON DATABASE {name} IS NULL; SET client_min_messages = warning;\n"
            "DROP TABLE IF EXISTS alembic_version, drover_history, drover_progress CASCADE;\n" for name in self.names))
        shutil.rmtree(self.folder / ".drover", ignore_errors=True)

    def once(self, now):
        """Seconds that one pause took."""
        (self.folder / "migrations/pause1.sql").write_text(revision(LONG if now else SHORT))
        services = [self.start("coordinator")]
        self.until(lambda: (self.folder / ".drover/drover.sock").exists(), "the coordinator listens")
        services += [self.start("worker", "--name", f"w{n}") for n in range(2)]
        self.until(lambda: len(self.status().get("workers", [])) == 2, "two workers are connected")
        upgrade = self.start("upgrade", "head")
        if now:
            self.until(lambda: self.session.ask(BUSY)[0] == AT_ONCE, "all scripts run")
            began = time.time()
            self.drover("pause", "--now")
            count, ended = self.session.ask(BUSY)
            while count > 0:
                count, ended = self.session.ask(BUSY)
        else:
            self.until(lambda: self.session.ask(BEGUN)[0] >= len(self.names) / 4, "a quarter is done")
            began = time.time()
            self.drover("pause")
            self.until(lambda: self.status()["running"] == 0, "what ran is over")
            count, ended = self.session.ask(BEGUN)
            if count == len(self.names):
                sys.exit("bench: the rollout was over before it was paused: more targets are needed")
        self.drover("cancel")
        upgrade.wait()
        for service in reversed(services):
            service.terminate()
            service.wait()
        return max(0.0, ended - began)

    def run(self, repeat):
        results = {}
        for turn in range(repeat):
            for name, now in (("pause", False), ("pause --now", True)):
                self.reset()
                results.setdefault(name, []).append(self.once(now))
                print(f"{name:12} {results[name][-1] * 1000:6.1f} ms", file=sys.stderr, flush=True)
        return results

    def close(self):
        self.session.close()


def measure(server, psql, build, folder, targets=100, repeat=20):
    """Markdown lines."""
    pause = Pause(server, psql, build, folder, targets)
    try:
        results = pause.run(repeat)
    finally:
        pause.close()
    lines = ["| command | what | median ms | worst ms |", "|---|---|---|---|"]
    what = {"pause": "to the last beginning of a script", "pause --now": "to no transaction of ours"}
    for name, seconds in results.items():
        lines.append(f"| `drover {name}` | {what[name]} | {statistics.median(seconds) * 1000:.0f} | "
                     f"{max(seconds) * 1000:.0f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    arguments = parser.parse_args()
    loader = importlib.machinery.SourceFileLoader("bench_run", str(ROOT / "bench/run"))
    run = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(run)
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        server = run.Server(folder / "server", arguments.targets + 100)
        try:
            load = os.getloadavg()[0]
            table = measure(server, run.PG / "psql", arguments.build.resolve(), folder / "pause", arguments.targets,
                            arguments.repeat)
        finally:
            server.stop()
    print(f"{arguments.targets} targets, {AT_ONCE} at once, {arguments.repeat} times, {os.cpu_count()} cores, "
          f"load average before {load:.1f}\n\n{table}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
