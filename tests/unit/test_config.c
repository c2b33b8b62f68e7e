/* The configuration: what valid files mean, defaults, samples, secrets and the reference page. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/config/config_digest.h"
#include "common/config/option.h"
#include "common/config/reference.h"
#include "common/config/secret.h"
#include "common/config/value.h"

static const char *environment(const char *name)
{
    static const char *const pairs[][2] = {{"PG_US", "pg-us.example"},
                                           {"PORT", "5433"},
                                           {"EMPTY", ""},
                                           {"DOLLARS", "${PORT}"},
                                           {"DB_HOST", "x.postgres.database.azure.com"},
                                           {"DB_NAME", "app"},
                                           {"DB_USERNAME", "drover"},
                                           {"CONCURRENCY", "12"}};
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        if (strcmp(pairs[i][0], name) == 0) {
            return pairs[i][1];
        }
    }
    return NULL;
}

/* Parses a text that must be valid; with any diagnostic the test fails and shows it. */
static struct config *parse(const char *path, const char *text)
{
    struct diagnostics diagnostics = {0};
    struct buffer shown = {0};
    struct config *config = config_parse(path, text, strlen(text), environment, &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    cr_assert_str_eq(buffer_text(&shown), "");
    cr_assert_not_null(config);
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
    return config;
}

#define EXPECT_TEXT(actual, expected) cr_expect_str_eq(actual, expected)

static const char minimal[] = "targets: [{name: a, url: \"postgresql://h/a\"}]\n";

Test(config, defaults)
{
    struct config *config = parse("drover.yaml", minimal);
    EXPECT_TEXT(config->path, "drover.yaml");
    EXPECT_TEXT(config->folder, ".");
    EXPECT_TEXT(config->migrations.path, "migrations");
    EXPECT_TEXT(config->version.version_schema, "");
    EXPECT_TEXT(config->version.version_table, "alembic_version");
    EXPECT_TEXT(config->journal, ".drover/journal.db");
    EXPECT_TEXT(config->coordinator, "unix:.drover/drover.sock");
    cr_expect_eq(config->limits.concurrency, 64);
    cr_expect_eq(config->limits.per_server, 8);
    cr_expect_eq(config->limits.failures.count, 0);
    cr_expect_eq(config->limits.failures.percent, 0);
    cr_expect_eq(config->limits.validate_failures.count, 0);
    cr_expect_eq(config->limits.on_failure, ON_FAILURE_PAUSE);
    cr_expect_eq(config->limits.retry_attempts, 10);
    cr_expect_eq(config->limits.retry_backoff_min_ms, 1000);
    cr_expect_eq(config->limits.retry_backoff_max_ms, 60000);
    cr_expect_eq(config->timeouts.lock_timeout_ms, 2000);
    cr_expect_eq(config->timeouts.statement_timeout_ms, 15 * 60 * 1000);
    cr_expect_eq(config->timeouts.connect_timeout_ms, 10000);
    cr_assert_eq(config->fleet.waves.count, 1);
    EXPECT_TEXT(config->fleet.waves.items[0].name, "all");
    EXPECT_TEXT(config->fleet.waves.items[0].select, "");
    cr_expect_eq(config->fleet.windows.count, 0);
    cr_expect_eq(config->fleet.waves.items[0].sample.percent, 100);
    cr_expect_eq(config->fleet.waves.items[0].checks.count, 0);
    cr_expect_eq(config->fleet.waves.items[0].soak_ms, 0);
    cr_expect_eq(config->fleet.throttles.count, 0);
    cr_expect_eq(config->rediscover_ms, 5 * 60 * 1000);
    cr_assert_eq(config->fleet.sources.count, 1);
    EXPECT_TEXT(config->fleet.sources.items[0].place.name, "a");
    EXPECT_TEXT(config->fleet.sources.items[0].place.url, "postgresql://h/a");
    EXPECT_TEXT(config->fleet.sources.items[0].place.schema, "");
    EXPECT_TEXT(config->fleet.sources.items[0].place.password, "");
    EXPECT_TEXT(config->fleet.sources.items[0].discovery.databases, "");
    EXPECT_TEXT(config->fleet.sources.items[0].discovery.schemas, "");
    EXPECT_TEXT(config->fleet.sources.items[0].discovery.query, "");
    EXPECT_TEXT(config->fleet.sources.items[0].origin, "drover.yaml:1:11");
    config_free(config);
}

Test(config, every_option)
{
    struct config *config =
        parse("drover.yaml", "migrations: sql\n"
                             "targets:\n"
                             "  - name: acme\n"
                             "    url: host=pg dbname=acme\n"
                             "    schema: tenant\n"
                             "    labels: {tier: internal, a-b: x, a: y}\n"
                             "    password: {file: /run/secret}\n"
                             "  - name: \"eu-{database}\"\n"
                             "    discover: {databases: \"t_*\", url: postgresql://pg/postgres}\n"
                             "  - name: \"{database}-{schema}\"\n"
                             "    discover: {schemas: \"s_*\", url: postgresql://pg/shared}\n"
                             "  - name: \"{customer}\"\n"
                             "    discover: {query: \"select 1\", url: postgresql://pg/catalogue}\n"
                             "password: {command: \"echo $(hostname) $HOME $$\"}\n"
                             "rollout:\n"
                             "  validate: {rehearse: off, max_failures: 5%}\n"
                             "  waves:\n"
                             "    - {name: canary, select: {tier: internal, a: y}, count: 3}\n"
                             "    - {name: early, percent: 10}\n"
                             "    - {name: rest, soak: , approve: false, checks: []}\n"
                             "  concurrency: 1\n"
                             "  per_server: 2\n"
                             "  max_failures: 1%\n"
                             "  on_failure: cancel\n"
                             "  retry: {attempts: 4, backoff: 250ms..1m30s}\n"
                             "  lock_timeout: 500ms\n"
                             "  statement_timeout: 2h\n"
                             "  connect_timeout: 5s\n"
                             "windows:\n"
                             "  - {kind: allow, schedule: 0 1 * * 1-5, duration: 4h, timeZone: "
                             "Europe/Berlin,\n"
                             "     select: \"tier in (internal,x), !q\", syncOverrun: true}\n"
                             "  - {kind: deny, schedule: \"@monthly\", duration: 1d}\n"
                             "journal: j.db\n"
                             "coordinator: tcp:[::1]:7432\n"
                             "version_schema: ops\n"
                             "version_table: schema_versions\n");
    EXPECT_TEXT(config->migrations.path, "sql");
    EXPECT_TEXT(config->journal, "j.db");
    EXPECT_TEXT(config->coordinator, "tcp:[::1]:7432");
    EXPECT_TEXT(config->version.version_schema, "ops");
    EXPECT_TEXT(config->version.version_table, "schema_versions");
    cr_assert_eq(config->fleet.sources.count, 4);
    const struct source_definition *acme = &config->fleet.sources.items[0];
    EXPECT_TEXT(acme->place.url, "postgresql://pg/acme");
    EXPECT_TEXT(acme->place.schema, "tenant");
    EXPECT_TEXT(acme->place.password, "file:/run/secret");
    cr_assert_eq(acme->labels.count, 3);
    EXPECT_TEXT(acme->labels.items[0], "a=y");
    EXPECT_TEXT(acme->labels.items[1], "a-b=x");
    EXPECT_TEXT(acme->labels.items[2], "tier=internal");
    EXPECT_TEXT(config->fleet.sources.items[1].discovery.databases, "t_*");
    EXPECT_TEXT(config->fleet.sources.items[1].place.url, "postgresql://pg/postgres");
    EXPECT_TEXT(config->fleet.sources.items[1].place.password, "command:echo $(hostname) $HOME $");
    EXPECT_TEXT(config->fleet.sources.items[2].discovery.schemas, "s_*");
    EXPECT_TEXT(config->fleet.sources.items[3].discovery.query, "select 1");
    cr_expect_not_null(strstr(config->fleet.sources.items[3].origin, ":12:5"));
    cr_assert_eq(config->fleet.waves.count, 3);
    EXPECT_TEXT(config->fleet.waves.items[0].select, "a=y,tier=internal");
    cr_expect_eq(config->fleet.waves.items[0].count, 3);
    cr_expect_eq(config->fleet.waves.items[1].percent, 10);
    cr_expect_eq(config->limits.validate_failures.percent, 5);
    cr_assert_eq(config->fleet.windows.count, 2);
    const struct window_definition *window = &config->fleet.windows.items[0];
    cr_expect_not(window->deny);
    EXPECT_TEXT(window->schedule, "0 1 * * 1-5");
    cr_expect_eq(window->duration_ms, 4 * 3600 * 1000);
    EXPECT_TEXT(window->time_zone, "Europe/Berlin");
    EXPECT_TEXT(window->select, "!q,tier in (internal,x)");
    cr_expect(window->sync_overrun);
    EXPECT_TEXT(window->origin, "drover.yaml:30:5");
    cr_expect(window[1].deny);
    EXPECT_TEXT(window[1].time_zone, "UTC");
    EXPECT_TEXT(window[1].select, "");
    cr_expect_not(window[1].sync_overrun);
    cr_expect_eq(config->limits.concurrency, 1);
    cr_expect_eq(config->limits.per_server, 2);
    cr_expect_eq(config->limits.failures.percent, 1);
    cr_expect_eq(config->limits.on_failure, ON_FAILURE_CANCEL);
    cr_expect_eq(config->limits.retry_attempts, 4);
    cr_expect_eq(config->limits.retry_backoff_min_ms, 250);
    cr_expect_eq(config->limits.retry_backoff_max_ms, 90000);
    cr_expect_eq(config->timeouts.lock_timeout_ms, 500);
    cr_expect_eq(config->timeouts.statement_timeout_ms, 7200000);
    cr_expect_eq(config->timeouts.connect_timeout_ms, 5000);
    config_free(config);
}

Test(config, keys_without_a_value_keep_the_default)
{
    struct config *config =
        parse("drover.yaml", "rollout:\n  waves:\n  concurrency: ~\nmigrations: null\n"
                             "targets: [{name: a, url: postgresql://h/a, labels: }]\n");
    cr_expect_eq(config->limits.concurrency, 64);
    cr_expect_eq(config->fleet.waves.count, 1);
    EXPECT_TEXT(config->migrations.path, "migrations");
    config_free(config);
}

Test(config, relative_paths_are_joined_with_the_folder)
{
    struct config *config = parse("etc/fleet/drover.yaml",
                                  "migrations: ../sql\njournal: /var/j.db\npassword: {file: pw}\n"
                                  "targets: [{name: a, url: postgresql://h/a}]\n");
    EXPECT_TEXT(config->folder, "etc/fleet");
    EXPECT_TEXT(config->migrations.path, "etc/fleet/../sql");
    EXPECT_TEXT(config->journal, "/var/j.db");
    EXPECT_TEXT(config->coordinator, "unix:etc/fleet/.drover/drover.sock");
    EXPECT_TEXT(config->fleet.sources.items[0].place.password, "file:etc/fleet/pw");
    config_free(config);

    config = parse("/drover.yaml", minimal);
    EXPECT_TEXT(config->folder, "/");
    EXPECT_TEXT(config->migrations.path, "/migrations");
    config_free(config);
}

Test(config, an_alembic_project_is_named_by_its_ini_or_its_folder)
{
    static const char *const cases[][2] = {
        {"{alembic: ../app/alembic.ini}", "etc/../app/alembic.ini"},
        {"{alembic: other.ini}", "etc/other.ini"},
        {"{alembic: ../app}", "etc/../app/alembic.ini"},
        {"{alembic: /srv/app/}", "/srv/app/alembic.ini"},
        {"{alembic: .}", "etc/./alembic.ini"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "migrations: %s\ntargets: [{name: a, url: postgresql://h/a}]\n",
                       cases[i][0]);
        struct config *config = parse("etc/drover.yaml", text);
        EXPECT_TEXT(config->migrations.path, cases[i][1]);
        config_free(config);
    }
}

Test(config, variables_are_replaced_once)
{
    struct config *config = parse("drover.yaml", "targets:\n"
                                                 "  - name: a${PORT}b\n"
                                                 "    url: postgresql://${PG_US}:${PORT}/a\n"
                                                 "    schema: 'a$$b$c${EMPTY}${DOLLARS}'\n"
                                                 "rollout: {concurrency: \"${CONCURRENCY}\"}\n");
    EXPECT_TEXT(config->fleet.sources.items[0].place.name, "a5433b");
    EXPECT_TEXT(config->fleet.sources.items[0].place.url, "postgresql://pg-us.example:5433/a");
    EXPECT_TEXT(config->fleet.sources.items[0].place.schema, "a$b$c${PORT}");
    cr_expect_eq(config->limits.concurrency, 12);
    config_free(config);
}

static const char *const samples[] = {"config/one-database.yaml", "config/fleet.yaml",
                                      "config/waves.yaml",        "config/windows.yaml",
                                      "config/steering.yaml",     "config/azure.yaml"};

static void file_read(const char *path, struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    char block[4096];
    size_t length = 0;
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        buffer_append(content, block, length);
    }
    (void)fclose(file);
}

