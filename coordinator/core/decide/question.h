/* The question that a target fails with: did the statement take effect that was interrupted? */
#ifndef DROVER_DECIDE_QUESTION_H
#define DROVER_DECIDE_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

struct error;
struct intern;
struct message_control;
struct selector;
struct step;
struct target;

/* Whether the target has failed with it, or with something else about what is half done. */
bool question_is_open(const struct intern *intern, const struct target *target);

/* Notes the answer that a retry brings. */
void question_answer(struct step *step, uint32_t number, struct statement_answer answer,
                     const struct who *who);

/* -1 with a sentence when a retry brings an answer and nobody in its scope has asked. */
int question_check(const struct step *step, const struct message_control *control,
                   const struct selector *scope, struct error *error);

#endif
