/* Handing over: the command line as Alembic has it; `ensure_version`. */
#include "cli/commands/handed.h"

#include "cli/line/commands.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/array.h"

/* Options of these names mean the same to Alembic. */
static const enum option_id shared[] = {OPTION_MESSAGE,      OPTION_REV_ID,       OPTION_HEAD,
                                        OPTION_SPLICE,       OPTION_BRANCH_LABEL, OPTION_DEPENDS_ON,
                                        OPTION_AUTOGENERATE, OPTION_VERSION_PATH};

static struct texts words_make(const struct invocation *invocation, const char *word,
                               struct arena *arena)
{
    const struct arguments *arguments = &invocation->arguments;
    size_t room = 1 + arguments->words.count;
    for (size_t i = 0; i < LENGTH(shared); i++) {
        room += arguments->values[shared[i]].count;
    }
    const char **items = arena_array(arena, room, sizeof *items);
    size_t count = 0;
    items[count++] = word;
    for (size_t i = 0; i < LENGTH(shared); i++) {
        const struct command_option *option = &command_options[shared[i]];
        struct texts values = arguments->values[shared[i]];
        for (size_t k = 0; k < values.count; k++) {
            items[count++] =
                option->argument == NULL
                    ? arena_printf(arena, "--%s", option->long_name)
                    : arena_printf(arena, "--%s=%s", option->long_name, values.items[k]);
        }
    }
    for (size_t i = 0; i < arguments->words.count; i++) {
        items[count++] = arguments->words.items[i];
    }
    return (struct texts){.items = items, .count = count};
}

static int hand(struct invocation *invocation, const char *word, struct error *error)
{
    struct alembic_handed handed;
    struct texts words = words_make(invocation, word, &invocation->arena);
    if (alembic_hand(invocation->alembic, words, invocation->json, &invocation->arena, &handed,
                     error) != 0) {
        return -1;
    }
    if (invocation->json && handed.exit_code == 0) {
        json_page(json_pack("{s:s, s:s}", "revision", handed.revision, "path", handed.path));
    }
    return handed.exit_code;
}

int handed_authoring(struct invocation *invocation, struct error *error)
{
    if (project_folder(invocation, error) == NULL) {
        return -1;
    }
    if (invocation->alembic == NULL) {
        return HANDED_NOT;
    }
    if (arguments_given(&invocation->arguments, OPTION_NO_TRANSACTION)) {
        (void)error_set(error, ERROR_USAGE,
                        "--no-transaction is for .sql revisions; %s is an "
                        "Alembic project",
                        invocation->alembic->name);
        return error_hint(error, "its revisions say `with op.get_context().autocommit_block():`");
    }
    return hand(invocation, invocation->arguments.command->words, error);
}

/* What only Alembic has. */
static int hand_only(struct invocation *invocation, const char *what, const char *word,
                     const char *hint, struct error *error)
{
    const char *folder = project_folder(invocation, error);
    if (folder == NULL || invocation->alembic != NULL) {
        return folder == NULL ? -1 : hand(invocation, word, error);
    }
    (void)error_set(error, ERROR_USAGE,
                    "%s is for Alembic projects; %s is a folder of .sql "
                    "revisions",
                    what, folder);
    return error_hint(error, "%s", hint);
}

int handed_check(struct invocation *invocation, struct error *error)
{
    if (invocation->json) {
        return error_set(error, ERROR_USAGE, "--models prints what Alembic does, which is no JSON");
    }
    return hand_only(invocation, "--models", "check",
                     "`drover check` asks whether every target is at the head", error);
}

int command_ensure_version(struct invocation *invocation, struct error *error)
{
    return hand_only(invocation, "`ensure_version`", "ensure_version",
                     "the first `drover upgrade` or `drover stamp` makes the version table", error);
}
