"""The Dockerfile without Docker: its instructions, one by one, on machines of machine.py.

The base images are stood in for by this machine, a Debian 12 as well: what the sources copied cannot build, what a RUN
line gets wrong, what the last stage lacks of files, users and modes shows; a package missing in the base would not.
"""
import json
import pathlib
import shutil
import subprocess

from fleet import ROOT
from machine import Machine

STARTED_WITH = {"ENTRYPOINT", "CMD", "USER"}


class Image:
    def __init__(self, instructions, folder):
        self.machines = {}
        self.folder = pathlib.Path(folder)
        self.settings = {}
        try:
            for instruction in instructions:
                self._run(instruction)
        except BaseException:
            self.close()
            raise

    def close(self):
        for machine in self.machines.values():
            machine.close()

    def _run(self, instruction):
        keyword, arguments = instruction["keyword"], instruction["arguments"]
        if keyword == "FROM":
            name = arguments[2] if len(arguments) > 1 else "final"
            folder = self.folder / name
            folder.mkdir()
            self.machine = self.machines[name] = Machine(folder)
            self.machine.path("/var/lib/man-db/auto-update").unlink(missing_ok=True)  # indexing takes its time
            self.directory = "/"
        elif keyword == "WORKDIR":
            self.directory = arguments[0]
            self.machine.ok("mkdir", "-p", self.directory)
        elif keyword == "RUN":
            self.machine.ok("sh", "-c", instruction["text"], directory=self.directory)
        elif keyword == "COPY":
            self._copy(instruction["flags"].get("from"), arguments[:-1], arguments[-1])
        elif keyword == "HEALTHCHECK":
            self.settings[keyword] = json.loads(instruction["text"].removeprefix("CMD "))
        elif keyword in STARTED_WITH:
            self.settings[keyword] = instruction["strings"] or arguments
        else:
            raise AssertionError(f"line {instruction['line']}: {keyword} is not known here")

    def _copy(self, stage, sources, destination):
        target = self.machine.path(str(pathlib.PurePosixPath(self.directory) / destination))
        for source in sources:
            if stage is not None:
                shutil.copy(self.machines[stage].path(source), target)
                continue
            assert sent(source), f".dockerignore keeps {source} from being sent"
            place = ROOT / source
            # What git knows or would: no build folder, no secrets.
            listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--deduplicate", "--", source],
                                     cwd=ROOT, capture_output=True, text=True, check=True).stdout
            for name in listing.splitlines():
                inside = (target / pathlib.Path(name).relative_to(source) if place.is_dir() else
                          target / place.name if destination.endswith("/") else target)
                inside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, inside)

    def command(self, *arguments, entrypoint=None):
        """A container's process: the entry point with arguments, as the image's user."""
        user, group = self.settings["USER"][0].split(":")
        return self.machine.command(*(self.settings["ENTRYPOINT"] if entrypoint is None else entrypoint), *arguments,
                                    user=user, group=group, directory=self.directory)

    def run(self, *arguments, entrypoint=None):
        return subprocess.run(self.command(*arguments, entrypoint=entrypoint), capture_output=True, text=True,
                              timeout=120, stdin=subprocess.DEVNULL)

    def healthy(self):
        """What the container engine finds: HEALTHCHECK's exit code."""
        return self.run(*self.settings["HEALTHCHECK"], entrypoint=[]).returncode


def sent(source):
    """Whether .dockerignore lets a path through: "*" first, then exceptions."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert patterns[0] == "*"
    return any(source == pattern[1:] or source.startswith(pattern[1:] + "/")
               for pattern in patterns if pattern[0] == "!")
