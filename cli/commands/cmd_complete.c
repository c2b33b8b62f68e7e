/* `complete`: what a shell offers where the cursor is, a line each: the word, a tab, what it is. What the
 * tables do not hold is looked up live: revisions in their folder, targets, waves and rollouts in the
 * coordinator or the journal. No database is asked, nothing is printed that is no candidate, and it
 * never takes long.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/client/inquiry.h"
#include "cli/line/commands.h"
#include "cli/line/completion.h"
#include "cli/manual/manual.h"
#include "cli/project/project.h"
#include "common/base/array.h"
#include "common/vocabulary/tool.h"

enum { PATIENCE_SECONDS = 3, ROLLOUTS_MOST = 50 };

struct candidates {
    struct invocation *invocation; /* with the options that were typed */
    const struct completion *wanted;
};

/* Once for each, if it goes on with what was typed. The texts are of one line. */
static void offer(const struct candidates *candidates, const char *word, const char *meaning)
{
    const char *typed = candidates->wanted->typed;
    if (word[0] != '\0' && strncmp(word, typed, strlen(typed)) == 0) {
        (void)printf("%s%s\t%.*s\n", candidates->wanted->before, word,
                     (int)strcspn(meaning, "\n\t"), meaning);
    }
}

/* ---- from the tables ---- */

/* Whether an earlier command begins with the same word. */
static bool first_is_offered(size_t place, size_t length)
{
    for (size_t i = 0; i < place; i++) {
        if (strcspn(commands[i].words, " ") == length &&
            strncmp(commands[i].words, commands[place].words, length) == 0) {
            return true;
        }
    }
    return false;
}

static void offer_commands(const struct candidates *candidates)
{
    const char *first = candidates->wanted->first;
    size_t length = strlen(first);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *words = commands[i].words;
        size_t end = strcspn(words, " ");
        if (length == 0 && !first_is_offered(i, end)) {
            offer(candidates, arena_strndup(&candidates->invocation->arena, words, end),
                  commands[i].summary);
        } else if (end == length && words[end] == ' ' && strncmp(words, first, length) == 0) {
            offer(candidates, words + end + 1, commands[i].summary);
        }
    }
}

static void offer_options(const struct candidates *candidates)
{
    const struct command *command = candidates->wanted->command;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct command_option *option = &command_options[i];
        if (command == NULL ? manual_option_is_common(option)
                            : command_takes(command->id, option)) {
            char short_name[] = {'-', option->short_name, '\0'};
            offer(candidates,
                  arena_printf(&candidates->invocation->arena, "--%s", option->long_name),
                  option->help);
            offer(candidates, option->short_name == 0 ? "" : short_name, option->help);
        }
    }
}

static void offer_path(const struct candidates *candidates)
{
    const char *argument = candidates->wanted->argument;
    (void)puts(strcmp(argument, "DIR") == 0 ? ":folder" : ":file");
}

static void offer_command_argument(const struct candidates *candidates)
{
    if (candidates->wanted->command->id != COMMAND_EXPLAIN) {
        offer_commands(candidates);
        return;
    }
    static const enum command_id explained[] = {COMMAND_UPGRADE, COMMAND_DOWNGRADE, COMMAND_STAMP};
    for (size_t i = 0; i < LENGTH(explained); i++) {
        offer(candidates, commands[explained[i]].words, commands[explained[i]].summary);
    }
}

static void offer_formats(const struct candidates *candidates)
{
    for (size_t i = 0; manual_format_name(i) != NULL; i++) {
        offer(candidates, manual_format_name(i), "");
    }
}

static void offer_keys(const struct candidates *candidates)
{
    static const char *const keys[] = {"server", "wave", "state", "cause", "revision", "label:"};
    for (size_t i = 0; i < LENGTH(keys); i++) {
        offer(candidates, keys[i], "of the targets");
    }
}

static void offer_scopes(const struct candidates *candidates)
{
    static const char *const words[][2] = {
        {"target=", "by name, * is any text"}, {"server=", "by host:port"},
        {"wave=", "by name or number"},        {"state=", "failed, running, waiting, ..."},
        {"schema=", "by the schema's name"},   {"cause=", "of the failure"},
        {"sqlstate=", "of the failure"},       {"revision=", "where the target stands"},
    };
    for (size_t i = 0; i < LENGTH(words); i++) {
        offer(candidates, words[i][0], words[i][1]);
    }
}

/* ---- looked up ---- */

static void offer_revisions(const struct candidates *candidates)
{
    struct error ignored = {0};
    offer(candidates, "head", "what no other revision follows");
    offer(candidates, "heads", "all that no other revision follows");
    offer(candidates, "base", "before the first revision");
    struct bundle *bundle = project_revisions(candidates->invocation, PROJECT_GRAPH, &ignored);
    if (bundle == NULL) {
        return;
    }
    const struct graph *graph = bundle_graph(bundle);
    struct revision_list revisions = graph_history(graph, &candidates->invocation->arena);
    for (size_t i = 0; i < revisions.count; i++) {
        const struct revision *revision = revisions.items[i];
        offer(candidates, revision->id, revision->message);
        for (size_t j = 0; j < revision->branch_label_count; j++) {
            offer(candidates, revision->branch_labels[j], "a branch");
        }
    }
    bundle_free(bundle);
}

