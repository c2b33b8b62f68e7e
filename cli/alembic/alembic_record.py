"""What stands in for a connection while a revision is rendered.

A revision is run as Alembic runs it on a connection: it is not told that it is offline. What it writes is recorded; of
what it would read nothing is known, and so the first use of it ends the rendering, for good: also where the revision
catches the exception.
"""
import datetime
import decimal
import functools
import math
import re
import uuid

COMMITS = {"COMMIT", "COMMIT TRANSACTION", "COMMIT WORK", "END", "END TRANSACTION", "END WORK"}
BEGINS = {"BEGIN", "BEGIN TRANSACTION", "BEGIN WORK", "START TRANSACTION"}


class Needed(BaseException):
    """Ends a revision that needs a connection. Not an Exception, for a revision may catch those."""


@functools.lru_cache(maxsize=None)
def belongs(name, *packages):
    """Whether a file belongs to one of these installed packages."""
    folders = [os.path.dirname(os.path.realpath(sys.modules[package].__file__)) for package in packages]
    return os.path.realpath(name).startswith(tuple(folder + os.sep for folder in folders))


def asked_by(*packages):
    """Whether the code that called the caller belongs to one of these packages."""
    return belongs(sys._getframe(2).f_code.co_filename, *packages)


# ---- values ----

def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def literal(value):
    """A value as a driver sends it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, decimal.Decimal)) and not math.isfinite(value):
        return quoted(str(value)) + ("::float" if isinstance(value, float) else "::numeric")
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value) if value >= 0 else f" {value}"
    if isinstance(value, str):
        return quoted(str(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"'\\x{bytes(value).hex()}'::bytea"
    if isinstance(value, datetime.datetime):
        return quoted(value.isoformat()) + ("::timestamptz" if value.tzinfo else "::timestamp")
    if isinstance(value, datetime.date):
        return quoted(value.isoformat()) + "::date"
    if isinstance(value, datetime.time):
        return quoted(value.isoformat()) + ("::timetz" if value.tzinfo else "::time")
    if isinstance(value, datetime.timedelta):
        return quoted(f"{value.days} days {value.seconds}.{value.microseconds:06d} seconds") + "::interval"
    if isinstance(value, uuid.UUID):
        return quoted(str(value)) + "::uuid"
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(literal, value)) + "]" if value else "'{}'"
    if isinstance(value, tuple) and value:
        return "(" + ", ".join(map(literal, value)) + ")"
    raise Unrenderable(f"a value of type {type(value).__name__} has no literal")


def with_literals(compiler):
    """A compiler that knows a literal for each value that a driver takes."""
    from sqlalchemy.exc import CompileError

    class Compiler(compiler):
        def render_literal_value(self, value, type_, *rest, **options):
            if not isinstance(value, (bytes, bytearray, memoryview)):
                try:
                    return super().render_literal_value(value, type_, *rest, **options)
                except (NotImplementedError, CompileError):
                    pass
            process = type_.dialect_impl(self.dialect).bind_processor(self.dialect)
            return literal(process(value) if process else value)
    return Compiler


def with_values(construct, values):
    """The statement with its parameters as literals to be, as a connection would send it."""
    from sqlalchemy import bindparam
    from sqlalchemy.sql import visitors
    from sqlalchemy.sql.expression import BindParameter, Insert, TextClause, Update
    if values is None:
        return construct
    if not hasattr(values, "keys"):
        raise Unrenderable("its parameters have no names, which takes a connection")
    values = dict(values)
    if isinstance(construct, TextClause):  # to which a connection may be given more
        return construct.bindparams(**{name: value for name, value in values.items() if name in construct._bindparams})
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


def with_defaults(construct, compiled):
    """The statement with what Python gives for columns that it leaves out, which offline mode makes NULL."""
    columns = [*getattr(compiled, "insert_prefetch", ()), *getattr(compiled, "update_prefetch", ())]
    values = {}
    for column in columns:
        default = column.default if column in compiled.insert_prefetch else column.onupdate
        if default is None or default.is_sequence or default.is_clause_element:
            raise Unrenderable(f"the default of column {column.name} takes a connection")
        values[column.name] = default.arg(None) if default.is_callable else default.arg
    return construct.values(values) if values else construct


def driver_text(text, values):
    """What a driver makes of a text with %s and %(name)s."""
    def placed(match):
        if match.group() == "%%":
            return "%"
        if match.group(1) is not None:
            return literal(values[match.group(1)])
        return literal(next(inorder))
    if hasattr(values, "keys"):
        inorder = iter(())
    else:
        inorder = iter(values or ())
    try:
        text = re.sub(r"%%|%\((\w+)\)s|%s", placed, text) if values else text.replace("%%", "%")
        if not hasattr(values, "keys") and list(inorder):
            raise Faulty("it is given more values than its text has places")
    except (KeyError, StopIteration, RuntimeError):
        raise Faulty("its text has a place without a value") from None
    return text


def rows_of(given):
    """The sets of values of one call: none, one, or a list of them."""
    rows = []
    for one in given:
        if isinstance(one, list) or isinstance(one, tuple) and one and isinstance(one[0], (dict, tuple, list)):
            rows.extend(one)
        elif one:
            rows.append(one)
    return rows


# ---- what is given to a revision ----

class Answer:
    """What a statement gives back. Only to forget it needs no connection."""
    __slots__ = ("need", "__weakref__")

    def __init__(self, need):
        object.__setattr__(self, "need", need)

    def close(self):
        return None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __getattribute__(self, name):
        if name == "close":
            return object.__getattribute__(self, name)
        object.__getattribute__(self, "need")()


def answer_use(name):
    def use(self, *arguments):
        object.__getattribute__(self, "need")()
    use.__name__ = name
    return use


for word in ("bool iter next len contains getitem eq ne lt le gt ge hash str repr format int float index call add sub "
             "await aiter setattr delattr reversed").split():
    setattr(Answer, f"__{word}__", answer_use(f"__{word}__"))


class Transaction:
    """begin() and what it gives: the transaction is Drover's."""
    is_active = True
    nested = False

    def commit(self):
        return None

    def close(self):
        return None

    def rollback(self):
        return None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class Engine:
    """bind.engine: its names only; what it opens is another connection."""

    def __init__(self, connection):
        self.dialect = connection.dialect
        self.name = connection.dialect.name
        self.driver = connection.dialect.driver
        self._recorder = connection._recorder

    @property
    def engine(self):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._recorder.need(f"it uses engine.{name}")


