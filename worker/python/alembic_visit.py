"""What a request's target is to env.py: whatever engine env.py makes or finds, its connections go there.

Stands between alembic_project.py and the programs that visit targets (alembic_gate.py, alembic_run.py).
"""
import contextlib
import urllib.parse

# What a connection of env.py's own says of where it goes and who it is.
PLACE = {"host", "hostaddr", "port", "user", "password", "passfile", "dbname", "database", "dsn", "service", "ssl",
         "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "direct_tls", "requiressl", "timeout",
         "target_session_attrs", "channel_binding", "gssencmode", "krbsrvname", "require_auth", "connect_timeout",
         "application_name", "fallback_application_name"}
DRIVERS = {False: (("psycopg2", "postgresql+psycopg2"), ("psycopg", "postgresql+psycopg"), ("pg8000", "postgresql+pg8000")),
           True: (("asyncpg", "postgresql+asyncpg"), ("psycopg", "postgresql+psycopg_async"))}


class Wrong(BaseException):
    """Env.py or the revision cannot be run so; not an Exception, for env.py may catch those. `moved`: the version rows are
    others."""

    def __init__(self, message, moved=False, hint=""):
        super().__init__(message)
        self.moved = moved
        self.hint = hint


def told(error):
    """What the server reported, as {message, sqlstate, detail, hint, ...}."""
    error = getattr(error, "orig", None) or error
    cause = error.__cause__ if getattr(error, "diag", None) is None else None
    diagnosis = getattr(error, "diag", None)

    def part(name, plain):
        return str(getattr(diagnosis, name, None) or getattr(cause, plain, None) or "")
    message = part("message_primary", "message") or str(error)
    return {"message": " ".join(message.split())[:2000],
            "sqlstate": getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "",
            "detail": part("message_detail", "detail"), "hint": part("message_hint", "hint"),
            "context": part("context", "context"), "schema": part("schema_name", "schema_name"),
            "routine": part("source_function", "server_source_function")}


def described_of(error, prefer):
    """What went wrong, for people, and what the server said of it."""
    described = describe(error, prefer)
    original = getattr(error, "orig", None)
    if original is not None:  # without the statement and what SQLAlchemy adds
        described.update(type=type(original).__name__, message=" ".join(str(original).split()))
    server = told(error)
    if server["sqlstate"]:
        described.update(server)
    return described


# ---- statements of env.py and the revisions ----

FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w*)", re.DOTALL)


def first_word(statement):
    return FIRST_WORD.match(statement)[1].lower()


def is_commit(statement):
    return first_word(statement) in ("commit", "end") and len(statement.split()) <= 2


def is_autocommit(connection):
    """Whether the driver begins no transaction."""
    driver = connection.connection
    driver = getattr(driver, "dbapi_connection", None) or getattr(driver, "connection", None)
    return getattr(driver, "autocommit", None) is True or getattr(driver, "isolation_level", None) == "autocommit"


class Visit:
    """One run of env.py on one target."""
    current = None

    def __init__(self, directory, request):
        self.directory = directory
        self.request = request
        self.records = []  # connections of this run, as pools know them
        self.pooled = False
        self.backend = 0
        self.limits = {}  # that were set, in milliseconds
        self.ran = False
        self.others = []  # version tables of other runs in env.py

    def connect(self, dialect, record, parameters):
        arguments = {name: value for name, value in parameters.items() if name not in PLACE}
        if self.request["password"] is not None:
            arguments["password"] = self.request["password"]
        seconds = max(1, round(self.request["connect_timeout_ms"] / 1000))
        arguments["timeout" if dialect.driver in ("asyncpg", "pg8000") else "connect_timeout"] = seconds
        connection = dialect.connect(self.request["url"], **arguments)
        self.records.append((record, connection))
        cursor = connection.cursor()
        cursor.execute("SELECT pg_catalog.pg_backend_pid()")
        self.backend = cursor.fetchone()[0]
        self.pooled = backend_of(connection) not in (None, self.backend)
        for statement in [] if self.pooled else self.request["session"]:
            cursor.execute(statement)
        cursor.execute("SELECT name, setting FROM pg_catalog.pg_settings"
                       " WHERE name IN ('lock_timeout', 'statement_timeout')")
        self.limits = dict(cursor.fetchall())
        cursor.execute("SELECT pg_catalog.current_schema()")
        dialect.default_schema_name = cursor.fetchone()[0]
        cursor.close()
        connection.commit()
        return connection

    def disconnect(self):
        for record, connection in self.records:
            with contextlib.suppress(Exception):
                getattr(connection, "_connection", connection).terminate()
            with contextlib.suppress(Exception):
                record.invalidate()

    def run_environment(self, config, steps, destination):
        from alembic.runtime.environment import EnvironmentContext
        environment = EnvironmentContext(config, self.directory, fn=steps, as_sql=False, starting_rev=None,
                                         destination_rev=destination, tag=SETTINGS["tag"])
        with environment:
            self.directory.run_env()
        if not self.ran and self.others:
            schema = self.others[0].partition(".")[0]
            raise Wrong("env.py keeps its versions in " + ", ".join(self.others[:5]) +
                        (" and more" if len(self.others) > 5 else "") + ", and not in " + self.place(),
                        hint=f"if that is where they are, `version_schema: {schema}` in drover.yaml says so, or "
                             f"`schema: {schema}` of a target that is this schema")
        if not self.ran:
            raise Wrong("env.py runs no migrations")

    def place(self):
        return f"{self.request['version_schema']}.{self.request['version_table']}"

    def run_migrations(self, context, original, arguments):
        """Only for the version table of the target: an env.py may serve many schemas in one run."""
        if self.pooled:
            self.path_set(context)
        schema = context.version_table_schema or self.schema_seen(context)
        place = f"{schema}.{context.version_table}"
        if place != self.place():
            self.others.append(place)
        elif not self.ran:
            self.ran = True
            self.at_place(context, original, arguments)

    def cursor_execute(self, connection, statements):
        cursor = connection.connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()

    def path_set(self, context):
        """Behind a pooler it holds in the transaction at hand."""
        self.cursor_execute(context.connection, self.request["path"])

    def on_statement(self, connection, cursor, statement, parameters):
        """What is executed instead."""
        return statement, parameters

    def after_statement(self, cursor):
        return None

    def on_commit(self, connection):
        return None

    def schema_seen(self, context):
        """Where the server finds an unqualified version table, or would make it."""
        name = context.version_table.replace("'", "''")
        cursor = context.connection.connection.cursor()
        cursor.execute("SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class AS c"
                       " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
                       f" WHERE c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident('{name}'))),"
                       " pg_catalog.current_schema(),"
                       " btrim(split_part(pg_catalog.current_setting('search_path'), ',', 1), '\" '))")
        schema = cursor.fetchone()[0]
        cursor.close()
        return schema


