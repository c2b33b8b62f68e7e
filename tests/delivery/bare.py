"""The smallest Debian 12 that apt runs in, as the Dockerfile's base image is: made by mmdebstrap, kept in build/bare.

It comes from the mirrors that this machine's apt knows, and is made anew when they change or a month is over.
"""
import datetime
import hashlib
import os
import pathlib
import shutil
import subprocess

from fleet import ROOT

KEPT = ROOT / "build/bare"
RELEASE = "bookworm"
SUITES = {RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security"}


class Unavailable(Exception):
    """Why there is none."""


def run(*command, **options):
    try:
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: " + " | ".join(done.stderr.strip().splitlines()[-3:]))
    return done.stdout


def sources():
    """Debian 12's own, as lines of a sources.list; only what has been downloaded once is listed."""
    def known():
        lines = run("apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                    "Created-By: Packages", "Origin: Debian").splitlines()
        return sorted({line for line in lines if line.split()[2] in SUITES})
    found = known()
    if not found:
        run("apt-get", "update", "-q")
        found = known()
    if not found:
        raise Unavailable(f"apt knows no mirror of {RELEASE} here")
    return "".join(f"{line}\n" for line in found)


def bare():
    """The folder of a bare machine, which nobody may change."""
    if os.geteuid() != 0:
        raise Unavailable("only root can make a bare Debian")
    if shutil.which("mmdebstrap") is None:
        raise Unavailable("mmdebstrap is missing: run `scripts/install-deps test`")
    lines = sources()
    settings = run("apt-config", "dump", "Acquire")  # how mirrors are reached: proxies, retries
    digest = hashlib.sha256((lines + settings).encode()).hexdigest()[:12]
    folder = KEPT / f"{datetime.date.today():%Y-%m}-{digest}"
    if not folder.exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        options = KEPT / "apt.conf"
        options.write_text(settings)
        unfinished = KEPT / "unfinished"
        # /bin is /usr/bin there from the start: else what moves it brings perl.
        run("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory", "--include=usr-is-merged",
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", f"--aptopt={options}", RELEASE, unfinished, "-",
            input=lines)
        unfinished.rename(folder)
    return folder


def network(machine):
    """What an engine gives each container."""
    for name in ("/etc/resolv.conf", "/etc/hosts"):
        machine.path(name).write_bytes(pathlib.Path(name).read_bytes())
