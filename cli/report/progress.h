/* Progress: one PROGRESS message as text. Pure: renders into a buffer,
 * so tests compare it with text.
 */
#ifndef DROVER_REPORT_PROGRESS_H
#define DROVER_REPORT_PROGRESS_H

#include "cli/text/style.h"
#include "common/wire/message.h"

/* The speed over the last seconds, from the messages themselves. A zeroed struct is valid. */
enum { SPEED_SAMPLES = 32 };
struct speed {
    struct {
        uint64_t at_ms;
        uint32_t done;
    } samples[SPEED_SAMPLES]; /* a ring */
    size_t count;             /* taken in all */
    bool deploying;           /* the phase that the samples belong to */
};

void speed_sample(struct speed *speed, const struct message_progress *progress);

/* Targets a second; 0 when unknown. */
double speed_rate(const struct speed *speed);

/* Digits of a plan's digest that are shown; a prefix is enough everywhere. */
enum { PROGRESS_DIGEST_SHOWN = 12 };

/* Several lines for a terminal of style->width columns, each shorter than that. `notice` is the
 * last one's sentence, or "". */
void progress_render(const struct message_progress *progress, const struct speed *speed,
                     const char *notice, const struct style *style, struct buffer *out);

/* Parts of them: what it is, its state and for how long; the bars of validation or of the waves; the
 * counts. A line each, but for the bars. */
void progress_heading(const struct message_progress *progress, const struct speed *speed,
                      const struct style *style, struct buffer *out);
void progress_bars(const struct message_progress *progress, const struct style *style,
                   struct buffer *out);
void progress_counts(const struct message_progress *progress, const struct speed *speed,
                     const struct style *style, struct buffer *out);

/* One plain line, without a newline. */
void progress_line(const struct message_progress *progress, const struct speed *speed,
                   struct buffer *out);

/* "upgrade to head", "stamp as ae10", "rollback of 20261123-...". */
/* Between the verb of a rollout and what it is asked for: "to", "as", "of", "from". */
const char *progress_joint(const char *verb);

void progress_title(const struct message_progress *progress, const struct style *style,
                    struct buffer *out);

/* Why it waits and until when: "soaking until 14:05 (in 4 min 10 s)". Nothing when it does not. */
void progress_waiting(const struct message_progress *progress, struct buffer *out);

/* What a person can do about it: "`drover approve ...` goes on".
 * Nothing when it waits for no one. */
void progress_next(const struct message_progress *progress, struct buffer *out);

/* Whether somebody has to approve the plan before it goes on. */
bool progress_wants_approval(const struct message_progress *progress);

/* Targets that are through with what is under way: validation, or deployment. */
uint32_t progress_done(const struct message_progress *progress);

/* How much of the whole is done, 0 to 100: validation is the first fifth. */
unsigned progress_percent(const struct message_progress *progress);

/* Whether targets are still being listed and inspected. */
bool progress_validating(const struct message_progress *progress);

/* Whether nothing will happen any more without somebody's command. */
bool progress_over(const struct message_progress *progress);

#endif
