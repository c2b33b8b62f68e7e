#include "cli/line/completion.h"

#include <string.h>

/* The option that a whole word names, or NULL. */
static const struct command_option *option_named(const char *word, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct command_option *option = &command_options[i];
        bool is_long = length > 2 && strncmp(word, "--", 2) == 0 &&
                       strlen(option->long_name) == length - 2 &&
                       strncmp(option->long_name, word + 2, length - 2) == 0;
        bool is_short = length == 2 && word[0] == '-' && word[1] == option->short_name;
        if (is_long || is_short) {
            return option;
        }
    }
    return NULL;
}

/* Whether some command has two words, of which this is the first. */
static bool is_first_of_two(const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcspn(commands[i].words, " ") == length && commands[i].words[length] == ' ' &&
            strncmp(commands[i].words, word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The name of a command's argument number `place`: the last one's stands for all that follow. */
static const char *argument_name(const struct command *command, size_t place, struct arena *arena)
{
    static const char frame[] = "[]. ";
    const char *at = command->arguments + strspn(command->arguments, frame);
    for (size_t i = 0; i < place; i++) {
        const char *next = at + strcspn(at, frame);
        next += strspn(next, frame);
        if (*next == '\0') {
            break;
        }
        at = next;
    }
    return place < command->most ? arena_strndup(arena, at, strcspn(at, frame)) : "";
}

/* What the words before the cursor say. */
struct typed_words {
    struct completion *completion;       /* its `first` and `command` */
    size_t argument_count;               /* of the command */
    const struct command_option *option; /* whose value is to come, or NULL */
};

static void word_take(struct typed_words *typed, const char *word)
{
    struct completion *completion = typed->completion;
    size_t used = 0;
    if (typed->option != NULL) {
        bool equals = strcmp(word, "=") == 0; /* bash cuts there */
        typed->option = equals ? typed->option : NULL;
    } else if (word[0] == '-' && word[1] != '\0') {
        const struct command_option *option = option_named(word, strlen(word));
        typed->option = option != NULL && option->argument != NULL ? option : NULL;
    } else if (completion->command != NULL) {
        const char *both[] = {completion->command->words, word};
        const struct command *second = command_find((struct texts){both, 2}, &used);
        if (typed->argument_count == 0 && used == 2) { /* `import` is one, and `import alembic` */
            completion->command = second;
            completion->first = "";
        } else {
            typed->argument_count++;
        }
    } else {
        const char *both[] = {completion->first, word};
        bool second = completion->first[0] != '\0';
        struct texts words = {.items = second ? both : both + 1, .count = second ? 2 : 1};
        completion->command = command_find(words, &used);
        if (completion->command == NULL && !second && is_first_of_two(word)) {
            completion->first = word;
        }
    }
}

struct completion completion_find(struct texts words, struct arena *arena)
{
    struct completion completion = {.first = "", .argument = "", .typed = "", .before = ""};
    struct typed_words typed = {.completion = &completion};
    if (words.count == 0) {
        return completion;
    }
    for (size_t i = 0; i + 1 < words.count; i++) {
        word_take(&typed, words.items[i]);
    }
    const char *last = words.items[words.count - 1];
    size_t named = strcspn(last, "=");
    const struct command_option *option = last[named] == '=' ? option_named(last, named) : NULL;
    completion.typed = strcmp(last, "=") == 0 && typed.option != NULL ? "" : last;
    if (typed.option != NULL) {
        completion.kind = COMPLETE_ARGUMENT;
        completion.argument = typed.option->argument;
    } else if (option != NULL && option->argument != NULL) {
        completion.kind = COMPLETE_ARGUMENT;
        completion.argument = option->argument;
        completion.typed = last + named + 1;
        completion.before = arena_strndup(arena, last, named + 1);
    } else if (last[0] == '-') {
        completion.kind = COMPLETE_OPTION;
    } else if (completion.command == NULL) {
        completion.kind = COMPLETE_COMMAND;
    } else {
        const char *command_words = completion.command->words;
        completion.kind = COMPLETE_ARGUMENT;
        completion.argument = argument_name(completion.command, typed.argument_count, arena);
        completion.first =
            typed.argument_count == 0 && is_first_of_two(command_words) ? command_words : "";
    }
    return completion;
}