Test(config, every_sample_is_valid)
{
    static const size_t target_counts[] = {1, 5, 2, 2, 2, 1};
    static const size_t wave_counts[] = {1, 1, 3, 2, 3, 2};
    for (size_t i = 0; i < LENGTH(samples); i++) {
        struct buffer content = {0};
        file_read(samples[i], &content);
        struct config *config = parse(samples[i], buffer_text(&content));
        cr_expect_eq(config->fleet.sources.count, target_counts[i], "%s", samples[i]);
        cr_expect_eq(config->fleet.waves.count, wave_counts[i], "%s", samples[i]);
        EXPECT_TEXT(config->migrations.path, "config/../migrations");
        config_free(config);
        buffer_free(&content);
    }
}

Test(config, load_reads_a_file)
{
    struct diagnostics diagnostics = {0};
    struct config *config = config_load("config/one-database.yaml", &diagnostics);
    cr_assert_not_null(config);
    EXPECT_TEXT(config->fleet.sources.items[0].place.password, "env:DB_PASSWORD");
    config_free(config);
    cr_assert_null(config_load("no/such/drover.yaml", &diagnostics));
    cr_assert_null(config_load("config", &diagnostics));
    struct buffer shown = {0};
    diagnostics_print(&diagnostics, &shown);
    EXPECT_TEXT(buffer_text(&shown),
                "no/such/drover.yaml: error: cannot be read: No such file or directory\n"
                "  hint: `drover init` writes one; --url or DATABASE_URL does without a file\n"
                "config: error: cannot be read: Is a directory\n");
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
}

