/* What others are told, as records of the vocabulary. Texts are borrowed from the core, until the next
 * step, or stand in `arena`. Who wants more reads the facts.
 */
#ifndef DROVER_VIEW_VIEW_H
#define DROVER_VIEW_VIEW_H

#include <stddef.h>

#include "common/vocabulary/record.h"

struct core;

struct wave_status core_wave_status(const struct core *core, size_t wave, struct arena *arena);
struct target_status core_target_status(const struct core *core, size_t target,
                                        struct arena *arena);
struct server_status core_server_status(const struct core *core, size_t server);
/* Servers that nobody reaches, and workers that do not reach a server. */
struct outage_status_list core_outages(const struct core *core, struct arena *arena);
struct plan_path core_plan_path(const struct core *core, size_t path);

/* Bytes held, for bench/ and the < 1 KiB per target promise. */
size_t core_memory_bytes(const struct core *core);

#endif
