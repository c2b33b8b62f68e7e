/* A project: where a command finds its configuration and its revisions. */
#include "cli/project/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agents/pipeline_log.h"
#include "cli/project/folder.h"
#include "common/base/array.h"
#include "common/config/value.h"
#include "common/revision/warnings.h"

static void diagnostics_show(const struct diagnostics *diagnostics)
{
    struct buffer text = {0};
    diagnostics_print(diagnostics, &text);
    (void)fputs(buffer_text(&text), stderr);
    for (const struct diagnostic *item = diagnostics->first; item != NULL; item = item->next) {
        pipeline_log_issue(item->warning ? "warning" : "error", item->file, item->line,
                           item->column, item->message);
    }
    buffer_free(&text);
}

static int config_read(const char *path, struct config **config, struct error *error)
{
    struct diagnostics diagnostics = {0};
    *config = config_load(path, &diagnostics);
    diagnostics_show(&diagnostics);
    size_t count = diagnostics.error_count;
    diagnostics_free(&diagnostics);
    if (*config != NULL && count == 0) {
        return 0;
    }
    config_free(*config);
    *config = NULL;
    return error_set(error, ERROR_CONFIG, "%s cannot be used: %zu %s, shown above", path, count,
                     count == 1 ? "error" : "errors");
}

/* The value of a variable that is set and not empty, or NULL. */
static const char *given(const char *value)
{
    return value == NULL || value[0] == '\0' ? NULL : value;
}

const char *project_config_file(const struct invocation *invocation)
{
    const char *path = arguments_value(&invocation->arguments, OPTION_CONFIG);
    if (path == NULL) {
        path = given(getenv("DROVER_CONFIG"));
    }
    if (path != NULL || access(PROJECT_FILE, F_OK) == 0) {
        return path != NULL ? path : PROJECT_FILE;
    }
    bool machine =
        given(getenv("DATABASE_URL")) == NULL && access(PROJECT_FILE_OF_MACHINE, F_OK) == 0;
    return machine ? PROJECT_FILE_OF_MACHINE : NULL;
}

static struct config *config_find(const struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *url = arguments_value(arguments, OPTION_URL);
    const char *environment_url = given(getenv("DATABASE_URL"));
    struct config *config = NULL;
    if (url != NULL && arguments_given(arguments, OPTION_CONFIG)) {
        (void)error_set(error, ERROR_USAGE, "--config and --url exclude each other");
        return NULL;
    }
    if (url != NULL) {
        return config_from_url(url, "--url", error);
    }
    const char *path = project_config_file(invocation);
    if (path != NULL) {
        (void)config_read(path, &config, error);
        return config;
    }
    return environment_url == NULL ? NULL : config_from_url(environment_url, "DATABASE_URL", error);
}

const struct config *project_config_if_any(struct invocation *invocation, struct error *error)
{
    error->code = ERROR_NONE;
    if (invocation->config == NULL) {
        invocation->config = config_find(invocation, error);
    }
    return invocation->config;
}

const struct config *project_config(struct invocation *invocation, struct error *error)
{
    const struct config *config = project_config_if_any(invocation, error);
    if (config == NULL && error->code == ERROR_NONE) {
        (void)error_set(error, ERROR_CONFIG,
                        "there is no " PROJECT_FILE " here, no " PROJECT_FILE_OF_MACHINE
                        ", and none of -c, --url, DROVER_CONFIG and DATABASE_URL is given");
        (void)error_hint(error, "`drover init` writes one; --url postgresql://... works without");
    }
    return config;
}

struct alembic_settings project_alembic_settings(struct invocation *invocation,
                                                 const struct config *config)
{
    struct arena *arena = &invocation->arena;
    struct texts given = invocation->arguments.values[OPTION_X];
    struct texts known = config != NULL ? config->migrations.x : (struct texts){0};
    const char *section = arguments_value(&invocation->arguments, OPTION_SECTION);
    const char **x = arena_array(arena, known.count + given.count + 1, sizeof *x);
    for (size_t i = 0; i < known.count + given.count; i++) {
        x[i] = i < known.count ? arena_strdup(arena, known.items[i]) : given.items[i - known.count];
    }
    if (section == NULL) {
        section = config != NULL ? arena_strdup(arena, config->migrations.section) : "";
    }
    return (struct alembic_settings){.section = section,
                                     .python_never =
                                         config != NULL && config->migrations.python_never,
                                     .x = {.items = x, .count = known.count + given.count},
                                     .tag = arguments_value(&invocation->arguments, OPTION_TAG)};
}

const char *project_folder_of(struct invocation *invocation, const struct config *config)
{
    struct arena *arena = &invocation->arena;
    const char *path = arguments_value(&invocation->arguments, OPTION_MIGRATIONS);
    const struct config *source = path == NULL ? config : NULL;
    if (path == NULL) {
        path = config != NULL ? arena_strdup(arena, config->migrations.path) : PROJECT_MIGRATIONS;
    }
    invocation->alembic = alembic_find(path, project_alembic_settings(invocation, source), arena);
    return invocation->alembic == NULL ? path : invocation->alembic->folder;
}

