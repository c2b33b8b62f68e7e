/* The command line: one row for each spelling, one for each refusal. */
#include <string.h>

#include <criterion/criterion.h>

#include "cli/line/arguments.h"
#include "cli/manual/help.h"
#include "cli/text/table.h"
#include "common/base/array.h"

enum { WORDS_MAX = 12 };

/* Splits at blanks: enough for these rows. */
static int split(struct arena *arena, const char *line, char *argv[WORDS_MAX])
{
    int argc = 0;
    argv[argc++] = arena_strdup(arena, "drover");
    for (char *word = strtok(arena_strdup(arena, line), " "); word != NULL;
         word = strtok(NULL, " ")) {
        cr_assert_lt(argc, WORDS_MAX);
        argv[argc++] = word;
    }
    return argc;
}

static const struct {
    const char *line;
    enum command_id command;
    const char *word; /* the first argument, or NULL */
    enum option_id option;
    const char *value; /* of the option; NULL: not given */
} accepted[] = {
    {"upgrade head", COMMAND_UPGRADE, "head", OPTION_SQL, NULL},
    {"upgrade +2", COMMAND_UPGRADE, "+2", OPTION_SQL, NULL},
    {"downgrade -1", COMMAND_DOWNGRADE, "-1", OPTION_YES, NULL},
    {"downgrade -1 --yes", COMMAND_DOWNGRADE, "-1", OPTION_YES, ""},
    {"--yes downgrade -1", COMMAND_DOWNGRADE, "-1", OPTION_YES, ""},
    {"downgrade ops@-1 -y", COMMAND_DOWNGRADE, "ops@-1", OPTION_YES, ""},
    {"upgrade -- -1", COMMAND_UPGRADE, "-1", OPTION_SQL, NULL},
    {"upgrade --json -- +2", COMMAND_UPGRADE, "+2", OPTION_JSON, ""},
    {"history -i", COMMAND_HISTORY, NULL, OPTION_INDICATE_CURRENT, ""},
    {"current --check-heads", COMMAND_CURRENT, NULL, OPTION_CHECK_HEADS, ""},
    {"check --json", COMMAND_CHECK, NULL, OPTION_JSON, ""},
    {"merge heads -m x", COMMAND_MERGE, "heads", OPTION_MESSAGE, "x"},
    {"edit current", COMMAND_EDIT, "current", OPTION_URL, NULL},
    {"upgrade -- --odd", COMMAND_UPGRADE, "--odd", OPTION_SQL, NULL},
    {"history -r-3:current", COMMAND_HISTORY, NULL, OPTION_RANGE, "-3:current"},
    {"history -r -3:", COMMAND_HISTORY, NULL, OPTION_RANGE, "-3:"},
    {"history --rev-range=-3:", COMMAND_HISTORY, NULL, OPTION_RANGE, "-3:"},
    {"history --rev-range a:b", COMMAND_HISTORY, NULL, OPTION_RANGE, "a:b"},
    {"-c f.yaml current", COMMAND_CURRENT, NULL, OPTION_CONFIG, "f.yaml"},
    {"current -cf.yaml", COMMAND_CURRENT, NULL, OPTION_CONFIG, "f.yaml"},
    {"current -vc f.yaml", COMMAND_CURRENT, NULL, OPTION_CONFIG, "f.yaml"},
    {"current -vc f.yaml", COMMAND_CURRENT, NULL, OPTION_VERBOSE, ""},
    {"current -c a --config b", COMMAND_CURRENT, NULL, OPTION_CONFIG, "b"},
    {"config check --json", COMMAND_CONFIG_CHECK, NULL, OPTION_JSON, ""},
    {"revision -m x --head base", COMMAND_REVISION, NULL, OPTION_HEAD, "base"},
    {"revision --message=", COMMAND_REVISION, NULL, OPTION_MESSAGE, ""},
    {"help upgrade", COMMAND_HELP, "upgrade", OPTION_JSON, NULL},
    {"upgrade --help", COMMAND_UPGRADE, NULL, OPTION_HELP, ""},
    {"upgrade --plan p.json", COMMAND_UPGRADE, NULL, OPTION_PLAN, "p.json"},
    {"plan -1", COMMAND_PLAN, "-1", OPTION_OUTPUT, NULL},
    {"plan -o p.json", COMMAND_PLAN, NULL, OPTION_OUTPUT, "p.json"},
    {"skip acme --reason gone", COMMAND_SKIP, "acme", OPTION_REASON, "gone"},
    {"set --max-failures 5%", COMMAND_SET, NULL, OPTION_MAX_FAILURES, "5%"},
    {"approve --digest 3fa9", COMMAND_APPROVE, NULL, OPTION_DIGEST, "3fa9"},
    {"pause --now --wave 2", COMMAND_PAUSE, NULL, OPTION_WAVE, "2"},
    {"status --version", COMMAND_STATUS, NULL, OPTION_VERSION, ""},
};

