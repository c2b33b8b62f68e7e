/* From argv to an exit code. */
#ifndef DROVER_CLI_RUN_H
#define DROVER_CLI_RUN_H

/* Parses, runs, prints an error if there is one. Returns the process's exit code. */
int run(int argc, char *const argv[]);

#endif
