/* Values of password references (common/config/secret.h), found where the worker stands.
 *
 *   env:NAME      an environment variable
 *   file:PATH     a file, read in libuv's pool; one trailing newline is cut
 *   command:LINE  what /bin/sh -c LINE prints (oauth_token.h), within SECRET_COMMAND_MS
 *   process:N     kept in this process
 *
 * A command runs once for each server, not once for each target: one run serves everybody who waits
 * for it, and is kept until its token comes near its end (token_kept_ms), for the life that the
 * configuration states, or else for SECRET_KEPT_MS. A server that refuses it makes it forgotten for
 * that server only.
 *
 * Text that a pipeline left unreplaced, "$(db_password)", is refused wherever it comes from.
 */
#ifndef DROVER_CONNECTIONS_SECRET_H
#define DROVER_CONNECTIONS_SECRET_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/error.h"

enum { SECRET_COMMAND_MS = 30000, SECRET_KEPT_MS = 300000, SECRET_BYTES_MAX = 64 * 1024 };

struct secrets;
struct secret_wait;

struct secrets *secrets_open(uv_loop_t *loop);

/* Ends commands under way and answers nobody; frees when libuv is done. */
void secrets_close(struct secrets *secrets);

/* `value` is borrowed until the callback returns; NULL with an error. `cached`: it was found
 * earlier, so a refused login may mean that it has changed since. */
typedef void secret_found(const char *value, bool cached, const struct error *error, void *context);

/* `server` tells the servers apart: any text, such as "host:port". Answers at once for env, process
 * and what is kept, and returns NULL; otherwise on a later loop turn, and returns what
 * secret_wait_cancel takes. */
struct secret_wait *secret_resolve(struct secrets *secrets, const char *reference,
                                   const char *server, secret_found *found, void *context);
void secret_wait_cancel(struct secret_wait *wait);

/* Forgets a kept value, unless it has been replaced by another meanwhile. */
void secret_forget(struct secrets *secrets, const char *reference, const char *server,
                   const char *value);

#endif