Test(config, a_url_alone_is_a_fleet_of_one)
{
    struct error error;
    struct config *config =
        config_from_url("postgres://me:p%40ss@db:5433/shop?sslmode=require", "--url", &error);
    cr_assert_not_null(config, "%s", error.message);
    cr_assert_eq(config->fleet.sources.count, 1);
    EXPECT_TEXT(config->fleet.sources.items[0].place.name, "shop");
    EXPECT_TEXT(config->fleet.sources.items[0].place.url,
                "postgresql://me@db:5433/shop?sslmode=require");
    EXPECT_TEXT(secret_kept(config->fleet.sources.items[0].place.password), "p@ss");
    EXPECT_TEXT(config->path, "");
    EXPECT_TEXT(config->folder, ".");
    EXPECT_TEXT(config->migrations.path, "migrations");
    EXPECT_TEXT(config->journal, ".drover/journal.db");
    EXPECT_TEXT(config->coordinator, "unix:.drover/drover.sock");
    EXPECT_TEXT(config->fleet.waves.items[0].name, "all");
    cr_expect_eq(config->limits.concurrency, 64);
    config_free(config);

    config = config_from_url("host=/run/pg user=me", "DATABASE_URL", &error);
    cr_assert_not_null(config, "%s", error.message);
    EXPECT_TEXT(config->fleet.sources.items[0].place.name, "/run/pg");
    EXPECT_TEXT(config->fleet.sources.items[0].place.password, "");
    config_free(config);
}

