/* A project: the configuration and the migrations folder that a command works with.
 *
 * The configuration is --url, or -c FILE, or the file that DROVER_CONFIG names, or ./drover.yaml, or
 * DATABASE_URL, or /etc/drover/drover.yaml, in this order; without a file it is a fleet of one, with
 * ./migrations. It is read once. Diagnostics are printed to stderr, all at once.
 */
#ifndef DROVER_PROJECT_PROJECT_H
#define DROVER_PROJECT_PROJECT_H

#include "cli/alembic/alembic.h"
#include "cli/line/invocation.h"
#include "common/config/config.h"
#include "common/revision/bundle.h"

#define PROJECT_FILE            "drover.yaml"
#define PROJECT_FILE_OF_MACHINE "/etc/drover/drover.yaml"
#define PROJECT_MIGRATIONS      "migrations"
#define PROJECT_SCHEMA          "drover.schema.json" /* of drover.yaml, for editors */

/* The file that is the configuration when --url is not given, or NULL. */
const char *project_config_file(const struct invocation *invocation);

/* Finds and reads the configuration, which is the invocation's. NULL: ERROR_CONFIG (details are
 * printed) or ERROR_USAGE. */
const struct config *project_config(struct invocation *invocation, struct error *error);

/* The same, but NULL without an error (error->code is ERROR_NONE) when
 * there is no configuration at all. */
const struct config *project_config_if_any(struct invocation *invocation, struct error *error);

/* What a command needs of the revisions. An Alembic project is asked for no more than that: its
 * graph is in the revision files, its SQL takes a run of env.py. */
enum project_need {
    PROJECT_GRAPH, /* ids and how they hang together; Alembic's revisions have no scripts */
    PROJECT_SQL,
    PROJECT_SHOWN, /* the SQL, to be read: all of an Alembic project that is not available is told */
};

/* The folder of revisions: --migrations, or the configuration's, or ./migrations; for an Alembic
 * project the folder of its alembic.ini, and it becomes invocation->alembic. NULL: the
 * configuration is faulty. In the invocation's arena. */
const char *project_folder(struct invocation *invocation, struct error *error);

/* The same with a configuration that was read already; NULL: there is none. */
const char *project_folder_of(struct invocation *invocation, const struct config *config);

/* -n, -x and --tag, after what the configuration says; NULL: it says nothing. In the invocation's
 * arena. */
struct alembic_settings project_alembic_settings(struct invocation *invocation,
                                                 const struct config *config);

/* Reads every *.sql of `folder` in order of name, or the Alembic project. NULL: ERROR_REVISION,
 * details are printed and invocation->fault is set. The caller frees it with bundle_free. */
struct bundle *project_bundle(struct invocation *invocation, const char *folder,
                              enum project_need need, struct error *error);

/* Refuses a folder or an Alembic project that has no revisions; invocation->folder names it. */
int project_empty(struct invocation *invocation, struct error *error) MUST_CHECK;

/* project_folder, which becomes invocation->folder, and project_bundle: for commands that need no
 * database. */
struct bundle *project_revisions(struct invocation *invocation, enum project_need need,
                                 struct error *error);

#endif
