/* The statement after the last one that has answered is the one that runs, as far as answers come. */
#include "worker/deploy/describe.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"

enum { BEGINNING_BYTES = 100 };

/* What a script holds behind such a word is nobody's to read. */
static size_t secret_find(const char *text, size_t length)
{
    static const char *const words[] = {"password", "secret", "token"};
    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (strncasecmp(text + at, words[i], strlen(words[i])) == 0) {
                return at + strlen(words[i]);
            }
        }
    }
    return length;
}

/* One line of at most BEGINNING_BYTES. */
static const char *beginning_of(const struct statement *statement, struct arena *arena)
{
    size_t length = utf8_cut(statement->sql, statement->length, BEGINNING_BYTES);
    size_t shown = secret_find(statement->sql, length);
    char *text = arena_printf(arena, "%.*s%s", (int)(shown < length ? shown : length),
                              statement->sql, shown < statement->length ? " ..." : "");
    size_t end = 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool blank = isspace((unsigned char)*at) != 0;
        if (!blank || (end > 0 && text[end - 1] != ' ')) {
            text[end++] = (char)(blank ? ' ' : *at);
        }
    }
    text[end] = '\0';
    return text;
}

/* The script that the statement stands in. */
static const struct script *script_of(const struct revision *revision,
                                      const struct statement *statement)
{
    const struct script *up = &revision->up;
    bool upward = statement >= up->statements && statement < up->statements + up->statement_count;
    return upward ? up : &revision->down;
}

/* The one of the message in flight that runs; NULL: it is one of our own. Of our own no answer comes before that of a
 * script's statement, so where one of them may be meant the server says which. */
static const struct batch_entry *entry_running(const struct deploy *deploy, const char *begins)
{
    const struct batch *batch = &deploy->batch;
    size_t at = deploy->heard;
    while (at < batch->count && batch->entries[at].statement == NULL) {
        at++;
    }
    if (at == batch->count) {
        return NULL;
    }
    const struct batch_entry *entry = &batch->entries[at];
    size_t length = strlen(begins);
    bool said = length > 0 && strncmp(entry->statement->sql, begins, length) == 0;
    return at == deploy->heard || said ? entry : NULL;
}

void deploy_describe(const struct task *task, struct arena *arena, struct activity *activity)
{
    const struct deploy *deploy = task->runner;
    const struct batch_entry *entry = entry_running(deploy, activity->statement_begins);
    activity->statement_begins = "";
    activity->statement_ms = uv_now(task->loop) - deploy->heard_ms;
    activity->gave_way = deploy->yielding.times;
    if (deploy->first < deploy->plan.step_count) {
        activity->at_revision = deploy->plan.steps[deploy->first].revision->id;
    }
    if (entry != NULL) {
        const struct script *script = script_of(entry->revision, entry->statement);
        activity->at_revision = entry->revision->id;
        activity->statement = (uint32_t)(entry->statement - script->statements) + 1;
        activity->statements = (uint32_t)script->statement_count;
        activity->statement_file = entry->revision->path;
        activity->statement_line = entry->statement->line;
        activity->statement_begins = beginning_of(entry->statement, arena);
    }
}
