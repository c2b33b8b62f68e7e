"""What scripts say with RAISE reaches the person who runs them: with target and place, once for many, and bounded."""
import re


def fleet(cluster, project, names):
    cluster.create(names)
    project.config(cluster.targets(names))


def raising(project, body):
    project.revision("r001", [], f"CREATE TABLE t ();\nDO $$ BEGIN\n{body}\nEND $$;")


def test_thousands_say_the_same_once(cluster, project):
    """Through a coordinator, and again from its journal."""
    names = [f"t{i:02}" for i in range(40)]
    fleet(cluster, project, names)
    raising(project, "RAISE WARNING '% rows of % were skipped', substr(current_database(), 2), current_database();\n"
                     "RAISE NOTICE 'all is well';")
    coordinator = project.coordinator()
    workers = [project.start("worker") for _ in range(2)]
    result = project.ok("upgrade", "head")
    assert len(re.findall("rows of t.. were skipped", result.err)) == 1, result
    assert re.search(r"40 targets: WARNING of a script\n  \d+ rows of t\d\d were skipped\n  at: migrations/r001.sql:9\n"
                     r"  targets: t00, t01", result.out), result
    assert re.search(r"40 targets: NOTICE of a script\n  all is well", result.out), result
    for process in [coordinator, *workers]:
        process.kill()
    status = project.ok("status")
    assert "40 targets: WARNING of a script" in status.out and "all is well" in status.out, status
    remarks = project.ok("status", "--json").json["remarks"]
    assert [(each["level"], each["count"], each["location"]) for each in remarks] == [
        ("WARNING", 40, "migrations/r001.sql:9"), ("NOTICE", 40, "migrations/r001.sql:9")]


def test_machines_get_each_of_them(cluster, project):
    names = ["a", "b", "c"]
    fleet(cluster, project, names)
    raising(project, "RAISE WARNING 'careful'; RAISE INFO 'done';")
    events = project.ok("upgrade", "head", "--json").events
    told = [(each["target"], each["level"], each["sentence"]) for each in events
            if each["event"] == "notice" and each["fact"] == "script_spoke"]
    assert sorted(told) == sorted(
        (name, level, f"script says: {name}: {text} at migrations/r001.sql:9")
        for name in names for level, text in (("warning", "careful"), ("info", "done")))
    assert [each["count"] for each in events[-1]["remarks"]] == [3, 3]


def test_a_talkative_script_is_bounded(cluster, project):
    fleet(cluster, project, ["app"])
    raising(project, "FOR i IN 1..100000 LOOP RAISE NOTICE 'row %', md5(i::text); RAISE NOTICE 'again'; END LOOP;\n"
                     "RAISE WARNING '%', repeat('long ', 1000000);")
    result = project.ok("upgrade", "head", "-v")
    assert "again (100000 times)" in result.out and re.search(r"99\d{3} more are left out", result.out), result
    assert len(result.out + result.err) < 20000
    assert (project.folder / ".drover/journal.db").stat().st_size < 300000


def test_what_is_no_remark_is_not_shown(cluster, project):
    """IF EXISTS that has nothing to do, and statements of our own."""
    fleet(cluster, project, ["app"])
    project.revision("r001", [], "DROP TABLE IF EXISTS nothing; CREATE SCHEMA IF NOT EXISTS public;\n"
                                 "CREATE TABLE t (); CREATE TABLE IF NOT EXISTS t ();")
    result = project.ok("upgrade", "head", "-v")
    assert "of a script" not in result.out and "script says" not in result.err, result
    project.revision("r002", ["r001"], "CREATE VIEW v AS SELECT FROM t;\nDROP TABLE t CASCADE;")
    assert "drop cascades to view v\n  at: migrations/r002.sql:9" in project.ok("upgrade", "head", "-v").out


def test_what_a_script_said_before_it_failed(cluster, project):
    fleet(cluster, project, ["app"])
    raising(project, "RAISE WARNING 'about to fail'; RAISE EXCEPTION 'failed';")
    result = project.run("upgrade", "head")
    assert result.code == 2 and re.search("1 target: WARNING of a script\n  about to fail", result.out), result


def test_an_unattended_terminal_hears_of_statements_that_run_alone(cluster, project):
    fleet(cluster, project, ["app"])
    project.revision("r001", [], "CREATE TABLE t (i int);\nVACUUM (VERBOSE) t;", header="-- Transaction: none\n")
    result = project.ok("upgrade", "head", "-v")
    assert re.search(r"1 target: INFO of a script\n  vacuuming .*t", result.out), result
