/* One entry for each file, and for each command and server: looking, found (with a time to live),
 * or empty.
 *
 * Everybody who asks while an entry is being looked for waits in its list; one answer serves them
 * all. A failure is not kept.
 */
#include "worker/connections/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/file.h"
#include "common/base/wiped.h"
#include "common/config/secret.h"
#include "worker/connections/command.h"
#include "worker/connections/oauth_token.h"

struct secret_wait {
    struct secret *secret;
    secret_found *found;
    void *context;
    struct secret_wait *prev, *next;
};

struct secret {
    struct secrets *secrets; /* NULL when closed while a file is being read */
    char *key;
    const char *path;    /* of a file, or NULL; in key */
    const char *line;    /* of a command, or NULL; in key */
    uint64_t life_ms;    /* of a command's value as configured; 0: not stated */
    char *value;         /* wiped.h; NULL until found */
    uint64_t expires_ms; /* uv_now */
    bool looking;
    struct secret_wait *waits;
    struct command *command;
    uv_work_t work; /* reading a file; below: what the pool's thread leaves */
    char *content;
    const char *problem; /* why there is none: the end of a sentence */
    UT_hash_handle hh;
};

struct secrets {
    uv_loop_t *loop;
    struct secret *entries; /* by key */
};

static void secret_free(struct secret *secret)
{
    wiped_drop(&secret->value);
    wiped_drop(&secret->content);
    free(secret->key);
    free(secret);
}

struct secrets *secrets_open(uv_loop_t *loop)
{
    struct secrets *secrets = memory_alloc(sizeof *secrets);
    secrets->loop = loop;
    return secrets;
}

void secrets_close(struct secrets *secrets)
{
    struct secret *secret, *following;
    HASH_ITER(hh, secrets->entries, secret, following)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
        HASH_DEL(secrets->entries, secret);
        struct secret_wait *wait, *next;
        DL_FOREACH_SAFE(secret->waits, wait, next)
        {
            free(wait);
        }
        secret->waits = NULL;
        secret->secrets = NULL;
        if (secret->command != NULL) {
            command_abandon(secret->command);
        }
        if (secret->command != NULL || !secret->looking) {
            secret_free(secret);
        }
    }
    free(secrets);
}

/* Answers all who wait. One of them may cancel others of them or ask again. */
static void secret_settle(struct secret *secret, const char *value, uint64_t kept_ms,
                          const struct error *error)
{
    secret->looking = false;
    secret->command = NULL;
    wiped_drop(&secret->value);
    char *answer = value == NULL ? NULL : wiped_copy(value);
    if (value != NULL) {
        secret->value = wiped_copy(value);
        secret->expires_ms = uv_now(secret->secrets->loop) + kept_ms;
    }
    while (secret->waits != NULL && !secret->looking) {
        struct secret_wait *wait = secret->waits;
        DL_DELETE(secret->waits, wait);
        secret_found *found = wait->found;
        void *context = wait->context;
        free(wait);
        found(answer, false, error, context);
    }
    wiped_drop(&answer);
}

/* Text that a pipeline put in place of a variable that it does not have is nobody's password; the
 * format says where it came from. */
static bool value_refused(const char *value, struct error *error, const char *format, ...)
    PRINTF_LIKE(3, 4);
