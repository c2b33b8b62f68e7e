/* The sentences of events.def, filled in. No URLs and no secrets: only names. */
#include "coordinator/shell/event_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/messages.h"

/* ---- what people call a value ---- */

struct telling {
    const struct moves *moves;
    const struct core *core;
    const struct event *event;
};

/* Appends nothing when there is no such thing. */
typedef void thing_append(const struct telling *telling, const void *at, struct buffer *out);

static void target_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(telling->core);
    uint32_t target = *(const uint32_t *)at;
    buffer_text_append(out,
                       target < rollout->target_count ? rollout->targets[target].place.name : "");
}

static void source_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(telling->core);
    uint32_t source = *(const uint32_t *)at;
    if (source < rollout->source_count) {
        const struct source_definition *definition = &rollout->sources[source].definition;
        buffer_printf(out, "%s (%s)", definition->place.name, definition->origin);
    }
}

static void server_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct servers *servers = &core_rollout(telling->core)->servers;
    uint32_t identity = *(const uint32_t *)at;
    if (identity < servers->identity_count) {
        buffer_text_append(out, servers->items[servers->loads[identity].server].key);
    }
}

static void wave_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(telling->core);
    uint32_t wave = *(const uint32_t *)at;
    buffer_text_append(out, wave < rollout->wave_count ? rollout->waves[wave].definition.name : "");
}

static void leased_append(const struct telling *telling, const struct event_job_leased *leased,
                          struct buffer *out)
{
    switch (leased->kind) {
    case JOB_DISCOVER: source_append(telling, &leased->subject, out); break;
    case JOB_PROBE: server_append(telling, &leased->subject, out); break;
    default: target_append(telling, &leased->subject, out); break;
    }
}

static void subject_append(const struct telling *telling, const void *at, struct buffer *out)
{
    (void)at;
    leased_append(telling, &telling->event->job_leased, out);
}

static void job_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct event_job_leased *leased = moves_job(telling->moves, *(const uint64_t *)at);
    if (leased != NULL) {
        leased_append(telling, leased, out);
    }
}

static void worker_append(const struct telling *telling, const void *at, struct buffer *out)
{
    buffer_text_append(out, moves_worker(telling->moves, *(const uint64_t *)at));
}

static void digest_append(const struct telling *telling, const void *at, struct buffer *out)
{
    (void)telling;
    buffer_printf(out, "%.12s", *(const char *const *)at);
}

static void set_append(const struct telling *telling, const void *at, struct buffer *out)
{
    (void)telling;
    limits_append(at, out);
}

static void request_append(const struct telling *telling, const void *at, struct buffer *out)
{
    const struct rollout_request *request = at;
    const char *reverts = telling->event->rollout_started.reverts;
    if (reverts[0] != '\0') {
        buffer_printf(out, "rollback of %s", reverts);
    } else {
        buffer_printf(out, "%s %s", request_verb(request), request->spec);
    }
}

/* "2099-01-01 00:00:00 UTC" */
static void utc_append(uint64_t at_ms, struct buffer *out)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;
    char text[40];
    bool known = gmtime_r(&seconds, &utc) != NULL;
    buffer_text_append(out, known && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) > 0
                                ? text
                                : "a time without a name");
}

/* Of a coordinator that takes over: the time of the journal's last event. */
static void clock_append(const struct telling *telling, const void *at, struct buffer *out)
{
    uint64_t was_ms = *(const uint64_t *)at;
    buffer_printf(out, "%s, from ", telling->event->at_ms < was_ms ? "back" : "forward");
    utc_append(was_ms, out);
    buffer_text_append(out, " to ");
    utc_append(telling->event->at_ms, out);
}

/* "up to 120 s" from now. */
static void until_append(const struct telling *telling, const void *at, struct buffer *out)
{
    uint64_t until_ms = *(const uint64_t *)at;
    if (until_ms > telling->event->at_ms) {
        buffer_printf(out, "up to %" PRIu64 " s", (until_ms - telling->event->at_ms + 999) / 1000);
    }
}

