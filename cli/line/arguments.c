/* Arguments: one pass over argv that sorts options from words, then the command is looked up among
 * the words and every option is checked against it.
 */
#include "cli/line/arguments.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/line/commands.h"
#include "common/base/array.h"
#include "common/base/spelling.h"

#define ON(id)      (UINT64_C(1) << COMMAND_##id)
#define ON_ALL      UINT64_MAX
#define ON_MIGRATE  (ON(UPGRADE) | ON(DOWNGRADE))
#define ON_DEPLOY   (ON_MIGRATE | ON(STAMP) | ON(ADOPT))
#define ON_STARTING (ON_DEPLOY | ON(VALIDATE) | ON(PLAN))
#define ON_STEER                                                                                   \
    (ON(PAUSE) | ON(RESUME) | ON(CANCEL) | ON(RETRY) | ON(SKIP) | ON(UNSKIP) | ON(APPROVE) |       \
     ON(SET) | ON(ROLLBACK))
#define ON_SCOPED                                                                                  \
    (ON(PAUSE) | ON(RESUME) | ON(RETRY) | ON(SKIP) | ON(UNSKIP) | ON(SET) | ON(STATUS) | ON(LOG))
#define ON_AUTHORING (ON(REVISION) | ON(MERGE))
#define ON_CURRENT   (ON(CURRENT) | ON(CHECK) | ON(HISTORY) | ON(SHOW) | ON(EDIT))
#define ON_ASKING                                                                                  \
    (ON_STARTING | ON_STEER | ON(STATUS) | ON(ROLLOUTS) | ON(LOG) | ON(REPORT) | ON(TARGET) |      \
     ON(TARGETS) | ON_CURRENT | ON(RELOAD))
#define ON_EMBEDDING (ON_STARTING | ON(TARGETS) | ON_CURRENT | (ON_STEER & ~ON(PAUSE)))
#define ON_LISTING   (ON(HISTORY) | ON(HEADS) | ON(BRANCHES) | ON(SHOW) | ON(EXPLAIN))
#define ON_FILES     (ON_AUTHORING | ON_LISTING | ON(EDIT) | ON(ENSURE_VERSION))
#define ON_GRAPH     (ON_FILES | ON_STARTING | ON(CURRENT) | ON(CHECK))
#define ON_PROJECT                                                                                 \
    (ON_FILES | ON_ASKING | ON(CONFIG_CHECK) | ON(COORDINATOR) | ON(WORKER) | ON(HEALTH) |         \
     ON(IMPORT_ALEMBIC) | ON(IMPORT))
#define ON_VERBOSE                                                                                 \
    (ON(CURRENT) | ON(CHECK) | ON(TARGETS) | ON(HISTORY) | ON(HEADS) | ON(BRANCHES) | ON(SHOW) |   \
     ON_STARTING | ON(STATUS) | ON(LOG) | ON_STEER | ON(COORDINATOR) | ON(WORKER))
#define ON_JSON                                                                                    \
    ((ON_ASKING & ~ON(EDIT)) | ON_AUTHORING | ON_LISTING | ON(CONFIG_CHECK) | ON(HEALTH) |         \
     ON(IMPORT_ALEMBIC) | ON(IMPORT))

_Static_assert(COMMAND_COUNT < 64, "the commands of an option are bits of one word");

const struct command commands[COMMAND_COUNT] = {
#define COMMAND(id, words, function, group, arguments, least, most, summary, description)          \
    {COMMAND_##id, words, function, GROUP_##group, arguments, least, most, summary, description},
#include "cli/line/commands.def"
#undef COMMAND
};

const struct command_option command_options[OPTION_COUNT] = {
#define OPTION(id, long_name, short_name, argument, on, help)                                      \
    {OPTION_##id, long_name, short_name, argument, on, help},
#include "cli/line/options.def"
#undef OPTION
};

bool command_takes(enum command_id command, const struct command_option *option)
{
    return (option->commands >> command & 1) != 0;
}

struct parser {
    int argc;
    char *const *argv;
    int at;
    struct arguments *arguments; /* its command decides between options of one name */
    const char **words;
    size_t word_count;
    const char **values[OPTION_COUNT];
    struct arena *arena;
    struct error *error;
};

/* The one of two options of the same name that the command takes; else the first. */
static const struct command_option *option_choose(const struct parser *parser,
                                                  const struct command_option *first,
                                                  const struct command_option *other)
{
    const struct command *command = parser->arguments->command;
    bool better = first == NULL || (command != NULL && command_takes(command->id, other));
    return better ? other : first;
}

static const struct command_option *option_by_long(const struct parser *parser, const char *name,
                                                   size_t length)
{
    const struct command_option *found = NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *known = command_options[i].long_name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            found = option_choose(parser, found, &command_options[i]);
        }
    }
    return found;
}

