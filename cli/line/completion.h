/* Completion: what may stand where the cursor is. Pure; the shells' scripts (cli/manual/manual_shells.c)
 * hand over the words that were typed, `drover complete` answers.
 */
#ifndef DROVER_LINE_COMPLETION_H
#define DROVER_LINE_COMPLETION_H

#include "cli/line/arguments.h"

enum completion_kind {
    COMPLETE_COMMAND, /* a command's word; the second one, when `first` is not "" */
    COMPLETE_OPTION,  /* of `command`; NULL: those that every command takes */
    COMPLETE_ARGUMENT, /* of the kind that `argument` names; or a second word, when `first` is not "" */
};

struct completion {
    enum completion_kind kind;
    const char *first;
    const struct command *command;
    const char *
        argument; /* as in the tables, without brackets and dots: "FILE", "REVISION", ...; "": nothing fits */
    const char *typed;  /* what stands there already, without `before` */
    const char *before; /* "--config=" of a word that is an option with its value; "" */
};

/* Of the words behind "drover"; the last one is where the cursor is, and may be "". Texts are of the
 * words, of the tables, or in `arena`. */
struct completion completion_find(struct texts words, struct arena *arena);

#endif