const char *project_folder(struct invocation *invocation, struct error *error)
{
    if (arguments_given(&invocation->arguments, OPTION_MIGRATIONS)) {
        return project_folder_of(invocation, NULL);
    }
    const struct config *config = project_config_if_any(invocation, error);
    if (config == NULL && error->code != ERROR_NONE) {
        invocation->fault = error->code == ERROR_CONFIG ? "bad_configuration" : NULL;
        return NULL;
    }
    return project_folder_of(invocation, config);
}

int project_empty(struct invocation *invocation, struct error *error)
{
    bool alembic = invocation->alembic != NULL;
    invocation->fault = "no_revisions";
    (void)error_set(error, ERROR_REVISION, "there are no revisions in %s",
                    alembic ? invocation->alembic->name : invocation->folder);
    return error_hint(error, alembic ? "`alembic revision` writes one"
                                     : "`drover revision -m MESSAGE` writes one; --migrations DIR "
                                       "names another folder");
}

/* Where an Alembic project keeps its versions. */
static void versions_take(struct invocation *invocation, const struct alembic_project *project)
{
    layout_copy(version_place_layout(), &invocation->arena, &project->version,
                &invocation->version);
    invocation->transaction =
        project->transaction_per_migration ? TRANSACTION_REVISION : TRANSACTION_UNSET;
}

/* Why the bundle cannot be used: in short, or for --json the first reason, which stands alone. */
static void bundle_refuse(struct invocation *invocation, const struct bundle *bundle,
                          const char *folder, const struct diagnostics *diagnostics,
                          struct error *error)
{
    size_t count = diagnostics->error_count;
    const struct diagnostic *first = diagnostics->first;
    enum graph_fault fault = graph_fault(bundle_graph(bundle));
    invocation->fault = fault == GRAPH_FAULT_NONE ? "bad_revision" : graph_fault_word(fault);
    while (first->warning) {
        first = first->next;
    }
    if (invocation->json) {
        const char *place =
            first->line == 0 ? first->file
                             : arena_printf(&invocation->arena, "%s:%u", first->file, first->line);
        (void)error_set(error, ERROR_REVISION, "%s: %s", place, first->message);
        return;
    }
    (void)error_set(error, ERROR_REVISION,
                    "the revisions in %s cannot be used: %zu %s, shown above",
                    invocation->alembic != NULL ? invocation->alembic->name : folder, count,
                    count == 1 ? "error" : "errors");
    (void)error_hint(error, "no database was contacted");
}

/* -n, -x and --tag say something to an Alembic project only. */
static int settings_check(const struct invocation *invocation, const char *folder,
                          struct error *error)
{
    static const enum option_id ids[] = {OPTION_SECTION, OPTION_X, OPTION_TAG, OPTION_AUTOGENERATE,
                                         OPTION_VERSION_PATH};
    for (size_t i = 0; i < LENGTH(ids) && invocation->alembic == NULL; i++) {
        if (arguments_given(&invocation->arguments, ids[i])) {
            return error_set(error, ERROR_USAGE,
                             "--%s is for Alembic projects; %s is a folder of .sql revisions",
                             command_options[ids[i]].long_name, folder);
        }
    }
    return 0;
}

struct bundle *project_bundle(struct invocation *invocation, const char *folder,
                              enum project_need need, struct error *error)
{
    static const enum alembic_form forms[] = {[PROJECT_GRAPH] = ALEMBIC_GRAPH,
                                              [PROJECT_SQL] = ALEMBIC_IN_BUNDLE,
                                              [PROJECT_SHOWN] = ALEMBIC_SHOWN};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = NULL;
    struct alembic_project project = {0};
    if (settings_check(invocation, folder, error) != 0) {
        return NULL;
    }
    int result =
        invocation->alembic == NULL
            ? folder_read(folder, &arena, &project.files, &project.file_count, &diagnostics, error)
            : alembic_load(invocation->alembic, forms[need], &arena, &project, &diagnostics, error);
    invocation->fault = project.word;
    if (result == 0 && invocation->alembic != NULL) {
        versions_take(invocation, &project);
    }
    if (result == 0) {
        bundle = bundle_pack(project.files, project.file_count);
        if (invocation->alembic == NULL) {
            arena_free(&arena); /* the files may be large, and are copied */
        }
        bundle_parse(bundle, strcmp(folder, ".") == 0 ? "" : folder, &diagnostics);
        if (need != PROJECT_GRAPH && diagnostics.error_count == 0) {
            warnings_add(bundle_graph(bundle), folder, &diagnostics);
        }
        diagnostics_show(&diagnostics);
    }
    if (result == 0 && diagnostics.error_count > 0) {
        bundle_refuse(invocation, bundle, folder, &diagnostics, error);
        result = -1;
    } else if (result == 0 && invocation->alembic != NULL && project.fault != NULL) {
        result = error_set(error, ERROR_REVISION, "Alembic refuses the revisions of %s: %s",
                           invocation->alembic->name, project.fault);
    }
    if (result != 0) {
        invocation->fault = invocation->fault == NULL ? "no_revisions" : invocation->fault;
        bundle_free(bundle);
        bundle = NULL;
    }
    diagnostics_free(&diagnostics);
    arena_free(&arena);
    return bundle;
}

struct bundle *project_revisions(struct invocation *invocation, enum project_need need,
                                 struct error *error)
{
    invocation->folder = project_folder(invocation, error);
    return invocation->folder == NULL ? NULL
                                      : project_bundle(invocation, invocation->folder, need, error);
}