static const struct command_option *option_by_short(const struct parser *parser, char name)
{
    const struct command_option *found = NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (command_options[i].short_name != 0 && command_options[i].short_name == name) {
            found = option_choose(parser, found, &command_options[i]);
        }
    }
    return found;
}

static void value_add(struct parser *parser, const struct command_option *option, const char *value)
{
    struct texts *values = &parser->arguments->values[option->id];
    if (parser->values[option->id] == NULL) {
        parser->values[option->id] =
            arena_array(parser->arena, (size_t)parser->argc * 8 + 8, sizeof(const char *));
        values->items = parser->values[option->id];
    }
    parser->values[option->id][values->count++] = value;
}

/* The argument of an option that stands in the next word. */
static int value_next(struct parser *parser, const struct command_option *option, const char *shown)
{
    if (parser->at + 1 >= parser->argc) {
        return error_set(parser->error, ERROR_USAGE, "%s needs a value: %s %s", shown, shown,
                         option->argument);
    }
    value_add(parser, option, parser->argv[++parser->at]);
    return 0;
}

/* What does here what another tool calls so, or NULL. */
static const char *other_verb(const char *word)
{
    static const char *const verbs[][2] = {
#define OTHER(word, answer) {word, answer},
#include "cli/line/other_verbs.def"
#undef OTHER
    };
    for (size_t i = 0; i < LENGTH(verbs); i++) {
        if (strcmp(verbs[i][0], word) == 0) {
            return verbs[i][1];
        }
    }
    return NULL;
}

static int unknown_option(struct parser *parser, const char *name, size_t length)
{
    const char *names[OPTION_COUNT];
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        names[i] = command_options[i].long_name;
    }
    char *word = arena_strndup(parser->arena, name, length);
    (void)error_set(parser->error, ERROR_USAGE, "unknown option --%s", word);
    const char *other = other_verb(arena_printf(parser->arena, "--%s", word));
    if (other != NULL) {
        return error_hint(parser->error, "here it is %s", other);
    }
    const char *nearest = spelling_nearest(word, names, OPTION_COUNT);
    return nearest == NULL ? -1 : error_hint(parser->error, "did you mean --%s?", nearest);
}

static int long_parse(struct parser *parser, const char *text)
{
    size_t length = strcspn(text, "=");
    const struct command_option *option = option_by_long(parser, text, length);
    if (option == NULL) {
        return unknown_option(parser, text, length);
    }
    if (text[length] == '=') {
        if (option->argument == NULL) {
            return error_set(parser->error, ERROR_USAGE, "--%s takes no value", option->long_name);
        }
        value_add(parser, option, text + length + 1);
        return 0;
    }
    if (option->argument == NULL) {
        value_add(parser, option, "");
        return 0;
    }
    return value_next(parser, option, parser->argv[parser->at]);
}

/* "-vw", "-c FILE", "-cFILE", "-r-3:current". */
static int short_parse(struct parser *parser, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const struct command_option *option = option_by_short(parser, *c);
        if (option == NULL) {
            (void)error_set(parser->error, ERROR_USAGE, "unknown option -%c", *c);
            return c == text && strlen(text) > 1 &&
                           option_by_long(parser, text, strlen(text)) != NULL
                       ? error_hint(parser->error, "did you mean --%s?", text)
                       : -1;
        }
        if (option->argument == NULL) {
            value_add(parser, option, "");
            continue;
        }
        if (c[1] != '\0') {
            value_add(parser, option, c[1] == '=' ? c + 2 : c + 1);
            return 0;
        }
        return value_next(parser, option, arena_printf(parser->arena, "-%c", *c));
    }
    return 0;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]);
}