/* Fields by name that are more than their value. */
static const struct thing {
    const char *field;
    thing_append *append;
} things[] = {
    {"target", target_append},   {"source", source_append},   {"identity", server_append},
    {"wave", wave_append},       {"subject", subject_append}, {"job", job_append},
    {"worker", worker_append},   {"instance", worker_append}, {"digest", digest_append},
    {"request", request_append}, {"limits", set_append},      {"was_ms", clock_append},
    {"until_ms", until_append},
};

static void value_append(const struct field *field, const void *at, struct buffer *out)
{
    switch (field->type) {
    case FIELD_U32: buffer_printf(out, "%" PRIu32, *(const uint32_t *)at); break;
    case FIELD_U64: buffer_printf(out, "%" PRIu64, *(const uint64_t *)at); break;
    case FIELD_WORD: buffer_text_append(out, words_get(field->words, *(const unsigned *)at)); break;
    case FIELD_TEXT: buffer_text_append(out, *(const char *const *)at); break;
    default: IMPOSSIBLE("a sentence names the field %s", field->name);
    }
}

static void thing_or_value_append(const struct telling *telling, const struct field *field,
                                  const void *at, struct buffer *out)
{
    for (size_t i = 0; i < LENGTH(things); i++) {
        if (strcmp(things[i].field, field->name) == 0) {
            things[i].append(telling, at, out);
            return;
        }
    }
    value_append(field, at, out);
}

void moves_value_append(const struct moves *moves, const struct core *core,
                        const struct event *event, const char *name, struct buffer *out)
{
    const struct telling telling = {moves, core, event};
    const void *at;
    const struct field *field = event_field(event, name, strlen(name), &at);
    if (field != NULL && field->type <= FIELD_TEXT && field->type != FIELD_SHARE) {
        thing_or_value_append(&telling, field, at, out);
    }
}

/* ---- sentences ---- */

/* A placeholder "field" or "field noun"; whether it says something: no text, and no number of things, is
 * nothing. */
static bool place_append(const struct telling *telling, const char *place, size_t length,
                         struct buffer *out)
{
    const struct event *event = telling->event;
    size_t before = out->length;
    size_t name = strcspn(place, " }");
    const void *at;
    const struct field *field = event_field(event, place, name, &at);
    INVARIANT_THAT(field != NULL, "%s has no field %.*s", event_name(event->type), (int)length,
                   place);
    if (name < length) {
        char noun[16];
        uint32_t count = *(const uint32_t *)at;
        (void)snprintf(noun, sizeof noun, "%.*s", (int)(length - name - 1), place + name + 1);
        buffer_count(out, count, noun);
        return count > 0;
    }
    thing_or_value_append(telling, field, at, out);
    return out->length > before;
}

/* Up to `end`; whether all its placeholders say something. */
static bool sentence_append(const struct telling *telling, const char *text, const char *end,
                            struct buffer *out)
{
    bool says = true;
    while (text < end) {
        size_t plain = strcspn(text, "[{");
        plain = plain < (size_t)(end - text) ? plain : (size_t)(end - text);
        buffer_append(out, text, plain);
        text += plain;
        if (text == end) {
            break;
        }
        size_t length = strcspn(text + 1, *text == '[' ? "]" : "}");
        if (*text == '{') {
            says = place_append(telling, text + 1, length, out) && says;
        } else {
            struct buffer part = {0};
            if (sentence_append(telling, text + 1, text + 1 + length, &part)) {
                buffer_text_append(out, buffer_text(&part));
            }
            buffer_free(&part);
        }
        text += length + 2;
    }
    return says;
}

void moves_describe(const struct moves *moves, const struct core *core, const struct event *event,
                    struct buffer *out)
{
    const struct telling telling = {moves, core, event};
    const struct rollout *rollout = core_rollout(core);
    const char *sentence = event_sentence(event->type);
    if (event->type == EVENT_TARGET_DEPLOYED &&
        rollout->policy.request.direction == DIRECTION_STAMP) {
        sentence = "target stamped[: {target}]";
    } else if (event->type == EVENT_GATE_REFUSED && event->gate_refused.digest[0] != '\0') {
        sentence = "gate refused, nothing was changed: not the plan that was asked for";
    }
    (void)sentence_append(&telling, sentence, sentence + strlen(sentence), out);
    if (event->type == EVENT_GATE_OPENED && rollout->unrecorded > 0) {
        buffer_text_append(out, "; ");
        answer_unrecorded(rollout, out);
    }
}
