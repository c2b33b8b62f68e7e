"""Reads the graph of an Alembic project, and renders every revision to SQL, both ways.

Run by Drover (cli/alembic/alembic.c) with the project's own interpreter as alembic_project.py before this text, in
MODE graph or sql. The answer is one JSON document on file descriptor 3, so that whatever env.py prints disturbs
nothing; an empty line before it says that the interpreter runs.

For the graph only the revision files are loaded, by Alembic's ScriptDirectory. For the SQL the project's
env.py runs as well, in Alembic's offline mode. The step that it is given as its only migration then calls
the upgrade() and downgrade() of every revision as on a connection, and each statement is recorded by itself
(alembic_record.py), with the line of the revision file that issued it: the text is never taken apart again. A
second process does the same at another time of day (alembic_twice.py), and then looks at what env.py does where it
has a connection (alembic_look.py).

Offline mode spoils some statements silently; here they are what they would be on a connection: tabs stay,
`%` and backslashes are not doubled, literals are always written out, and a parameter without a value is an
error.
"""
import ast
import contextlib
import hashlib
import io
import json
import os
import re
import sys


class Rendered(BaseException):
    """Ends env.py's run when all is done; not an Exception, for env.py may catch those."""


EACH_TARGETS_OWN = "it depends on -x, which is each target's own"


class Everything:
    """The one step that env.py is made to run: all revisions, up and down."""
    short_log = "everything"
    running = False
    begin = staticmethod(lambda: None)

    def __init__(self, config, context, scripts, document):
        self.config = config
        self.context = context
        self.scripts = scripts
        self.document = document

    def __str__(self):
        return self.short_log

    def migration_fn(self, **arguments):
        context = self.context
        self.document["version_table"] = context.opts.get("version_table") or ""
        self.document["version_table_schema"] = context.version_table_schema or ""
        self.document["version_table_pk"] = bool(context.opts.get("version_table_pk", True))
        self.document["transaction_per_migration"] |= bool(context.opts.get("transaction_per_migration"))
        if context.dialect.name != "postgresql":
            raise Rendered(f"the project is for {context.dialect.name}, not for PostgreSQL")
        recorder = Recorder(context)
        if any(map(is_of_each_target, arguments_of(None))):
            context.environment_context.get_x_argument = lambda *arguments, **options: recorder.need(EACH_TARGETS_OWN)
        NoConnection.need = staticmethod(recorder.need)
        Everything.running = True
        Everything.begin()
        self.config.cmd_opts.sql = False
        for script, entry in self.scripts:
            for direction in ("upgrade", "downgrade"):
                entry[direction] = self.render(recorder, script, direction, arguments)
        raise Rendered()

    def render(self, recorder, script, direction, arguments):
        path = script.module.__file__
        function = getattr(script.module, direction, None)
        if function is None:
            return {"error": {"type": "", "message": f"there is no {direction}()", "file": relative(path),
                              "line": 0}}
        rendered = recorder.record(path, function, arguments)
        own = next((one for one in rendered.get("statements", []) if is_of_each_target(one["sql"])), None)
        if own is not None:
            return {"error": {"type": "Needed", "message": EACH_TARGETS_OWN, "file": relative(path), "line": own["line"]}}
        return rendered


def list_of(value):
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]


SAYS_WHAT_IT_IS = {"revision", "down_revision", "depends_on", "branch_labels"}


def names_set(statement):
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return [target.id for target in targets if isinstance(target, ast.Name)]


def lines_of(tree):
    """Where the file says what it is: {"revision": 12, ...}."""
    return {name: statement.lineno for statement in tree.body for name in names_set(statement)
            if name in SAYS_WHAT_IT_IS}


def shape(node):
    """What a piece of Python means, as lists of texts: the same for every layout, and every version of Python."""
    if isinstance(node, ast.Constant):
        return ["constant", repr(node.value)]
    if type(node).__name__ == "Index":
        return shape(node.value)
    if isinstance(node, ast.AST):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef,
                                                                 ast.AsyncFunctionDef)):
            first = getattr(body[0], "value", None)
            if isinstance(body[0], ast.Expr) and isinstance(getattr(first, "value", None), str):
                node.body = body[1:]
        fields = [(name, value) for name, value in ast.iter_fields(node)
                  if name not in ("ctx", "kind", "type_comment", "type_ignores") and value not in (None, [])]
        return [type(node).__name__, *([name, shape(value)] for name, value in fields)]
    if isinstance(node, list):
        return [shape(item) for item in node]
    return repr(node)


