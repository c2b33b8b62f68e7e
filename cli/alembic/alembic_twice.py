"""The second process: renders everything once more, at another time of day, and looks at env.py's branch for a connection.

What a revision draws anew each time (an id, a secret, the time) would be the same on every target when it is rendered
once; that its text differs from a second rendering tells.
"""
import ctypes
import datetime
import os
import select
import signal
import time

AHEAD = datetime.timedelta(days=397, hours=5, minutes=7, seconds=11)
SECOND_PATIENCE = 10  # seconds longer than the first took


def clock_shift():
    """Whatever asks Python for the time of day gets another one: in the modules of the project, and where they ask
    the modules of Python."""
    real = {"datetime": datetime.datetime, "date": datetime.date, "time": time.time, "time_ns": time.time_ns}

    def disguised(known, **methods):
        class Kind(type):
            def __instancecheck__(cls, thing):
                return isinstance(thing, known)

            def __subclasscheck__(cls, other):
                return issubclass(other, known)
        methods["__new__"] = lambda cls, *arguments, **options: known(*arguments, **options)
        return Kind(known.__name__, (known,), methods)

    def later(*arguments, **options):
        return real["datetime"].now(*arguments, **options) + AHEAD

    shifted = {
        "datetime": disguised(real["datetime"], now=staticmethod(later), today=staticmethod(later), utcnow=staticmethod(
            lambda: later(datetime.timezone.utc).replace(tzinfo=None))),
        "date": disguised(real["date"], today=staticmethod(lambda: later().date())),
        "time": lambda: real["time"]() + AHEAD.total_seconds(),
        "time_ns": lambda: real["time_ns"]() + int(AHEAD.total_seconds()) * 10**9,
    }
    # Of these the time is the last argument, and may be left out.
    for name, count in (("localtime", 1), ("gmtime", 1), ("ctime", 1), ("asctime", 1), ("strftime", 2)):
        def shift(*given, known=getattr(time, name), count=count, parts=name in ("asctime", "strftime"),
                  localtime=time.localtime):
            now = shifted["time"]()
            return known(*given) if len(given) == count else known(*given, localtime(now) if parts else now)
        real[name], shifted[name] = getattr(time, name), shift
    instead = {id(real[name]): shifted[name] for name in real}
    for module in [datetime, time, *sys.modules.values()]:
        path = getattr(module, "__file__", None)
        if module in (datetime, time) or isinstance(path, str) and is_own(path):
            for name, value in list(vars(module).items()):
                if id(value) in instead:
                    setattr(module, name, instead[id(value)])


class Second:
    """The process and what it says: a line for each of its works."""

    def __init__(self, work):
        self.began = time.monotonic()
        self.lines = b""
        self.pipe, ours = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            try:
                ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # when the first process ends
                nothing = os.open(os.devnull, os.O_RDWR)
                for descriptor in (1, 2, 3):
                    os.dup2(nothing, descriptor)
                for document in work():
                    write_all(ours, document)
            finally:
                os._exit(0)
        os.close(ours)

    def take(self, count):
        """The first `count` documents, or those that came while it was worth waiting; the process is gone then."""
        deadline = time.monotonic() + (time.monotonic() - self.began) + SECOND_PATIENCE
        while self.lines.count(b"\n") < count:
            ready, _, _ = select.select([self.pipe], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.pipe, 1 << 20) if ready else b""
            if not piece:
                break
            self.lines += piece
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.pipe)
        return [json.loads(line) for line in self.lines.split(b"\n")[:count] if line.endswith(b"}")]


def write_all(descriptor, document):
    data = json.dumps(document).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data):]


def texts_of(rendered):
    """What counts: all statements in no order, for sets of objects have none."""
    return rendered.get("autocommit"), sorted(statement["sql"] for statement in rendered.get("statements", []))


def differing_line(first, second):
    others = [statement["sql"] for statement in second.get("statements", [])]
    return next((statement["line"] for statement in first["statements"] if statement["sql"] not in others), 0)


def compare(entries, others):
    """What is rendered otherwise the second time is not available."""
    for entry in entries:
        other = others.get(entry["revision"], {})
        for direction in ("upgrade", "downgrade"):
            first, second = entry[direction], other.get(direction)
            if not second or "error" in first or texts_of(first) == texts_of(second):
                continue
            entry[direction] = {"error": {
                "type": "Unrenderable", "message": "it gives other SQL each time (a random value, or the time of day)",
                "file": entry["path"], "line": differing_line(first, second)}}
