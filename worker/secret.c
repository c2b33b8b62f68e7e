/* One entry for each file and command reference: looking, found (with a time to live), or empty.
 *
 * Everybody who asks while an entry is being looked for waits in its list; one answer serves them
 * all. A failure is not kept.
 */
#include "worker/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/arena.h"
#include "common/config/secret.h"
#include "worker/command.h"

struct secret_wait {
    struct secret *secret;
    secret_found *found;
    void *context;
    struct secret_wait *prev, *next;
};

struct secret {
    struct secrets *secrets; /* NULL when closed while a file is being read */
    char *reference;
    char *value;         /* NULL until found */
    uint64_t expires_ms; /* uv_now */
    bool looking;
    struct secret_wait *waits;
    struct command *command;
    uv_work_t work; /* reading a file; below: what the pool's thread leaves */
    char *content;
    int problem; /* errno */
    UT_hash_handle hh;
};

struct secrets {
    uv_loop_t *loop;
    struct secret *entries; /* by reference */
};

static void value_drop(char **value)
{
    if (*value != NULL) {
        memset(*value, 0, strlen(*value));
        free(*value);
        *value = NULL;
    }
}

static void secret_free(struct secret *secret)
{
    value_drop(&secret->value);
    value_drop(&secret->content);
    free(secret->reference);
    free(secret);
}

static char *text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_alloc(size);
    memcpy(copy, text, size);
    return copy;
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
static void secret_settle(struct secret *secret, const char *value, const struct error *error)
{
    secret->looking = false;
    secret->command = NULL;
    value_drop(&secret->value);
    char *answer = value == NULL ? NULL : text_copy(value);
    if (value != NULL) {
        secret->value = text_copy(value);
        secret->expires_ms = uv_now(secret->secrets->loop) + SECRET_KEPT_MS;
    }
    while (secret->waits != NULL && !secret->looking) {
        struct secret_wait *wait = secret->waits;
        DL_DELETE(secret->waits, wait);
        secret_found *found = wait->found;
        void *context = wait->context;
        free(wait);
        found(answer, false, error, context);
    }
    value_drop(&answer);
}

/* ---- file:PATH ---- */

static void file_read(uv_work_t *work)
{
    struct secret *secret = work->data;
    int file = open(secret->reference + strlen("file:"), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        secret->problem = errno;
        return;
    }
    char *content = memory_alloc(SECRET_BYTES_MAX + 1);
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < SECRET_BYTES_MAX) {
        got = read(file, content + length, SECRET_BYTES_MAX - length);
        length += got > 0 ? (size_t)got : 0;
    }
    secret->problem = got < 0 ? errno : 0;
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
    const char *path = secret->reference + strlen("file:");
    char *content = secret->content;
    secret->content = NULL;
    if (secret->problem != 0) {
        error_set(&error, ERROR_FAILED, "the password file %s cannot be read: %s", path,
                  strerror(secret->problem));
        value_drop(&content);
    } else if (content[0] == '\0') {
        error_set(&error, ERROR_FAILED, "the password file %s is empty", path);
        value_drop(&content);
    }
    secret_settle(secret, content, content == NULL ? &error : NULL);
    value_drop(&content);
}

/* ---- command:LINE ---- */

static void command_is_over(const char *line, const struct error *error, void *context)
{
    struct error explained = {0};
    if (error != NULL) {
        explained = *error;
        error_wrap(&explained, "password command");
    }
    secret_settle(context, line, error == NULL ? NULL : &explained);
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
    if (starts_with(secret->reference, "file:")) {
        secret->work.data = secret;
        if (uv_queue_work(secret->secrets->loop, &secret->work, file_read, file_was_read) != 0) {
            return error_set(error, ERROR_FAILED, "the password file cannot be read");
        }
    } else {
        secret->command =
            command_start(secret->secrets->loop, secret->reference + strlen("command:"),
                          SECRET_COMMAND_MS, command_is_over, secret, error);
        if (secret->command == NULL) {
            return error_wrap(error, "password command");
        }
    }
    secret->looking = true;
    return 0;
}

static struct secret *secret_entry(struct secrets *secrets, const char *reference)
{
    struct secret *secret;
    HASH_FIND_STR(secrets->entries, reference, secret);
    if (secret == NULL) {
        secret = memory_alloc(sizeof *secret);
        secret->secrets = secrets;
        secret->reference = text_copy(reference);
        HASH_ADD_KEYPTR(hh, secrets->entries, secret->reference, strlen(secret->reference), secret);
    }
    return secret;
}

struct secret_wait *secret_resolve(struct secrets *secrets, const char *reference,
                                   secret_found *found, void *context)
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
    if (!starts_with(reference, "file:") && !starts_with(reference, "command:")) {
        error_set(&error, ERROR_FAILED, "the password reference is none of env, file and command");
        found(NULL, false, &error, context);
        return NULL;
    }
    struct secret *secret = secret_entry(secrets, reference);
    if (secret->value != NULL && uv_now(secrets->loop) < secret->expires_ms) {
        char *value = text_copy(secret->value);
        found(value, true, NULL, context);
        value_drop(&value);
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

void secret_forget(struct secrets *secrets, const char *reference, const char *value)
{
    struct secret *secret;
    HASH_FIND_STR(secrets->entries, reference, secret);
    if (secret != NULL && secret->value != NULL && strcmp(secret->value, value) == 0) {
        value_drop(&secret->value);
    }
}
