"""Fixtures of the differential test: the process that answers questions, the binary, the seed."""
import json
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DROVER = pathlib.Path(os.environ.get("DROVER", ROOT / "build/dev/drover"))
ASK = DROVER.parent / "tests/alembic/ask"


class Ask:
    """Drover's planner in one process: tests/alembic/ask.c."""

    def __init__(self):
        self.process = subprocess.Popen([str(ASK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"ask died of {question}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0, "ask, or the sanitizer in it, complained"


@pytest.fixture(scope="module")
def ask():
    process = Ask()
    yield process
    process.close()


@pytest.fixture(scope="session")
def seed():
    return int(os.environ.get("ALEMBIC_SEED") or random.SystemRandom().randrange(10**9))


def pytest_terminal_summary(terminalreporter):
    for line in getattr(pytest, "tallies", []):
        terminalreporter.write_line(line)
