"""Runs single revisions on targets, by the project's own Alembic and its env.py as it is.

Run by the worker (worker/python/process.c) as `python3 -c <alembic_project.py, ... and this> run FOLDER INI SCRIPTS`;
one process serves one target after the other. Requests are lines of JSON on standard input, answers lines of JSON on
descriptor 3; the last one of a request has "end". What the project prints goes nowhere.

Whatever engine env.py makes or finds, its connections go to the target of the request. Around the one step that
Alembic is given, on the connection and in the transaction of env.py, stand the worker's own statements: before it
the deploy lock and where the target must stand, after it the history. The worker then says whether env.py may
commit.

When the worker is gone, standard input ends, and so does this process, whatever it is at: what is not committed is
not done.
"""
import json
import queue
import threading


class Channel:
    """Requests and answers; the project sees neither."""

    def __init__(self):
        self.requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self.answers = os.fdopen(os.dup(3), "w", encoding="utf-8")
        os.close(3)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        self.inbox = queue.SimpleQueue()
        self.lock = threading.Lock()

    def listen(self):
        threading.Thread(target=self.read, name="drover", daemon=True).start()

    def read(self):
        for line in self.requests:
            request = json.loads(line)
            if "where" in request:
                self.say({"where": place_now()})
            else:
                self.inbox.put(request)
        os._exit(0)

    def say(self, answer):
        with self.lock:
            self.answers.write(json.dumps(answer) + "\n")
            self.answers.flush()


def place_now():
    """Where the project's own code stands: "file:line"; "" when it is not running."""
    frame = sys._current_frames().get(threading.main_thread().ident)
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{relative(frame.f_code.co_filename)}:{frame.f_lineno}" if frame is not None else ""


COMMITS_POOLED = "it commits part of its work by itself, and a pooler stands before the server"
UNPOOLED = "name the server itself in the target's URL"


class Refused(BaseException):
    """A statement of the worker's own has failed; not an Exception either."""

    def __init__(self, index, error):
        super().__init__(str(error))
        self.index = index
        self.error = error


class Step(Visit):
    """One revision on one target."""

    def __init__(self, channel, directory, request):
        super().__init__(directory, request)
        self.channel = channel
        self.script = directory.get_revision(request["revision"])
        self.guarded = False  # between the worker's statements nothing may be committed that is not marked
        self.marked = False  # part of its work is committed, and the target says so
        self.ready = False
        self.committed = False
        self.outside = False  # it has committed by a text, behind which the driver begins nothing
        self.patient = ()  # limits that do not hold at the moment, as SET has them

    # ---- what Alembic is made to do ----

    def run(self, config):
        self.run_environment(config, self.steps, self.request["revision"])
        if not self.ready:
            raise Wrong("env.py did not run the revision to its end")
        if not self.committed:
            raise Wrong("env.py did not commit what the revision did")

    def at_place(self, context, original, arguments):
        original(context, **arguments)

    def steps(self, heads, context):
        from alembic.runtime.migration import MigrationStep
        if sorted(heads) != self.request["rows"]:
            raise Wrong("the version rows are others than those that validation saw", moved=True)
        make = MigrationStep.upgrade_from_script if self.request["up"] else MigrationStep.downgrade_from_script
        step = make(self.directory.revision_map, self.script)
        function = step.migration_fn

        def between(**arguments):
            self.opening(context)
            function(**arguments)
            if self.outside:
                self.cursor_execute(context.connection, ["BEGIN"])
        step.migration_fn = between
        context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, self.closing)
        return [step]

    # ---- the worker's statements ----

    def execute(self, connection, statements, first=0):
        """The rows of the last that has some. They see the role and the path of the worker's own."""
        cursor = connection.connection.cursor()
        cursor.execute("SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role')")
        path, role = (value.replace("'", "''") for value in cursor.fetchone())
        cursor.execute("SELECT pg_catalog.set_config('role', 'none', true),"
                       " pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)")
        rows = []
        for index, statement in enumerate(statements, first):
            if statement == "":
                continue  # env.py begins the transaction
            try:
                cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else rows
            except Exception as error:
                raise Refused(index, error) from error
        cursor.execute(f"SELECT pg_catalog.set_config('search_path', '{path}', true),"
                       f" pg_catalog.set_config('role', '{role}', true)")
        cursor.close()
        return rows

    def opening(self, context):
        if not context.connection.in_transaction():
            raise Wrong("env.py runs its migrations in no transaction")
        self.execute(context.connection, self.request["statements"][:self.request["opening"]])
        if self.pooled:
            self.path_set(context)
        self.channel.say({"opened": self.backend})
        self.guarded = True

    def closing(self, ctx, **_):
        before = self.request["opening"]
        if self.marked:
            rows = self.execute(ctx.connection, self.request["end"], -len(self.request["end"]))
        else:
            rows = self.execute(ctx.connection, self.request["statements"][before:], before)
        self.channel.say({"ready": [["" if value is None else str(value) for value in row] for row in rows]})
        self.channel.inbox.get()  # the worker's leave; without it, it ends this process
        self.guarded = False
        self.ready = True

    # ---- what the revision does by itself ----

    def on_statement(self, connection, cursor, statement, parameters):
        if is_commit(statement):
            self.outside = self.outside or self.guarded
            self.on_commit(connection)
        elif (self.outside or is_autocommit(connection)) and "concurrently" in statement.lower():
            self.limits_lift(cursor, first_word(statement) in ("create", "drop"))
        return statement, parameters

    def limits_lift(self, cursor, index):
        """It waits for old snapshots while it harms nobody; a limit would leave a broken index behind. What the
        revision has set itself holds."""
        names = ("lock_timeout", "statement_timeout") if index else ("lock_timeout",)
        cursor.execute("SELECT name, setting FROM pg_catalog.pg_settings"
                       " WHERE name IN ('lock_timeout', 'statement_timeout')")
        now = dict(cursor.fetchall())
        self.patient = tuple((name, now[name]) for name in names if now[name] == self.limits.get(name))
        for name, _ in self.patient:
            cursor.execute(f"SET {name} = 0")

    def after_statement(self, cursor):
        patient, self.patient = self.patient, ()
        for name, value in patient:
            cursor.execute(f"SET {name} = {value}")

    def on_commit(self, connection):
        """The revision commits part of its work: with it goes the word that it has begun."""
        if self.guarded and self.pooled:
            raise Wrong(COMMITS_POOLED, hint=UNPOOLED)
        if self.guarded:
            self.execute(connection, self.request["mark"], -len(self.request["mark"]))
            self.channel.say({"marked": True})
            self.guarded = False
            self.marked = True
        self.committed = self.committed or self.ready


