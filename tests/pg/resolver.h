/* A name whose addresses a test decides, whatever the machine's resolver knows. */
#ifndef DROVER_TESTS_PG_RESOLVER_H
#define DROVER_TESTS_PG_RESOLVER_H

#define RESOLVER_NAME "two-addresses.test"

/* What looking RESOLVER_NAME up finds from here on, in this order; numeric, borrowed. */
void resolver_answer(const char *first, const char *second);

#endif
