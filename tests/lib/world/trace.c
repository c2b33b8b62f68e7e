/* Lines for traces, from events.def. */
#include "tests/lib/world/trace.h"

#include <ctype.h>
#include <string.h>

#include "common/base/array.h"

/* Numbers that name something count from 0, so that 0 says something. */
static bool field_is_name(const char *name)
{
    static const char *const names[] = {"subject", "target", "source", "path", "wave"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void texts_trace(const char *name, struct texts value, struct buffer *out)
{
    if (value.count > 0) {
        buffer_printf(out, " %s=", name);
        for (size_t i = 0; i < value.count; i++) {
            buffer_printf(out, "%s%s", i > 0 ? "," : "", value.items[i]);
        }
    }
}

static void number_trace(const char *name, const char *suffix, uint64_t value, struct buffer *out)
{
    if (value > 0 || field_is_name(name)) {
        buffer_printf(out, " %s%s=%llu", name, suffix, (unsigned long long)value);
    }
}

static void text_trace(const char *name, const char *value, struct buffer *out)
{
    if (strcmp(name, "digest") == 0 || strcmp(name, "bundle") == 0) {
        buffer_printf(out, " %s=%s", name, value[0] != '\0' ? "..." : "none");
    } else if (value[0] != '\0') {
        bool blanks = strchr(value, ' ') != NULL;
        buffer_printf(out, blanks ? " %s=\"%s\"" : " %s=%s", name, value);
    }
}

static void fields_trace(const struct layout *layout, size_t first, size_t end, const void *value,
                         struct buffer *out)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        const void *at = field_at(field, value);
        switch (field->type) {
        case FIELD_U32:
        case FIELD_NUMBER: number_trace(field->name, "", *(const uint32_t *)at, out); break;
        case FIELD_U64: number_trace(field->name, "", *(const uint64_t *)at, out); break;
        case FIELD_BOOLEAN: buffer_printf(out, *(const bool *)at ? " %s" : "", field->name); break;
        case FIELD_TEXT: text_trace(field->name, *(const char *const *)at, out); break;
        case FIELD_TEXTS: texts_trace(field->name, *(const struct texts *)at, out); break;
        case FIELD_WORD:
            text_trace(field->name, words_get(field->words, *(const unsigned *)at), out);
            break;
        case FIELD_SHARE:
            number_trace(field->name, "_count", ((const struct share *)at)->count, out);
            number_trace(field->name, "_percent", ((const struct share *)at)->percent, out);
            break;
        case FIELD_PART:
        case FIELD_MORE:
        case FIELD_REST: fields_trace(field->layout(), field->first, field->end, at, out); break;
        case FIELD_BYTES:
        case FIELD_RECORDS: break; /* no event has them */
        }
    }
}

void trace_event(const struct event *event, uint64_t start_ms, struct buffer *out)
{
    const struct layout *layout = event_layout(event->type);
    buffer_printf(out, "+%04llu ", (unsigned long long)(event->at_ms - start_ms));
    for (const char *at = layout->name; *at != '\0'; at++) {
        buffer_printf(out, "%c", tolower(*at));
    }
    fields_trace(layout, 0, layout->field_count, event_body(event), out);
    buffer_text_append(out, "\n");
}

void trace_command(const struct command *command, struct buffer *out)
{
    unsigned long long worker = command->worker;
    unsigned long long job = command->key.job;
    switch (command->type) {
    case COMMAND_SEND_JOB:
        buffer_printf(out, "      -> worker %llu: job %llu %s %s", worker, job,
                      job_kind_word(command->job.kind), command->job.place.name);
        texts_trace("from", command->job.from, out);
        texts_trace("steps", command->job.steps, out);
        buffer_text_append(out, "\n");
        break;
    case COMMAND_CANCEL_JOB:
        buffer_printf(out, "      -> worker %llu: cancel job %llu\n", worker, job);
        break;
    case COMMAND_ACK_RESULT:
        buffer_printf(out, "      -> worker %llu: result of job %llu is durable\n", worker, job);
        break;
    }
}
