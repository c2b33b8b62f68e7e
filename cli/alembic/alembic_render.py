"""Reads the graph of an Alembic project, and renders every revision to SQL, both ways, in one process.

Run by Drover (cli/alembic/alembic.c) with the project's own interpreter as alembic_project.py before this text, in
MODE graph or sql. The answer is one JSON document on file descriptor 3, so that whatever env.py prints disturbs
nothing; an empty line before it says that the interpreter runs.

For the graph only the revision files are loaded, by Alembic's ScriptDirectory. For the SQL the project's
env.py runs once as well, in Alembic's offline mode. The step that it is given as its only migration then calls
the upgrade() and downgrade() of every revision, while the functions through which Alembic writes offline SQL
hand each statement over by itself: the text is never taken apart again. A statement carries the line of the
revision file that issued it.

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

COMMITS = {"COMMIT", "COMMIT TRANSACTION", "COMMIT WORK", "END", "END TRANSACTION", "END WORK"}
BEGINS = {"BEGIN", "BEGIN TRANSACTION", "BEGIN WORK", "START TRANSACTION"}


class Rendered(BaseException):
    """Ends env.py's run when all is done; not an Exception, for env.py may catch those."""


def with_values(construct, values):
    """The statement with its parameters as literals to be, as a connection would send it."""
    from sqlalchemy import bindparam, text
    from sqlalchemy.sql import visitors
    from sqlalchemy.sql.expression import BindParameter, Insert, TextClause, Update
    if isinstance(construct, str):
        construct = text(construct)
    if values is None:
        return construct
    if not hasattr(values, "keys"):
        raise Unrenderable("its parameters have no names, which takes a connection")
    values = dict(values)
    if isinstance(construct, TextClause):
        return construct.bindparams(**values)
    if isinstance(construct, Insert):
        return construct.values(values)
    if isinstance(construct, Update):
        columns = {name: values.pop(name) for name in list(values) if name in construct.table.c}
        construct = construct.values(columns) if columns else construct

    def filled(element, **options):
        if isinstance(element, BindParameter) and element.key in values:
            return bindparam(None, values[element.key], type_=element.type, unique=True)
        return None
    return visitors.replacement_traverse(construct, {}, filled) if values else construct


class Recorder:
    """Stands between a migration and Alembic's offline output."""

    def __init__(self, context):
        self.context = context
        self.impl = context.impl
        self.path = None
        self.statements = []
        self.autocommit = False
        self.exact = None
        self.execute = self.impl._exec
        self.impl._exec = self.on_construct
        # What offline mode gives as a connection drops the parameters of a statement.
        self.connection = context.connection
        if self.connection is not None:
            self.dump = self.connection.execute
            self.connection.execute = self.on_execute
        self.impl.static_output = self.on_text
        self.impl.literal_binds = True
        # Only a driver that is given parameters halves a doubled percent sign.
        self.impl.dialect.identifier_preparer._double_percents = False
        # Without a connection SQLAlchemy takes standard_conforming_strings for off, which Drover refuses.
        self.impl.dialect._backslash_escapes = False

    def record(self, path, function, arguments):
        self.path = path
        self.statements = []
        self.autocommit = not self.impl.transactional_ddl
        function(**arguments)
        return {"statements": self.statements, "autocommit": self.autocommit and bool(self.statements)}

    def line(self):
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        return frame.f_lineno if frame is not None else 0

    def on_execute(self, construct, *positional, **named):
        named.pop("execution_options", None)
        given = [*positional, named.pop("parameters", None), named or None]
        rows = [row for one in given for row in (one if isinstance(one, (list, tuple)) else [one]) if row is not None]
        result = None
        for row in rows or [None]:
            result = self.dump(with_values(construct, row))
        return result

    def on_construct(self, construct, *arguments, **options):
        from sqlalchemy import text
        if isinstance(construct, str):
            construct = text(construct)
        self.check_parameters(construct)
        self.exact = self.compile(construct)
        try:
            return self.execute(construct, *arguments, **options)
        finally:
            self.exact = None

    def compile(self, construct, literal=True):
        from sqlalchemy.schema import DDLElement
        options = {"compile_kwargs": {"literal_binds": True}} if literal and not isinstance(
            construct, DDLElement) else {}
        return construct.compile(dialect=self.impl.dialect, **options)

    def check_parameters(self, construct):
        for parameter in getattr(self.compile(construct, literal=False), "binds", {}).values():
            if parameter.required and parameter.value is None and parameter.callable is None:
                raise Unrenderable(f":{parameter.key} is taken for a parameter, which has no value here (a "
                                   f"literal colon is written \\:{parameter.key})")

    def on_text(self, text):
        """A statement with its terminator, or a comment."""
        exact = None if self.exact is None else str(self.exact)
        terminator = self.impl.command_terminator
        if exact is not None and exact.replace("\t", "    ").strip() + terminator == text:
            text = exact
        text = text.strip().rstrip("; \t\r\n")
        word = " ".join(text.upper().split())
        if word in COMMITS:
            self.autocommit = True
        elif text and word not in BEGINS:
            self.statements.append({"line": self.line(), "sql": text})


class Everything:
    """The one step that env.py is made to run: all revisions, up and down."""
    short_log = "everything"

    def __init__(self, context, scripts, document):
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
        try:
            return recorder.record(path, function, arguments)
        except (Exception, SystemExit) as error:
            return {"error": describe(error, os.path.realpath(path))}


def list_of(value):
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]


def lines_of(path):
    """Where the file says what it is: {"revision": 12, ...}."""
    wanted = {"revision", "down_revision", "depends_on", "branch_labels"}
    lines = {}
    if not path.endswith(".py"):
        return lines
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    for statement in tree.body:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        for target in targets:
            if isinstance(target, ast.Name) and target.id in wanted:
                lines[target.id] = statement.lineno
    return lines


def entry_of(script):
    module = script.module
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
        "source": source_of(script.path) if script.path.endswith(".py") else "",
        "lines": lines_of(script.path),
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
    from alembic.runtime.environment import EnvironmentContext

    def steps(_, context):
        return [Everything(context, scripts, document)]

    environment = EnvironmentContext(config, directory, fn=steps, as_sql=True, starting_rev=None,
                                     destination_rev="heads", tag=SETTINGS["tag"])
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
            render(config, directory, scripts, document)
            document["transaction_per_migration"] |= says_true(os.path.join(directory.dir, "env.py"),
                                                               "transaction_per_migration")
    except (Exception, SystemExit) as error:
        document["fault"] = {"kind": kind, **describe(error)}


def folder_entries(folder):
    """Names of the Python files below a folder: a new one changes the project."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from sorted(os.path.join(parent, name) for name in names if name.endswith(".py"))


def main():
    answer = os.fdopen(3, "w", encoding="utf-8")
    answer.write("\n")
    answer.flush()
    document = {"format": 3, "keep": True, "python": sys.version.split()[0], "alembic": "", "sqlalchemy": "",
                "version_table": "", "version_table_schema": "", "version_table_pk": True,
                "transaction_per_migration": False, "fault": None, "folders": [], "revisions": []}
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
    # Compiled files are not looked at: what was made from them is not kept.
    document["inputs"] = inputs if document.pop("keep") else {}
    json.dump(document, answer)
    answer.close()


main()
