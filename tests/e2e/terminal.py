"""A terminal: a pseudo-terminal with a program on it, and the screen as a person sees it (pyte)."""
import atexit
import fcntl
import functools
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios

import pyte

from conftest import DROVER, PATIENCE, wait_until


@functools.cache
def descriptions():
    """A folder with what is known of xterm, without what pyte does not understand: repeated characters, scrolling."""
    folder = tempfile.mkdtemp(prefix="drover-e2e-terminfo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    xterm = subprocess.run(["infocmp", "-1", "xterm-256color"], check=True, capture_output=True, text=True).stdout
    known = [line for line in xterm.splitlines() if not line.strip().startswith(("rep=", "indn=", "rin="))]
    subprocess.run(["tic", "-o", folder, "-"], input="\n".join(known) + "\n", check=True, capture_output=True, text=True)
    return folder


class Terminal:
    """drover on a terminal of its own. Call `text()` to see what stands there now."""

    def __init__(self, project, *command, rows=24, columns=80, program=DROVER, **environment):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.master, self.slave = os.openpty()
        self._size(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        known = {"TERM": "xterm-256color", "TERMINFO": descriptions()}
        self.popen = subprocess.Popen([program, *command], cwd=project.folder, stdin=self.slave, stdout=self.slave,
                                      stderr=self.slave, env=project.environment(**{**known, **environment}),
                                      preexec_fn=self._lead, close_fds=True)

    def _lead(self):
        """In the child: a session of its own, whose terminal this is, as a shell makes it for a job."""
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self._size(rows, columns)
        self.popen.send_signal(signal.SIGWINCH)

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                read = os.read(self.master, 65536)
            except OSError:
                return
            self.raw += read
            self.stream.feed(read)

    def lines(self):
        self.read()
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def press(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def wait_for(self, *words):
        """Until all of them are on the screen at once; the screen."""
        def there():
            text = self.text()
            return text if all(word in text for word in words) else None
        try:
            return wait_until(there, "")
        except AssertionError:
            raise AssertionError(f"{words} not seen on\n{self.text()}") from None

    def wait_gone(self, *words):
        try:
            wait_until(lambda: not any(word in self.text() for word in words), "")
        except AssertionError:
            raise AssertionError(f"{words} still seen on\n{self.text()}") from None

    def chosen(self):
        """The line in reverse video."""
        self.read()
        for row in range(self.screen.lines):
            if self.screen.buffer[row][0].reverse:
                return self.screen.display[row].rstrip()
        return None

    def sane(self):
        """Whether the terminal is as it was: its modes, the cursor seen, the normal screen."""
        self.read()
        return (termios.tcgetattr(self.slave) == self.before and not self.screen.cursor.hidden
                and self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h"))

    def end(self):
        """The exit code, when it ends by itself."""
        wait_until(lambda: (self.read(), self.popen.poll())[1] is not None, f"it ends\n{self.text()}")
        self.read()
        return self.popen.returncode

    def doing(self):
        """What the kernel says of the process: where it stands, which signals wait or are blocked."""
        place = pathlib.Path(f"/proc/{self.popen.pid}")
        status = [line for line in (place / "status").read_text().splitlines() if line.startswith(("State", "Sig", "Shd", "Threads"))]
        return "\n".join([*status, (place / "wchan").read_text(), (place / "syscall").read_text(), self.text()])

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait(PATIENCE)
        os.close(self.master)
        os.close(self.slave)
