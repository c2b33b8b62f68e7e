#!/usr/bin/python3
"""How fast a revision that only Alembic can run gets through a fleet, beside `alembic upgrade` in a loop.

    bench/online.py [--targets N] [--build FOLDER]

Sets up its own PostgreSQL and twice N databases at the revision before, then brings N there by one `drover upgrade`, and
N by `xargs -P` with as many `alembic upgrade` at once as there are cores, which is how many Python processes a worker
keeps. Prints both and the ratio. Alembic is Debian's.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", type=int, default=40)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    arguments = parser.parse_args()
    os.environ.update(DROVER=str(arguments.build.resolve() / "drover"), DROVER_PYTHON=PYTHON)
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    import conftest
    import test_online
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-online-"))
    ours = [f"ours_{number}" for number in range(arguments.targets)]
    theirs = [f"theirs_{number}" for number in range(arguments.targets)]
    with conftest.own_server() as cluster:
        project = conftest.Project(folder / "p")
        test_online.Online(project, cluster, [])
        cluster.create(["model"])
        environment = project.environment(PYTHONDONTWRITEBYTECODE="1", ALEMBIC_URL=cluster.url("model"))
        subprocess.run([PYTHON, "-m", "alembic", "upgrade", "p1"], cwd=project.folder, env=environment, check=True,
                       capture_output=True)
        cluster.sql("model", "INSERT INTO item VALUES ('a'), ('b'), ('c')")
        cluster.create(ours + theirs, "model")
        project.config("migrations: {alembic: alembic.ini}\n" + cluster.targets(ours))
        begun = time.monotonic()
        project.ok("upgrade", "p2")
        drover = time.monotonic() - begun
        urls = "".join(cluster.url(name) + "\n" for name in theirs)
        begun = time.monotonic()
        subprocess.run(["xargs", f"-P{os.cpu_count()}", "-I{}", "env", "ALEMBIC_URL={}", PYTHON, "-m", "alembic", "upgrade", "p2"],
                       cwd=project.folder, env=environment, input=urls, text=True, check=True, capture_output=True)
        loop = time.monotonic() - begun
        assert all(cluster.versions(name) == ["p2"] for name in ours + theirs)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{arguments.targets} databases: drover {drover:.2f} s, alembic in a loop {loop:.2f} s, ratio {drover / loop:.2f}")


if __name__ == "__main__":
    main()
