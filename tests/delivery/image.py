"""The Dockerfile without Docker: its instructions, one by one, on machines of machine.py.

The base images are stood in for by the bare Debian of bare.py, so that a package which the instructions do not name is
missed; where none can be made, by this machine, a Debian 12 as well.
"""
import json
import pathlib
import shutil
import subprocess

import bare
from fleet import ROOT
from machine import Machine

BASE = "debian:12-slim"  # what bare.py makes
STARTED_WITH = {"ENTRYPOINT", "CMD", "USER"}


class Stage:
    """A machine, and how a container of it is started."""

    def __init__(self, machine, parent=None):
        self.machine = machine
        self.settings = dict(parent.settings) if parent else {}
        self.directory = parent.directory if parent else "/"

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


class Image:
    """`stages` by name; `final` is what is built when no stage is named."""

    def __init__(self, instructions, folder, base="/"):
        self.stages = {}
        self.machines = []
        self.folder = pathlib.Path(folder)
        self.base = base
        try:
            for instruction in instructions:
                self._run(instruction)
        except BaseException:
            self.close()
            raise
        self.final = self.stage

    def close(self):
        for machine in self.machines:
            machine.close()

    def _from(self, source, name):
        parent = self.stages.get(source)
        assert parent or source == BASE, f"{source} is not known here"
        folder = self.folder / str(len(self.machines))
        folder.mkdir()
        machine = Machine(folder, self.base, parent and parent.machine)
        self.machines.append(machine)
        machine.path("/var/lib/man-db/auto-update").unlink(missing_ok=True)  # indexing takes its time
        if parent is None:
            bare.network(machine)
        self.stage = self.stages[name] = Stage(machine, parent)

    def _run(self, instruction):
        keyword, arguments = instruction["keyword"], instruction["arguments"]
        if keyword == "FROM":
            self._from(arguments[0], arguments[2] if len(arguments) > 1 else None)
        elif keyword == "WORKDIR":
            self.stage.directory = arguments[0]
            self.stage.machine.ok("mkdir", "-p", arguments[0])
        elif keyword == "RUN":
            self.stage.machine.ok("sh", "-c", instruction["text"], directory=self.stage.directory)
        elif keyword == "COPY":
            self._copy(instruction["flags"].get("from"), arguments[:-1], arguments[-1])
        elif keyword == "HEALTHCHECK":
            self.stage.settings[keyword] = json.loads(instruction["text"].removeprefix("CMD "))
        elif keyword in STARTED_WITH:
            self.stage.settings[keyword] = instruction["strings"] or arguments
        else:
            raise AssertionError(f"line {instruction['line']}: {keyword} is not known here")

    def _copy(self, stage, sources, destination):
        target = self.stage.machine.path(str(pathlib.PurePosixPath(self.stage.directory) / destination))
        for source in sources:
            if stage is not None:
                shutil.copy(self.stages[stage].machine.path(source), target)
                continue
            assert sent(source), f".dockerignore keeps {source} from being sent"
            place = ROOT / source
            for name in tracked(source):
                inside = (target / pathlib.Path(name).relative_to(source) if place.is_dir() else
                          target / place.name if destination.endswith("/") else target)
                inside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, inside)


def tracked(*paths):
    """What git knows or would: no build folder, no secrets."""
    return subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--deduplicate", "--", *paths], cwd=ROOT,
                          capture_output=True, text=True, check=True).stdout.splitlines()


def sent(source):
    """Whether .dockerignore lets a path through: "*" first, then exceptions."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert patterns[0] == "*"
    return any(source == pattern[1:] or source.startswith(pattern[1:] + "/")
               for pattern in patterns if pattern[0] == "!")
