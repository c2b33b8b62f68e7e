/* Settings (settings.h).
 *
 * SET is a utility statement: nothing is planned and no function looked up, which a new session
 * would pay for.
 */
#include "worker/sql/settings.h"

#include <inttypes.h>
#include <string.h>
#include <stdio.h>

#include "common/base/array.h"

enum { LIMITS = 2 };

/* `value` is a literal. */
static void setting_write(struct buffer *sql, bool local, const char *name, const char *value)
{
    buffer_printf(sql, "SET %s %s = %s; ", local ? "LOCAL" : "SESSION", name, value);
}

static void setting_append(struct batch *batch, bool local, const char *name, const char *value)
{
    setting_write(batch_own(batch, "SET"), local, name, value);
}

/* The limits, number 0 and 1. */
static void limit_write(struct buffer *sql, const struct settings *settings, size_t number)
{
    static const char *const names[LIMITS] = {"lock_timeout", "statement_timeout"};
    const uint64_t limits[LIMITS] = {settings->lock_timeout_ms, settings->statement_timeout_ms};
    char value[32];
    (void)snprintf(value, sizeof value, "'%" PRIu64 "ms'", limits[number]);
    setting_write(sql, settings->local, names[number], value);
}

void settings_limits_append(struct buffer *sql, const struct settings *settings)
{
    for (size_t i = 0; i < LIMITS; i++) {
        limit_write(sql, settings, i);
    }
}

void settings_watch_append(struct batch *batch, bool local, const struct connection *connection)
{
    static const struct {
        const char *name;
        const char *value;
        int since; /* server version */
    } fixed[] = {
        {"client_connection_check_interval", "'1s'", 140000},
        {"tcp_keepalives_idle", "5", 0},
        {"tcp_keepalives_interval", "2", 0},
        {"tcp_keepalives_count", "3", 0},
    };
    for (size_t i = 0; i < LENGTH(fixed); i++) {
        if (connection_server_version(connection) >= fixed[i].since) {
            setting_append(batch, local, fixed[i].name, fixed[i].value);
        }
    }
}

void settings_append(struct batch *batch, const struct settings *settings,
                     const struct connection *connection)
{
    bool local = settings->local;
    /* Scripts were split so. */
    setting_append(batch, local, "standard_conforming_strings", "on");
    for (size_t i = 0; i < LIMITS; i++) {
        limit_write(batch_own(batch, "SET"), settings, i);
    }
    /* A worker that stops must not hold locks for long: the server notices by itself. */
    setting_append(batch, local, "idle_in_transaction_session_timeout", "'60s'");
    if (settings->application != NULL) {
        setting_append(batch, local, "application_name", settings->application);
    }
    if (!settings->brief) {
        settings_watch_append(batch, local, connection);
    }
}

/* What the target says of its path, behind the schema. */
static const char *path_behind(const struct message_job *job)
{
    static const char schema[] = "{schema}";
    bool given = strncmp(job->place.search_path, schema, sizeof(schema) - 1) == 0;
    return given ? job->place.search_path + sizeof(schema) - 1 : NULL;
}

/* The server puts the two together: only it knows what its settings come to. Functions are named
 * with their schema, for the path that holds here is the target's. An empty path leaves a comma. */
void settings_path(struct batch *batch, const struct message_job *job,
                   struct connection *connection, struct arena *arena, bool local)
{
    const char *scope = local ? "LOCAL" : "SESSION";
    const char *schema = job->place.schema[0] == '\0'
                             ? NULL
                             : connection_quote_identifier(connection, job->place.schema, arena);
    if (schema != NULL && path_behind(job) != NULL) {
        buffer_printf(batch_own(batch, "SET"), "SET %s search_path = %s%s", scope, schema,
                      path_behind(job));
        return;
    }
    buffer_printf(batch_own(batch, "SET"), "SET %s search_path TO DEFAULT", scope);
    if (schema != NULL) {
        const char *first =
            connection_quote_literal(connection, arena_printf(arena, "%s, ", schema), arena);
        buffer_printf(
            batch_own(batch, NULL),
            "SELECT pg_catalog.set_config('search_path', pg_catalog.rtrim("
            "pg_catalog.concat(%s, pg_catalog.current_setting('search_path')), ', '), %s)",
            first, local ? "true" : "false");
    }
}