class Connection:
    """op.get_bind(): what is written is recorded."""
    closed = False
    invalidated = False
    should_close_with_result = False

    def __init__(self, recorder):
        self._recorder = recorder
        self.dialect = recorder.context.dialect
        self.engine = Engine(self)
        self.info = {}
        self._transaction = Transaction()

    def execute(self, construct, *positional, **named):
        self.execution_options(**(named.pop("execution_options", None) or {}))
        given = [*positional, named.pop("parameters", None), named or None]
        return self._recorder.execute(construct, rows_of(given))

    def _execute_20(self, construct, parameters=None, execution_options=None):
        return self.execute(construct, parameters, execution_options=execution_options)

    def exec_driver_sql(self, statement, parameters=None, execution_options=None):
        self.execution_options(**(execution_options or {}))
        return self._recorder.execute_text(statement, rows_of([parameters]))

    def execution_options(self, **options):
        if options.get("isolation_level") == "AUTOCOMMIT":
            self._recorder.autocommit = True
        elif options.get("schema_translate_map") or options.get("isolation_level"):
            self._recorder.need("it sets execution options of its connection")
        return self

    def get_execution_options(self):
        return {}

    def begin(self):
        return self._transaction

    def get_transaction(self):
        return self._transaction

    def in_transaction(self):
        return True

    def in_nested_transaction(self):
        return False

    def connect(self, **options):
        return self

    def commit(self):
        return None

    def close(self):
        return None

    def schema_for_object(self, item):
        return item.schema

    def _run_ddl_visitor(self, visitor, element, **options):
        options["checkfirst"] = False
        visitor(self.dialect, self, **options).traverse_single(element)

    _run_visitor = _run_ddl_visitor

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._recorder.need({"scalar": "it reads the result of a query", "scalars": "it reads the result of a query",
                             "begin_nested": "it opens a savepoint"}.get(name, f"it uses connection.{name}"))


ASKING = re.compile(r"has_(table|sequence|schema|type|index)$|get_")


def dialect_of(dialect, recorder):
    """The dialect, made to know literals, and to notice where a revision asks it about a server."""
    known = type(dialect)

    def asked(name):
        def method(self, *arguments, **options):
            if not any(isinstance(one, (Connection, Engine)) for one in (*arguments, *options.values())):
                return getattr(known, name)(self, *arguments, **options)
            recorder.need("it inspects the database")
        return method

    def fact(name):
        def get(self):
            if asked_by("sqlalchemy", "alembic"):
                return self.__dict__.get(name, getattr(known, name, None))
            recorder.need(f"it asks for the server's {name}")

        def put(self, value):
            self.__dict__[name] = value
        return property(get, put)

    members = {name: asked(name) for name in dir(known) if ASKING.match(name) and callable(getattr(known, name))}
    members.update({name: fact(name) for name in ("server_version_info", "default_schema_name")})
    members["statement_compiler"] = with_literals(known.statement_compiler)
    dialect.__class__ = type(known.__name__, (known,), members)