def code_digest(tree):
    """SHA-256 over what upgrade() is made of. Comments, docstrings and layout, what it says it is and downgrade() may be
    mended after the revision was applied."""
    body = [statement for statement in tree.body if getattr(statement, "name", "") != "downgrade"
            and not (names_set(statement) and SAYS_WHAT_IT_IS.issuperset(names_set(statement)))]
    return hashlib.sha256(json.dumps(shape(ast.Module(body=body))).encode()).hexdigest()


def entry_of(script):
    module = script.module
    tree = None
    if script.path.endswith(".py"):
        with open(script.path, "rb") as file:
            tree = ast.parse(file.read())
    documentation = (module.__doc__ or "").strip()
    date = re.search(r"^Create Date:[ \t]*(.*?)[ \t]*$", documentation, re.MULTILINE)
    return {
        "revision": script.revision,
        "down_revision": list_of(module.down_revision),
        "depends_on": list_of(getattr(module, "depends_on", None)),
        "branch_labels": list_of(getattr(module, "branch_labels", None)),
        "message": re.split(r"\n[ \t]*\n", documentation)[0].strip(),
        "create_date": date.group(1) if date else "",
        "path": relative(script.path),
        "source": source_of(script.path) if tree else "",
        "lines": lines_of(tree) if tree else {},
        "code": code_digest(tree) if tree else "",
        "upgrade": None,
        "downgrade": None,
    }


def listing_key(directory):
    """Orders as Alembic lists: by version location, then by folder and name."""
    locations = [os.path.realpath(location) for location in directory._version_locations]

    def key(script):
        path = os.path.realpath(script.path)
        place = next((number for number, location in enumerate(locations)
                      if path.startswith(location + os.sep)), len(locations))
        folder, name = os.path.split(path)
        return place, folder.split(os.sep), name
    return key


def says_true(path, name):
    """Whether a Python file gives an argument or a key of that name the value True: env.py has a branch for a
    connection, which is not run here."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        pairs = []
        if isinstance(node, ast.keyword):
            pairs = [(node.arg, node.value)]
        elif isinstance(node, ast.Dict):
            pairs = [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values)]
        if any(key == name and getattr(value, "value", None) is True for key, value in pairs):
            return True
    return False


def render(config, directory, scripts, document):
    def steps(_, context):
        return [Everything(config, context, scripts, document)]

    environment = offline_environment(config, directory, fn=steps)
    environment.is_offline_mode = lambda: not Everything.running
    try:
        with environment, contextlib.redirect_stdout(io.StringIO()):
            directory.run_env()
    except Rendered as done:
        if done.args:
            raise Unrenderable(done.args[0]) from None
    else:
        raise Unrenderable("env.py runs no migrations in offline mode")


def fill(document):
    try:
        alembic, sqlalchemy = import_alembic()
    except Exception as error:
        document["fault"] = {"kind": "missing", **describe(error)}
        return
    document.update(alembic=alembic.__version__, sqlalchemy=sqlalchemy.__version__)
    opened.update(os.path.realpath(module.__file__) for module in (alembic, sqlalchemy))
    if MODE != "sql":
        read(document)
        return
    second = Second(second_work)
    read(document)
    rendering, answer = [*second.take(2), None, None][:2]
    if document["fault"] is None and document["revisions"]:
        if rendering is None or rendering["fault"]:
            reason = rendering["fault"]["message"] if rendering else "it did not end"
            document["remarks"].append({
                "message": f"whether the revisions give the same SQL twice is not known: the second time, {reason}",
                "file": document["environment"], "line": 0})
        else:
            compare(document["revisions"], {entry["revision"]: entry for entry in rendering["revisions"]})
        apply_look(document, answer)
    place_settle(document)


def place_settle(document):
    """Where -x decides upon the version table: in the target's own schema is where it stands anyway."""
    if document["version_table_schema"] == OF_EACH_TARGET + "schema":
        document["version_table_schema"] = ""
    if is_of_each_target(document["version_table_schema"] + document["version_table"]):
        document["fault"] = {"kind": "environment", **describe(Unrenderable(
            "-x gives each target a version table of another name or in another schema than its own",
            "of what a target is only its schema as such, -x NAME={schema}, may decide upon it"))}


