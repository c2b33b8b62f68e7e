"""A machine to install on: this one or another, below a layer that takes all changes and vanishes with its process.

An overlay over its folder in a mount namespace of its own: what is installed there is seen by nobody else, and `changes`
tells precisely what it has become. The network and the processes are this machine's.
"""
import os
import pathlib
import stat
import subprocess

PREPARE = """
set -e
mount -t tmpfs -o mode=755 none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
[ -z "$3" ] || cp -a "$3/." "$1/upper"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
echo ready
exec setpriv --pdeathsig KILL sleep infinity
"""


class Machine:
    def __init__(self, folder, base="/", parent=None):
        """`parent`: a machine with the same base, whose changes this one begins with."""
        self.folder = pathlib.Path(folder)
        self.base = pathlib.Path(base)
        changed = parent.layer() if parent else ""
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", PREPARE, "sh",
                                        self.folder, base, changed], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise OSError("no overlay can be mounted here: " + self.holder.communicate()[1])

    def close(self):
        """The namespace goes with its last process, and the layer with it."""
        self.holder.kill()
        self.holder.wait()

    def path(self, name):
        """A file of the machine, as this process reaches it."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{self.folder}/root{name}")

    def command(self, *command, user=None, directory="/", group=None):
        """As a service manager starts it: a clean environment; as a user with no way back to root."""
        inside = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        if group is not None:
            inside += ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs",
                       "--bounding-set=-all", "--inh-caps=-all"]
            user = None
        if user is not None:
            inside += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--no-new-privs",
                       "--bounding-set=-all", "--inh-caps=-all"]
        shell = 'cd "$0" && exec "$@"'
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "chroot", str(self.folder / "root"),
                *inside, "sh", "-c", f"umask 022; {shell}", directory, *map(str, command)]

    def run(self, *command, **options):
        return subprocess.run(self.command(*command, **options), capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL)

    def ok(self, *command, **options):
        done = self.run(*command, **options)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def layer(self):
        """All that differs from the base."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{self.folder}/upper")

    def changes(self):
        """Every path below the layer that was made, changed ("/etc/passwd") or removed ("-/etc/motd")."""
        upper = self.layer()
        found = set()
        for path in upper.rglob("*"):
            status = path.lstat()
            name = "/" + str(path.relative_to(upper))
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == os.makedev(0, 0):
                found.add("-" + name)
            elif not (stat.S_ISDIR(status.st_mode) and (self.base / name[1:]).is_dir()):
                found.add(name)
        return found