Test(arguments, accepted)
{
    for (size_t i = 0; i < LENGTH(accepted); i++) {
        struct arena arena = {0};
        struct arguments arguments;
        struct error error = {0};
        char *argv[WORDS_MAX];
        int argc = split(&arena, accepted[i].line, argv);
        const char *line = accepted[i].line;
        cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), 0, "%s: %s", line,
                     error.message);
        cr_assert_eq(arguments.command->id, accepted[i].command, "%s", line);
        cr_assert_eq(arguments.words.count, accepted[i].word == NULL ? 0 : 1, "%s", line);
        if (accepted[i].word != NULL) {
            cr_assert_str_eq(arguments.words.items[0], accepted[i].word);
        }
        const char *value = arguments_value(&arguments, accepted[i].option);
        cr_assert_eq(value == NULL, accepted[i].value == NULL, "%s", line);
        if (value != NULL) {
            cr_assert_str_eq(value, accepted[i].value, "%s", line);
        }
        arena_free(&arena);
    }
}

static const struct {
    const char *line;
    const char *message;
    const char *hint;
} refused[] = {
    {"upgrad head", "unknown command \"upgrad\"", "did you mean `drover upgrade`?"},
    {"apply", "unknown command \"apply\"", "here it is `drover upgrade head`"},
    {"undo", "unknown command \"undo\"",
     "here it is `drover rollback`, which takes back a rollout; `drover downgrade -1` one "
     "revision"},
    {"upgrade head --dry-run", "unknown option --dry-run",
     "here it is `drover plan`, what would be done; `drover plan --sql`, with its statements"},
    {"zzzzzz", "unknown command \"zzzzzz\"", "see `drover help`"},
    {"config", "\"config\" alone is no command", "did you mean `drover config check`?"},
    {"show", "`drover show` needs REVISION", "see `drover show --help`"},
    {"upgrade a b", "`drover upgrade` does not take \"b\"", "usage: drover upgrade [REVISION]"},
    {"heads -1", "`drover heads` does not take \"-1\"", "usage: drover heads"},
    {"upgrade head --validate-onyl", "unknown option --validate-onyl",
     "did you mean --validate-only?"},
    {"upgrade head --qqqqqqqq", "unknown option --qqqqqqqq", "see `drover upgrade --help`"},
    {"upgrade head -q", "unknown option -q", "see `drover upgrade --help`"},
    {"upgrade head -sql", "unknown option -s", "did you mean --sql?"},
    {"upgrade head --watch", "`drover upgrade` takes no option --watch",
     "see `drover upgrade --help`"},
    {"upgrade head --yes=1", "--yes takes no value", "see `drover upgrade --help`"},
    {"current -c", "-c needs a value: -c FILE", "see `drover current --help`"},
    {"current -n", "-n needs a value: -n SECTION", "see `drover current --help`"},
    {"rollouts -n core -x a=b", "`drover rollouts` takes no option --x",
     "see `drover rollouts --help`"},
    {"upgrade --limit 5", "`drover upgrade` takes no option --limit",
     "see `drover upgrade --help`"},
    {"current --config", "--config needs a value: --config FILE", "see `drover current --help`"},
};

Test(arguments, refused)
{
    for (size_t i = 0; i < LENGTH(refused); i++) {
        struct arena arena = {0};
        struct arguments arguments;
        struct error error = {0};
        char *argv[WORDS_MAX];
        int argc = split(&arena, refused[i].line, argv);
        cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), -1, "%s",
                     refused[i].line);
        cr_assert_eq(error.code, ERROR_USAGE);
        cr_assert_str_eq(error.message, refused[i].message);
        cr_assert_str_eq(error.hint, refused[i].hint);
        arena_free(&arena);
    }
}

Test(arguments, repeated_values_keep_their_order)
{
    struct arena arena = {0};
    struct arguments arguments;
    struct error error = {0};
    char *argv[WORDS_MAX];
    int argc = split(&arena, "revision --depends-on a --depends-on=b", argv);
    cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), 0);
    struct texts values = arguments.values[OPTION_DEPENDS_ON];
    cr_assert_eq(values.count, 2);
    cr_assert_str_eq(values.items[0], "a");
    cr_assert_str_eq(values.items[1], "b");
    arena_free(&arena);
}

