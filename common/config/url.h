/* PostgreSQL connection URLs, taken apart by libpq's rules (PostgreSQL docs, 34.1.1.2).
 *
 * Both spellings are read: postgresql://user@host:5432/name?sslmode=require and key=value pairs.
 * Several hosts are kept together, as libpq tries them in order.
 */
#ifndef DROVER_CONFIG_URL_H
#define DROVER_CONFIG_URL_H

#include "common/base/arena.h"

struct url {
    const char *host; /* "" when absent; comma separated when several; a path for a Unix socket */
    const char *port; /* "" when absent */
    const char *user; /* "" when absent */
    const char *password; /* NULL when absent */
    const char *database; /* "" when absent */
    const char *options;  /* the other parameters as a normalised query part, without '?', or "" */
};

/* Takes a URL apart into `arena`; blanks around it and the driver of postgresql+DRIVER:// do not
 * count. -1 if it is malformed or carries `sslpassword`: the message
 * continues a sentence ("the URL is ...") and repeats no piece of the URL but its scheme and the
 * name of a parameter; the hint says what is right. */
int url_parse(const char *given, struct arena *arena, struct url *url,
              struct error *error) MUST_CHECK;

/* Back to postgresql:// text, percent-encoded, without the password. */
char *url_format(const struct url *url, struct arena *arena);

/* The same URL with another database, without the password. NULL if the text does not parse. */
char *url_with_database(const char *text, const char *database, struct arena *arena);

/* "host:port" as the user sees a server; the key for per-server caps until the system identifier is
 * known. Defaults filled in: "localhost" (or the socket folder) and 5432. Several hosts are
 * separated by commas. Text that does not parse becomes "(unreadable URL)". */
char *url_server(const char *text, struct arena *arena);

/* For messages and logs: the URL with the password replaced by "***". Text that does
 * not parse becomes "(unreadable URL)". */
char *url_redact(const char *text, struct arena *arena);

#endif