def online(thing, recorder, **methods):
    """A context or an implementation of Alembic, which says to all but Alembic that it is on a connection."""
    def get(self):
        return asked_by("alembic")
    thing.__dict__.pop("as_sql", None)
    thing.__class__ = type(type(thing).__name__, (type(thing),), {"as_sql": property(get), **methods})


def noted(method):
    """What goes wrong while something is recorded would not go wrong on a connection: a revision that catches it is
    not rendered either."""
    @functools.wraps(method)
    def wrapped(self, *arguments, **options):
        try:
            return method(self, *arguments, **options)
        except Exception as error:
            self.note({**describe(error), **self.place()})
            raise
    return wrapped


class Recorder:
    """Stands between revisions and Alembic's offline output."""

    def __init__(self, context):
        self.context = context
        self.impl = context.impl
        self.path = None
        self.statements = []
        self.autocommit = False
        self.fault = None
        self.inspected()
        dialect_of(context.dialect, self)
        online(self.impl, self)
        online(context, self, get_current_heads=self.asked_for_rows, get_current_revision=self.asked_for_rows)
        self.impl._exec = self.on_construct
        self.impl.static_output = self.on_text
        self.impl.literal_binds = True
        # Only a driver that is given parameters halves a doubled percent sign.
        self.impl.dialect.identifier_preparer._double_percents = False
        # Without a connection SQLAlchemy takes standard_conforming_strings for off, which Drover refuses.
        self.impl.dialect._backslash_escapes = False
        context.connection = self.impl.connection = Connection(self)

    def inspected(self):
        from sqlalchemy import inspection

        def inspect(subject):
            self.need("it inspects the database")
        inspection._registrars[Connection] = inspection._registrars[Engine] = inspect

    def asked_for_rows(self, *arguments):
        self.need("it asks for the version rows")

    def record(self, path, function, arguments):
        self.path = path
        self.statements = []
        self.fault = None
        self.autocommit = not self.impl.transactional_ddl
        try:
            function(**arguments)
        except (Exception, SystemExit, Needed) as error:
            return {"error": self.fault or describe(error, os.path.realpath(path))}
        if self.fault is not None:
            return {"error": self.fault}
        return {"statements": self.statements, "autocommit": self.autocommit and bool(self.statements)}

    def place(self):
        """The innermost line of the revision's file."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        return {"file": relative(self.path), "line": frame.f_lineno if frame is not None else 0}

    def note(self, fault):
        if self.fault is None:
            self.fault = fault

    def need(self, what):
        """The revision needs a connection: noted, and ended."""
        self.note({"type": "Needed", "message": what, **self.place()})
        raise Needed(what)

    def answer(self, sql):
        word = (sql.split(None, 1) or ["statement"])[0].upper()
        return Answer(lambda: self.need(f"it reads the result of {'an' if word[0] in 'AEIOU' else 'a'} {word}"))

    @noted
    def execute(self, construct, rows):
        """What is given to a connection."""
        if isinstance(construct, str):
            return self.execute_text(construct, rows)
        for row in rows or [None]:
            answer = self.on_construct(with_values(construct, row))
        return answer

    @noted
    def execute_text(self, text, rows):
        """A text that no part of SQLAlchemy looks at."""
        for row in rows or [None]:
            self.on_text(driver_text(text, row))
        return self.answer(text)

    @noted
    def on_construct(self, construct, execution_options=None, multiparams=(), params=None):
        from sqlalchemy import text
        if isinstance(construct, str):
            construct = text(construct)
        rows = rows_of([multiparams, params])
        if rows:
            return self.execute(construct, rows)
        construct = with_defaults(construct, self.check_parameters(construct))
        sql = str(self.compile(construct))
        self.on_text(sql)
        return self.answer(sql)

    def compile(self, construct, literal_binds=True):
        from sqlalchemy.schema import DDLElement
        options = {"compile_kwargs": {"literal_binds": True}} if literal_binds and not isinstance(
            construct, DDLElement) else {}
        return construct.compile(dialect=self.impl.dialect, **options)

    def check_parameters(self, construct):
        compiled = self.compile(construct, literal_binds=False)
        for parameter in getattr(compiled, "binds", {}).values():
            if parameter.required and parameter.value is None and parameter.callable is None:
                raise Faulty(f":{parameter.key} is taken for a parameter, which has no value here (a "
                             f"literal colon is written \\:{parameter.key})")
        return compiled

    def on_text(self, text):
        """A statement, with or without its terminator, or a comment."""
        text = text.strip().rstrip("; \t\r\n")
        word = " ".join(text.upper().split())
        if word in COMMITS:
            self.autocommit = True
        elif text and word not in BEGINS:
            self.statements.append({"line": self.place()["line"], "sql": text})


