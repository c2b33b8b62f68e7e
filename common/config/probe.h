/* Built-in probes: the rows of probes.def. */
#ifndef DROVER_CONFIG_PROBE_H
#define DROVER_CONFIG_PROBE_H

#include <stddef.h>

struct probe {
    const char *word;
    const char *sql;  /* returns one number */
    const char *help; /* Markdown */
};

extern const struct probe probes[];
extern const size_t probe_count;

/* The probe of this name, or NULL. */
const struct probe *probe_find(const char *word);

#endif