static bool value_refused(const char *value, struct error *error, const char *format, ...)
{
    char where[256];
    if (!secret_is_unresolved(value)) {
        return false;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(where, sizeof where, format, arguments);
    va_end(arguments);
    error_set(error, ERROR_FAILED,
              "%s is the text %.100s: an Azure Pipelines variable that was "
              "not replaced",
              where, value);
    error_hint(error, "the variable does not exist in this pipeline, or is a secret that the step "
                      "must map in its env:");
    return true;
}

/* ---- file:PATH ---- */

/* The file up to SECRET_BYTES_MAX and one more; false with errno. */
static bool file_take(int file, char *content, size_t *length)
{
    ssize_t got = 1;
    while (got > 0 && *length <= SECRET_BYTES_MAX) {
        got = read(file, content + *length, SECRET_BYTES_MAX + 1 - *length);
        *length += got > 0 ? (size_t)got : 0;
    }
    return got >= 0;
}

static void file_read(uv_work_t *work)
{
    struct secret *secret = work->data;
    int file = file_open_ordinary(secret->path, &secret->problem);
    if (file < 0) {
        return;
    }
    char *content = wiped_alloc(SECRET_BYTES_MAX + 2);
    size_t length = 0;
    if (!file_take(file, content, &length)) {
        secret->problem = strerror(errno);
    } else if (length > SECRET_BYTES_MAX) {
        secret->problem = "it is longer than any password, 64 KiB";
    }
    close(file);
    if (length > 0 && content[length - 1] == '\n') {
        content[--length] = '\0';
        if (length > 0 && content[length - 1] == '\r') {
            content[--length] = '\0';
        }
    }
    secret->content = content;
}

static void file_was_read(uv_work_t *work, int status)
{
    struct secret *secret = work->data;
    (void)status;
    if (secret->secrets == NULL) {
        secret_free(secret);
        return;
    }
    struct error error = {0};
    char *content = secret->content;
    const char *value = NULL;
    secret->content = NULL;
    if (secret->problem != NULL) {
        error_set(&error, ERROR_FAILED, "the password file %s cannot be read: %s", secret->path,
                  secret->problem);
    } else if (content[0] == '\0') {
        error_set(&error, ERROR_FAILED, "the password file %s is empty", secret->path);
    } else if (!value_refused(content, &error, "the password file %s", secret->path)) {
        value = content;
    }
    secret_settle(secret, value, SECRET_KEPT_MS, value == NULL ? &error : NULL);
    wiped_free(content);
}

/* ---- command:LINE ---- */

static void command_is_over(char *output, const struct error *error, void *context)
{
    struct secret *secret = context;
    struct error explained = {0};
    struct token token = {0};
    bool found = false;
    if (error != NULL) {
        explained = *error;
    } else {
        found = token_read(output, (int64_t)time(NULL), &token, &explained) == 0 &&
                !value_refused(token.value, &explained, "what the command printed");
    }
    if (!found) {
        error_wrap(&explained, "password command");
    }
    uint64_t kept_ms = token.life_known ? token_kept_ms(token.life_ms) : SECRET_KEPT_MS;
    if (secret->life_ms > 0) {
        uint64_t stated_ms = token_kept_ms((int64_t)secret->life_ms);
        kept_ms = token.life_known && kept_ms < stated_ms ? kept_ms : stated_ms;
    }
    secret_settle(secret, found ? token.value : NULL, kept_ms, found ? NULL : &explained);
    token_clear(&token);
}

/* ---- asking ---- */

static void found_env(const char *name, secret_found *found, void *context)
{
    const char *value = getenv(name);
    struct error error = {0};
    if (value == NULL || value[0] == '\0') {
        error_set(&error, ERROR_FAILED, "the environment variable %s is not set", name);
        error_hint(&error, "set %s in the worker's environment", name);
        value = NULL;
    } else if (value_refused(value, &error, "the environment variable %s", name)) {
        value = NULL;
    }
    found(value, false, value == NULL ? &error : NULL, context);
}

static void found_process(const char *reference, secret_found *found, void *context)
{
    const char *value = secret_kept(reference);
    struct error error = {0};
    if (value == NULL) {
        error_set(&error, ERROR_FAILED, "the password was given to another process");
        error_hint(&error, "with separate workers name it by env, file or command");
    }
    found(value, false, value == NULL ? &error : NULL, context);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Begins to look; 0, or -1 when that is not possible. */
static int secret_look(struct secret *secret, struct error *error)
{
    if (secret->path != NULL) {
        secret->work.data = secret;
        if (uv_queue_work(secret->secrets->loop, &secret->work, file_read, file_was_read) != 0) {
            return error_set(error, ERROR_FAILED, "the password file cannot be read");
        }
    } else {
        secret->command = command_start(secret->secrets->loop, secret->line, SECRET_COMMAND_MS,
                                        command_is_over, secret, error);
        if (secret->command == NULL) {
            return error_wrap(error, "password command");
        }
    }
    secret->looking = true;
    return 0;
}

/* A file is the same for every server. */
static char *secret_key(const char *reference, const char *server)
{
    struct buffer key = {0};
    if (!starts_with(reference, "file:")) {
        buffer_printf(&key, "%s\n", server);
    }
    buffer_text_append(&key, reference);
    return key.data;
}

/* The entry of a file or a command; made when missing. NULL for any other reference. */
static struct secret *secret_entry(struct secrets *secrets, const char *reference,
                                   const char *server)
{
    struct secret *secret;
    uint64_t life_ms = 0;
    const char *line = secret_command(reference, &life_ms);
    if (line == NULL && !starts_with(reference, "file:")) {
        return NULL;
    }
    char *key = secret_key(reference, server);
    HASH_FIND_STR(secrets->entries, key, secret);
    if (secret != NULL) {
        free(key);
        return secret;
    }
    secret = memory_alloc(sizeof *secret);
    secret->secrets = secrets;
    secret->key = key;
    secret->life_ms = life_ms;
    secret->path = line == NULL ? key + strlen("file:") : NULL;
    secret->line = line == NULL ? NULL : key + strlen(key) - strlen(line);
    HASH_ADD_KEYPTR(hh, secrets->entries, secret->key, strlen(secret->key), secret);
    return secret;
}

struct secret_wait *secret_resolve(struct secrets *secrets, const char *reference,
                                   const char *server, secret_found *found, void *context)
{
    struct error error = {0};
    if (starts_with(reference, "env:")) {
        found_env(reference + strlen("env:"), found, context);
        return NULL;
    }
    if (starts_with(reference, "process:")) {
        found_process(reference, found, context);
        return NULL;
    }
    struct secret *secret = secret_entry(secrets, reference, server);
    if (secret == NULL) {
        error_set(&error, ERROR_FAILED, "the password reference is none of env, file and command");
        found(NULL, false, &error, context);
        return NULL;
    }
    if (secret->value != NULL && uv_now(secrets->loop) < secret->expires_ms) {
        char *value = wiped_copy(secret->value);
        found(value, true, NULL, context);
        wiped_drop(&value);
        return NULL;
    }
    if (!secret->looking && secret_look(secret, &error) != 0) {
        found(NULL, false, &error, context);
        return NULL;
    }
    struct secret_wait *wait = memory_alloc(sizeof *wait);
    wait->secret = secret;
    wait->found = found;
    wait->context = context;
    DL_APPEND(secret->waits, wait);
    return wait;
}

void secret_wait_cancel(struct secret_wait *wait)
{
    DL_DELETE(wait->secret->waits, wait);
    free(wait);
}

void secret_forget(struct secrets *secrets, const char *reference, const char *server,
                   const char *value)
{
    struct secret *secret = secret_entry(secrets, reference, server);
    if (secret != NULL && secret->value != NULL && strcmp(secret->value, value) == 0) {
        wiped_drop(&secret->value);
    }
}
