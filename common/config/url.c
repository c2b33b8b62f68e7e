/* PostgreSQL connection URLs: libpq takes them apart, this file puts them together again.
 *
 * libpq's own error messages quote pieces of the text, and a piece of a URL with an unescaped
 * character in its password is a piece of the password. They are therefore never passed on.
 */
#include "common/config/url.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/wiped.h"

enum { NAME_SHOWN_MAX = 40 };

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

/* Percent-encodes all but unreserved characters and those in `keep`. */
static void encode_append(struct buffer *out, const char *text, const char *keep)
{
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text) || strchr(keep, *text) != NULL) {
            buffer_append(out, text, 1);
        } else {
            buffer_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
}

static bool is_hexadecimal(char c)
{
    return c != '\0' && strchr("0123456789abcdefABCDEF", c) != NULL;
}

static const char escapes_hint[] =
    "characters like @ : / ? # % in a user name or password are written as "
    "%40 %3A %2F %3F %23 %25; parameters are libpq's";

/* ---- what is wrong with a text that libpq cannot read ---- */

static bool is_uri(const char *text)
{
    return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0;
}

/* Letters, digits and what else stands in the name of a scheme or a parameter. */
static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_unreserved(text[i]) && text[i] != '+') {
            return false;
        }
    }
    return length > 0 && length <= NAME_SHOWN_MAX;
}

/* Of other tools and servers. Only what stands here is repeated: anything else may be a secret. */
static const char *const foreign_schemes[] = {
    "postgis", "pgsql",  "psql",    "pg",    "postgre",   "cockroachdb", "redshift",
    "mysql",   "mysql2", "mariadb", "mssql", "sqlserver", "oracle",      "sqlite",
    "sqlite3", "file",   "mongodb", "redis", "http",      "https",
};

static int scheme_refuse(const char *text, struct error *error)
{
    size_t jdbc = strncmp(text, "jdbc:", 5) == 0 ? 5 : 0;
    if (text[0] == '"' || text[0] == '\'') {
        (void)error_set(error, ERROR_CONFIG, "begins with a quotation mark");
        return error_hint(error, "files such as --env-file keep quotation marks; leave them out");
    }
    if (jdbc > 0) {
        (void)error_set(error, ERROR_CONFIG, "is a URL for JDBC");
        return error_hint(error, "leave out \"jdbc:\"; user and password stand before the host");
    }
    for (size_t i = 0; i < LENGTH(foreign_schemes); i++) {
        size_t length = strlen(foreign_schemes[i]);
        if (strncmp(text, foreign_schemes[i], length) == 0 && text[length] == ':') {
            (void)error_set(error, ERROR_CONFIG,
                            "is not a PostgreSQL URL: it begins with %s:", foreign_schemes[i]);
            return error_hint(error, "where the server is PostgreSQL, write postgresql: instead");
        }
    }
    (void)error_set(error, ERROR_CONFIG, "is not a PostgreSQL URL");
    return error_hint(error, "postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE, or "
                             "host=... dbname=... pairs");
}

static bool is_parameter(const char *text, size_t length)
{
    bool known = length == 3 && strncmp(text, "ssl", 3) == 0; /* ssl=true, which libpq reads */
    PQconninfoOption *options = PQconndefaults();
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
        known = known ||
                (strlen(option->keyword) == length && strncmp(option->keyword, text, length) == 0);
    }
    PQconninfoFree(options);
    return known;
}

/* Whether what stands before the '?' is whole: otherwise the '?' may be one of a password. */
static bool query_is_certain(const char *text, const char *query)
{
    const char *host = strstr(text, "://") + 3;
    size_t length = strcspn(host, "/?");
    const char *at = memchr(host, '@', length);
    const char *colon = memchr(host, ':', length);
    bool port = colon == NULL || at != NULL || host[0] == '[' ||
                strspn(colon + 1, "0123456789,") == length - (size_t)(colon + 1 - host);
    return port && strchr(query, '@') == NULL;
}

/* The first parameter that is not libpq's; NULL if there is none that may be shown. */
static const char *parameter_stray(const char *text, size_t *length)
{
    const char *query = strchr(text, '?');
    if (query == NULL || !query_is_certain(text, query)) {
        return NULL;
    }
    for (const char *at = query; at != NULL && *at != '\0'; at = strchr(at, '&')) {
        at++;
        *length = strcspn(at, "=&");
        if (at[*length] == '=' && is_name(at, *length) && !is_parameter(at, *length)) {
            return at;
        }
    }
    return NULL;
}