static int words_collect(struct parser *parser)
{
    bool only_words = false;
    parser->word_count = 0;
    memset(parser->values, 0, sizeof parser->values);
    memset(parser->arguments->values, 0, sizeof parser->arguments->values);
    for (parser->at = 1; parser->at < parser->argc; parser->at++) {
        const char *word = parser->argv[parser->at];
        if (only_words || !is_option(word)) {
            parser->words[parser->word_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_words = true;
        } else if ((word[1] == '-' ? long_parse(parser, word + 2)
                                   : short_parse(parser, word + 1)) != 0) {
            return -1;
        }
    }
    return 0;
}

const struct command *command_find(struct texts words, size_t *used)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *name = commands[i].words;
        size_t first = strcspn(name, " ");
        if (words.count == 0 || strlen(words.items[0]) != first ||
            strncmp(words.items[0], name, first) != 0) {
            continue;
        }
        if (name[first] == '\0') {
            *used = 1;
            return &commands[i];
        }
        if (words.count > 1 && strcmp(words.items[1], name + first + 1) == 0) {
            *used = 2;
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *word, struct arena *arena, struct error *error)
{
    const char *other = other_verb(word);
    if (other != NULL) {
        (void)error_set(error, ERROR_USAGE, "unknown command \"%s\"", word);
        return error_hint(error, "here it is %s", other);
    }
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].words;
        size_t first = strcspn(names[i], " ");
        if (names[i][first] == ' ' && strlen(word) == first &&
            strncmp(word, names[i], first) == 0) {
            (void)error_set(error, ERROR_USAGE, "\"%s\" alone is no command", word);
            return error_hint(error, "did you mean `drover %s`?", names[i]);
        }
        names[i] = arena_strndup(arena, names[i], first);
    }
    (void)error_set(error, ERROR_USAGE, "unknown command \"%s\"", word);
    const char *nearest = spelling_nearest(word, names, COMMAND_COUNT);
    return nearest == NULL ? error_hint(error, "see `drover help`")
                           : error_hint(error, "did you mean `drover %s`?", nearest);
}

/* Every option given must be one of the command's. */
static int options_check(const struct arguments *arguments, struct error *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (arguments->values[i].count == 0 ||
            command_takes(arguments->command->id, &command_options[i])) {
            continue;
        }
        (void)error_set(error, ERROR_USAGE, "`drover %s` takes no option --%s",
                        arguments->command->words, command_options[i].long_name);
        char name[40];
        (void)snprintf(name, sizeof name, "--%s", command_options[i].long_name);
        const char *other = other_verb(name);
        return other != NULL
                   ? error_hint(error, "here it is %s", other)
                   : error_hint(error, "see `drover %s --help`", arguments->command->words);
    }
    return 0;
}

static int count_check(const struct arguments *arguments, struct error *error)
{
    const struct command *command = arguments->command;
    if (arguments->words.count < command->least) {
        (void)error_set(error, ERROR_USAGE, "`drover %s` needs %s", command->words,
                        command->arguments);
        return error_hint(error, "see `drover %s --help`", command->words);
    }
    if (arguments->words.count > command->most) {
        (void)error_set(error, ERROR_USAGE, "`drover %s` does not take \"%s\"", command->words,
                        arguments->words.items[command->most]);
        return error_hint(error, "usage: drover %s%s%s", command->words,
                          command->arguments[0] == '\0' ? "" : " ", command->arguments);
    }
    return 0;
}

int arguments_parse(int argc, char *const argv[], struct arena *arena, struct arguments *arguments,
                    struct error *error)
{
    memset(arguments, 0, sizeof *arguments);
    struct parser parser = {
        .argc = argc, .argv = argv, .arguments = arguments, .arena = arena, .error = error};
    parser.words = arena_array(arena, (size_t)argc + 1, sizeof(const char *));
    int collected = words_collect(&parser);
    arguments->words = (struct texts){.items = parser.words, .count = parser.word_count};
    size_t used = 0;
    arguments->command = command_find(arguments->words, &used);
    if (arguments->command != NULL) {
        collected = words_collect(&parser); /* its own options go before those of the same name */
    }
    if (collected != 0) {
        if (error->hint[0] == '\0') {
            const char *words = arguments->command == NULL ? "" : arguments->command->words;
            (void)error_hint(error, "see `drover %s%s--help`", words, words[0] == '\0' ? "" : " ");
        }
        return -1;
    }
    if (arguments->command == NULL) {
        return parser.word_count == 0 ? 0 : unknown_command(parser.words[0], arena, error);
    }
    arguments->words.items += used;
    arguments->words.count -= used;
    if (arguments_given(arguments, OPTION_HELP) || arguments_given(arguments, OPTION_VERSION)) {
        return 0;
    }
    return options_check(arguments, error) != 0 ? -1 : count_check(arguments, error);
}

bool arguments_given(const struct arguments *arguments, enum option_id option)
{
    return arguments->values[option].count > 0;
}

const char *arguments_value(const struct arguments *arguments, enum option_id option)
{
    struct texts values = arguments->values[option];
    return values.count == 0 ? NULL : values.items[values.count - 1];
}

int arguments_number(const struct arguments *arguments, enum option_id option, uint32_t most,
                     uint32_t fallback, uint32_t *number, struct error *error)
{
    *number = fallback;
    const char *text = arguments_value(arguments, option);
    if (text == NULL) {
        return 0;
    }
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || value == 0 || value > most) {
        return error_set(error, ERROR_USAGE, "--%s: \"%s\" is not a whole number from 1 to %u",
                         command_options[option].long_name, text, (unsigned)most);
    }
    *number = (uint32_t)value;
    return 0;
}
