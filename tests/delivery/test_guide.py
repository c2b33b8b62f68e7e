"""docs/guide.md, read and run from top to bottom against a PostgreSQL server of the test's own.

A block ```sh is run as it stands, and every command in it must succeed. In a block ```console the lines after `$ ` (and
`> `, which go on with it) are run; what follows is what they must print, with times, durations, ports and the ids of
rollouts and plans masked, and a line `...` for any lines. A line of progress, which only a machine under load has the
time to print, may come anywhere. All run in one shell, in order, as a reader would; the server is named by its address,
so that nothing depends on what `localhost` is.

Blocks ```text, ```hcl and ```yaml are not run: the paragraph before each must say why, after "Not run:".

`UPDATE_GOLDEN=1` writes what is printed into the guide.
"""
import os
import pathlib
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
import yaml

from conftest import ROOT, fleet

GUIDE = ROOT / "docs/guide.md"
RUN = ("sh", "console")
NOT_RUN = ("text", "hcl", "yaml")
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
PATIENCE = 60  # seconds for one block

DATE = r"\w{3} \d+ \w{3} \d\d:\d\d \w+"
MASKS = [
    (rf"window, (open|opens {DATE}), closes {DATE}$", "window, <when>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d| UTC)?", "<time>"),
    (r"\b\d\d:\d\d(:\d\d(\.\d+)?)?\b", "<time>"),
    (r"\b\d+(\.\d+)? ?(ms|s|m|h)\b( \d+ ?(ms|s|m)\b)?", "<duration>"),
    (r"\b[0-9a-f]{64}\b", "<digest>"),
    (r"\b(digest|plan) [0-9a-f]{12}\b", r"\1 <digest>"),
    (r"\b\d{8}-\d{6}-[0-9a-f]+\b", "<rollout>"),
    (r"\b(localhost|127\.0\.0\.1|::1)[:\"](, port )?\d+", "<server>"),
    (r"port \d+", "port <port>"),
    (r"^  \S+:\d+: (\d+ of \d+ jobs)", r"  <worker>: \1"),
    (r"\bby \w+@[\w.-]+|\b\w+@[\w.-]+$", "<operator>"),
    (r"epoch \d+", "epoch <number>"),
    (r"[ \t]+", " "),
]


PROGRESS = re.compile(r"[a-z ]+: [\d,]+ of [\d,]+ targets?\b")


def masked(line):
    for pattern, word in MASKS:
        line = re.sub(pattern, word, line)
    return line.strip()


def as_in_the_guide(printed, port):
    """The port that a reader's server has; columns after it stay where they are."""
    return re.sub(rf"\b{port}\b(?=( *))", lambda found: "5432" + (" " if len(found[1]) > 1 else ""), printed)


def alike(shown, printed):
    """Whether what the guide shows is what was printed; `...` stands for any number of lines, and progress may be more."""
    if shown and shown[0].strip() == "...":
        return any(alike(shown[1:], printed[skip:]) for skip in range(len(printed) + 1))
    if shown and printed and masked(shown[0]) == masked(printed[0]):
        return alike(shown[1:], printed[1:])
    if printed and PROGRESS.match(printed[0]):
        return alike(shown, printed[1:])
    return not shown and not printed


class Block:
    def __init__(self, line, language, before):
        self.line = line  # of the opening fence, from 1
        self.language = language
        self.before = before  # the paragraph before it
        self.lines = []

    def commands(self):
        """[(command, shown lines)] of a console block."""
        found = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif line.startswith("> ") and found and not found[-1][1]:
                found[-1][0] += "\n" + line[2:]
            else:
                assert found, f"docs/guide.md:{self.line}: output without a command"
                found[-1][1].append(line)
        return found


def blocks_of(text):
    blocks = []
    block = None
    paragraph = []
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line == "```":
                blocks.append(block)
                block = None
                paragraph = []
            else:
                block.lines.append(line)
        elif line.startswith("```"):
            block = Block(number, line[3:].strip(), " ".join(paragraph))
        elif line.strip():
            paragraph = paragraph + [line] if paragraph and paragraph[-1].strip() else [line]
        elif paragraph and paragraph[-1].strip():
            paragraph.append("")
    assert block is None, "the last block is not closed"
    return blocks


class Shell:
    """One bash for the whole guide. It and all that it started go with close()."""

    END = "\x01end of block"

    def __init__(self, folder, environment):
        self.folder = folder
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=folder, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.unread = b""

    def run(self, text, every_command):
        """What was printed, and the exit code: of the last command, or of the first one that failed."""
        script = self.folder / ".guide-block"
        script.write_text(text + "\n")
        trap = "trap 'guide_failed=$?' ERR; " if every_command else ""
        self.process.stdin.write(
            f"guide_failed=0; {trap}. {script} </dev/null; guide_last=$?; trap - ERR; "
            f"printf '\\001end of block %s %s\\n' \"$guide_failed\" \"$guide_last\"\n".encode())
        self.process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        while True:
            done = re.search(rb"\x01end of block (\d+) (\d+)\n", self.unread)
            if done:
                printed = self.unread[:done.start()].decode()
                self.unread = self.unread[done.end():]
                return printed, int(done[1]) or int(done[2])
            assert self.selector.select(deadline - time.monotonic()), f"hangs: {text}\n{self.unread.decode()}"
            chunk = os.read(self.process.stdout.fileno(), 65536)
            assert chunk, f"the shell is gone: {text}\n{self.unread.decode()}"
            self.unread += chunk

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.stdout.read()  # until the last of them is gone
        self.process.wait()
        self.selector.close()
        self.process.stdout.close()


