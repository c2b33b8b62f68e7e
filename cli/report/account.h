/* An account of a rollout: one page that tells those who were not there what it was, who wanted it, how it went and
 * what failed. Pure: renders what was asked for into a buffer.
 */
#ifndef DROVER_REPORT_ACCOUNT_H
#define DROVER_REPORT_ACCOUNT_H

#include "common/base/buffer.h"
#include "common/wire/message.h"

/* Everything is borrowed. */
struct account {
    struct message_progress progress;
    struct message_finished finished; /* its status, sentence and failures also while it runs */
    bool over;                        /* else what is told is so far */
    struct log_entry_list entries;    /* the rollout's log, oldest first */
};

/* What stands in the way of time: a wave, or the validation before the first. 0: not yet. */
struct span {
    const char *name;
    uint64_t begin_ms;
    uint64_t soak_ms; /* it was deployed then */
    uint64_t end_ms;
    const struct wave_counts *counts; /* NULL: the validation */
};

struct spans {
    struct span *items;
    size_t count;
};

/* In order, those that began; in `arena`. */
struct spans account_spans(const struct account *account, struct arena *arena);

/* When it ended; while it runs: now. */
uint64_t account_end_ms(const struct account *account);

/* Whether the entry is what a person did. */
bool entry_is_deed(const struct log_entry *entry);

/* Attempts that failed in passing and were made again. */
uint32_t account_repeats(const struct account *account);

/* One page that asks for nothing from anywhere. */
void account_html(const struct account *account, struct buffer *out);

/* The same as Markdown. */
void account_markdown(const struct account *account, struct buffer *out);

#endif
