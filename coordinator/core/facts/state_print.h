/* The state as text. */
#ifndef DROVER_FACTS_STATE_PRINT_H
#define DROVER_FACTS_STATE_PRINT_H

struct buffer;
struct core;

/* The whole state as text, in id order: what "byte-equal" means in the tests. */
void core_state_print(const struct core *core, struct buffer *out);

#endif
