"""What the gate asks: whether a target's revisions can be run here, without running them.

Stands between alembic_visit.py and alembic_run.py.
"""
import importlib.util
import types

# How a statement begins that env.py may put to the target at the gate. Of what else it says nothing is sent.
READS = {"select", "with", "values", "table", "show", "set", "reset", "begin", "start", "commit", "end", "rollback", "abort",
         "savepoint", "release", "explain", "discard"}
READ_ONLY_TRANSACTION = "25006"
GETS_THERE = "env.py must get as far as its revisions on each target"
# Of the server as it is at the moment, in classes of SQLSTATE: the deploy may have more luck.
PASSING = ("08", "40", "53", "55", "57", "58")


class Rehearsal(Visit):
    """Env.py, run up to its revisions on connections that cannot write."""

    def __init__(self, directory, request):
        super().__init__(directory, request)
        self.left_out = False  # something that env.py does

    def run(self, config):
        self.run_environment(config, lambda *_: [], "heads")

    def connect(self, dialect, record, parameters):
        connection = super().connect(dialect, record, parameters)
        if not self.pooled:
            cursor = connection.cursor()
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            cursor.close()
            connection.commit()
        return connection

    def at_place(self, context, original, arguments):
        return None

    def on_statement(self, connection, cursor, statement, parameters):
        alone = self.pooled and is_autocommit(connection)  # nothing keeps it from writing
        if alone or first_word(statement) not in READS:
            self.left_out = True
            return "SELECT 1 WHERE false", ()
        if self.pooled:
            cursor.execute("SET TRANSACTION READ ONLY")
        return statement, parameters

    def says_nothing(self, error):
        """Whether env.py may well do better when it may write, or later."""
        state = told(error)["sqlstate"]
        return self.left_out or state == READ_ONLY_TRANSACTION or state.startswith(PASSING)


def rehearse(directory, request):
    """The fault that env.py has on the target, as {reason, hint}; None."""
    visit = Rehearsal(directory, request)
    env = os.path.realpath(os.path.join(directory.dir, "env.py"))
    Visit.current = visit
    try:
        visit.run(configure("upgrade" if request["up"] else "downgrade", "heads", target=target_of(request)))
    except (Wrong, Unrenderable) as wrong:
        return {"reason": str(wrong), "hint": wrong.hint or GETS_THERE}
    except BaseException as error:
        if visit.says_nothing(error):
            return None
        described = described_of(error, env)
        line = f":{described['line']}" if described["line"] else ""
        place = f" ({described['file']}{line})" if described["file"] else ""
        return {"reason": f"env.py fails here: {described['type']}: {described['message']}{place}",
                "hint": described["hint"] or GETS_THERE}
    finally:
        Visit.current = None
        visit.disconnect()
    return None


# ---- what a revision does by itself ----

BY_ITSELF = {"autocommit_block", "AUTOCOMMIT"}


def functions_of(thing, names):
    """What of it may be called: itself, of a class all methods, of a module those of these names."""
    if isinstance(thing, types.FunctionType):
        return [thing]
    if isinstance(thing, type):
        return [function for function in vars(thing).values() if isinstance(function, types.FunctionType)]
    if isinstance(thing, types.ModuleType):
        return [one for name in names if not isinstance(vars(thing).get(name), types.ModuleType)
                for one in functions_of(vars(thing).get(name), names)]
    return []


def module_of(name):
    """A module of the project's, which a function imports when it runs."""
    with contextlib.suppress(Exception):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and is_own(found.origin):
            return importlib.import_module(name)
    return None


def codes_of(code):
    """The code of a function and of those within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_of(constant)


def commits_by_itself(function):
    """Whether it names what commits before it is at its end, in itself or in a function of the project's."""
    todo, seen = [function], set()
    while todo:
        function = todo.pop()
        if not isinstance(function, types.FunctionType) or function in seen or not is_own(function.__code__.co_filename):
            continue
        seen.add(function)
        for code in codes_of(function.__code__):
            words = {*code.co_names, *(word for word in code.co_consts if isinstance(word, str))}
            if not BY_ITSELF.isdisjoint(words) or any(map(is_commit, words)):
                return True
            for name in code.co_names:
                known = function.__globals__
                todo += functions_of(known[name] if name in known else module_of(name), code.co_names)
    return False
