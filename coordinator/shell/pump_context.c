/* Last words of a coordinator that dies while it decides. */
#include "coordinator/shell/pump_context.h"

#include <string.h>

#include "coordinator/shell/pump.h"

enum { MESSAGE_BYTES = 1000 };

static void item_tell(const struct item *item, struct buffer *out)
{
    struct buffer message = {0};
    switch (item->type) {
    case ITEM_MESSAGE: message_print(&item->message, &message); break;
    case ITEM_WORKER_LEFT: buffer_text_append(&message, "that the worker left"); break;
    case ITEM_TICK: buffer_text_append(&message, "what is due"); break;
    case ITEM_SURVEY_LEFT: buffer_text_append(&message, "that a session asks no more"); break;
    }
    buffer_printf(out, "    while deciding %.*s (session %llu, worker %llu)\n", MESSAGE_BYTES,
                  buffer_text(&message), (unsigned long long)item->session,
                  (unsigned long long)item->instance);
    buffer_free(&message);
}

static void pump_tell(const void *subject, struct buffer *out)
{
    const struct pump *pump = subject;
    const struct core_output *output = &pump->output;
    if (pump->deciding != NULL) {
        item_tell(pump->deciding, out);
    } else {
        buffer_text_append(out, "    while taking over\n");
    }
    journal_trail_print(pump->journal, output->events, output->event_count, out);
    buffer_printf(out,
                  "The last %zu of these events were not written: started again, the coordinator "
                  "goes on without them.\nThis is a fault of drover; please report these lines.\n",
                  output->event_count);
}

struct impossible_context pump_context(const struct pump *pump)
{
    return (struct impossible_context){pump_tell, pump, .exit_code = 0};
}
