/* What events name by number or text. */
#ifndef DROVER_FOLD_NAMED_H
#define DROVER_FOLD_NAMED_H

#include "coordinator/core/facts/state.h"

struct core;

/* Compiles a selector that was checked before it was journaled. */
const struct selector *selector_of(struct intern *intern, const char *text);

/* The target, source or wave of that number; dies if there is none (a damaged journal). */
struct target *target_at(struct core *core, uint32_t number);
/* Notes what is half done there. */
void target_unfinished_set(struct core *core, struct target *target, struct texts unfinished);
struct source *source_at(struct core *core, uint32_t number);
struct wave *wave_at(struct core *core, uint32_t number);
/* The load of the server with that identity. */
struct load *load_at(struct core *core, uint32_t identity);

/* The worker of that instance; NULL, or dead, if it is not known. */
struct worker *worker_at(struct core *core, uint64_t instance);
struct worker *worker_known(struct core *core, uint64_t instance);

#endif
