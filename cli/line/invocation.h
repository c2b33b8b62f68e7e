/* An invocation: one run of a command, with what every command needs. */
#ifndef DROVER_LINE_INVOCATION_H
#define DROVER_LINE_INVOCATION_H

#include "cli/line/arguments.h"
#include "cli/text/style.h"
#include "common/base/arena.h"
#include "common/vocabulary/record.h"

struct alembic_place;
struct config;

struct invocation {
    struct arguments arguments;
    struct arena arena;    /* lives as long as the process's work */
    struct style output;   /* stdout: results */
    struct style messages; /* stderr: messages and progress */
    struct config *config; /* read once; run() frees it; NULL until a command asks */
    const char *folder;    /* of the revisions, for places in files; NULL while unknown */
    const struct alembic_place *alembic; /* the project, when it is Alembic's; NULL otherwise */
    struct version_place version;        /* as the Alembic project has it; "": it does not say */
    enum transaction_scope transaction;  /* likewise; UNSET: it does not say */
    const char *fault; /* what is wrong with the revisions, as a word for --json, or NULL */
    bool json;
    bool verbose;
};

#endif