def backend_of(connection):
    """The process that serves the connection, as its driver knows it; None: it does not say."""
    with contextlib.suppress(Exception):
        return connection.get_backend_pid()
    with contextlib.suppress(Exception):
        return connection.info.backend_pid
    with contextlib.suppress(Exception):
        return connection._connection.get_server_pid()
    with contextlib.suppress(Exception):
        return int.from_bytes(connection._backend_key_data[:4], "big")
    return None


# ---- engines ----

def is_installed(module):
    import importlib.util
    return importlib.util.find_spec(module) is not None


def driver_for(asynchronous):
    for module, name in DRIVERS[asynchronous]:
        if is_installed(module):
            return name
    return DRIVERS[asynchronous][0][1]


def url_for(url, asynchronous):
    """The URL that env.py asks for, made one of PostgreSQL: the driver is the project's, the place the target's."""
    from sqlalchemy.engine import make_url
    given = None
    with contextlib.suppress(Exception):
        text = url if not isinstance(url, str) else re.sub("^postgres:", "postgresql:", url)
        given = make_url(text)
    if given is None or given.get_backend_name() != "postgresql":
        return make_url(driver_for(asynchronous) + "://")
    if given.drivername == "postgresql":
        return given.set(drivername=driver_for(asynchronous))
    return given


def patch_engines():
    """Every connection of every engine for PostgreSQL goes to the target in hand."""
    import sqlalchemy
    import sqlalchemy.engine
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def wrap(module, name, change):
        original = getattr(module, name, None)
        if original is not None:
            setattr(module, name, lambda *arguments, **options: change(original, arguments, options))

    def made(asynchronous):
        def change(original, arguments, options):
            url = arguments[0] if arguments else options.pop("url", None)
            options.pop("creator", None)
            options.pop("async_creator", None)
            return original(url_for(url, asynchronous), *arguments[1:], **options)
        return change

    def configured(asynchronous):
        def change(original, arguments, options):
            named = dict(zip(("configuration", "prefix"), arguments)) | options
            prefix = named.setdefault("prefix", "sqlalchemy.")
            settings = dict(named.pop("configuration", None) or {})
            settings[prefix + "url"] = url_for(settings.get(prefix + "url"), asynchronous)
            return original(settings, **named)
        return change

    for module in (sqlalchemy, sqlalchemy.engine, sqlalchemy.engine.create):
        wrap(module, "create_engine", made(False))
        wrap(module, "engine_from_config", configured(False))
    with contextlib.suppress(ImportError):
        import sqlalchemy.future
        wrap(sqlalchemy.future, "create_engine", made(False))
    with contextlib.suppress(ImportError):
        import sqlalchemy.ext.asyncio
        for module in (sqlalchemy.ext.asyncio, sqlalchemy.ext.asyncio.engine):
            wrap(module, "create_async_engine", made(True))
            wrap(module, "async_engine_from_config", configured(True))

    def on_connect(dialect, record, arguments, parameters):
        if Visit.current is None or dialect.name != "postgresql":
            return None
        return Visit.current.connect(dialect, record, parameters)

    def on_commit(connection):
        if Visit.current is not None:
            Visit.current.on_commit(connection)

    def on_statement(connection, cursor, statement, parameters, context, many):
        if Visit.current is None:
            return statement, parameters
        return Visit.current.on_statement(connection, cursor, statement, parameters)

    def after_statement(connection, cursor, *_):
        if Visit.current is not None:
            Visit.current.after_statement(cursor)

    def on_error(context):
        if Visit.current is not None:
            with contextlib.suppress(Exception):
                Visit.current.after_statement(context.execution_context.cursor)
    event.listen(Engine, "do_connect", on_connect)
    event.listen(Engine, "commit", on_commit)
    event.listen(Engine, "before_cursor_execute", on_statement, retval=True)
    event.listen(Engine, "after_cursor_execute", after_statement)
    event.listen(Engine, "handle_error", on_error)


def patch_alembic():
    from alembic.runtime.migration import MigrationContext
    original = MigrationContext.run_migrations

    def run_migrations(context, **arguments):
        Visit.current.run_migrations(context, original, arguments)
    MigrationContext.run_migrations = run_migrations


def target_of(request):
    """What -x may ask for; labels do not go before what the target is."""
    parts = urllib.parse.urlsplit(request["url"])
    labels = dict(label.partition("=")[::2] for label in request["labels"])
    return {**labels, "name": request["name"], "schema": request["schema"], "url": request["url"],
            "database": urllib.parse.unquote(parts.path[1:])}
