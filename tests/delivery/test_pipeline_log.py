"""Drover in a pipeline: what it says to the agent, and that nobody else can."""
import json
import re
import subprocess

import agents
import pytest
from fleet import DROVER

AZURE = {"TF_BUILD": "True"}
GITHUB = {"GITHUB_ACTIONS": "true"}
GITLAB = {"GITLAB_CI": "true"}

# A statement of a revision that fails with this text, as PostgreSQL reports it.
ATTACKS = [
    "##vso[task.setvariable variable=PATH]/evil",
    "##VSO[task.complete result=Succeeded;]done",
    "a\n##vso[task.setsecret]x\r##vso[build.addbuildtag]y",
    "##[error]forged", "###[group]forged",
    "\n::error file=a,line=1::forged",
    "x\r::stop-commands::pause",
    "\n  \u00a0\u2003\t::set-output name=a::b",
    "\n::add-mask::a",
    "#\u00ad#vso[task.setsecret]x", "\n:\u00ad:add-mask:\u00ad:a",
    "section_start:1:forged\r\x1b[0Kx", "\x1b[0Ksection_end:1:drover_1\r\x1b[0K",
    "100% ; ] , : %0A##vso[task.setsecret]x %250A",
]


class Log:
    """What one run wrote, bytes as they are: Python would turn a carriage return into a newline."""

    def __init__(self, project, *arguments, **environment):
        done = subprocess.run([DROVER, *arguments], cwd=project.folder, capture_output=True, timeout=180,
                              stdin=subprocess.DEVNULL, env=project.environment(**environment))
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.text = self.out + done.stderr.decode()
        assert "Sanitizer" not in self.text, self.text

    def finished(self):
        return [json.loads(line) for line in self.out.split("\n") if line.startswith('{"event":"finished"')][0]

    def __repr__(self):
        return f"exit {self.code}\n{self.text}"


def succeeds(*arguments, **environment):
    log = Log(*arguments, **environment)
    assert log.code == 0, log
    return log


def failing(project, text):
    """The third revision fails with this text as message, detail and hint."""
    # U&'' strings: every byte is written as an escape, so that the file itself holds no command.
    literal = "U&'" + "".join(f"\\{ord(c):04X}" for c in text) + "'"
    project.revision("r003", ["r002"],
                     "DO $$ BEGIN\n  RAISE EXCEPTION USING message = {0}, detail = {0}, hint = {0};\nEND $$;"
                     .format(literal))


def test_azure_hears_of_groups_progress_and_the_page(tenants, tmp_path):
    result = succeeds(tenants, "upgrade", "head", AGENT_TEMPDIRECTORY=str(tmp_path), **AZURE)
    commands = agents.azure(result.text)
    names = [name for name, _, _ in commands]
    assert names.count("group") == names.count("endgroup") == 1, result
    assert "task.logissue" not in names
    percents = [int(properties["value"]) for name, properties, _ in commands if name == "task.setprogress"]
    assert percents == sorted(percents) and percents[-1] == 100, percents
    page = [text for name, _, text in commands if name == "task.uploadsummary"]
    assert len(page) == 1 and page[0].startswith(str(tmp_path)), page
    with open(page[0]) as file:
        text = file.read()
    assert "### upgrade to head: succeeded" in text
    assert "| canary | finished | 1 | 1 | 0 | 0 |" in text and "| rest | finished | 3 | 3 | 0 | 0 |" in text
    assert re.search(r"Plan `[0-9a-f]{64}`", text), text


def test_an_issue_names_the_line_of_the_statement(cluster, tenants):
    tenants.revision("r003", ["r002"], "SELECT 1;\nSELECT * FROM nothing_like_that;")
    line = (tenants.folder / "migrations/r003.sql").read_text().splitlines().index("SELECT * FROM nothing_like_that;") + 1
    for environment, commands, error in ((AZURE, agents.azure, "task.logissue"), (GITHUB, agents.github, "error")):
        result = Log(tenants, "upgrade", "head", **environment)
        assert result.code in (2, 3, 5), result
        issues = [(properties, text) for name, properties, text in commands(result.text) if name == error
                  and properties.get("type", "error") == "error"]
        places = {(properties.get("sourcepath", properties.get("file")),
                   properties.get("linenumber", properties.get("line"))) for properties, _ in issues}
        assert ("migrations/r003.sql", str(line)) in places, result
        assert any("nothing_like_that" in text and "42P01" in text and "acme" in text for _, text in issues), result
        tenants.run("cancel")


def test_paths_are_relative_to_the_checkout(tenants):
    """The agent shows an issue beside its line only when it finds the file from the repository's top."""
    tenants.write("migrations/r003.sql", "-- nonsense\nCREATE TABEL x;\n")
    result = Log(tenants, "upgrade", "head", GITHUB_WORKSPACE=str(tenants.folder.parent), **GITHUB)
    issues = [properties for name, properties, _ in agents.github(result.text) if name == "error" and properties]
    assert issues and {properties["file"] for properties in issues} == {"p/migrations/r003.sql"}, result


