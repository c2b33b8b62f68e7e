/* The gate: whether enough targets agree. */
#ifndef DROVER_DECIDE_GATE_H
#define DROVER_DECIDE_GATE_H

struct step;

/* Decides the gate; the rollout is in GATE or finished after it. */
void gate_decide(struct step *step);

#endif
