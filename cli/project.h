/* A project: the configuration and the migrations folder that a command works with.
 *
 * The configuration is --url, or -c FILE, or ./drover.yaml, or DATABASE_URL, in this order; without
 * a file it is a fleet of one, with ./migrations. Diagnostics are printed to stderr, all at once.
 */
#ifndef DROVER_CLI_PROJECT_H
#define DROVER_CLI_PROJECT_H

#include "cli/invocation.h"
#include "common/config/config.h"
#include "common/revision/bundle.h"

#define PROJECT_FILE       "drover.yaml"
#define PROJECT_MIGRATIONS "migrations"

/* Finds and reads the configuration. NULL: ERROR_CONFIG (details are printed) or ERROR_USAGE. */
struct config *project_config(const struct invocation *invocation, struct error *error);

/* The same, but NULL without an error (error->code is ERROR_NONE) when there is no configuration at
 * all. */
struct config *project_config_if_any(const struct invocation *invocation, struct error *error);

/* The folder of revisions: --migrations, or the configuration's, or ./migrations. NULL: the
 * configuration is faulty. In the invocation's arena. */
const char *project_folder(struct invocation *invocation, struct error *error);

/* Reads every *.sql of `folder` in order of name. NULL: ERROR_REVISION, details are printed. The
 * caller frees it with bundle_free. */
struct bundle *project_bundle(const struct invocation *invocation, const char *folder,
                              struct error *error);

/* project_folder and project_bundle: for commands that need no database. */
struct bundle *project_revisions(struct invocation *invocation, struct error *error);

#endif
