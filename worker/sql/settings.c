/* Settings (settings.h).
 *
 * SET is a utility statement: nothing is planned and no function looked up, which a new session
 * would pay for.
 */
#include "worker/sql/settings.h"

#include <inttypes.h>

#include "common/base/array.h"

/* `value` is a literal. */
static void setting_append(struct batch *batch, bool local, const char *name, const char *value)
{
    buffer_printf(batch_own(batch, "SET"), "SET %s %s = %s;\n", local ? "LOCAL" : "SESSION", name,
                  value);
}

static const char *milliseconds(uint64_t ms, struct arena *arena)
{
    return arena_printf(arena, "'%" PRIu64 "ms'", ms);
}

void settings_append(struct batch *batch, const struct settings *settings,
                     const struct connection *connection, struct arena *arena)
{
    static const struct {
        const char *name;
        const char *value;
        int since; /* server version */
    } fixed[] = {
        /* A worker that stops or vanishes must not hold locks for long: the server notices by
           itself. */
        {"idle_in_transaction_session_timeout", "'60s'", 0},
        {"client_connection_check_interval", "'1s'", 140000},
        {"tcp_keepalives_idle", "5", 0},
        {"tcp_keepalives_interval", "2", 0},
        {"tcp_keepalives_count", "3", 0},
        {"client_min_messages", "warning", 0},
    };
    bool local = settings->local;
    /* Scripts were split so. */
    setting_append(batch, local, "standard_conforming_strings", "on");
    setting_append(batch, local, "lock_timeout", milliseconds(settings->lock_timeout_ms, arena));
    setting_append(batch, local, "statement_timeout",
                   milliseconds(settings->statement_timeout_ms, arena));
    for (size_t i = 0; !settings->brief && i < LENGTH(fixed); i++) {
        if (connection_server_version(connection) >= fixed[i].since) {
            setting_append(batch, local, fixed[i].name, fixed[i].value);
        }
    }
}

void settings_path(struct batch *batch, const char *schema_quoted, bool local)
{
    struct buffer *sql = batch_own(batch, "SET");
    buffer_printf(sql, "SET %s search_path ", local ? "LOCAL" : "SESSION");
    if (schema_quoted != NULL) {
        buffer_printf(sql, "= %s, public", schema_quoted);
    } else {
        buffer_text_append(sql, "TO DEFAULT");
    }
}
