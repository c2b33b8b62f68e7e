/* A survey: where all targets stand, asked for by the commands that
 * compare it with the revisions. */
#ifndef DROVER_CLIENT_SURVEY_H
#define DROVER_CLIENT_SURVEY_H

#include "cli/client/conversation.h"

struct survey {
    struct conversation conversation; /* with the bundle */
    struct target_status_list targets;
    struct message_finished finished;
};

/* Opens the conversation and asks every target. Close it in any case. */
int survey_open(struct survey *survey, struct invocation *invocation,
                struct error *error) MUST_CHECK;

/* Asks every target; the conversation is open. */
int survey_ask(struct survey *survey, struct error *error) MUST_CHECK;

void survey_close(struct survey *survey);

/* Whether the target stands at exactly the real heads. */
bool survey_at_head(const struct survey *survey, const struct target_status *target);

/* The rows that `current` stands for: those of any target, each once. An error when a
 * target could not be asked, or when `one` place is needed and the targets stand at
 * several. In the invocation's arena. */
int survey_current(const struct survey *survey, bool one, struct texts *rows,
                   struct error *error) MUST_CHECK;

/* How many targets have the row. */
size_t survey_count(const struct survey *survey, const char *row);

#endif
