#!/usr/bin/python3
"""How long an application waits because of a rollout that waits for a lock, and what the watcher of a server costs.

    bench/queue.py [--reader SECONDS] [--build FOLDER]

Sets up its own PostgreSQL. First pgbench updates and reads a table whose every row a reader's transaction has open for so long, while
`drover upgrade` wants to alter it; pgbench's log has the time of each transaction. Once with `queue_timeout` as it is by
default, and once without. Printed: how many transactions, the longest, how many took longer than `queue_timeout`.

Then scripts run for a second on 64 databases at once; of the processor time of the server's processes the watcher's session
has a part, which is printed too: the most that watching can cost, since all scripts take so long that they are watched.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def longest(folder):
    """All times of pgbench's log, in ms, the longest last."""
    times = []
    for log in folder.glob("pgbench_log.*"):
        times += [int(line.split()[2]) / 1000 for line in log.read_text().splitlines()]
        log.unlink()
    return sorted(times)


def stalls(conftest, cluster, folder, reader_s, queue_timeout):
    project = conftest.Project(folder / f"queue-{queue_timeout}")
    cluster.create(["shop"])
    url = cluster.url("shop")
    subprocess.run([conftest.server_programs() / "pgbench", "-q", "-i", "-s", "1", url], check=True, capture_output=True)
    project.config(f"targets: [{{name: shop, url: '{url}'}}]\nrollout: {{queue_timeout: {queue_timeout}}}\n")
    project.revision("r001", [], "ALTER TABLE pgbench_accounts ADD note text;")
    reader = cluster.hold("shop", "SELECT count(*) FROM pgbench_accounts")
    bench = subprocess.Popen([conftest.server_programs() / "pgbench", "-n", "-c", "4", "-R", "100", "-T", str(reader_s + 10), "-b", "simple-update",
                              "-l", url], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    upgrade = project.start("upgrade", "head")
    time.sleep(reader_s)
    reader.close()
    code = upgrade.finish().code
    bench.wait()
    times = longest(folder)
    project.close()
    cluster.drop_all()
    return code, times


def processor_s(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def watching(conftest, cluster, folder):
    """Seconds of the watcher's session, and of all sessions while the scripts run."""
    project = conftest.Project(folder / "watching")
    names = [f"w{number}" for number in range(64)]
    cluster.create(names)
    project.config(cluster.targets(names) + "rollout: {concurrency: 64, per_server: 64}\n")
    project.revision("r001", [], "CREATE TABLE t AS SELECT i FROM generate_series(1, 200000) AS i;\nSELECT pg_sleep(3);\n"
                                 "CREATE INDEX ON t (i);")
    upgrade = project.start("upgrade", "head")
    watcher, sessions = {}, {}
    while upgrade.running():
        for pid, query in cluster.sql("postgres", "SELECT pid, query FROM pg_stat_activity WHERE backend_type = 'client backend'"
                                                  " AND pid <> pg_backend_pid()"):
            (watcher if "AS waits" in query else sessions)[pid] = processor_s(pid)
        time.sleep(0.05)
    code = upgrade.finish().code
    project.close()
    return code, sum(watcher.values()), sum(watcher.values()) + sum(value for pid, value in sessions.items() if pid not in watcher)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", type=int, default=60, help="0: only the watcher")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    arguments = parser.parse_args()
    os.environ.update(DROVER=str(arguments.build.resolve() / "drover"))
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    import conftest
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-queue-"))
    with conftest.own_server() as cluster:
        for queue_timeout in ("500ms", "off") if arguments.reader > 0 else ():
            code, times = stalls(conftest, cluster, folder, arguments.reader, queue_timeout)
            print(f"queue_timeout {queue_timeout}: exit {code}, {len(times)} transactions, the longest {times[-1]:.0f} ms, "
                  f"{sum(1 for value in times if value > 550)} longer than 550 ms", flush=True)
        code, watcher, whole = watching(conftest, cluster, folder)
        print(f"watcher: exit {code}, {watcher:.2f} s of {whole:.2f} s of processor, {100 * watcher / whole:.2f} %")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