static int parameter_refuse(const char *name, size_t length, struct error *error)
{
    bool schema = (length == 6 && strncmp(name, "schema", 6) == 0) ||
                  (length == 13 && strncmp(name, "currentSchema", 13) == 0);
    (void)error_set(error, ERROR_CONFIG, "has a parameter that libpq does not know: \"%.*s\"",
                    (int)length, name);
    return error_hint(error, schema ? "leave it out; a target's schema is its key `schema`"
                                    : "leave it out: it is for another tool; parameters are "
                                      "libpq's, such as sslmode");
}

static int unreadable(const char *text, struct error *error)
{
    size_t length = 0;
    if (!is_uri(text)) {
        return scheme_refuse(text, error);
    }
    for (const char *percent = strchr(text, '%'); percent != NULL;
         percent = strchr(percent + 1, '%')) {
        if (!is_hexadecimal(percent[1]) || !is_hexadecimal(percent[2])) {
            (void)error_set(error, ERROR_CONFIG,
                            "is not a readable URL: a %% without two hexadecimal digits after it");
            return error_hint(error, "a percent sign itself is written %%25");
        }
    }
    const char *stray = parameter_stray(text, &length);
    if (stray != NULL) {
        return parameter_refuse(stray, length, error);
    }
    (void)error_set(error, ERROR_CONFIG, "is not a URL that libpq can read");
    return error_hint(error, "%s", escapes_hint);
}

static size_t items(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++) {
        count += *text == ',';
    }
    return count;
}

/* The n-th comma separated item; the last one if there are fewer, so
 * that one port serves all hosts. */
static const char *item(const char *text, size_t n, struct arena *arena)
{
    for (; n > 0 && strchr(text, ',') != NULL; n--) {
        text = strchr(text, ',') + 1;
    }
    return arena_strndup(arena, text, strcspn(text, ","));
}

static void parameter_append(struct buffer *out, const char *keyword, const char *value)
{
    buffer_text_append(out, out->length > 0 ? "&" : "");
    encode_append(out, keyword, "");
    buffer_text_append(out, "=");
    encode_append(out, value, ",/:");
}

/* Sorts libpq's options into the struct; the rest becomes the query part. */
static void url_fill(const PQconninfoOption *parsed, struct arena *arena, struct url *url)
{
    const struct {
        const char *keyword;
        const char **member;
    } members[] = {{"host", &url->host},
                   {"port", &url->port},
                   {"user", &url->user},
                   {"password", &url->password},
                   {"dbname", &url->database}};
    struct buffer query = {0};
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (option->val == NULL) {
            continue;
        }
        const char **member = NULL;
        for (size_t i = 0; i < LENGTH(members); i++) {
            if (strcmp(members[i].keyword, option->keyword) == 0) {
                member = members[i].member;
            }
        }
        if (member != NULL) {
            *member = arena_strdup(arena, option->val);
        } else {
            parameter_append(&query, option->keyword, option->val);
        }
    }
    url->options = arena_strdup(arena, buffer_text(&query));
    buffer_free(&query);
}

/* A '@' behind the first '/' is mostly what follows an unescaped '/' in a password: libpq would
 * take the rest of the password for the name of the database. */
static bool has_stray_at(const char *text)
{
    const char *authority = strstr(text, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;
    return path != NULL && memchr(path, '@', strcspn(path, "?")) != NULL;
}

/* Whether every port is a number; libpq would say so only when it connects. */
static bool ports_are_good(const char *ports)
{
    for (const char *port = ports; port != NULL; port = strchr(port, ',')) {
        port += *port == ',';
        size_t digits = strspn(port, "0123456789");
        if (digits > 5 || digits != strcspn(port, ",")) {
            return false;
        }
    }
    return true;
}

static bool has_option(const PQconninfoOption *parsed, const char *keyword)
{
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, keyword) == 0 && option->val != NULL) {
            return true;
        }
    }
    return false;
}

/* What libpq lets pass, or would find only when it connects. */
static int url_check(const char *text, const struct url *url, struct error *error)
{
    if (is_uri(text) && has_stray_at(text)) {
        return unreadable(text, error);
    }
    for (const char *at = text; is_uri(text) && *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            (void)error_set(error, ERROR_CONFIG, "has a %s in it",
                            *at == '\n' ? "line feed" : "control character");
            return error_hint(error, "look for a line break that the URL was stored with");
        }
    }
    if (!ports_are_good(url->port)) {
        (void)error_set(error, ERROR_CONFIG, "has a port that is not a number");
        return error_hint(error, "%s", escapes_hint);
    }
    if (items(url->port) > 1 && items(url->port) != items(url->host)) {
        (void)error_set(error, ERROR_CONFIG, "has not as many ports as hosts");
        return error_hint(error, "one port for all hosts, or one for each");
    }
    return 0;
}

/* libpq marks with '*' what is not to be shown. */
static void parsed_free(PQconninfoOption *parsed)
{
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (option->val != NULL && option->dispchar[0] == '*') {
            wiped_overwrite(option->val, strlen(option->val));
        }
    }
    PQconninfoFree(parsed);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the blanks and line feeds around it that files and secrets leave there, and without the
 * driver of SQLAlchemy's postgresql+asyncpg://. */