Test(config, a_bad_url_is_never_repeated)
{
    static const char *const cases[][2] = {
        {"postgresql://me:hunter2%zz@h/d",
         "--url is not a readable URL: a % without two hexadecimal digits after it"},
        {"postgresql://me:hunter2/x@h/d", "--url is not a URL that libpq can read"},
        {"mysql://me:hunter2@h/d", "--url is not a PostgreSQL URL: it begins with mysql:"},
        {"", "--url is not a PostgreSQL URL"},
        {"$(db_url)", "--url is an Azure Pipelines variable that was not replaced"},
        {"postgresql://me:$(hunter2)@h/d",
         "the password of --url is an Azure Pipelines variable that was not replaced"},
        {"postgresql://h/d?sslpassword=hunter2",
         "--url carries sslpassword, which is not supported"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct error error;
        cr_expect_null(config_from_url(cases[i][0], "--url", &error));
        EXPECT_TEXT(error.message, cases[i][1]);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_null(strstr(error.hint, "hunter2"));
    }
}

Test(secret, kept_values_have_references)
{
    struct arena arena = {0};
    const char *first = secret_keep(&arena, "one");
    const char *second = secret_keep(&arena, "two");
    EXPECT_TEXT(secret_keep(&arena, "one"), first);
    cr_expect_str_neq(first, second);
    EXPECT_TEXT(secret_kept(first), "one");
    EXPECT_TEXT(secret_kept(second), "two");
    static const char *const strangers[] = {"process:", "process:0",          "process:999",
                                            "env:X",    "process:1x",         "process:-1",
                                            "",         "process:9999999999", "file:process:1"};
    for (size_t i = 0; i < LENGTH(strangers); i++) {
        cr_expect_null(secret_kept(strangers[i]), "%s", strangers[i]);
    }
    arena_free(&arena);
}

Test(config, commands_and_how_long_their_passwords_are_good)
{
    struct arena arena = {0};
    uint64_t ttl_ms = 1;
    struct config *config = parse("d.yaml", "targets: [{name: a, url: postgresql://h/a}]\n"
                                            "password: {command: \"az: get\", ttl: 45m}\n");
    EXPECT_TEXT(config->fleet.sources.items[0].place.password, "command;ttl=2700000:az: get");
    EXPECT_TEXT(secret_command(config->fleet.sources.items[0].place.password, &ttl_ms), "az: get");
    cr_expect_eq(ttl_ms, 2700000);
    EXPECT_TEXT(secret_command(secret_command_reference(&arena, "x", 0), &ttl_ms), "x");
    cr_expect_eq(ttl_ms, 0);
    static const char *const others[] = {"env:command:",
                                         "command;ttl=:x",
                                         "command;ttl=5",
                                         "commandx:",
                                         "command;ttl=9999999999999999:x",
                                         ""};
    for (size_t i = 0; i < LENGTH(others); i++) {
        cr_expect_null(secret_command(others[i], &ttl_ms), "%s", others[i]);
    }
    config_free(config);
    arena_free(&arena);
}

Test(secret, unreplaced_pipeline_variables_are_seen)
{
    cr_expect(secret_is_unresolved("$(db_password)"));
    cr_expect(secret_is_unresolved("$(step.db-password)"));
    cr_expect_not(secret_is_unresolved("$()"));
    cr_expect_not(secret_is_unresolved("$(a b)"));
    cr_expect_not(secret_is_unresolved("x$(a)"));
    cr_expect_not(secret_is_unresolved("$(a)x"));
    cr_expect_not(secret_is_unresolved(""));
}

Test(value, durations)
{
    static const struct {
        const char *text;
        uint64_t milliseconds; /* 0: refused */
    } cases[] = {{"250ms", 250},
                 {"1s", 1000},
                 {"10m", 600000},
                 {"2h", 7200000},
                 {"1d", 86400000},
                 {"1h30m", 5400000},
                 {"2147483647ms", 2147483647},
                 {"2147483648ms", 0},
                 {"25d", 0},
                 {"99999999999999999999999h", 0},
                 {"18446744073709551616ms", 0},
                 {"0s", 0},
                 {"", 0},
                 {"5", 0},
                 {"s", 0},
                 {"1x", 0},
                 {"1 s", 0},
                 {"-1s", 0},
                 {"1.5s", 0},
                 {"1S", 0}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t milliseconds = 0;
        struct error error;
        int status = value_duration(cases[i].text, &milliseconds, &error);
        cr_expect_eq(status, cases[i].milliseconds > 0 ? 0 : -1, "%s", cases[i].text);
        cr_expect_eq(milliseconds, cases[i].milliseconds, "%s", cases[i].text);
    }
}

/* The page in docs/ is what the table says; UPDATE_GOLDEN=1 writes it. */
Test(reference, page_equals_the_table)
{
    static const char path[] = "docs/reference/configuration.md";
    struct buffer expected = {0};
    config_reference(&expected);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(expected.data, 1, expected.length, file), expected.length);
        cr_assert_eq(fclose(file), 0);
    }
    struct buffer actual = {0};
    file_read(path, &actual);
    cr_expect_str_eq(buffer_text(&actual), buffer_text(&expected),
                     "%s is not what the table says: run with UPDATE_GOLDEN=1", path);
    for (size_t i = 0; i < option_count; i++) {
        cr_expect_not_null(strstr(buffer_text(&actual), options[i].help), "%s", options[i].key);
    }
    buffer_free(&actual);
    buffer_free(&expected);
}

