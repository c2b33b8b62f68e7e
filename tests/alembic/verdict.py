"""Compares Drover's answer with Alembic's. Every way in which they may differ is a class in CLASSES; a difference of
no class fails the test. Sections are those of docs/design/alembic.md."""
import re

CLASSES = {
    "crash_refused": "Alembic ends in a traceback while it plans; Drover refuses with a sentence",
    "bare_down_refused": "a bare -N with several rows: Alembic takes the row that comes first (section 14, 1)",
    "unknown_line_refused": "X@base, X@head+1, or a downgrade to X@..., with an unknown X: Alembic does not look "
                            "when there is nothing to choose",
    "rows_mended": "a revision one of whose links is an ancestor of another: Alembic crashes or leaves a row too many "
                   "(section 14, 3 and 4; in part mended in 1.13.1); Drover follows section 5's rule",
    "overlap_mended": "rows that overlap from the start: Alembic moves them wrongly or crashes on the way; Drover's "
                      "downgrade and stamp leave none",
    "stamp_relative_refused": "stamp and show take no relative target, but Alembic walks down from the heads for -N",
    "stamp_destinations": "several destinations: Alembic crashes, or leaves rows that overlap or drops a destination; "
                          "a destination that another includes adds nothing",
    "stamp_partial_accepted": "stamp L@S with a partial S that only one revision of the line begins with: Alembic "
                              "takes it if the table is empty, else says that it is ambiguous",
    "order_of_faults": "both refuse, but name another one of several faults in one question",
    "history_line_by_id": "history ID@...: for a line named by an id Alembic takes all, or what bears its only label",
    "history_beyond_base": "history -N:head with too few revisions: Alembic cannot locate 'head'; Drover lists all",
    "history_crash": "history with a revision in place of a label, or past its end: Alembic ends in a traceback",
}

OVERLAP = {"overlapping_rows", "bad_spec"}


