"""The Debian package: built from the release, installed, started as its units say, used, upgraded, purged."""
import configparser
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess

import pytest

from fleet import ROOT, assert_exactly_once, wait_until

# No address and no bug tracker are known for the project.
NOT_FAIR = "bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs"


@pytest.fixture(scope="session")
def package(image, tmp_path_factory):
    """As the Dockerfile builds it, from nothing but what it copies."""
    return shutil.copy(image.stages["build"].machine.path("/drover.deb"), tmp_path_factory.mktemp("package"))


class Unit:
    """A service file of the machine, as far as starting it goes."""

    def __init__(self, machine, name):
        self.machine = machine
        self.name = name
        self.settings = {}
        parser = configparser.RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
        parser.optionxform = str
        parser.read_string(machine.path(f"/lib/systemd/system/{name}.service").read_text())
        self.settings = parser["Service"]

    def start(self, log):
        user = self.settings["User"]
        for kind, base in (("StateDirectory", "/var/lib"), ("RuntimeDirectory", "/run")):
            if kind in self.settings:
                self.machine.ok("install", "-d", "-o", user, "-g", self.settings["Group"], "-m",
                                self.settings[kind + "Mode"], f"{base}/{self.settings[kind]}")
        assert self.settings["NoNewPrivileges"] == "yes" and self.settings["CapabilityBoundingSet"] == ""
        command = self.machine.command("sh", "-c", f'umask {self.settings["UMask"]}; exec "$@"', "sh",
                                       *shlex.split(self.settings["ExecStart"]), user=user,
                                       directory=self.settings["WorkingDirectory"])
        with open(log, "w") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.log = pathlib.Path(log)
        return self

    def wait_for(self, text):
        def said():
            assert self.process.poll() is None, self.log.read_text()
            return text in self.log.read_text()
        wait_until(said, f"{self.name} says {text!r}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log.read_text()


def test_the_package_is_well_made(package):
    changelog = (ROOT / "deploy/debian/changelog").read_text()
    version = re.search(r"project\(drover VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert changelog.startswith(f"drover ({version}-1) "), "deploy/debian/changelog names another version"
    control = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    assert f"Version: {version}-1\n" in control
    (depends,) = re.findall(r"^Depends: (.*)$", control, re.M)
    for library in ("libpq5", "libuv1", "libicu72", "libsqlite3-0", "libc6", "adduser"):
        assert library in depends, depends
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
    assert "./usr/share/doc/drover/copyright\n" in listed and "./usr/share/doc/drover/SECURITY.md\n" in listed
    assert "LICENSE" not in listed, "its text is in /usr/share/common-licenses, which copyright names"
    done = subprocess.run(["lintian", "--fail-on=error,warning", "--allow-root", "--suppress-tags", NOT_FAIR, package],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cmake_install_below_a_prefix(image):
    machine = image.stages["build"].machine

    def install():
        machine.ok("cmake", "--install", "build/release", "--prefix", "/opt/drover", directory="/source")
    install()
    unit = machine.path("/opt/drover/lib/systemd/system/drover-worker.service").read_text()
    assert "ExecStart=/opt/drover/bin/drover worker --config /opt/drover/etc/drover/drover.yaml " in unit
    for name in ("bin/drover", "share/man/man1/drover.1.gz", "share/man/man5/drover.yaml.5.gz",
                 "share/bash-completion/completions/drover", "share/zsh/vendor-completions/_drover",
                 "share/fish/vendor_completions.d/drover.fish", "share/drover/drover.schema.json",
                 "share/doc/drover/docs/reference.md",
                 "share/doc/drover/LICENSE", "share/doc/drover/copyright"):
        assert machine.path(f"/opt/drover/{name}").is_file(), name
    # A configuration that was written to is not taken away.
    configuration = machine.path("/opt/drover/etc/drover/drover.yaml")
    configuration.write_text("mine\n")
    install()
    assert configuration.read_text() == "mine\n"


def install(machine, package):
    shutil.copy(package, machine.path("/drover.deb"))
    done = machine.run("dpkg", "--force-confdef", "-i", "/drover.deb")
    machine.path("/drover.deb").unlink()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_units_are_valid_and_hardened(package, machine):
    install(machine, package)
    units = [f"/lib/systemd/system/drover-{name}.service" for name in ("coordinator", "worker")]
    done = machine.run("systemd-analyze", "verify", *units)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "drover" in line]
    assert ours == [], ours
    for unit in units:
        done = machine.run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"Overall exposure level for \S+: 1\.\d OK", done.stdout), done.stdout[-300:]


def test_installed_started_used_and_purged(package, machine, cluster, project, tmp_path):
    install(machine, package)
    wanted = machine.path("/etc/systemd/system/multi-user.target.wants")
    assert list(wanted.glob("drover-*")) == []  # not enabled before it is configured
    machine.ok("systemctl", "enable", "drover-coordinator", "drover-worker")
    assert len(list(wanted.glob("drover-*"))) == 2
    machine.ok("drover", "config", "check", "-c", "/etc/drover/drover.yaml")
    assert "drover.yaml" in machine.ok("man", "-w", "5", "drover.yaml")
    assert "upgrade" in machine.ok("bash", "-c", 'source /usr/share/bash-completion/completions/drover; '
                                   'COMP_WORDS=(drover up) COMP_CWORD=1; _drover; echo "${COMPREPLY[@]}"')
    state = machine.path("/var/lib/drover").stat()
    assert stat.S_IMODE(state.st_mode) == 0o700
    passwd = machine.ok("getent", "passwd", "drover").strip().split(":")
    assert int(passwd[2]) == state.st_uid < 1000 and passwd[5:] == ["/var/lib/drover", "/usr/sbin/nologin"]

    # A fleet whose password only the services can read.
    names = ["acme", "bolt", "crow"]
    cluster.sql("postgres", "CREATE ROLE fleet LOGIN PASSWORD 'sesame and more'")
    cluster.create(names, owner="fleet")
    revisions = project.chain(3)
    shutil.copytree(project.folder / "migrations", machine.path("/srv/migrations"))
    sample = machine.path("/etc/drover/drover.yaml").read_text()
    targets = "".join(f"  - {{name: {name}, url: '{cluster.url(name, 'fleet')}'}}\n" for name in names)
    configuration = re.sub(r"(?s)targets:\n.*?\n\n", lambda _: f"targets:\n{targets}\n", sample)
    machine.path("/etc/drover/drover.yaml").write_text(
        configuration.replace("# password: {file", "password: {file"))
    machine.path("/etc/drover/password").write_text("sesame and more\n")
    machine.ok("chown", "root:drover", "/etc/drover/password")
    machine.ok("chmod", "640", "/etc/drover/password")

    coordinator = Unit(machine, "drover-coordinator").start(tmp_path / "coordinator")
    coordinator.wait_for("listening on")
    worker = Unit(machine, "drover-worker").start(tmp_path / "worker")
    worker.wait_for("joined the coordinator")
    client = ["drover", "-c", "/etc/drover/drover.yaml"]
    try:
        machine.ok(*client, "health")
        machine.ok(*client, "upgrade", "head", "--migrations", "/srv/migrations", user="drover")
        for name in names:
            assert_exactly_once(cluster, name, revisions)
        machine.ok(*client, "check", "--migrations", "/srv/migrations")  # root may, too
        refused = machine.run(*client, "upgrade", "head", "--migrations", "/srv/migrations", user="nobody")
        assert refused.returncode != 0
        # The services own what they wrote, and nobody else reads it.
        socket = machine.path("/run/drover/drover.sock").stat()
        journal = machine.path("/var/lib/drover/journal.db").stat()
        assert socket.st_uid == journal.st_uid == state.st_uid
        assert stat.S_IMODE(journal.st_mode) & 0o077 == 0
        # The same package again keeps the configuration.
        install(machine, package)
        assert targets in machine.path("/etc/drover/drover.yaml").read_text()
    finally:
        worker.stop()
        coordinator.stop()
    assert machine.run(*client, "health").returncode == 1

    machine.ok("dpkg", "--remove", "drover")
    assert not machine.path("/usr/bin/drover").exists()
    assert machine.path("/etc/drover/drover.yaml").exists() and machine.path("/var/lib/drover/journal.db").exists()
    # What the test itself made, as an administrator would have to take it away.
    machine.ok("rm", "-r", "/srv/migrations", "/etc/drover/password", "/run/drover")
    machine.ok("dpkg", "--purge", "drover")
    # What policy leaves: dpkg's own records, and the locked user.
    books = r"-?/var/lib/(dpkg|man-db)/|-?/var/log/|-?/var/cache/(man|debconf|ldconfig)/"
    accounts = r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/\.pwd\.lock|/run/adduser$"
    left = {name for name in machine.changes() if not re.match(f"{books}|{accounts}", name)}
    assert left == set(), left
    before = pathlib.Path("/etc/passwd").read_text().splitlines()
    after = machine.path("/etc/passwd").read_text().splitlines()
    assert [line.split(":")[0] for line in after if line not in before] == ["drover"]
    assert machine.path("/etc/shadow").read_text().splitlines()[-1].startswith("drover:!")


def test_the_system_calls_are_those_that_the_units_allow(package, machine, cluster, project, tmp_path):
    """No systemd runs here to enforce SystemCallFilter=: what the services really call is compared with it."""
    install(machine, package)
    unit = Unit(machine, "drover-worker")
    text = machine.path("/lib/systemd/system/drover-worker.service").read_text()
    allow, deny = re.findall(r"^SystemCallFilter=(.*)$", text, re.M)

    def members(group, seen=frozenset()):
        listing = machine.ok("systemd-analyze", "syscall-filter", "--no-pager", group)
        names = {line.strip() for line in listing.splitlines()[1:] if line.startswith("    ")} - {""}
        names = {name for name in names if not name.startswith("#")}
        nested = {name for name in names if name.startswith("@")} - seen
        return (names - nested).union(*(members(name, seen | nested) for name in nested))
    allowed = members(allow)
    for group in deny.removeprefix("~").split():
        allowed -= members(group)
    assert {"openat", "connect"} <= allowed and "mount" not in allowed

    cluster.create(["acme"])
    project.chain(2)
    shutil.copytree(project.folder / "migrations", machine.path("/srv/migrations"))
    machine.path("/etc/drover/drover.yaml").write_text(
        f"targets:\n  - {{name: acme, url: '{cluster.url('acme')}'}}\npassword: {{command: 'echo any'}}\n"
        "journal: /var/lib/drover/journal.db\ncoordinator: unix:/run/drover/drover.sock\n")
    machine.ok("install", "-d", "-o", "drover", "/run/drover")
    traces = []

    def start(service):
        traces.append(f"/var/lib/drover/{service}.trace")
        command = machine.command("strace", "-f", "-qq", "-e", "signal=none", "-o", traces[-1],
                                  *shlex.split(Unit(machine, f"drover-{service}").settings["ExecStart"]), user="drover")
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    coordinator = start("coordinator")
    wait_until(lambda: machine.path("/run/drover/drover.sock").exists(), "the coordinator listens")
    worker = start("worker")
    try:
        machine.ok("drover", "-c", "/etc/drover/drover.yaml", "upgrade", "head", "--migrations", "/srv/migrations")
    finally:
        for process in (worker, coordinator):
            subprocess.run(["pkill", "-TERM", "-P", str(process.pid)])
            process.wait(60)
    called = set()
    for trace in traces:
        called |= set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", machine.path(trace).read_text(), re.M))
    assert {"connect", "execve", "epoll_wait"} & called
    # One of the refused calls is tried and may fail: the unit sets LimitNOFILE= itself.
    assert called - allowed <= {"setrlimit"}, called - allowed
    assert unit.settings["LimitNOFILE"]