/* `explain` takes the words of the command that it explains. */
Test(arguments, explain)
{
    static const char *const lines[] = {
        "explain downgrade -1 --from a --from b --json",
        "explain --json --from=a downgrade --from b -- -1",
    };
    for (size_t i = 0; i < LENGTH(lines); i++) {
        struct arena arena = {0};
        struct arguments arguments;
        struct error error = {0};
        char *argv[WORDS_MAX];
        int argc = split(&arena, lines[i], argv);
        cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), 0, "%s",
                     error.message);
        cr_assert_eq(arguments.command->id, COMMAND_EXPLAIN);
        cr_assert_eq(arguments.words.count, 2);
        cr_assert_str_eq(arguments.words.items[0], "downgrade");
        cr_assert_str_eq(arguments.words.items[1], "-1");
        cr_assert_eq(arguments.values[OPTION_FROM].count, 2);
        cr_assert_str_eq(arguments.values[OPTION_FROM].items[1], "b");
        arena_free(&arena);
    }
}

Test(arguments, numbers)
{
    static const struct {
        const char *line;
        int result;
        uint32_t number;
    } rows[] = {
        {"upgrade head", 0, 7},
        {"upgrade head --connections 64", 0, 64},
        {"upgrade head --connections 0", -1, 0},
        {"upgrade head --connections=-1", -1, 0},
        {"upgrade head --connections 101", -1, 0},
        {"upgrade head --connections 5x", -1, 0},
        {"upgrade head --connections 99999999999999999999", -1, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct arena arena = {0};
        struct arguments arguments;
        struct error error = {0};
        uint32_t number = 0;
        char *argv[WORDS_MAX];
        int argc = split(&arena, rows[i].line, argv);
        cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), 0);
        int result = arguments_number(&arguments, OPTION_CONNECTIONS, 100, 7, &number, &error);
        cr_assert_eq(result, rows[i].result, "%s", rows[i].line);
        cr_assert(result != 0 || number == rows[i].number, "%s", rows[i].line);
        arena_free(&arena);
    }
}

/* Two options of one name: the command decides. */
Test(arguments, names_that_commands_share)
{
    static const struct {
        const char *line;
        enum option_id option;
        const char *value;
    } rows[] = {
        {"rollouts -n 5", OPTION_LIMIT, "5"},
        {"-n 5 rollouts", OPTION_LIMIT, "5"},
        {"-n core upgrade head", OPTION_SECTION, "core"},
        {"upgrade --name core head", OPTION_SECTION, "core"},
        {"worker --name w1", OPTION_NAME, "w1"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct arena arena = {0};
        struct arguments arguments;
        struct error error = {0};
        char *argv[WORDS_MAX];
        int argc = split(&arena, rows[i].line, argv);
        cr_assert_eq(arguments_parse(argc, argv, &arena, &arguments, &error), 0, "%s",
                     rows[i].line);
        for (size_t k = 0; k < OPTION_COUNT; k++) {
            cr_expect_eq(arguments.values[k].count, k == rows[i].option, "%s", rows[i].line);
        }
        cr_assert_str_eq(arguments_value(&arguments, rows[i].option), rows[i].value);
        arena_free(&arena);
    }
}

/* Every line of every help page fits 100 columns, and no page forgets an option's help. */
Test(help, fits_100_columns)
{
    struct style style = {.width = 100};
    for (size_t i = 0; i <= COMMAND_COUNT; i++) {
        struct buffer text = {0};
        if (i == COMMAND_COUNT) {
            help_overview(&style, &text);
        } else {
            help_command(&commands[i], &style, &text);
        }
        for (const char *line = buffer_text(&text); *line != '\0';) {
            size_t length = strcspn(line, "\n");
            cr_assert_leq(length, 100, "%.*s", (int)length, line);
            line += length + 1;
        }
        buffer_free(&text);
    }
}

Test(help, every_option_is_taken_by_a_command)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        bool taken = false;
        for (size_t k = 0; k < COMMAND_COUNT; k++) {
            taken = taken || command_takes(commands[k].id, &command_options[i]);
        }
        cr_assert(taken, "--%s", command_options[i].long_name);
        for (size_t k = 0; k < i; k++) {
            const struct command_option *one = &command_options[i];
            const struct command_option *other = &command_options[k];
            bool same = strcmp(one->long_name, other->long_name) == 0 ||
                        (one->short_name != 0 && one->short_name == other->short_name);
            cr_assert(!same || (one->commands & other->commands) == 0, "--%s is used twice",
                      one->long_name);
            cr_assert(!same || (one->argument == NULL) == (other->argument == NULL),
                      "--%s needs a value or not", one->long_name);
        }
    }
}