/* ---- digests ---- */

static void expect_digests(const char *left_path, const char *left_text, const char *right_path,
                           const char *right_text, const char *changes)
{
    struct config *left = parse(left_path, left_text);
    struct config *right = parse(right_path, right_text);
    struct arena arena = {0};
    struct buffer keys = {0};
    char left_digest[DIGEST_TEXT_BYTES];
    char right_digest[DIGEST_TEXT_BYTES];
    config_digest(left, left_digest);
    config_digest(right, right_digest);
    struct texts differing = config_changes(left, right, &arena);
    for (size_t i = 0; i < differing.count; i++) {
        buffer_printf(&keys, "%s%s", i > 0 ? " " : "", differing.items[i]);
    }
    cr_expect_str_eq(buffer_text(&keys), changes);
    cr_expect_eq(strcmp(left_digest, right_digest) == 0, changes[0] == '\0', "%s", changes);
    buffer_free(&keys);
    arena_free(&arena);
    config_free(left);
    config_free(right);
}

Test(config, a_digest_is_of_what_is_meant)
{
    expect_digests("drover.yaml", minimal, "drover.yaml",
                   "# a comment\n\ntargets:\n  - url: postgresql://h/a\n    name: a\n", "");
    expect_digests("/etc/drover/drover.yaml", minimal, "drover.yaml", minimal, "");
    expect_digests("drover.yaml", minimal, "drover.yaml",
                   "journal: /elsewhere\ncoordinator: tcp:127.0.0.1:1\nmigrations: other\n"
                   "targets: [{name: a, url: \"postgresql://h/a\"}]\n",
                   "");
    expect_digests("/etc/drover/drover.yaml",
                   "targets: [{name: a, url: \"postgresql://h/a\", password: {file: p}}]\n",
                   "/etc/drover/drover.yaml",
                   "targets: [{name: a, url: \"postgresql://h/a\", password: {file: q}}]\n",
                   "targets");
    expect_digests(
        "drover.yaml", minimal, "drover.yaml",
        "targets: [{name: a, url: \"postgresql://h/b\"}]\nversion_schema: v\n"
        "windows: [{kind: allow, schedule: \"0 1 * * *\", duration: 4h}]\n"
        "rollout:\n  waves: [{name: w, count: 1}, {name: rest}]\n  rediscover: 1m\n"
        "  transaction: revision\n  throttle: [{query: SELECT 1, name: t, threshold: 5}]\n",
        "targets windows rollout.waves rollout.throttle rollout.transaction "
        "rollout.rediscover version_schema and version_table");
}

/* A field of limits or timeouts that no key tells would be a change without a name. */
Test(config, every_limit_that_changes_is_named)
{
    struct config *before = parse("drover.yaml", minimal);
    const struct layout *const layouts[] = {limits_layout(), timeouts_layout()};
    const size_t offsets[] = {offsetof(struct config, limits), offsetof(struct config, timeouts)};
    for (size_t i = 0; i < LENGTH(layouts); i++) {
        for (size_t k = 0; k < layouts[i]->field_count; k++) {
            struct arena arena = {0};
            struct config after = *before;
            char *at = (char *)&after + offsets[i] + layouts[i]->fields[k].offset;
            *at = (char)(*at ^ 1);
            cr_expect_eq(config_changes(before, &after, &arena).count, 1, "%s",
                         layouts[i]->fields[k].name);
            arena_free(&arena);
        }
    }
    config_free(before);
}
