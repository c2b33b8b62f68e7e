"""A whole pg_dump is a revision: of all that a schema may hold, with data, and of a size that no message takes."""
import pathlib
import re
import subprocess

import pytest

from conftest import PG

SCHEMA = r"""
CREATE SCHEMA "odd ""name";
CREATE TYPE mood AS ENUM ('sad', 'it''s', 'happy');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE span AS RANGE (subtype = timestamptz);
CREATE SEQUENCE tickets START 7 INCREMENT 3;
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email email,
  state mood DEFAULT 'happy', paired pair, twice text GENERATED ALWAYS AS (name || name) STORED, raw bytea, UNIQUE (email));
CREATE TABLE "odd ""name"."Orders;" (id int DEFAULT nextval('tickets'), customer bigint REFERENCES customers ON DELETE CASCADE,
  "when" timestamptz, during span) PARTITION BY RANGE ("when");
CREATE TABLE "odd ""name".old PARTITION OF "odd ""name"."Orders;" FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE "odd ""name".rest PARTITION OF "odd ""name"."Orders;" DEFAULT;
CREATE INDEX by_name ON customers (lower(name)) WHERE name <> '';
CREATE FUNCTION atomic(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC
  SELECT CASE WHEN n > 0 THEN n ELSE 0 END; SELECT n + 1; END;
CREATE FUNCTION body() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  -- COMMIT; \restrict
  IF new.name = '\.' THEN RAISE 'no'; END IF; RETURN new; END$$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION body();
CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $p$BEGIN DELETE FROM customers WHERE name = ''; COMMIT; END$p$;
CREATE VIEW happy AS SELECT * FROM customers WHERE state = 'happy';
CREATE MATERIALIZED VIEW counted AS SELECT state, count(*) FROM customers GROUP BY state;
CREATE RULE keep AS ON DELETE TO "odd ""name".old DO INSTEAD (SELECT 1; SELECT 2);
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE STATISTICS linked ON name, state FROM customers;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customers USING (name = current_user);
COMMENT ON TABLE customers IS 'a ; b -- c /* d */ \ e';
INSERT INTO customers (name, email, state, paired, raw) VALUES
  ('plain', 'a@b', 'sad', '(1,"x,y")', '\x00ff'), (E'tab\there\nline \\ \\N', NULL, 'it''s', NULL, NULL),
  (E'\\. alone', 'c@d', NULL, ROW(2, NULL), ''), ('-- migrate:down', 'e@f', 'happy', NULL, NULL), ('é 漢', 'g@h', 'sad', NULL, NULL);
INSERT INTO "odd ""name"."Orders;" (customer, "when", during) SELECT 1, date '2023-01-01' + 100 * n, 'empty' FROM generate_series(1, 9) n;
REFRESH MATERIALIZED VIEW counted;
"""
OURS = ("alembic_version", "drover_history", "drover_progress", "after_it")