def second_work():
    """Of the second process."""
    document = document_new()
    Everything.begin = clock_shift
    yield read(document)
    config = configure("upgrade", "heads")
    yield look(config, directory_of(config))


def read(document):
    kind = "project"
    try:
        config = configure("upgrade", "heads", "--sql")
        databases = MODE == "sql" and main_option(config, "databases")
        if databases and len(databases.split(",")) > 1:
            raise Unrenderable(f"the project is for several different databases ({databases}), "
                               "each with migrations of its own")
        directory = directory_of(config)
        folders = [*directory._version_locations, *([directory.dir] if MODE == "sql" else [])]
        document["folders"] = [os.path.realpath(path) for path in folders]
        document["keep"] = not directory.sourceless
        kind = "revision"
        scripts = [(script, entry_of(script))
                   for script in sorted(directory._load_revisions(), key=listing_key(directory))]
        document["revisions"] = [entry for _, entry in scripts]
        kind = "graph"
        # A map of what is loaded already: its own would load every file again.
        directory.revision_map = type(directory.revision_map)(lambda: [script for script, _ in scripts])
        directory.revision_map.heads
        kind = "environment"
        if scripts and MODE == "sql":
            document["environment"] = relative(os.path.join(directory.dir, "env.py"))
            render(config, directory, scripts, document)
            document["transaction_per_migration"] |= says_true(os.path.join(directory.dir, "env.py"),
                                                               "transaction_per_migration")
    except EnvNeeds as error:  # Alembic can run them all on each target
        for entry in document["revisions"]:
            entry["upgrade"] = entry["downgrade"] = {"error": {**describe(error), "type": "Needed"}}
    except (Exception, SystemExit) as error:
        document["fault"] = {"kind": kind, **describe(error)}
    return document


def folder_entries(folder):
    """Names of the Python files below a folder: a new one changes the project."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from sorted(os.path.join(parent, name) for name in names if name.endswith(".py"))


def document_new():
    return {"format": 4, "keep": True, "python": sys.version.split()[0], "alembic": "", "sqlalchemy": "",
            "environment": "", "version_table": "", "version_table_schema": "", "version_table_pk": True,
            "transaction_per_migration": False, "fault": None, "remarks": [], "folders": [], "revisions": []}


# Failures that the project's files alone decide, and no package that is installed beside Alembic.
KEPT = {"SyntaxError", "IndentationError", "TabError", "CommandError", "RevisionError"}


def main():
    answer = os.fdopen(3, "w", encoding="utf-8")
    answer.write("\n")
    answer.flush()
    document = document_new()
    sys.addaudithook(watch_files)
    fill(document)
    opened.update(os.path.realpath(module.__file__) for module in list(sys.modules.values())
                  if isinstance(getattr(module, "__file__", None), str) and is_own(module.__file__))
    installed = [path for path in opened if path.endswith(("/alembic/__init__.py", "/sqlalchemy/__init__.py"))]
    own = [path for path in opened if is_own(path) and not path.endswith(".pyc")]
    inputs = {}
    for folder in document["folders"]:
        own.extend(folder_entries(folder))
    for path in sorted({*installed, *own}):
        with contextlib.suppress(OSError):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    inputs[path] = hashlib.sha256(file.read()).hexdigest()
    # Compiled files are not looked at: what was made from them is not kept, nor what may be otherwise the next time.
    fault = document["fault"]
    keep = document.pop("keep") and (fault is None or fault["kind"] == "graph" or fault["type"] in KEPT)
    document["inputs"] = inputs if keep else {}
    json.dump(document, answer)
    answer.close()


main()
