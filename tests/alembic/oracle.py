"""The real Alembic, asked the questions that `drover explain`, `history` and `show` answer.

Nothing of Alembic is replaced: Script objects over a graph in memory instead of files, the ScriptDirectory that the
commands use, and the HeadMaintainer that moves the version rows, writing its SQL into a string.
"""
import io
import pathlib
import tempfile
import types
import warnings

from alembic.runtime.migration import HeadMaintainer, MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.base import Script
from alembic.script.revision import (LoopDetected, CycleDetected, MultipleHeads, RangeNotAncestorError,
                                     ResolutionError, RevisionError, RevisionMap)
from alembic.util import CommandError

warnings.simplefilter("ignore")

CRASHES = (AssertionError, AttributeError, KeyError, TypeError, ValueError, IndexError)

# RevisionError has no subclasses for these: the words of its sentence decide.
SENTENCES = (
    ("Multiple revisions start", "ambiguous_revision"),
    ("Relative revision", "relative_out_of_range"),
    ("Walked too far", "relative_out_of_range"),
    ("Ambiguous walk", "ambiguous_walk"),
    ("Ambiguous upgrade", "ambiguous_walk"),
    ("overlaps with other requested", "overlap"),
    ("Not a valid downgrade target", "range_not_ancestor"),
    ("Branch name", "duplicate_label"),
)


def error_class(error):
    """The class of an error: a code of Drover's, `overlap`, or `crash`."""
    if isinstance(error, CommandError):
        error = error.__cause__ or error
    if isinstance(error, CRASHES):
        return "crash"
    for sentence, code in SENTENCES:
        if sentence in str(error):
            return code
    if isinstance(error, (CycleDetected, LoopDetected)):
        return "cycle"
    if isinstance(error, ResolutionError):
        return "no_such_revision"
    if isinstance(error, MultipleHeads):
        return "multiple_heads"
    if isinstance(error, RangeNotAncestorError):
        return "range_not_ancestor"
    raise AssertionError(f"an error of Alembic that the test does not know: {error!r}")


class Oracle:
    """Alembic with one graph: a list of dicts with id, parents, depends, labels, in listing order."""

    folder = tempfile.TemporaryDirectory(prefix="drover-alembic-")

    def __init__(self, graph):
        self.scripts = ScriptDirectory(self.folder.name)
        self.scripts.revision_map = RevisionMap(lambda: [self._script(node) for node in graph])
        self.map = self.scripts.revision_map._revision_map
        for key, revision in self.map.items():
            if key:  # hash order becomes declared order, which is one of the orders it can give
                kept = set(revision._normalized_resolved_dependencies)
                revision._normalized_resolved_dependencies = tuple(
                    name for name in revision._resolved_dependencies if name in kept)

    @staticmethod
    def _script(node):
        module = types.ModuleType(node["id"])
        module.revision = node["id"]
        module.down_revision = tuple(node["parents"]) or None
        module.depends_on = tuple(node["depends"]) or None
        module.branch_labels = tuple(node["labels"]) or None
        module.upgrade = module.downgrade = lambda: None
        return Script(module, node["id"], str(pathlib.Path(Oracle.folder.name) / f"{node['id']}.py"))

    def ask(self, question):
        """{"steps": [(revision, rows after or None)...], "rows": [...], "crash": where}, {"revisions": [...]} or
        {"error": class}. `crash` is "rows" when the plan was made but the rows could not follow it."""
        try:
            return self._answer(question)
        except (RevisionError, CommandError) + CRASHES as error:
            return {"error": error_class(error), "sentence": str(error)}

    def _answer(self, question):
        op = question["op"]
        if op == "history":
            low, high = question["range"].strip().split(":")
            low = tuple(question["current"]) if low == "current" else low
            high = tuple(question["current"]) if high == "current" else high
            return {"revisions": [found.revision for found in
                                  self.scripts.walk_revisions(base=low or "base", head=high or "heads")]}
        if op == "show":
            return {"revisions": [found.revision for found in self.scripts.get_revisions(question["symbol"])]}
        rows = tuple(question["from"])
        if op == "stamp":
            rows = () if question["purge"] else rows
            steps = self.scripts._stamp_revs(tuple(question["specs"]), rows)
            names = [(step.to_ or step.from_)[0] for step in steps]
            answer = self._follow(rows, steps, names)
            answer["destinations"] = [found.revision for found in
                                      self.scripts.get_revisions(tuple(question["specs"])) if found]
            return answer
        if op == "upgrade":
            steps = self.scripts._upgrade_revs(question["specs"][0], rows)
            names = [step.revision.revision for step in steps]
        else:
            steps = self.scripts._downgrade_revs(question["specs"][0], rows)
            names = [step.revision.revision for step in steps]
        return self._follow(rows, steps, names)

    @staticmethod
    def _follow(rows, steps, names):
        context = MigrationContext.configure(dialect_name="postgresql",
                                             opts={"as_sql": True, "output_buffer": io.StringIO()})
        maintainer = HeadMaintainer(context, rows)
        answer = {"steps": [], "rows": sorted(rows)}
        for step, name in zip(steps, names):
            if "crash" not in answer:
                try:
                    maintainer.update_to_step(step)
                except CRASHES as error:
                    answer["crash"] = repr(error)
            answer["steps"].append((name, None if "crash" in answer else sorted(maintainer.heads)))
        answer["rows"] = None if "crash" in answer else sorted(maintainer.heads)
        return answer
