"""What the tests of steering share: a herd of databases whose scripts can be held still, and a rollout that is
steered from the command line.

Every script marks its database with COMMENT ON DATABASE, in its own transaction. Comments of databases stand in a
shared catalog: one query on one connection shows which revisions ran where and how often, and one lock on that
catalog (`freeze`) holds the scripts of all databases of a server in the middle until it is let go (`thaw`).
"""
import concurrent.futures

from conftest import PATIENCE, wait_until

MARK = ("DO $mark$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), concat_ws(',', "
        "(SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()), "
        "'{id}')); END $mark$;")
MARKS = ("SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database "
         "WHERE datname NOT IN ('postgres', 'template0', 'template1')")
# The transaction that asks is one of those that are seen.
BUSY = ("SELECT datname FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
        "AND datname <> 'postgres' AND xact_start IS NOT NULL")


def mark(name):
    return MARK.replace("{id}", name)


def marked_chain(project, length, body=""):
    """r001..rNNN: each leaves its mark, and its downgrade another one."""
    down = []
    for number in range(1, length + 1):
        name = f"r{number:03d}"
        project.revision(name, down, f"CREATE TABLE t_{name} ();\n{body}\n{mark(name)}",
                         f"DROP TABLE t_{name};\n{mark('-' + name)}")
        down = [name]
    return [f"r{number:03d}" for number in range(1, length + 1)]


class Herd:
    """Databases on several servers, seen through one connection each."""

    def __init__(self, names_by_cluster):
        self.names_by_cluster = names_by_cluster  # [(cluster, [names])]
        self.clusters = [cluster for cluster, _ in names_by_cluster]
        self.names = [name for _, names in names_by_cluster for name in names]
        self.watchers = [cluster.connect() for cluster in self.clusters]
        self.holders = []

    def create(self):
        with concurrent.futures.ThreadPoolExecutor(len(self.clusters)) as pool:
            list(pool.map(lambda pair: pair[0].create(pair[1]), self.names_by_cluster))

    def reset(self):
        """Empty databases again, without marks."""
        def of_cluster(pair):
            cluster, names = pair
            for name in names:
                cluster.sql(name, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
                                  f'COMMENT ON DATABASE "{name}" IS NULL')
        self.thaw()
        with concurrent.futures.ThreadPoolExecutor(len(self.clusters)) as pool:
            list(pool.map(of_cluster, self.names_by_cluster))

    def close(self):
        self.thaw()
        for watcher in self.watchers:
            watcher.close()

    def _rows(self, query):
        rows = []
        for watcher in self.watchers:
            with watcher.cursor() as cursor:
                cursor.execute(query)
                rows += cursor.fetchall()
        return rows

    def marks(self):
        """{database: [marks in order]}"""
        return {name: text.split(",") if text else [] for name, text in self._rows(MARKS)}

    def done(self, revision="r001"):
        """Databases that the revision has committed in."""
        return {name for name, marks in self.marks().items() if revision in marks}

    def busy(self):
        """Databases in which somebody is in a transaction."""
        return {row[0] for row in self._rows(BUSY)}

    def blocked(self):
        """Databases whose script is held still."""
        return {row[0] for row in self._rows(BUSY + " AND wait_event_type = 'Lock'")}

    def freeze(self):
        for cluster in self.clusters:
            holder = cluster.hold("postgres", "LOCK TABLE pg_catalog.pg_shdescription IN SHARE MODE")
            self.holders.append(holder)

    def thaw(self):
        for holder in self.holders:
            holder.rollback()
            holder.close()
        self.holders = []

    def wait_done(self, count, revision="r001"):
        wait_until(lambda: len(self.done(revision)) >= count, f"{count} databases are at {revision}")

    def wait_blocked(self, count):
        """Exactly so many scripts are held still, and none is under way elsewhere."""
        def met():
            blocked = self.blocked()
            return len(blocked) == count and self.busy() == blocked
        try:
            wait_until(met, f"{count} scripts wait")
        except AssertionError as error:
            raise AssertionError(f"{error}; busy are {self.busy()}, blocked {self.blocked()}") from None

    def assert_marks(self, marks, names=None):
        """Each database ran exactly this, exactly once, in this order."""
        found = self.marks()
        wrong = {name: found[name] for name in names or self.names if found[name] != marks}
        assert not wrong, wrong


class Steered:
    """A project with a coordinator, two workers, and one rollout at a time."""

    def __init__(self, project):
        self.project = project
        self.process = None
        self.workers = []
        self.environment = {}

    def begin(self, **environment):
        self.environment = environment
        self.process = self.project.coordinator(**environment)
        self.workers = [self.project.start("worker", "--name", f"w{n}") for n in range(2)]
        self.wait_for_workers()
        return self

    def wait_for_workers(self):
        self.wait(lambda s: len(s.get("workers", [])) == 2, "both workers are connected")

    def crash(self):
        """kill -9 of the coordinator, and another one in its place."""
        self.process.kill()
        self.process = self.project.coordinator(**self.environment)
        self.wait_for_workers()

    def verb(self, *arguments):
        """A verb, and right after its answer the crash: it must have held. Returns what it said."""
        said = self.project.ok(*arguments)
        self.crash()
        return said.out

    def status(self, *arguments):
        return self.project.ok("status", "--json", *arguments).json

    def wait(self, condition, what):
        def met():
            result = self.project.run("status", "--json")
            return result.code == 0 and result.out.strip() and condition(result.json) and result.json
        try:
            return wait_until(met, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; the status is\n{self.project.run('status').out}") from None

    def wait_state(self, state, **fields):
        return self.wait(lambda s: s["state"] == state and all(s[key] == value for key, value in fields.items()),
                         f"the rollout is {state} {fields or ''}")

    def targets(self, where):
        """{name: status} of the targets in a scope."""
        return {target["name"]: target
                for target in self.status("--targets", "--where", where)["target_list"]}

    def upgrade(self, *arguments):
        return self.project.start("upgrade", *(arguments or ("head",)))

    def follow(self, code=0):
        """To the end."""
        result = self.project.run("status", "-w", timeout=PATIENCE)
        assert result.code == code, (result, self.project.run("status", "-v").out)
        return result
