/* Two tables: commands that only change what psql prints and how it goes on, and what to write instead of the
 * others. */
#include "common/revision/meta_command.h"

#include <string.h>

#include "common/base/array.h"
#include "common/revision/scan.h"

/* Their place is their bit. */
static const char *const idle_commands[] = {
    "restrict", "unrestrict", "set", "unset", "echo", "qecho", "warn",     "timing",   "pset", "x",
    "t",        "a",          "f",   "H",     "C",    "T",     "encoding", "conninfo", "o",
};

static const char *const idle_variables[] = {
    "COMP_KEYWORD_CASE", "ECHO",
    "ECHO_HIDDEN",       "FETCH_COUNT",
    "HIDE_TABLEAM",      "HIDE_TOAST_COMPRESSION",
    "HISTCONTROL",       "HISTFILE",
    "HISTSIZE",          "IGNOREEOF",
    "ON_ERROR_ROLLBACK", "ON_ERROR_STOP",
    "PROMPT1",           "PROMPT2",
    "PROMPT3",           "QUIET",
    "SHOW_ALL_RESULTS",  "SHOW_CONTEXT",
    "VERBOSITY",
};

static const char plain_hint[] =
    "revisions hold plain SQL; remove the line, or write what it does as SQL";
static const char variable_hint[] =
    "variables of psql are not replaced: write the value where :name stands, and remove the line";
static const char commit_hint[] =
    "remove the line: Drover begins and commits the transaction itself";

static const struct {
    const char *names; /* with blanks around each */
    const char *hint;
} refused_commands[] = {
    {" i ir include include_relative ",
     "put the text of that file here, or make it a revision of its own"},
    {" copy ", "write COPY ... FROM STDIN; with the data in the lines below it, and then a line "
               "that holds only '\\.'"},
    {" g gx ", "write ';' where the statement ends"},
    {" gset ", "write the value where it is needed, or use SELECT ... INTO in a DO block"},
    {" gexec ", "run what it makes with EXECUTE in a DO block"},
    {" if elif else endif ", "write the condition as IF in a DO block"},
    {" c connect ", "remove the line: Drover connects to each target by itself"},
    {" prompt getenv ", variable_hint},
    {" encoding ", "save the file in the encoding UTF-8 and remove the line"},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t word_end(const char *text, size_t end, size_t at)
{
    while (at < end && !is_blank(text[at]) && text[at] != ';') {
        at++;
    }
    return at;
}

static bool text_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool is_listed(const char *const *words, size_t count, const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (text_is(text, length, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_utf8(const char *text, size_t length)
{
    static const char *const names[] = {"UTF8",     "UTF-8",     "utf8",     "utf-8",
                                        "'UTF8'",   "'UTF-8'",   "'utf8'",   "'utf-8'",
                                        "\"UTF8\"", "\"UTF-8\"", "\"utf8\"", "\"utf-8\""};
    return length == 0 || is_listed(names, LENGTH(names), text, length);
}

/* Whether this one of idle_commands does nothing with this argument either. */
static bool is_idle(const char *command, const char *argument, size_t length)
{
    if (strcmp(command, "set") == 0) {
        return length == 0 || is_listed(idle_variables, LENGTH(idle_variables), argument, length);
    }
    if (strcmp(command, "encoding") == 0) {
        return is_utf8(argument, length);
    }
    return strcmp(command, "o") != 0 || length == 0 || argument[0] != '|';
}

static const char *hint_of(const char *name, size_t length, const char *argument)
{
    if (text_is(name, length, "set")) {
        static const char commits[] = "AUTOCOMMIT";
        return strncmp(argument, commits, sizeof commits - 1) == 0 ? commit_hint : variable_hint;
    }
    for (size_t i = 0; i < LENGTH(refused_commands); i++) {
        const char *at = refused_commands[i].names;
        while (*at == ' ' && at[1] != '\0') {
            size_t word = strcspn(at + 1, " ");
            if (word == length && memcmp(at + 1, name, length) == 0) {
                return refused_commands[i].hint;
            }
            at += 1 + word;
        }
    }
    return plain_hint;
}

/* Two backslashes end a meta-command before its line does; a carriage return alone ends a line for a server only. */
static bool goes_on(const char *text, size_t start, size_t end)
{
    for (size_t at = start; at < end; at++) {
        if (text[at] == '\r' || (text[at] == '\\' && at + 1 < end && text[at + 1] == '\\')) {
            return true;
        }
    }
    return false;
}

struct meta_command meta_command_read(const char *text, size_t length, size_t start)
{
    const char *newline = memchr(text + start, '\n', length - start);
    size_t end = newline != NULL ? (size_t)(newline - text) : length;
    size_t name = start + 1;
    struct meta_command command = {.name_end = word_end(text, end, name), .end = end};
    size_t argument = command.name_end;
    while (argument < end && is_blank(text[argument])) {
        argument++;
    }
    size_t argument_length = word_end(text, end, argument) - argument;
    for (size_t i = 0; i < LENGTH(idle_commands); i++) {
        if (text_is(text + name, command.name_end - name, idle_commands[i]) &&
            is_idle(idle_commands[i], text + argument, argument_length)) {
            command.word = 1U << i;
        }
    }
    if (command.word != 0 && goes_on(text, argument, end)) {
        command.word = 0;
        command.hint = "put it on a line of its own";
    } else if (command.word == 0) {
        command.hint = hint_of(text + name, command.name_end - name, text + argument);
    }
    return command;
}

const char *meta_command_hint_within(void)
{
    return "put it on a line of its own, before the statement";
}

void meta_command_names_append(struct buffer *out, unsigned words)
{
    const char *separator = "";
    for (size_t i = 0; i < LENGTH(idle_commands); i++) {
        if ((words & 1U << i) != 0) {
            buffer_printf(out, "%s\\%s", separator, idle_commands[i]);
            separator = ", ";
        }
    }
}