class Project:
    def __init__(self, channel):
        self.channel = channel
        self.directory = directory_of(configure("upgrade", "heads"))
        self.scripts = {script.revision: script for script in self.directory.walk_revisions()}
        self.sources = {name: source_of(script.path) for name, script in self.scripts.items()}

    def fault_of(self, revision, source):
        """Why the revision cannot be run from these files; None: it can."""
        script = self.scripts.get(revision)
        if script is None:
            return {"message": f"revision {revision} is not among those of {self.directory.dir}", "file": ""}
        now = source_of(script.path)
        if now != source or self.sources[revision] != source:
            return {"message": f"{relative(script.path)} is another file here than the one that the rollout was "
                               "planned with, or -n, -x or --tag are others", "file": relative(script.path)}
        return None

    def faults(self, request):
        modules = sorted({module for drivers in DRIVERS.values() for module, _ in drivers})
        if not any(is_installed(module) for module in modules):
            yield {"revision": "", "reason": f"{sys.executable} has no driver for PostgreSQL: none of {', '.join(modules)}"}
        for wanted in request["check"]:
            fault = self.fault_of(wanted["revision"], wanted["source"])
            if fault is not None:
                yield {"revision": wanted["revision"], "reason": fault["message"]}
            elif request["pooled"] and commits_by_itself(getattr(
                    self.scripts[wanted["revision"]].module, "upgrade" if request["up"] else "downgrade", None)):
                yield {"revision": wanted["revision"], "reason": COMMITS_POOLED, "hint": UNPOOLED}

    def check(self, request):
        faults = list(self.faults(request))
        fault = rehearse(self.directory, request) if not faults else None
        return {"faults": faults if fault is None else [{"revision": "", **fault}]}

    def step(self, request):
        fault = self.fault_of(request["revision"], request["source"])
        if fault is not None:
            return {"outcome": "wrong", "error": fault}
        step = Step(self.channel, self.directory, request)
        path = os.path.realpath(step.script.path)
        Visit.current = step
        try:
            step.run(configure("upgrade" if request["up"] else "downgrade", request["revision"],
                               target=target_of(request)))
            return {"outcome": "done"}
        except Refused as refused:
            if refused.index < 0:  # of a revision that commits part of its work
                return {"outcome": "failed", "ready": False, "error": {**describe(refused, path), **told(refused.error)}}
            return {"outcome": "refused", "index": refused.index, "error": told(refused.error)}
        except Wrong as wrong:
            return {"outcome": "moved" if wrong.moved else "wrong", "ready": step.ready,
                    "error": {**describe(wrong, path), "message": str(wrong), "hint": wrong.hint}}
        except BaseException as error:
            return {"outcome": "failed", "ready": step.ready, "error": described_of(error, path)}
        finally:
            Visit.current = None
            step.disconnect()


def main():
    channel = Channel()
    hello = {"hello": True}
    project = None
    try:
        alembic, sqlalchemy = import_alembic()
    except Exception as error:
        channel.say({**hello, "fault": {"kind": "missing", **describe(error)}})
        return
    try:
        patch_engines()
        patch_alembic()
        project = Project(channel)
        hello.update(alembic=alembic.__version__, sqlalchemy=sqlalchemy.__version__)
    except (Exception, SystemExit) as error:
        hello["fault"] = {"kind": "project", **describe(error)}
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    channel.say(hello)
    channel.listen()
    while project is not None:
        request = channel.inbox.get()
        answer = project.check(request) if "check" in request else project.step(request)
        channel.say({"end": True, **answer})


main()
