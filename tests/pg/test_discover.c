/* Discovery against a real server: databases, schemas, and the rows of a catalogue. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/pg/cluster.h"
#include "tests/pg/errand.h"

static struct office office;
static struct errand errand;

static void setup(void)
{
    office_open(&office, 4);
    errand_make(&errand, &office, "discover", "postgres");
}

static void teardown(void)
{
    errand_free(&errand);
    office_close(&office);
}

TestSuite(discover, .init = setup, .fini = teardown);

/* "name url schema labels" of each hit, one a line, with the port left out of the URL. */
static const char *found(void)
{
    struct arena *arena = &errand.task.arena;
    char *port = arena_printf(arena, ":%d", cluster_port());
    struct buffer text = {0};
    for (size_t i = 0; i < errand.task.result.found.count; i++) {
        const struct found_target *hit = &errand.task.result.found.items[i];
        const char *at = strstr(hit->place.url, port);
        buffer_printf(&text, "%s %.*s%s [%s]", hit->place.name,
                      at == NULL ? (int)strlen(hit->place.url) : (int)(at - hit->place.url),
                      hit->place.url, at == NULL ? "" : at + strlen(port), hit->place.schema);
        for (size_t k = 0; k < hit->labels.count; k++) {
            buffer_printf(&text, " %s", hit->labels.items[k]);
        }
        buffer_text_append(&text, "\n");
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

Test(discover, databases)
{
    cluster_database("tenant_b");
    cluster_database("tenant_a");
    cluster_database("tenant_off");
    cluster_database("other");
    cluster_run("postgres", "ALTER DATABASE tenant_off ALLOW_CONNECTIONS false");
    static const char *const labels[] = {"tier=free"};
    errand.task.job.place.name = "eu-{database}";
    errand.task.job.discovery.databases = "tenant_*";
    errand.task.job.labels = (struct texts){labels, 1};
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_expect_str_eq(found(),
                     "eu-tenant_a postgresql://postgres@127.0.0.1/tenant_a [] tier=free\n"
                     "eu-tenant_b postgresql://postgres@127.0.0.1/tenant_b [] tier=free\n");
}

Test(discover, schemas)
{
    cluster_database("shared");
    cluster_run("shared", "CREATE SCHEMA t_2; CREATE SCHEMA t_1; CREATE SCHEMA \"T 3\"");
    errand.task.job.place.url = arena_strdup(&errand.task.arena, cluster_url("shared"));
    errand.task.job.place.name = "{schema}";
    errand.task.job.discovery.schemas = "[tT]?[0-9]";
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_expect_str_eq(found(), "T 3 postgresql://postgres@127.0.0.1/shared [T 3]\n"
                              "t_1 postgresql://postgres@127.0.0.1/shared [t_1]\n"
                              "t_2 postgresql://postgres@127.0.0.1/shared [t_2]\n");
}

Test(discover, system_schemas_are_never_targets)
{
    errand.task.job.place.name = "{schema}";
    errand.task.job.discovery.schemas = "*";
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_expect_str_eq(found(), "public postgresql://postgres@127.0.0.1/postgres [public]\n");
}

static void query(const char *sql)
{
    errand.task.job.place.name = "{name}-{tier}";
    errand.task.job.discovery.query = sql;
    errand_run(&errand);
}

Test(discover, catalogue)
{
    static const char *const labels[] = {"region=eu", "tier=none"};
    errand.task.job.labels = (struct texts){labels, 2};
    query("SELECT * FROM (VALUES ('b', 'postgresql://h/b', 'free', NULL),"
          " ('a', 'postgresql://h/a', 'paid', 's1')) AS t (name, url, tier, schema)"
          " -- no semicolon");
    errand_expect_done(&errand);
    cr_expect_str_eq(found(), "a-paid postgresql://h/a [s1] name=a region=eu schema=s1 tier=paid\n"
                              "b-free postgresql://h/b [] name=b region=eu schema= tier=free\n");
}

Test(discover, a_password_in_a_catalogue_is_refused_unseen)
{
    query("SELECT 'a' AS name, 'postgresql://u:hush-hush@h/a' AS url, 'x' AS tier;");
    errand_expect_failure(&errand, "discovery", "the url of target \"a-x\" holds a password");
    cr_expect_null(strstr(errand.task.result.failure.message, "hush"));
    cr_expect_null(strstr(errand.task.result.failure.hint, "hush"));
}

Test(discover, faults_of_a_catalogue)
{
    static const struct {
        const char *sql;
        const char *text;
    } faults[] = {
        {"SELECT 'a' AS name, 'x' AS tier", "target \"a-x\" has no url"},
        {"SELECT 'a' AS name, 'postgresql://h' AS url", "no column for placeholder {tier}"},
        {"SELECT nothing", "42703"},
        {"CREATE TABLE made_by_discovery (i int)", "25006"},
    };
    for (size_t i = 0; i < LENGTH(faults); i++) {
        errand_free(&errand);
        errand_make(&errand, &office, "discover", "postgres");
        query(faults[i].sql);
        errand_expect_failure(&errand, "discovery", faults[i].text);
    }
}

Test(discover, unreachable)
{
    errand.task.job.place.url = "postgresql://postgres@127.0.0.1:1/x";
    errand.task.job.discovery.databases = "*";
    errand_run(&errand);
    errand_expect_failure(&errand, "unreachable", "08001");
}
