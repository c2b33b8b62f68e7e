"""What env.py does where it has a connection: its options, and what it executes besides the revisions.

env.py is run as on a connection, in the second process, while the kernel refuses it every connection to anybody; the
engines of SQLAlchemy give a connection that only writes down.
"""
import contextlib
import ctypes
import platform
import re
import struct

OPTIONS = ("version_table", "version_table_schema", "version_table_pk", "transaction_per_migration", "transactional_ddl")

# What Drover does by itself, or what changes nothing that a revision does.
HARMLESS = re.compile(
    r"(select\s+(pg_catalog\.)?pg_(try_)?advisory_\w+\s*\(.*|select\s+1|begin|commit|rollback"
    r"|set\s+(session\s+|local\s+)?(lock_timeout|statement_timeout|idle_in_transaction_session_timeout|deadlock_timeout"
    r"|application_name|client_min_messages)\b.*)[;\s]*$", re.IGNORECASE | re.DOTALL)
SETS_WHERE = re.compile(r"search_path|\brole\b|session_authorization", re.IGNORECASE)


def connections_refuse():
    """The kernel's filter of system calls: connect() fails from here on, also in libraries and programs started."""
    known = {"x86_64": (42, 0xC000003E), "aarch64": (203, 0xC00000B7)}
    if platform.machine() not in known:
        raise OSError(f"no filter of system calls is known for {platform.machine()}")
    number, machine = known[platform.machine()]
    # struct seccomp_data: the system call's number at 0, the machine at 4.
    filters = [(0x20, 0, 0, 4), (0x15, 0, 3, machine), (0x20, 0, 0, 0), (0x15, 0, 1, number),
               (0x06, 0, 0, 0x00050000 | 13), (0x06, 0, 0, 0x7FFF0000)]  # EACCES, or allowed
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


class Driver:
    """What a listener for new connections is given."""

    def __init__(self, looker):
        self._recorder = looker

    def cursor(self, *arguments, **options):
        return self

    def execute(self, statement, *parameters):
        self._recorder.on_text(str(statement))

    def close(self):
        return None

    commit = rollback = close

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    __getattr__ = Engine.__getattr__


