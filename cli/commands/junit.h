/* JUnit XML: the results of a rollout as test results, one case for each target. Build servers show
 * them in a page of their own and compare them from run to run.
 */
#ifndef DROVER_COMMANDS_JUNIT_H
#define DROVER_COMMANDS_JUNIT_H

#include "cli/client/conversation.h"

/* Asks for the targets of a rollout that is over, or paused, and writes the file. A case has passed
 * when its target stands where it should, or was validated when nothing more was asked for; it has
 * failed when the target was refused or failed, and it was skipped when the rollout did not come to
 * it. A discovery that failed is a case of its own. */
int junit_write(struct conversation *conversation, const char *rollout, const char *path,
                struct error *error) MUST_CHECK;

#endif
