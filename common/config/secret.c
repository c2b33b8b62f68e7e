/* Secrets: a list of values for the life of the process, guarded by a lock because the command line
 * and a worker in the same process may run on different threads. */
#include "common/config/secret.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/wiped.h"

static struct {
    pthread_mutex_t lock;
    char **values; /* "process:N" is values[N - 1]; never moved or freed once handed out */
    size_t count;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char prefix[] = "process:";

char *secret_keep(struct arena *arena, const char *value)
{
    (void)pthread_mutex_lock(&kept.lock);
    size_t number = 0;
    while (number < kept.count && strcmp(kept.values[number], value) != 0) {
        number++;
    }
    if (number == kept.count) {
        kept.values = memory_resize(kept.values, (kept.count + 1) * sizeof(char *));
        kept.values[kept.count++] = wiped_copy(value);
    }
    (void)pthread_mutex_unlock(&kept.lock);
    return arena_printf(arena, "%s%zu", prefix, number + 1);
}

const char *secret_kept(const char *reference)
{
    if (strncmp(reference, prefix, sizeof prefix - 1) != 0) {
        return NULL;
    }
    const char *digits = reference + sizeof prefix - 1;
    size_t length = strlen(digits);
    if (length == 0 || length > 9 || strspn(digits, "0123456789") != length) {
        return NULL;
    }
    size_t number = (size_t)strtoul(digits, NULL, 10);
    (void)pthread_mutex_lock(&kept.lock);
    const char *value = number > 0 && number <= kept.count ? kept.values[number - 1] : NULL;
    (void)pthread_mutex_unlock(&kept.lock);
    return value;
}

char *secret_command_reference(struct arena *arena, const char *line, uint64_t ttl_ms)
{
    return ttl_ms == 0 ? arena_printf(arena, "command:%s", line)
                       : arena_printf(arena, "command;ttl=%" PRIu64 ":%s", ttl_ms, line);
}

const char *secret_command(const char *reference, uint64_t *ttl_ms)
{
    static const char plain[] = "command:";
    static const char with_ttl[] = "command;ttl=";
    *ttl_ms = 0;
    if (strncmp(reference, plain, sizeof plain - 1) == 0) {
        return reference + sizeof plain - 1;
    }
    if (strncmp(reference, with_ttl, sizeof with_ttl - 1) != 0) {
        return NULL;
    }
    const char *digits = reference + sizeof with_ttl - 1;
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || length > 15 || digits[length] != ':') {
        return NULL;
    }
    *ttl_ms = strtoull(digits, NULL, 10);
    return digits + length + 1;
}

bool secret_is_unresolved(const char *value)
{
    size_t length = strlen(value);
    if (length < 4 || strncmp(value, "$(", 2) != 0 || value[length - 1] != ')') {
        return false;
    }
    for (size_t i = 2; i + 1 < length; i++) {
        char c = value[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && strchr("_.-", c) == NULL) {
            return false;
        }
    }
    return true;
}
