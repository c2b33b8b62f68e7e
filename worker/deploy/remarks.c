/* Remarks (remarks.h). */
#include "worker/deploy/remarks.h"

#include <string.h>

#include "common/base/utf8.h"

struct heard {
    struct remark remark;
    unsigned times;
    struct heard *next;
};

/* By whom it is said, not by its text, which has a language: RAISE and its like in other languages; of the
 * server, what a DROP ... CASCADE takes along. */
static bool is_told(const struct pg_notice *notice)
{
    if (strcmp(notice->severity, "WARNING") == 0 || strcmp(notice->severity, "INFO") == 0) {
        return true;
    }
    return strcmp(notice->severity, "NOTICE") == 0 &&
           (strncmp(notice->file, "pl", 2) == 0 || strcmp(notice->file, "dependency.c") == 0);
}

static bool is_same(const struct remark *left, const struct remark *right)
{
    return strcmp(left->level, right->level) == 0 && strcmp(left->location, right->location) == 0 &&
           strcmp(left->message, right->message) == 0;
}

static void remark_add(struct deploy *deploy, const struct remark *remark)
{
    struct remarks *remarks = &deploy->remarks;
    struct heard **end = &remarks->first;
    for (; *end != NULL; end = &(*end)->next) {
        if (is_same(&(*end)->remark, remark)) {
            (*end)->times++;
            return;
        }
    }
    size_t bytes = strlen(remark->message);
    if (remarks->count >= REMARKS_MAX || remarks->bytes + bytes > REMARKS_BYTES_MAX) {
        remarks->left_out++;
        return;
    }
    struct heard *heard = arena_alloc(&deploy->task->arena, sizeof *heard);
    *heard = (struct heard){.times = 1};
    layout_copy(remark_layout(), &deploy->task->arena, remark, &heard->remark);
    remarks->count++;
    remarks->bytes += bytes;
    *end = heard;
}

void remark_take(struct deploy *deploy, const struct pg_notice *notice, unsigned index)
{
    if (index >= deploy->batch.count || deploy->batch.entries[index].statement == NULL ||
        !is_told(notice)) {
        return;
    }
    const struct batch_entry *entry = &deploy->batch.entries[index];
    struct arena scratch = {0};
    size_t length = strlen(notice->message);
    size_t kept = utf8_cut(notice->message, length, REMARK_BYTES_MAX);
    char *message = arena_printf(&scratch, "%.*s%s", (int)kept, notice->message,
                                 kept < length ? " ... (cut here)" : "");
    for (char *at = message; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r' || *at == '\t') {
            *at = ' ';
        }
    }
    const struct remark remark = {
        .level = notice->severity,
        .message = message,
        .location = arena_printf(&scratch, "%s:%u", entry->revision->path, entry->statement->line),
    };
    remark_add(deploy, &remark);
    arena_free(&scratch);
}

void remarks_give(struct deploy *deploy)
{
    struct arena *arena = &deploy->task->arena;
    const struct remarks *heard = &deploy->remarks;
    struct remark_list list = {arena_array(arena, heard->count + 1, sizeof *list.items), 0};
    for (const struct heard *one = heard->first; one != NULL; one = one->next) {
        struct remark *remark = &list.items[list.count++];
        *remark = one->remark;
        if (one->times > 1) {
            remark->message = arena_printf(arena, "%s (%u times)", remark->message, one->times);
        }
    }
    if (heard->left_out > 0) {
        list.items[list.count++] = (struct remark){
            .level = "NOTICE",
            .message = arena_printf(arena, "%u more are left out", heard->left_out),
            .location = "",
        };
    }
    deploy->task->result.remarks = list;
}