@pytest.fixture
def shell(cluster):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-guide-"))
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("PG") and name not in fleet.AMBIENT and not name.startswith("DROVER")}
    environment.update({
        "PATH": f"{fleet.DROVER.resolve().parent}:{fleet.PG}:{os.environ['PATH']}", "HOME": str(folder),
        "LC_ALL": "C.UTF-8", "PGHOST": "127.0.0.1", "PGPORT": str(cluster.port), "PGUSER": "postgres",
        "PGCONNECT_TIMEOUT": "10"})
    shell = Shell(folder, environment)
    yield shell
    shell.close()
    shutil.rmtree(folder)


def wait_for_services(shell, command):
    """A person's next command comes seconds after `drover coordinator &`; the test's comes when it listens."""
    started = re.search(r"drover coordinator >(\S+)", command)
    if started:
        def listening():
            printed, _ = shell.run(f"grep -c 'listening on' {started[1]} || true", False)
            return printed.strip() not in ("", "0")
        fleet.wait_until(listening, "the coordinator listens", PATIENCE)


def test_every_command_of_the_guide(cluster, shell):
    text = GUIDE.read_text()
    lines = text.splitlines()
    wrong = []
    replaced = []  # (first line, last line, the lines in their place), from 0
    for block in blocks_of(text):
        where = f"docs/guide.md:{block.line}"
        if block.language == "sh":
            command = "\n".join(block.lines)
            printed, code = shell.run(command, True)
            if code != 0:
                wrong.append(f"{where}: exit code {code}\n{command}\n{printed}")
            wait_for_services(shell, command)
        elif block.language == "console":
            body = []
            for command, shown in block.commands():
                printed, code = shell.run(command, False)
                printed = [line.rstrip() for line in as_in_the_guide(printed, cluster.port).splitlines()]
                while printed and not printed[-1].strip():
                    printed.pop()
                if code != 0:
                    wrong.append(f"{where}: exit code {code}: {command}\n" + "\n".join(printed))
                same = alike(shown, printed)
                if not same:
                    wrong.append(f"{where}: {command}\n--- shown\n" + "\n".join(shown) + "\n--- printed\n" +
                                 "\n".join(printed))
                first, *rest = command.split("\n")
                body += [f"$ {first}", *(f"> {line}" for line in rest), *(shown if same else printed)]
            replaced.append((block.line, block.line + len(block.lines), body))
    if UPDATE:
        for first, last, body in reversed(replaced):
            lines[first:last] = body
        GUIDE.write_text("\n".join(lines) + "\n")
    assert not wrong, "\n\n".join(wrong)


def test_what_may_differ():
    shown = ["wave started: rest, 4 targets", "...", "6 targets at the head"]
    load = "deploying: 2 of 6 targets, 1 running: throttled: 4 targets wait"
    assert alike(shown, [load, shown[0], load, "wave finished: rest", shown[2], load])
    assert alike([load], [load]) and not alike([load], [])
    assert not alike(shown, [shown[0], "warning: rollout paused"]) and not alike(shown[:1], [shown[0], shown[2]])


def test_what_is_not_run_says_why(capsys):
    blocks = blocks_of(GUIDE.read_text())
    assert {block.language for block in blocks} <= {*RUN, *NOT_RUN}
    with capsys.disabled():
        print("\nnot run, of docs/guide.md:")
        for block in blocks:
            if block.language in NOT_RUN:
                reason = re.search(r"Not run: ([^.]+\.)", block.before)
                assert reason, f"docs/guide.md:{block.line}: the paragraph before it does not say why (Not run: ...)"
                print(f"  line {block.line}: {reason[1]}")


def test_links_lead_somewhere():
    text = GUIDE.read_text()
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
               for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        if not link.startswith("https://"):
            file, _, anchor = link.partition("#")
            assert (GUIDE.parent / file).exists(), link
            assert file or anchor in anchors, link


def test_names_of_the_pipeline_are_its_own():
    """Parameters, stages, steps and artifacts that the guide names in italics."""
    pipeline = (ROOT / "azure-pipelines/db-migration-pipeline.yml").read_text()
    template = (ROOT / "azure-pipelines/templates/db-migration.yml").read_text()
    names = [re.sub(r" \(.*", "", parameter["displayName"]) for parameter in yaml.safe_load(pipeline)["parameters"]]
    text = GUIDE.read_text()
    for name in names:
        assert f"*{name}*" in text, f"the guide does not explain the parameter {name}"
    display = {*names, *re.findall(r"displayName: (.*)", template)}
    for name in re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", text):
        assert name in display, f"the pipeline has nothing that is called {name}"
    for artifact in re.findall(r"`(migration-\w+)-N`", text):
        assert f"artifact: {artifact}-$(System.JobAttempt)" in template, artifact


def test_terraform_variables_exist():
    declared = set(re.findall(r'^variable "(\w+)"',
                              (ROOT / "deploy/terraform/variables.tf").read_text(), re.MULTILINE))
    for block in blocks_of(GUIDE.read_text()):
        if block.language == "hcl":
            for name in re.findall(r"^(\w+)\s*=", "\n".join(block.lines), re.MULTILINE):
                assert name in declared, f"docs/guide.md:{block.line}: {name}"
