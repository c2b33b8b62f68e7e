/* Values: numbers, durations, budgets, labels, addresses, interpolation. */
#include "common/config/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "common/base/array.h"
#include "common/base/buffer.h"

enum { LABEL_BYTES_MAX = 63 };

/* PostgreSQL's timeouts are an int of milliseconds. */
static const uint64_t duration_ms_max = INT32_MAX;

static const char duration_hint[] = "a number with its unit: 250ms, 2s, 15m, 1h";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits from `*text`, which moves on; UINT64_MAX / 2 and more stay there. -1 if there are none. */
static int digits_read(const char **text, uint64_t *number)
{
    if (!is_digit(**text)) {
        return -1;
    }
    *number = 0;
    for (; is_digit(**text); (*text)++) {
        if (*number < UINT64_MAX / 32) {
            *number = *number * 10 + (uint64_t)(**text - '0');
        }
    }
    return 0;
}

int value_count(const char *text, uint32_t least, uint32_t most, uint32_t *count,
                struct error *error)
{
    uint64_t number = 0;
    if (digits_read(&text, &number) != 0 || *text != '\0') {
        (void)error_set(error, ERROR_CONFIG, "is not a whole number");
    } else if (number < least || number > most) {
        (void)error_set(error, ERROR_CONFIG, "is out of range");
    } else {
        *count = (uint32_t)number;
        return 0;
    }
    return error_hint(error, "a whole number from %u to %u", least, most);
}

int value_duration(const char *text, uint64_t *milliseconds, struct error *error)
{
    static const struct {
        const char *word;
        uint64_t milliseconds;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    uint64_t total = 0;
    do {
        uint64_t number = 0;
        if (digits_read(&text, &number) != 0) {
            (void)error_set(error, ERROR_CONFIG, "is not a duration");
            return error_hint(error, "%s", duration_hint);
        }
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        uint64_t scale = 0;
        for (size_t i = 0; i < LENGTH(units); i++) {
            if (strlen(units[i].word) == length && strncmp(units[i].word, text, length) == 0) {
                scale = units[i].milliseconds;
            }
        }
        if (scale == 0) {
            (void)error_set(error, ERROR_CONFIG, "%s",
                            text[0] == '\0' ? "has no unit" : "is not a duration");
            return error_hint(error, "%s", duration_hint);
        }
        number = number > duration_ms_max ? duration_ms_max + 1 : number;
        total += number * scale;
        total = total > duration_ms_max ? duration_ms_max + 1 : total;
        text += length;
    } while (*text != '\0');
    if (total == 0 || total > duration_ms_max) {
        (void)error_set(error, ERROR_CONFIG, "is out of range");
        return error_hint(error, "a duration from 1ms to 24d");
    }
    *milliseconds = total;
    return 0;
}

int value_range(const char *text, uint64_t *least_ms, uint64_t *most_ms, struct error *error)
{
    const char *dots = strstr(text, "..");
    if (dots == NULL) {
        (void)error_set(error, ERROR_CONFIG, "is not a range of durations");
        return error_hint(error, "the first and the longest pause: 1s..60s");
    }
    struct arena scratch = {0};
    const char *first = arena_strndup(&scratch, text, (size_t)(dots - text));
    uint64_t least = 0;
    uint64_t most = 0;
    int status = value_duration(first, &least, error);
    if (status == 0) {
        status = value_duration(dots + 2, &most, error);
    }
    if (status == 0 && least > most) {
        status = error_set(error, ERROR_CONFIG, "begins above its end");
        (void)error_hint(error, "the first pause is the shorter one: 1s..60s");
    }
    if (status == 0) {
        *least_ms = least;
        *most_ms = most;
    }
    arena_free(&scratch);
    return status;
}

int value_budget(const char *text, struct share *budget, struct error *error)
{
    uint64_t number = 0;
    const char *rest = text;
    bool good = digits_read(&rest, &number) == 0;
    bool percent = good && strcmp(rest, "%") == 0;
    if (!good || (!percent && *rest != '\0')) {
        (void)error_set(error, ERROR_CONFIG, "is neither a count nor a percentage");
    } else if (number > (percent ? 100 : INT32_MAX)) {
        (void)error_set(error, ERROR_CONFIG, "is out of range");
    } else {
        budget->percent = percent ? (uint32_t)number : 0;
        budget->count = percent ? 0 : (uint32_t)number;
        return 0;
    }
    return error_hint(error, "a count like 3, or a percentage up to 100%%");
}

/* By hand, because strtod heeds the locale and takes hexadecimal digits, exponents and "nan". */
int value_number(const char *text, double *number, struct error *error)
{
    enum { DIGITS_MAX = 15 }; /* a double holds them exactly */
    double value = 0;
    double scale = 1;
    size_t digits = 0;
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    for (size_t i = 0; i < whole + fraction && digits < DIGITS_MAX; i++) {
        size_t at = i < whole ? i : i + 1;
        value = value * 10 + (text[at] - '0');
        scale *= i < whole ? 1 : 10;
        digits++;
    }
    size_t end = text[whole] == '.' ? whole + 1 + fraction : whole;
    if (whole == 0 || (text[whole] == '.' && fraction == 0) || text[end] != '\0') {
        (void)error_set(error, ERROR_CONFIG, "is not a number");
    } else if (value == 0 || digits < whole + fraction) {
        (void)error_set(error, ERROR_CONFIG, "is out of range");
    } else {
        *number = value / scale;
        return 0;
    }
    return error_hint(error, "a number above 0 like 10 or 0.5, of at most %d digits", DIGITS_MAX);
}

bool value_is_label(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > LABEL_BYTES_MAX || !is_alphanumeric(text[0])) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_alphanumeric(text[i]) && strchr("_.-/", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

bool value_is_variable(const char *text)
{
    if (text[0] == '\0' || is_digit(text[0])) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (!is_alphanumeric(*text) && *text != '_') {
            return false;
        }
    }
    return true;
}

static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    if (inet_pton(AF_INET6, host, &six) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&six);
    }
    return strcasecmp(host, "localhost") == 0;
}