def test_configuration_errors_are_issues(project):
    project.config("migrations: migrations\ntargets:\n  - name: a\n    ulr: postgresql://h/a\n")
    result = Log(project, "config", "check", **AZURE)
    assert result.code == 78
    issues = [properties for name, properties, _ in agents.azure(result.text) if name == "task.logissue"]
    assert {"type": "error", "sourcepath": "drover.yaml", "linenumber": "4", "columnnumber": "5"} in issues, result


def test_github_gets_a_page(tenants, tmp_path):
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    result = succeeds(tenants, "upgrade", "head", GITHUB_STEP_SUMMARY=str(page), **GITHUB)
    assert [name for name, _, _ in agents.github(result.text)] == ["group", "endgroup"], result
    assert page.read_text().startswith("before\n### upgrade to head: succeeded"), page.read_text()


def test_gitlab_gets_sections(tenants):
    result = succeeds(tenants, "upgrade", "head", **GITLAB)
    (begin, one, _), (end, two, _) = agents.gitlab(result.text)
    assert (begin, end) == ("start", "end") and one["name"] == two["name"] == "drover_1", result


def test_nothing_outside_a_pipeline(tenants):
    result = succeeds(tenants, "upgrade", "head", TF_BUILD="", GITHUB_ACTIONS="false")
    for commands in (agents.azure, agents.github, agents.gitlab):
        assert commands(result.text) == [], result


@pytest.fixture
def lone(cluster, project):
    """One database, and a chain of two revisions."""
    cluster.create(["lone"])
    project.chain(2)
    project.config(f"targets: [{{name: lone, url: \"{cluster.url('lone')}\"}}]\n")
    return project


@pytest.mark.parametrize("text", ATTACKS)
def test_a_database_cannot_speak_to_the_agent(lone, text):
    failing(lone, text)
    for environment, commands, ours in ((AZURE, agents.azure, {"group", "endgroup", "task.logissue", "task.setprogress"}),
                                        (GITHUB, agents.github, {"group", "endgroup", "error", "warning"}),
                                        (GITLAB, agents.gitlab, {"start", "end"})):
        for arguments in (["upgrade", "head"], ["status"]):
            result = Log(lone, *arguments, **environment)
            assert "P0001" in result.out, result
            expect_only(result, commands, ours)
        result = Log(lone, "upgrade", "head", "--json", **environment)
        expect_only(result, commands, ours)
        failure, = result.finished()["failures"]
        assert failure["hint"] == text, "JSON keeps its values"


def expect_only(result, commands, ours):
    found = commands(result.text)
    assert {name for name, _, _ in found} <= ours, found
    for name, properties, _ in found:
        assert "forged" not in str(properties) and properties.get("line") != "1", found
        if name in ("start", "end"):
            assert properties["name"] == "drover_1", found
        if name in ("group", "start"):
            assert len([n for n, _, _ in found if n == name]) == 1, found


def test_a_name_on_the_command_line_cannot_either(tenants):
    """What a person typed into the form of the pipeline comes back in messages."""
    for word in ("##vso[task.setsecret]x", "a\n::error::x", "--##vso[task.setsecret]x"):
        result = Log(tenants, "upgrade", word, **AZURE)
        assert result.code in (2, 64), result
        assert {name for name, _, _ in agents.azure(result.text)} <= {"task.logissue"}, result
        result = Log(tenants, "upgrade", word, **GITHUB)
        assert {name for name, _, _ in agents.github(result.text)} <= {"error"}, result
        assert len(agents.github(result.text)) <= 1, result


def test_a_file_gets_the_bytes_as_they_are(tenants, tmp_path):
    """SQL that is redirected must run; what is printed into the log is only read."""
    tenants.revision("r003", ["r002"], "SELECT '##vso[task.setsecret]x';\nSELECT 1\n::int::text;")
    expected = succeeds(tenants, "upgrade", "head", "--sql").out
    assert "##vso[" in expected and "\n::int::text" in expected
    for environment in (AZURE, GITHUB):
        with open(tmp_path / "plan.sql", "w") as file:
            subprocess.run([DROVER, "upgrade", "head", "--sql"], stdout=file, check=True, cwd=tenants.folder,
                           env=tenants.environment(**environment))
        assert (tmp_path / "plan.sql").read_text() == expected
    shown = succeeds(tenants, "upgrade", "head", "--sql", **AZURE).out
    assert agents.azure(shown) == [] and shown != expected


def test_output_that_cannot_be_written_fails(tenants):
    with open("/dev/full", "w") as full:
        done = subprocess.run([DROVER, "history"], stdout=full, stderr=subprocess.PIPE, text=True,
                              cwd=tenants.folder, env=tenants.environment(**AZURE))
    assert done.returncode == 2 and "output could be written" in done.stderr, done