/* What the current or last rollout knows. */
static void offer_from_rollout(const struct candidates *candidates)
{
    struct arena *arena = &candidates->invocation->arena;
    const char *argument = candidates->wanted->argument;
    struct inquiry inquiry = {0};
    struct message_progress progress = {0};
    struct message_finished finished;
    struct target_status_list targets = {0};
    struct error ignored = {0};
    bool over = false;
    if (inquiry_open(&inquiry, candidates->invocation, "", &ignored) != 0 ||
        inquiry_rollout(&inquiry, &progress, &over, &finished, &ignored) != 0) {
        inquiry_close(&inquiry);
        return;
    }
    if (strcmp(argument, "WAVE") == 0) {
        for (size_t i = 0; i < progress.waves.count; i++) {
            const struct wave_status *wave = &progress.waves.items[i];
            offer(candidates, wave->name, wave_state_word(wave->state));
        }
    } else if (strcmp(argument, "DIGEST") == 0) {
        offer(candidates, arena_strndup(arena, progress.status.digest, 12),
              arena_printf(arena, "%s %s", progress.status.verb, progress.status.spec));
    } else if (inquiry_targets(&inquiry, "", &targets, &ignored) == 0) {
        bool servers = strcmp(argument, "SERVER") == 0;
        const char *last = "";
        for (size_t i = 0; i < targets.count; i++) {
            const struct target_status *target = &targets.items[i];
            const char *word = servers ? target->server : target->place.name;
            if (!servers || strcmp(word, last) != 0) {
                offer(candidates, word, servers ? "" : target_state_word(target->state));
            }
            last = word;
        }
    }
    inquiry_close(&inquiry);
}

static void offer_rollouts(const struct candidates *candidates)
{
    struct arena *arena = &candidates->invocation->arena;
    struct inquiry inquiry = {0};
    struct message request = {.type = MESSAGE_ROLLOUTS_WANTED, .rollouts_wanted = {ROLLOUTS_MOST}};
    struct message answer;
    struct error ignored = {0};
    if (inquiry_open(&inquiry, candidates->invocation, "", &ignored) == 0 &&
        inquiry_ask(&inquiry, &request, MESSAGE_ROLLOUTS, &answer, &ignored) == 0) {
        for (size_t i = 0; i < answer.rollouts.rollouts.count; i++) {
            const struct rollout_status *status = &answer.rollouts.rollouts.items[i].status;
            offer(candidates, status->rollout,
                  arena_printf(arena, "%s %s, %s", status->verb, status->spec,
                               rollout_state_word(status->state)));
        }
    }
    inquiry_close(&inquiry);
}

static void offer_tools(const struct candidates *candidates)
{
    static const char between[] = ", ";
    struct arena *arena = &candidates->invocation->arena;
    for (const char *at = tool_words(arena); *at != '\0'; at += strspn(at, between)) {
        size_t length = strcspn(at, between);
        const char *word = arena_strndup(arena, at, length);
        offer(candidates, tool_find(word) != NULL ? word : "", "");
        at += length;
    }
}

static void offer_argument(const struct candidates *candidates)
{
    static const struct {
        const char *argument;
        void (*offer)(const struct candidates *candidates);
    } kinds[] = {
        {"FILE", offer_path},
        {"DIR", offer_path},
        {"INI", offer_path},
        {"COMMAND", offer_command_argument},
        {"FORMAT", offer_formats},
        {"KEY", offer_keys},
        {"SCOPE", offer_scopes},
        {"REVISION", offer_revisions},
        {"TARGET", offer_from_rollout},
        {"WAVE", offer_from_rollout},
        {"SERVER", offer_from_rollout},
        {"DIGEST", offer_from_rollout},
        {"ROLLOUT", offer_rollouts},
        {"TOOL", offer_tools},
    };
    if (candidates->wanted->first[0] != '\0') {
        offer_commands(candidates);
    }
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        if (strcmp(kinds[i].argument, candidates->wanted->argument) == 0) {
            kinds[i].offer(candidates);
        }
    }
}

/* The options that were typed before the cursor, so that the same files are read. What is wrong with
 * the rest is not of interest yet. */
static void options_take(struct invocation *invocation, struct texts words)
{
    struct error ignored = {0};
    char **argv = arena_array(&invocation->arena, words.count + 1, sizeof *argv);
    argv[0] = arena_strdup(&invocation->arena, "drover");
    for (size_t i = 0; i + 1 < words.count; i++) {
        argv[i + 1] = arena_strdup(&invocation->arena, words.items[i]);
    }
    int ended = arguments_parse(words.count == 0 ? 1 : (int)words.count, argv, &invocation->arena,
                                &invocation->arguments, &ignored);
    (void)ended;
}

int command_complete(struct invocation *invocation, struct error *error)
{
    (void)error;
    struct completion wanted = completion_find(invocation->arguments.words, &invocation->arena);
    struct candidates candidates = {invocation, &wanted};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
        (void)close(nowhere);
    }
    (void)alarm(PATIENCE_SECONDS);
    options_take(invocation, invocation->arguments.words);
    switch (wanted.kind) {
    case COMPLETE_COMMAND: offer_commands(&candidates); break;
    case COMPLETE_OPTION: offer_options(&candidates); break;
    case COMPLETE_ARGUMENT: offer_argument(&candidates); break;
    }
    return 0;
}
