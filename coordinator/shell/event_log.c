/* Events in the log. */
#include "coordinator/shell/event_log.h"

#include <string.h>

#include "common/base/impossible.h"
#include "common/base/log.h"
#include "coordinator/shell/event_text.h"

enum { ENTRY_FIELDS_MAX = 16 };

/* The texts of an entry, but for what each line of the log has anyway. */
static void entry_fields(const struct layout *layout, const void *value, struct log_field *fields,
                         size_t *count)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        const void *at = field_at(field, value);
        bool own = strcmp(field->name, "level") == 0 || strcmp(field->name, "sentence") == 0;
        if (field->type == FIELD_PART) {
            entry_fields(field->layout(), at, fields, count);
        } else if (field->type == FIELD_TEXT && !own) {
            INVARIANT(*count < ENTRY_FIELDS_MAX);
            fields[(*count)++] = (struct log_field){field->name, *(const char *const *)at};
        }
    }
}

void event_log(const struct event *event, const struct log_entry *entry)
{
    enum event_level known = event_level(event->type);
    enum log_level level = known == EVENT_LEVEL_ERROR     ? LOG_ERROR
                           : known == EVENT_LEVEL_WARNING ? LOG_WARNING
                                                          : LOG_INFO;
    struct log_field fields[ENTRY_FIELDS_MAX];
    size_t count = 0;
    entry_fields(log_entry_layout(), entry, fields, &count);
    log_write_fields(level, fields, count, entry->sentence);
}
