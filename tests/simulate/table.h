/* The table of mutants and the seed that first finds each. */
#ifndef DROVER_TESTS_SIMULATE_TABLE_H
#define DROVER_TESTS_SIMULATE_TABLE_H

#include <stdbool.h>

enum { TABLE_SEEDS = 1000 };

/* Runs the mutants (PROGRAM-NAME for each) over seeds 1 to TABLE_SEEDS until each is caught,
 * and writes the table between its markers into the page at `path`; `check`: the page is only
 * compared, and must name every mutant. Returns an exit code: 1 when a mutant was not caught. */
int table_make(const char *program, const char *path, bool check);

#endif