class Verdict:
    def __init__(self):
        self.asked = self.steps = self.refused = 0
        self.classes = {name: 0 for name in CLASSES}

    def differ(self, name):
        self.classes[name] += 1

    def compare(self, graph, links, question, ours, theirs):
        """None, or a sentence that tells the difference."""
        self.asked += 1
        if "revisions" in ours or "revisions" in theirs or question["op"] in ("history", "show"):
            return self._listing(links, question, ours, theirs)
        if "error" in theirs:
            return self._refusal(question, ours, theirs)
        if "error" in ours:
            return self._refused_by_us(links, question, ours, theirs)
        self.steps += len(ours["steps"])
        if question["op"] == "stamp":
            return self._stamp(links, question, ours, theirs)
        return self._plan(links, question, ours, theirs)

    def _listing(self, links, question, ours, theirs):
        low = question.get("range", "").split(":")[0]
        if ours.get("revisions", 0) == theirs.get("revisions", 1):
            return None
        if theirs.get("error") == "crash":
            self.differ("crash_refused" if "error" in ours else "history_crash")
            return None
        if re.match(r".+@", low) and low.split("@")[0] not in links.label:
            self.differ("history_line_by_id")
            return None
        if re.match(r"(.+@)?-\d", low) and theirs.get("error") == "no_such_revision" and "error" not in ours:
            self.differ("history_beyond_base")
            return None
        if "error" in ours and self._unknown_line([question.get("symbol") or question["range"]], ours["error"]["code"]):
            return None
        if question["op"] == "show" and "error" in ours and re.match(r"(.*@)?-\d+$", question["symbol"]):
            self.differ("stamp_relative_refused")
            return None
        return self._refusal(question, ours, theirs) if "error" in theirs else "only Drover refuses, or other revisions"

    def _unknown_line(self, texts, code):
        known = any(re.search(r"@base|@\w+\+\d", text) for text in texts) and code in ("no_such_revision", "ambiguous_revision")
        if known:
            self.differ("unknown_line_refused")
        return known

    def _refusal(self, question, ours, theirs):
        if theirs["error"] == "crash":
            if question["op"] == "stamp" and "error" not in ours:
                self.differ("stamp_destinations")
                return None
            self.differ("crash_refused")
            return None if "error" in ours else "Alembic crashes, Drover has an answer"
        if "error" not in ours:
            if question["op"] == "stamp" and any("@" in text for text in question["specs"]):
                self.differ("stamp_partial_accepted")
                return None if theirs["error"] == "ambiguous_revision" else "only Alembic refuses"
            return "only Alembic refuses"
        self.refused += 1
        code = ours["error"]["code"]
        if code == theirs["error"] or (theirs["error"] == "overlap" and code in OVERLAP):
            return None
        # Two faults in one question: rows and target are looked at in another order.
        self.differ("order_of_faults")
        return None if self._several_faults(question, code, theirs["error"]) else "another error"

    @staticmethod
    def _several_faults(question, ours, theirs):
        texts = question.get("specs") or [question.get("range") or question.get("symbol")]
        compound = any(re.search(r"[@:+-]", text) for text in texts) or len(texts) > 1
        return compound or "zzzz" in question.get("from", []) or theirs == "overlap" or ours in OVERLAP

    def _refused_by_us(self, links, question, ours, theirs):
        code = ours["error"]["code"]
        spec = question["specs"][0]
        if question["op"] == "downgrade":
            if re.match(r"-\d", spec) and len(question["from"]) > 1 and code == "ambiguous_walk":
                self.differ("bare_down_refused")
                return None
            if "@" in spec and code in ("no_such_revision", "ambiguous_revision"):
                self.differ("unknown_line_refused")
                return None
        if self._unknown_line(question["specs"], code):
            return None
        if question["op"] == "stamp":
            if any(re.search(r"[+-]\d+$", text) for text in question["specs"]) and code == "no_such_revision":
                self.differ("stamp_relative_refused")
                return None
            if theirs.get("crash") and len(theirs["steps"]) > 1 and code == "bad_spec":
                self.differ("stamp_destinations")
                return None
        return "only Drover refuses"

    def _plan(self, links, question, ours, theirs):
        names = [step["revision"] for step in ours["steps"]]
        if names != [name for name, _ in theirs["steps"]]:
            return "other steps"
        start = question["from"]
        overlapping = links.overlapping(start)
        applied = links.closure(start)
        spoiled = overlapping
        for step, (name, rows) in zip(ours["steps"], theirs["steps"]):
            applied = applied | {name} if question["op"] == "upgrade" else applied - {name}
            if not overlapping and step["version_rows"] != links.rows(applied):
                return f"the rows after {name} break the rule"
            spoiled = spoiled or links.crooked(name)
            if step["version_rows"] != rows:
                if not spoiled:
                    return f"other rows after {name}"
                self.differ("overlap_mended" if overlapping else "rows_mended")
                spoiled = True
                break
        last = ours["steps"][-1]["version_rows"] if ours["steps"] else ours["from"]
        if ours["to"] != last or ours["from"] != sorted(start):
            return "from or to is not what the steps say"
        return None

    def _stamp(self, links, question, ours, theirs):
        same = [(step["revision"], step["version_rows"]) for step in ours["steps"]] == theirs["steps"]
        if same and ours["to"] == theirs["rows"]:
            return None
        start = [] if question["purge"] else question["from"]
        if links.overlapping(start):
            self.differ("overlap_mended")
            return None if not links.overlapping(ours["to"]) or "base" in question["specs"] else "rows overlap still"
        if len(question["specs"]) > 1 or "heads" in question["specs"][0]:
            self.differ("stamp_destinations")
            if links.overlapping(ours["to"]) or not set(theirs["destinations"]) <= links.closure(ours["to"]):
                return "rows that overlap, or a destination without a row"
            right = (not theirs.get("crash") and not links.overlapping(theirs["rows"])
                     and set(theirs["destinations"]) <= links.closure(theirs["rows"]))
            return "other rows, though Alembic's are right" if right else None
        return "other rows"
