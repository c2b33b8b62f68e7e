/* `retry --done N`, `--again N`: the answer to a target that asks whether a statement took effect. */
#ifndef DROVER_COMMANDS_ANSWER_H
#define DROVER_COMMANDS_ANSWER_H

#include "cli/line/invocation.h"
#include "common/vocabulary/message.h"

/* What --done or --again says; about statement 0: neither is given. */
int answer_take(const struct arguments *arguments, struct statement_answer *answer,
                struct error *error) MUST_CHECK;

/* What the last rollout was, when it is over; NULL when it goes on, or with an error. */
const struct message_progress *answer_finds_over(struct invocation *invocation,
                                                 struct error *error);

/* The rollout has ended with the question: runs the command that it was, for those targets, with the answer
 * that stands in the arguments. */
int answer_afterwards(struct invocation *invocation, const struct message_progress *over,
                      const char *scope, struct error *error) MUST_CHECK;

#endif
