/* Late targets: databases that appear while a rollout runs. */
#ifndef DROVER_DECIDE_LATE_TARGETS_H
#define DROVER_DECIDE_LATE_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

struct rollout;
struct step;

/* When sources are to be listed again; UINT64_MAX: not. */
uint64_t late_deadline_ms(const struct rollout *rollout);

/* Lists sources again when it is time, and lets late targets join. */
void late_look(struct step *step);

/* At the end: whether late targets are still looked for. */
bool late_advance(struct step *step);

#endif
