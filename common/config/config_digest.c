/* A configuration's parts as text, by the layouts of their records: equal texts mean the same. */
#include "common/config/config_digest.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"

/* A password file by its place beside the configuration, from wherever that was named. */
static const char *password_text(const struct config *config, const char *reference,
                                 struct arena *arena)
{
    static const char kind[] = "file:";
    size_t length = sizeof kind - 1;
    if (reference == NULL || strncmp(reference, kind, length) != 0) {
        return reference;
    }
    char *folder = realpath(config->folder, NULL);
    char *file = realpath(reference + length, NULL);
    const char *text = file != NULL ? file : reference + length;
    size_t above = folder != NULL ? strlen(folder) : 0;
    if (above > 0 && strncmp(text, folder, above) == 0 && text[above] == '/') {
        text += above + 1;
    }
    text = arena_printf(arena, "%s%s", kind, text);
    free(folder);
    free(file);
    return text;
}

static void targets_print(const struct config *config, struct buffer *out)
{
    struct arena scratch = {0};
    for (size_t i = 0; i < config->fleet.sources.count; i++) {
        struct source_definition source = config->fleet.sources.items[i];
        source.origin = "";
        source.place.password = password_text(config, source.place.password, &scratch);
        layout_print(source_definition_layout(), &source, out);
        buffer_text_append(out, "\n");
        arena_free(&scratch);
    }
}

static void waves_print(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; i < config->fleet.waves.count; i++) {
        layout_print(wave_definition_layout(), &config->fleet.waves.items[i], out);
        buffer_text_append(out, "\n");
    }
}

static void windows_print(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; i < config->fleet.windows.count; i++) {
        struct window_definition window = config->fleet.windows.items[i];
        window.origin = "";
        layout_print(window_definition_layout(), &window, out);
        buffer_text_append(out, "\n");
    }
}

static void throttle_print(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; i < config->fleet.throttles.count; i++) {
        layout_print(throttle_definition_layout(), &config->fleet.throttles.items[i], out);
        buffer_text_append(out, "\n");
    }
}

static void version_print(const struct config *config, struct buffer *out)
{
    layout_print(version_place_layout(), &config->version, out);
}

static void transaction_print(const struct config *config, struct buffer *out)
{
    buffer_printf(out, "%d", (int)config->transaction);
}

static void rediscover_print(const struct config *config, struct buffer *out)
{
    buffer_printf(out, "%llu", (unsigned long long)config->rediscover_ms);
}

static const struct part {
    const char *key;
    void (*print)(const struct config *config, struct buffer *out);
} parts[] = {
    {"targets", targets_print},
    {"windows", windows_print},
    {"rollout.waves", waves_print},
    {"rollout.throttle", throttle_print},
    {"rollout.transaction", transaction_print},
    {"rollout.rediscover", rediscover_print},
    {"version_schema and version_table", version_print},
};

/* The fields of limits and timeouts, each a part of its own, by their keys in the file. */
static const struct scalar {
    const char *key;
    size_t offset;
    size_t size;
} scalars[] = {
#define SCALAR(key, member)                                                                        \
    {                                                                                              \
        key, offsetof(struct config, member), sizeof(((struct config *)0)->member)                 \
    }
    SCALAR("rollout.concurrency", limits.concurrency),
    SCALAR("rollout.per_server", limits.per_server),
    SCALAR("rollout.validate.max_failures", limits.validate_failures),
    SCALAR("rollout.max_failures", limits.failures),
    SCALAR("rollout.on_failure", limits.on_failure),
    SCALAR("rollout.retry.attempts", limits.retry_attempts),
    SCALAR("rollout.retry.backoff", limits.retry_backoff_min_ms),
    SCALAR("rollout.retry.backoff", limits.retry_backoff_max_ms),
    SCALAR("rollout.server_patience", limits.server_patience_ms),
    SCALAR("rollout.lock_timeout", timeouts.lock_timeout_ms),
    SCALAR("rollout.queue_timeout", timeouts.queue_timeout_ms),
    SCALAR("rollout.statement_timeout", timeouts.statement_timeout_ms),
    SCALAR("rollout.connect_timeout", timeouts.connect_timeout_ms),
#undef SCALAR
};

void config_digest(const struct config *config, char digest[DIGEST_TEXT_BYTES])
{
    struct buffer text = {0};
    for (size_t i = 0; i < LENGTH(parts); i++) {
        buffer_printf(&text, "%s:\n", parts[i].key);
        parts[i].print(config, &text);
    }
    layout_print(limits_layout(), &config->limits, &text);
    layout_print(timeouts_layout(), &config->timeouts, &text);
    digest_text(buffer_text(&text), text.length, digest);
    buffer_free(&text);
}

/* Keys that differ; with room for all. */
struct keys {
    const char **items;
    size_t count;
};

static struct texts keys_texts(const struct keys *keys)
{
    return (struct texts){keys->items, keys->count};
}

static void key_add(struct keys *keys, const char *key)
{
    bool told = keys->count > 0 && strcmp(keys->items[keys->count - 1], key) == 0;
    if (!told) {
        keys->items[keys->count++] = key;
    }
}

struct texts config_changes(const struct config *before, const struct config *after,
                            struct arena *arena)
{
    struct keys keys = {arena_array(arena, LENGTH(parts) + LENGTH(scalars), sizeof(char *)), 0};
    for (size_t i = 0; i < LENGTH(parts); i++) {
        struct buffer was = {0};
        struct buffer is = {0};
        parts[i].print(before, &was);
        parts[i].print(after, &is);
        if (strcmp(buffer_text(&was), buffer_text(&is)) != 0) {
            key_add(&keys, parts[i].key);
        }
        buffer_free(&was);
        buffer_free(&is);
    }
    for (size_t i = 0; i < LENGTH(scalars); i++) {
        const struct scalar *scalar = &scalars[i];
        if (memcmp((const char *)before + scalar->offset, (const char *)after + scalar->offset,
                   scalar->size) != 0) {
            key_add(&keys, scalar->key);
        }
    }
    return keys_texts(&keys);
}

struct texts config_changes_at_start(const struct config *before, const struct config *after,
                                     struct arena *arena)
{
    const struct {
        const char *key;
        const char *was;
        const char *is;
    } texts[] = {{"journal", before->journal, after->journal},
                 {"coordinator", before->coordinator, after->coordinator},
                 {"http", before->http, after->http},
                 {"http_token", before->http_token, after->http_token}};
    struct keys keys = {arena_array(arena, LENGTH(texts), sizeof(char *)), 0};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        if (strcmp(texts[i].was, texts[i].is) != 0) {
            key_add(&keys, texts[i].key);
        }
    }
    return keys_texts(&keys);
}
