"""One page for those who were not there, whatever a database says."""
import html.parser
import json

import pytest

from conftest import wait_until

HOSTILE = "<script>alert(1)</script> & \"it's\" | a *bold* [link](http://x) `code`"
WAVES = ("rollout: {max_failures: 5, waves: [{name: '<b>first|wave</b>', count: 1, approve: true}, {name: rest}]}\n")


class Page(html.parser.HTMLParser):
    """What a browser makes of it: tags, what would be asked for, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.wanted, self.texts, self.open = set(), [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"
        self.text = " ".join(self.texts)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.wanted += [pair for pair in attributes if pair[0] in ("src", "href", "action", "data", "xlink:href")]
        assert not [name for name, _ in attributes if name.startswith("on")], attributes
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)


def report(project, name, *arguments):
    project.ok("report", *arguments, "-o", name)
    return (project.folder / name).read_text()


@pytest.fixture
def failing(cluster, project):
    """A rollout with an approval, a pause, and one target that fails with a text of its own."""
    cluster.create(["a", "b", "c"])
    project.config(cluster.targets(["a", "b", "c"]) + WAVES)
    project.revision("r001", [], "DO $do$ BEGIN IF current_database() = 'c' THEN RAISE EXCEPTION '%', $t$" + HOSTILE +
                     "$t$ USING DETAIL = '<img src=http://x onerror=alert(2)>'; END IF; END $do$;")
    project.coordinator()
    project.start("worker")
    project.start("upgrade", "head")
    wait_until(lambda: "awaits approval" in project.run("status").out, "it waits")
    project.ok("pause", "--reason", "<i>look</i> first")
    project.ok("resume")


@pytest.mark.usefixtures("failing")
def test_a_page_for_the_boss(project):
    running = Page(report(project, "running.html"))
    assert "so far" in running.text and "Started by" in running.text, running.text
    digest = project.ok("status", "--json").json["digest"]
    project.ok("approve", "--digest", digest[:12], "--reason", "looked at it")
    wait_until(lambda: project.ok("status", "--json").json["state"] == "failed", "it is over")
    text = report(project, "report.html")
    page = Page(text)
    assert page.wanted == [] and "url(" not in text and "@import" not in text and "http-equiv" in text
    assert not page.tags & {"script", "img", "link", "iframe", "b", "i", "object"}, page.tags
    for words in (HOSTILE, "<img src=http://x onerror=alert(2)>", "<b>first|wave</b>", "<i>look</i> first",
                  "Upgrade to head", "Started by ", ", approved by ", "looked at it", "failed", "1 target: ", "r001.sql", digest,
                  "Failures by cause", "Who did what", "rollout paused by"):
        assert words in page.text, (words, page.text)
    assert {"svg", "title", "main", "h1", "table"} <= page.tags
    # the same as Markdown, in which nothing of it is markup, and as JSON
    markdown = project.ok("report").out
    assert markdown == report(project, "report.md") and "<script" not in markdown and "[link](" not in markdown
    assert "\\| a \\*bold\\*" in markdown and "#### Who did what" in markdown and "#### When" in markdown, markdown
    data = json.loads(report(project, "report.json"))
    assert data["over"] and data["state"] == "failed" and data["failures"][0]["message"].endswith(HOSTILE), data
    assert {"wave_approved", "rollout_paused", "wave_started"} <= {entry["fact"] for entry in data["log"]}, data["log"]
    assert project.ok("report", "--json").json["log"] == data["log"]


def test_an_older_rollout_and_what_is_wrong(cluster, project):
    cluster.create(["a"])
    project.config(cluster.targets(["a"]))
    project.chain(1)
    none = project.run("report")
    assert none.code == 2 and "there was no rollout yet" in none.err, none
    project.ok("upgrade", "head")
    older = project.ok("status", "--json").json["rollout"]
    project.revision("r002", ["r001"], "SELECT 1;")
    project.ok("upgrade", "r002")
    page = Page(report(project, "older.html", older))
    assert older in page.text and "Upgrade to head" in page.text and "Nothing failed." in page.text, page.text
    for name, code, words in (("report.pdf", 64, ".html, .md or .json"), ("no/such/report.md", 2, "cannot be written")):
        wrong = project.run("report", "-o", name)
        assert wrong.code == code and words in wrong.err and not (project.folder / name).exists(), wrong
    assert not list(project.folder.glob("*.part"))