static const char *text_trim(const char *text, struct arena *arena)
{
    while (is_blank(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1])) {
        length--;
    }
    size_t scheme = strcspn(text, "+:");
    size_t driver = strcspn(text, ":");
    bool ours = (scheme == 10 && strncmp(text, "postgresql", scheme) == 0) ||
                (scheme == 8 && strncmp(text, "postgres", scheme) == 0);
    if (ours && driver > scheme + 1 && is_name(text + scheme + 1, driver - scheme - 1)) {
        return arena_printf(arena, "postgresql%.*s", (int)(length - driver), text + driver);
    }
    return arena_strndup(arena, text, length);
}

int url_parse(const char *given, struct arena *arena, struct url *url, struct error *error)
{
    const char *text = text_trim(given, arena);
    *url = (struct url){
        .host = "", .port = "", .user = "", .password = NULL, .database = "", .options = ""};
    char *message = NULL;
    PQconninfoOption *parsed = text[0] != '\0' ? PQconninfoParse(text, &message) : NULL;
    PQfreemem(message);
    if (parsed == NULL) {
        return unreadable(text, error);
    }
    bool key_passphrase = has_option(parsed, "sslpassword");
    url_fill(parsed, arena, url);
    parsed_free(parsed);
    if (key_passphrase) {
        (void)error_set(error, ERROR_CONFIG, "carries sslpassword, which is not supported");
        return error_hint(error, "give the worker a key file without a passphrase");
    }
    return url_check(text, url, error);
}

static void hosts_append(struct buffer *out, const struct url *url)
{
    struct arena scratch = {0};
    size_t count = items(url->host);
    for (size_t i = 0; i < count; i++) {
        const char *host = item(url->host, i, &scratch);
        const char *port = item(url->port, i, &scratch);
        buffer_text_append(out, i > 0 ? "," : "");
        if (strchr(host, ':') != NULL && host[0] != '/') {
            buffer_text_append(out, "[");
            encode_append(out, host, ":");
            buffer_text_append(out, "]");
        } else {
            encode_append(out, host, "");
        }
        if (port[0] != '\0') {
            buffer_text_append(out, ":");
            encode_append(out, port, "");
        }
    }
    arena_free(&scratch);
}

/* `password` is shown as it stands after the user, or left out when NULL. */
static char *url_write(const struct url *url, const char *password, struct arena *arena)
{
    struct buffer out = {0};
    buffer_text_append(&out, "postgresql://");
    encode_append(&out, url->user, "");
    if (password != NULL) {
        buffer_printf(&out, ":%s", password);
    }
    if (url->user[0] != '\0' || password != NULL) {
        buffer_text_append(&out, "@");
    }
    hosts_append(&out, url);
    if (url->database[0] != '\0' || url->options[0] != '\0') {
        buffer_text_append(&out, "/");
        encode_append(&out, url->database, "");
    }
    if (url->options[0] != '\0') {
        buffer_printf(&out, "?%s", url->options);
    }
    char *text = arena_strdup(arena, buffer_text(&out));
    buffer_free(&out);
    return text;
}

char *url_format(const struct url *url, struct arena *arena)
{
    return url_write(url, NULL, arena);
}

char *url_with_database(const char *text, const char *database, struct arena *arena)
{
    struct url url;
    struct error error;
    if (url_parse(text, arena, &url, &error) != 0) {
        return NULL;
    }
    url.database = database;
    return url_format(&url, arena);
}

char *url_server(const char *text, struct arena *arena)
{
    struct url url;
    struct error error;
    if (url_parse(text, arena, &url, &error) != 0) {
        return arena_strdup(arena, "(unreadable URL)");
    }
    struct buffer out = {0};
    size_t count = items(url.host);
    for (size_t i = 0; i < count; i++) {
        const char *host = item(url.host, i, arena);
        const char *port = item(url.port, i, arena);
        bool six = strchr(host, ':') != NULL && host[0] != '/';
        buffer_printf(&out, "%s%s%s%s:%s", i > 0 ? "," : "", six ? "[" : "",
                      host[0] != '\0' ? host : "localhost", six ? "]" : "",
                      port[0] != '\0' ? port : "5432");
    }
    char *server = arena_strdup(arena, buffer_text(&out));
    buffer_free(&out);
    return server;
}

char *url_redact(const char *text, struct arena *arena)
{
    struct url url;
    struct error error;
    if (url_parse(text, arena, &url, &error) != 0) {
        return arena_strdup(arena, "(unreadable URL)");
    }
    return url_write(&url, url.password != NULL ? "***" : NULL, arena);
}
