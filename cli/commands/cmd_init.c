/* `init`: a configuration with comments, its schema for editors, and an empty folder for migrations. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/manual/manual.h"
#include "cli/project/project.h"
#include "common/config/value.h"

static const char configuration[] =
    "# yaml-language-server: $schema=" PROJECT_SCHEMA "\n"
    "# Drover's configuration. `drover config check` reads it; `drover targets` lists what it "
    "means.\n"
    "migrations: migrations\n"
    "\n"
    "targets:\n"
    "  # One database:\n"
    "  - name: app\n"
    "    url: postgresql://app@localhost:5432/app\n"
    "    # labels: {tier: internal}\n"
    "\n"
    "  # Every matching database of a server:\n"
    "  # - name: \"{database}\"\n"
    "  #   discover: {databases: \"tenant_*\", url: postgresql://app@localhost:5432/postgres}\n"
    "\n"
    "  # Every matching schema of a database:\n"
    "  # - name: \"{schema}\"\n"
    "  #   discover: {schemas: \"t_*\", url: postgresql://app@localhost:5432/shared}\n"
    "\n"
    "# Never write a password here: say where it is found. Without this, libpq's own ways count\n"
    "# (PGPASSWORD, ~/.pgpass, peer).\n"
    "# password: {env: DB_PASSWORD}      # or {file: /run/secrets/db} or {command: \"vault read "
    "...\"}\n"
    "\n"
    "# rollout:\n"
    "#   waves:\n"
    "#     - {name: canary, select: {tier: internal}}\n"
    "#     - {name: rest}\n"
    "#   concurrency: 64                 # targets at once\n"
    "#   per_server: 8                   # of these on one server\n"
    "#   max_failures: 1%                # more: the rollout pauses\n";

static int folder_make(const char *path, struct error *error)
{
    struct stat status;
    if (mkdir(path, 0777) == 0) {
        return 0;
    }
    int reason = errno;
    if (reason == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return 0;
    }
    return error_set(error, ERROR_IO, "the folder %s cannot be made: %s", path, strerror(reason));
}

static int file_write(const char *path, const char *text, size_t length, struct error *error)
{
    int file_descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_descriptor < 0 && errno == EEXIST) {
        (void)error_set(error, ERROR_USAGE, "%s exists already and was left as it is", path);
        return error_hint(error, "`drover config check` looks whether it is right");
    }
    if (file_descriptor < 0 || write(file_descriptor, text, length) != (ssize_t)length) {
        (void)error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
        if (file_descriptor >= 0) {
            (void)close(file_descriptor);
        }
        return -1;
    }
    return close(file_descriptor) == 0
               ? 0
               : error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
}

/* One that is there already is an earlier version's, or somebody's: it stays. */
static int schema_write(const char *path, struct error *error)
{
    struct buffer schema = {0};
    manual_schema(&schema);
    int result =
        access(path, F_OK) == 0 ? 0 : file_write(path, buffer_text(&schema), schema.length, error);
    buffer_free(&schema);
    return result;
}

int command_init(struct invocation *invocation, struct error *error)
{
    struct texts words = invocation->arguments.words;
    const char *folder = words.count == 0 ? "." : words.items[0];
    const char *file = value_path(PROJECT_FILE, folder, &invocation->arena);
    const char *schema = value_path(PROJECT_SCHEMA, folder, &invocation->arena);
    const char *migrations = value_path(PROJECT_MIGRATIONS, folder, &invocation->arena);
    if (folder_make(folder, error) != 0 ||
        file_write(file, configuration, sizeof configuration - 1, error) != 0 ||
        schema_write(schema, error) != 0 || folder_make(migrations, error) != 0) {
        return -1;
    }
    (void)printf("%s\n%s\n%s/\n", file, schema, migrations);
    (void)fflush(stdout);
    (void)fprintf(stderr, "Next: name your databases in %s, then `drover revision -m \"...\"`.\n",
                  file);
    return 0;
}
