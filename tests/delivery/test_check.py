"""`check --plan`: do the databases stand where the plan leads? The databases say so, not the journal."""


def plan(tenants, *arguments):
    tenants.ok("plan", *arguments, "-o", "plan.json")


def check(tenants, *arguments):
    return tenants.run("check", "--plan", "plan.json", *arguments)


def test_before_and_after(tenants):
    plan(tenants, "head")
    before = check(tenants)
    assert before.code == 1 and "not as planned: 4 targets of 4" in before.out, before
    tenants.ok("upgrade", "--plan", "plan.json")
    after = check(tenants)
    assert after.code == 0 and after.out == "as planned: 4 targets\n", after
    assert check(tenants, "--json").json["as_planned"] is True


def test_one_that_went_elsewhere(cluster, tenants):
    plan(tenants, "+2")
    tenants.ok("upgrade", "--plan", "plan.json")
    tenants.ok("check", "--plan", "plan.json")  # r002, which is not the head
    cluster.sql("crow", "UPDATE alembic_version SET version_num = 'r001'")
    result = check(tenants)
    assert result.code == 1 and "not as planned: 1 target of 4" in result.out and "r001" in result.out, result


def test_only_what_the_plan_holds(tenants):
    plan(tenants, "head", "--where", "tier=internal")
    tenants.ok("upgrade", "--plan", "plan.json")
    assert check(tenants).out == "as planned: 1 target\n"


def test_waves(tenants):
    plan(tenants, "head")
    tenants.ok("upgrade", "--plan", "plan.json", "--until-wave", "1")
    assert check(tenants, "--until-wave", "1").out == "as planned: 1 target\n"
    assert "not as planned: 3 targets of 4" in check(tenants).out


def test_downgrade_and_what_had_nothing_to_do(cluster, tenants):
    tenants.ok("upgrade", "head")
    plan(tenants, "base")
    tenants.ok("downgrade", "--plan", "plan.json", "--yes")
    assert check(tenants).code == 0
    plan(tenants, "base")  # nobody has anything to do
    assert check(tenants).out == "as planned: 4 targets\n"


def test_one_that_cannot_be_asked(cluster, tenants):
    plan(tenants, "head")
    tenants.ok("upgrade", "--plan", "plan.json")
    cluster.sql("postgres", "DROP DATABASE dune WITH (FORCE)")
    result = check(tenants)
    assert result.code == 1 and "not asked: dune" in result.out and "does not exist" in result.err, result


def test_a_file_that_is_no_plan(tenants):
    tenants.write("plan.json", "{}")
    assert check(tenants).code == 64
    assert tenants.run("check", "--plan", "absent.json").code == 64
    assert tenants.run("check", "--until-wave", "1").code == 64
