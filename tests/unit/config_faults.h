/* Expecting diagnostics of the configuration: a text, and all that is said about it. */
#ifndef DROVER_TESTS_UNIT_CONFIG_FAULTS_H
#define DROVER_TESTS_UNIT_CONFIG_FAULTS_H

#include <stddef.h>

struct fault_case {
    const char *text;     /* of d.yaml */
    const char *expected; /* as diagnostics_print writes it; "" for a valid text */
};

/* Parses each text and compares. No diagnostic may hold "hunter2", which is the password in the
 * texts and in the environment. */
void expect_all(const struct fault_case *cases, size_t count);

/* A fleet without a fault in it, one line; the end of a discovering target. */
#define TARGETS  "targets: [{name: a, url: postgresql://h/a}]\n"
#define DISCOVER "url: postgresql://h/postgres}}]\n"

#endif