class Opened(Connection):
    """engine.connect(): unlike what a revision gets, it is env.py's to close."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class OpenedLater(NoConnection):
    """The same of an asynchronous engine."""

    def __init__(self, opened):
        super().__init__(opened.engine)
        self.opened = opened

    def run_sync(self, function, *arguments, **options):
        return returned(function(self.opened, *arguments, **options))

    def execute(self, *arguments, **options):
        return returned(self.opened.execute(*arguments, **options))

    def execution_options(self, **options):
        self.opened.execution_options(**options)
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.opened, name)


class Looker(Recorder):
    """Writes down what env.py executes on a connection, and what it gives as options."""

    def __init__(self, env):
        self.path = env
        self.engines = []
        self.options = {}
        self.runs = 0
        self.done = []
        self.fault = None
        self.autocommit = False
        self.inspected()

    def connection_of(self, engine):
        self.context = self.impl = engine  # both have the dialect
        if engine not in self.engines:
            self.engines.append(engine)
            dialect_of(engine.dialect, self)
        self.listen(engine)
        return Opened(self)

    def listen(self, engine):
        """What is set for each connection: by arguments of the driver, by a listener."""
        NoConnection.need = staticmethod(lambda what: None)
        with contextlib.suppress(Exception):
            engine.pool._invoke_creator(None)
        NoConnection.need = self.need
        for listener in list(engine.pool.dispatch.connect):
            if is_own(getattr(getattr(listener, "__code__", None), "co_filename", "<")):
                listener(Driver(self), None)

    def on_connect(self, dialect, record, arguments, options):
        for name in ("options", "server_settings"):
            if SETS_WHERE.search(str(options.get(name, ""))):
                self.done.append({"sql": f"{name}={options[name]}", **self.place()})
        return self

    def on_text(self, text):
        text = text.strip()
        if text and not HARMLESS.match(text):
            self.done.append({"sql": text, **self.place()})

    def configure(self, **options):
        self.options = {name: options[name] for name in OPTIONS if options.get(name) is not None}

    def run_migrations(self, **options):
        self.runs += 1


@contextlib.contextmanager
def given(thing, *arguments, **options):
    yield thing


def engines_replace(looker):
    from sqlalchemy import event
    from sqlalchemy.engine import Engine as RealEngine
    RealEngine.connect = lambda engine, *arguments, **options: looker.connection_of(engine)
    RealEngine.begin = lambda engine, *arguments, **options: given(looker.connection_of(engine))
    RealEngine.raw_connection = lambda engine, *arguments, **options: looker.need("it opens a driver's connection")
    event.listen(RealEngine, "do_connect", looker.on_connect)
    with contextlib.suppress(ImportError):
        from sqlalchemy.ext.asyncio import AsyncEngine
        AsyncEngine.connect = AsyncEngine.begin = lambda engine, *arguments, **options: OpenedLater(
            looker.connection_of(engine.sync_engine))


def look_environment(config, directory, looker):
    from alembic.runtime.environment import EnvironmentContext
    environment = EnvironmentContext(config, directory, fn=lambda *_: [], as_sql=False, destination_rev="heads",
                                     tag=SETTINGS["tag"])
    environment.is_offline_mode = lambda: False
    environment.configure = lambda connection=None, *arguments, **options: looker.configure(**options)
    environment.run_migrations = looker.run_migrations
    environment.begin_transaction = lambda *arguments, **options: given(Transaction())
    environment.execute = lambda sql, *arguments, **options: looker.on_text(str(sql))
    environment.get_context = lambda: looker.need("it asks for Alembic's context")
    environment.get_bind = environment.get_context
    return environment


def look(config, directory):
    """Runs env.py as on a connection: {options, runs, done, asks, error}."""
    looker = Looker(os.path.join(os.path.abspath(directory.dir), "env.py"))
    answer = {"error": None}
    try:
        engines_replace(looker)
        connections_refuse()
        with look_environment(config, directory, looker):
            directory.run_env()
    except Needed:
        pass
    except BaseException as error:
        answer["error"] = describe(error, os.path.realpath(looker.path))
    answer.update(options=looker.options, runs=looker.runs, done=looker.done, asks=looker.fault)
    return answer


def told(text, limit=100):
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "..."


def apply_look(document, answer):
    """What env.py says on a connection holds. What it does there is no part of any revision, so that none can run
    without Alembic."""
    fault = None
    if answer is None or answer["error"] or not answer["runs"]:
        error = (answer or {}).get("error")
        why = "it did not end" if answer is None else "it runs no revisions" if not error else (
            f"{error['type']}: {error['message']}")
        if answer is None or not answer["asks"]:
            document["remarks"].append({
                "message": f"what env.py does on a connection could not be looked at: {why}",
                "file": (error or {}).get("file", ""), "line": (error or {}).get("line", 0)})
            return
    if answer["runs"] > 1:
        fault = {"type": "Unrenderable", "message": f"env.py runs the revisions {answer['runs']} times, as for several "
                 "schemas, each of which must be a target (schema: NAME)", "file": document["environment"], "line": 0}
    elif answer["asks"]:
        fault = {**answer["asks"], "message": "env.py needs a connection: " + answer["asks"]["message"]}
    elif answer["done"]:
        first = answer["done"][0]
        fault = {"type": "Unrenderable", "message": f"env.py executes on the connection: {told(first['sql'])}",
                 "file": first["file"], "line": first["line"]}
    options = answer["options"]
    document["version_table"] = options.get("version_table", "")
    document["version_table_schema"] = options.get("version_table_schema", "")
    document["version_table_pk"] = bool(options.get("version_table_pk", True))
    document["transaction_per_migration"] = bool(options.get("transaction_per_migration"))
    if answer["runs"] > 1:
        document["version_table_schema"] = ""  # that of the target
    for entry in document["revisions"]:
        for direction in ("upgrade", "downgrade"):
            rendered = entry[direction]
            if fault and (fault["type"] == "Faulty" or "error" not in rendered):
                entry[direction] = {"error": fault}
            elif options.get("transactional_ddl") is False and rendered.get("statements"):
                rendered["autocommit"] = True
