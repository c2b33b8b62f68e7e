/* The statements of one section. */
#ifndef DROVER_REVISION_SCRIPT_H
#define DROVER_REVISION_SCRIPT_H

#include "common/revision/revision.h"
#include "common/revision/section.h"
#include "common/revision/source.h"

/* The comment with which the template of a section invites to write it, without "-- ". */
#define SCRIPT_INVITATION_UP "SQL that upgrades to this revision goes here."
#define SCRIPT_INVITATION_DOWN                                                                     \
    "SQL that undoes it goes here; without this section there is no way down."

/* Splits `section` into statements and judges each; `script` says whether the header asks for a transaction,
 * and the marker goes before it. A pair of BEGIN and COMMIT around all of them is counted in `passed_over` and
 * left out. Reports what is wrong with them. */
void script_parse(struct source *source, const struct section *section, struct script *script,
                  struct passed_over *passed_over);

/* SHA-256 in hex over one statement's text, likewise. */
void statement_checksum(const struct statement *statement, char checksum[65]);

/* SHA-256 over the statements' text, comments left out and blanks made one, and over how they run:
 * as the script says, and `otherwise`. */
void script_checksum(const struct script *script, char checksum[65], char otherwise[65]);

#endif
