"""What a request's target is to env.py: whatever engine env.py makes or finds, its connections go there.

Stands between alembic_project.py and alembic_run.py.
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

    def __init__(self, message, moved=False):
        super().__init__(message)
        self.moved = moved


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


class Visit:
    """One run of env.py on one target."""
    current = None

    def __init__(self, directory, request):
        self.directory = directory
        self.request = request
        self.records = []  # connections of this run, as pools know them
        self.pooled = False
        self.backend = 0
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

    def place(self):
        return f"{self.request['version_schema']}.{self.request['version_table']}"

    def run_migrations(self, context, original, arguments):
        """Only for the version table of the target: an env.py may serve many schemas in one run."""
        schema = context.version_table_schema or self.schema_seen(context)
        place = f"{schema}.{context.version_table}"
        if place != self.place():
            self.others.append(place)
        elif not self.ran:
            self.ran = True
            original(context, **arguments)

    def schema_seen(self, context):
        """Where the server finds an unqualified version table, or would make it."""
        name = context.version_table.replace("'", "''")
        cursor = context.connection.connection.cursor()
        cursor.execute("SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class AS c"
                       " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
                       f" WHERE c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident('{name}'))),"
                       " pg_catalog.current_schema())")
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
    event.listen(Engine, "do_connect", on_connect)
    event.listen(Engine, "commit", on_commit)


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