static int unix_address(const char *path, const char *folder, struct arena *arena,
                        const char **address, struct error *error)
{
    const size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    if (path[0] == '\0') {
        (void)error_set(error, ERROR_CONFIG, "has no path");
        return error_hint(error, "unix:.drover/drover.sock");
    }
    const char *joined = value_path(path, folder, arena);
    if (strlen(joined) > most) {
        (void)error_set(error, ERROR_CONFIG, "is too long for a Unix socket");
        return error_hint(error, "a path of at most %zu bytes; this one has %zu with its folder",
                          most, strlen(joined));
    }
    *address = arena_printf(arena, "unix:%s", joined);
    return 0;
}

static int tcp_address(const char *text, struct arena *arena, const char **address,
                       struct error *error)
{
    const char *colon = strrchr(text, ':');
    const char *host = colon != NULL ? arena_strndup(arena, text, (size_t)(colon - text)) : "";
    size_t length = strlen(host);
    if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host = arena_strndup(arena, host + 1, length - 2);
    }
    uint32_t port = 0;
    if (host[0] == '\0' || value_count(colon + 1, 1, UINT16_MAX, &port, error) != 0) {
        (void)error_set(error, ERROR_CONFIG, "is not an address");
        return error_hint(error, "tcp:HOST:PORT with a port from 1 to 65535: tcp:127.0.0.1:7432");
    }
    if (!is_loopback(host)) {
        (void)error_set(error, ERROR_CONFIG, "is not on loopback, and mutual TLS is not there yet");
        return error_hint(error, "tcp:127.0.0.1:PORT, tcp:[::1]:PORT or a Unix socket; reach other "
                                 "machines through an SSH tunnel");
    }
    *address =
        arena_printf(arena, strchr(host, ':') != NULL ? "tcp:[%s]:%u" : "tcp:%s:%u", host, port);
    return 0;
}

int value_coordinator(const char *text, const char *folder, struct arena *arena,
                      const char **address, struct error *error)
{
    if (strncmp(text, "unix:", 5) == 0) {
        return unix_address(text + 5, folder, arena, address, error);
    }
    if (strncmp(text, "tcp:", 4) == 0) {
        return tcp_address(text + 4, arena, address, error);
    }
    (void)error_set(error, ERROR_CONFIG, "is not an address");
    return error_hint(error, "unix:PATH or tcp:HOST:PORT");
}

/* Handles the `${NAME}` at `start`; returns what follows it, or NULL with an error. */
static const char *variable_append(const char *start, config_environment *environment,
                                   struct buffer *out, struct error *error)
{
    const char *end = strchr(start, '}');
    struct arena scratch = {0};
    const char *after = NULL;
    const char *name =
        end != NULL ? arena_strndup(&scratch, start + 2, (size_t)(end - start) - 2) : "";
    const char *value = value_is_variable(name) ? environment(name) : NULL;
    if (value != NULL) {
        buffer_text_append(out, value);
        after = end + 1;
    } else if (value_is_variable(name)) {
        (void)error_set(error, ERROR_CONFIG, "environment variable %.100s is not set", name);
        (void)error_hint(error, "set it, or write $$ where a dollar sign is meant");
    } else {
        (void)error_set(error, ERROR_CONFIG, "${ without the name of a variable and }");
        (void)error_hint(error, "${NAME}; write $$ where a dollar sign is meant");
    }
    arena_free(&scratch);
    return after;
}

int value_interpolate(const char *text, config_environment *environment, struct arena *arena,
                      const char **result, bool *replaced, struct error *error)
{
    struct buffer out = {0};
    *replaced = false;
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "$");
        buffer_append(&out, text, plain);
        text += plain;
        if (strncmp(text, "${", 2) == 0) {
            *replaced = true;
            text = variable_append(text, environment, &out, error);
        } else if (*text == '$') {
            buffer_text_append(&out, "$");
            text += text[1] == '$' ? 2 : 1;
        }
    }
    *result = arena_strdup(arena, buffer_text(&out));
    buffer_free(&out);
    return text != NULL ? 0 : -1;
}

const char *value_path(const char *path, const char *folder, struct arena *arena)
{
    if (path[0] == '/' || path[0] == '\0' || strcmp(folder, ".") == 0) {
        return arena_strdup(arena, path);
    }
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return arena_printf(arena, "%s%s%s", folder, slash ? "" : "/", path);
}