def dump(cluster, database, *options):
    done = subprocess.run([PG / "pg_dump", "-E", "UTF8", *options, *(f"--exclude-table={table}" for table in OURS), cluster.url(database)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.M)


@pytest.mark.parametrize("options", [(), ("-s",), ("--column-inserts",), ("--inserts", "--rows-per-insert=2", "-x", "-O")],
                         ids=lambda options: " ".join(options) or "plain")
def test_it_makes_the_same_database(cluster, project, options):
    names = ["t1", "t2"]
    cluster.create(["source", "offline", *names])
    cluster.sql("source", SCHEMA)
    project.config("migrations: migrations\n" + cluster.targets(names))
    whole = subprocess.run([PG / "pg_dump", *options, cluster.url("source")], capture_output=True, text=True).stdout
    project.revision("r1", [], whole)
    # What the dump sets for itself is not there any more.
    project.revision("r2", ["r1"], "CREATE TABLE after_it (i int);")
    sql = project.ok("upgrade", "head", "--sql").out
    project.ok("upgrade", "head")
    done = subprocess.run([PG / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", cluster.url("offline")], input=sql, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    for name in [*names, "offline"]:
        assert dump(cluster, name, *options) == dump(cluster, "source", *options)
        assert cluster.versions(name) == ["r2"] and cluster.sql(name, "SELECT 'public.after_it'::regclass::text")


def high_water(process):
    status = pathlib.Path(f"/proc/{process.popen.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_a_large_one_goes_through_services(cluster, project):
    """It travels in parts and is held a few times, not once for each target or statement."""
    names = [f"t{number}" for number in range(6)]
    cluster.create(["source", *names])
    cluster.sql("source", "CREATE TABLE much AS SELECT i, repeat(md5(i::text), 4) AS w FROM generate_series(1, 160000) AS i")
    whole = subprocess.run([PG / "pg_dump", cluster.url("source")], capture_output=True, text=True).stdout
    assert len(whole) > 16 * 1024 * 1024
    project.config("migrations: migrations\n" + cluster.targets(names))
    project.chain(1)
    freed = {"ASAN_OPTIONS": "quarantine_size_mb=1"}  # else the sanitizer keeps what was freed
    coordinator = project.coordinator(**freed)
    worker = project.start("worker", **freed)
    project.ok("upgrade", "head")
    before = [high_water(coordinator), high_water(worker)]
    project.revision("r002", ["r001"], whole)
    project.ok("upgrade", "head", timeout=400)
    for name in names:
        assert cluster.sql(name, "SELECT count(*), count(DISTINCT w) FROM much") == [(160000, 160000)]
    assert dump(cluster, "t0", "--exclude-table=applied") == dump(cluster, "source")
    after = [high_water(coordinator), high_water(worker)]
    assert all(more - less < 5 * len(whole) for more, less in zip(after, before)), (before, after, len(whole))


def test_as_sql_it_means_what_a_rollout_does(cluster, project):
    """Revisions that leave the session changed, in whatever way, run by psql in a database of another encoding."""
    cluster.sql("postgres", "CREATE ROLE owner; GRANT owner TO postgres")
    connection = cluster.connect()
    for name in ("online", "offline"):
        connection.cursor().execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    connection.close()
    project.config("migrations: migrations\n" + cluster.targets(["online"]))
    chain = ["CREATE SCHEMA app; CREATE TABLE words (w text); INSERT INTO words VALUES ('é')",
             "INSERT INTO words SELECT set_config('search_path', 'app', false); CREATE TABLE moved ()",
             "CREATE TABLE here ()",
             "SET search_path = ''; CREATE TABLE app.a (); SET standard_conforming_strings = on; SET bytea_output = 'escape'",
             "CREATE TABLE there (); COPY words FROM STDIN;\ndéjà\n\\\\back\n\\.\nINSERT INTO words VALUES ('\\x00'::bytea::text)",
             "GRANT CREATE ON SCHEMA public TO owner; SET ROLE owner; CREATE TABLE owned (); CREATE TEMP TABLE passing ()",
             "CREATE TABLE mine (); CREATE TABLE passing ()",
             "DO $$BEGIN PERFORM set_config('search_path', 'app', false); END$$; CREATE TABLE again ()",
             "VALUES (set_config('search_path', 'app', false)); CREATE TYPE state AS ENUM ('a')",
             "ALTER TYPE app.state ADD VALUE 'b'", "CREATE TABLE used (s app.state DEFAULT 'b')"]
    for number, up in enumerate(chain, 1):
        project.revision(f"r{number}", [f"r{number - 1}"] if number > 1 else [], up.replace("; ", ";\n") + ";")
    sql = project.ok("upgrade", "head", "--sql").out
    project.ok("upgrade", "head")
    done = subprocess.run([PG / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", cluster.url("offline")], input=sql, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    assert dump(cluster, "offline") == dump(cluster, "online")
    assert cluster.versions("offline") == cluster.versions("online") == [f"r{len(chain)}"]
