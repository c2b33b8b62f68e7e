/* An invocation: from argv to an exit code. The one place that prints errors. */
#include "cli/run.h"

#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/agents/pipeline_log.h"
#include "cli/line/invocation.h"
#include "cli/manual/help.h"
#include "cli/plan/explain.h"
#include "cli/text/json.h"
#include "common/base/wiped.h"
#include "common/config/config.h"
#include "common/config/url.h"

enum { ERROR_COLUMNS = 15, HINT_COLUMNS = 8 }; /* before the message */

static void error_print(const struct style *style, const struct error *error)
{
    struct buffer text = {0};
    buffer_text_append(&text, "drover: ");
    style_append(style, TONE_BAD, "error: ", &text);
    style_text(style, error->message, ERROR_COLUMNS, &text);
    if (error->hint[0] != '\0') {
        style_append(style, TONE_FAINT, "  hint: ", &text);
        style_text(style, error->hint, HINT_COLUMNS, &text);
    }
    (void)fputs(buffer_text(&text), stderr);
    pipeline_log_issue("error", "", 0, 0, error->message);
    buffer_free(&text);
}

/* `worded`: something was typed behind the program. */
static int command_dispatch(struct invocation *invocation, bool worded, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    if (arguments_given(arguments, OPTION_VERSION)) {
        (void)puts("drover " DROVER_VERSION);
        return 0;
    }
    if (arguments->command == NULL || arguments_given(arguments, OPTION_HELP)) {
        struct buffer text = {0};
        if (arguments->command == NULL) {
            help_overview(&invocation->output, &text);
        } else {
            help_command(arguments->command, &invocation->output, &text);
        }
        bool asked = arguments_given(arguments, OPTION_HELP);
        (void)fputs(buffer_text(&text), asked ? stdout : stderr);
        buffer_free(&text);
        if (!asked && worded) {
            return error_set(error, ERROR_USAGE, "no command is named");
        }
        return asked ? 0 : error_exit_code(ERROR_USAGE);
    }
    return arguments->command->run(invocation, error);
}

/* The arguments in memory of our own: the originals are what `ps` shows. */
static char **arguments_copy(int argc, char *const argv[], struct arena *arena)
{
    char **copy = arena_array(arena, (size_t)argc + 1, sizeof *copy);
    for (int i = 0; i < argc; i++) {
        copy[i] = arena_strdup(arena, argv[i]);
    }
    return copy;
}

/* Overwrites a URL that holds a password, or might, where `ps` would show it. */
static void url_hide(char *text)
{
    struct arena scratch = {0};
    struct url url;
    struct error error = {0};
    if (url_parse(text, &scratch, &url, &error) != 0 || url.password != NULL) {
        memset(text, '*', strlen(text));
    }
    arena_free_wiped(&scratch);
}

static void arguments_hide(int argc, char *const argv[])
{
    static const char option[] = "--url";
    size_t length = sizeof option - 1;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], option, length) != 0) {
            continue;
        }
        if (argv[i][length] == '=') {
            url_hide(argv[i] + length + 1);
        } else if (argv[i][length] == '\0' && i + 1 < argc) {
            url_hide(argv[++i]);
        }
    }
}

/* A stream that came closed gets a place of its own: otherwise the next file that is opened, the
 * journal or a connection, would have its number and take what is printed. What is written to
 * stdout then fails, and is told as for a full disk. */
static void streams_open(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) == -1 && open("/dev/null", modes[stream]) != stream) {
            _exit(error_exit_code(ERROR_IO));
        }
    }
}

int run(int argc, char *const argv[])
{
    streams_open();
    (void)setlocale(LC_CTYPE, "");
    (void)signal(SIGPIPE, SIG_IGN);
    json_set_alloc_funcs(wiped_alloc, wiped_free); /* a password command may print JSON */
    struct invocation invocation = {0};
    struct error error = {0};
    pipeline_log_begin();
    style_detect(&invocation.output, STDOUT_FILENO);
    style_detect(&invocation.messages, STDERR_FILENO);
    char **words = arguments_copy(argc, argv, &invocation.arena);
    arguments_hide(argc, argv);
    int exit_code = arguments_parse(argc, words, &invocation.arena, &invocation.arguments, &error);
    if (exit_code == 0) {
        invocation.json = arguments_given(&invocation.arguments, OPTION_JSON);
        invocation.verbose = arguments_given(&invocation.arguments, OPTION_VERBOSE);
        if (invocation.json) {
            pipeline_log_json();
        }
        exit_code = command_dispatch(&invocation, argc > 1, &error);
    }
    if (exit_code < 0) {
        if (invocation.json && invocation.fault != NULL) {
            json_line(explain_error_json(invocation.fault, error.message));
        } else {
            error_print(&invocation.messages, &error);
        }
        exit_code = error_exit_code(error.code);
    }
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (pipeline_log_end() != 0 || lost) {
        (void)error_set(&error, ERROR_IO, "not all of the output could be written");
        error_print(&invocation.messages, &error);
        exit_code = exit_code == 0 ? error_exit_code(error.code) : exit_code;
    }
    config_free(invocation.config);
    arena_free(&invocation.arena);
    return exit_code;
}
