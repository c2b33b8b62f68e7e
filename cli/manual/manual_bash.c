/* Completion for bash: the tables as `case` lists, and a function that walks the command line. */
#include <stdio.h>
#include <string.h>

#include "cli/manual/manual.h"

/* The first words of all commands; then, as patterns, what follows the first of two. */
static void words_append(struct buffer *out)
{
    buffer_text_append(out, "_drover_words() {\n    case $1 in\n    '') echo '");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *words = commands[i].words;
        size_t first = strcspn(words, " ");
        bool seen = false;
        for (size_t j = 0; j < i; j++) {
            seen = seen || (strncmp(commands[j].words, words, first) == 0 &&
                            strcspn(commands[j].words, " ") == first);
        }
        if (!seen) {
            buffer_printf(out, "%s%.*s", i == 0 ? "" : " ", (int)first, words);
        }
    }
    buffer_text_append(out, "' ;;\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *blank = strchr(commands[i].words, ' ');
        if (blank != NULL) {
            buffer_printf(out, "    %.*s) echo '%s' ;;\n", (int)(blank - commands[i].words),
                          commands[i].words, blank + 1);
        }
    }
    buffer_text_append(out, "    esac\n}\n\n");
}

static void option_append(const struct command_option *option, struct buffer *out)
{
    buffer_printf(out, " --%s", option->long_name);
    if (option->short_name != 0) {
        buffer_printf(out, " -%c", option->short_name);
    }
}

static void options_append(struct buffer *out)
{
    buffer_text_append(out, "_drover_options() {\n    case $1 in\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        buffer_printf(out, "    '%s') echo '", commands[i].words);
        for (size_t j = 0; j < OPTION_COUNT; j++) {
            if (command_takes(commands[i].id, &command_options[j])) {
                option_append(&command_options[j], out);
            }
        }
        buffer_text_append(out, "' ;;\n");
    }
    buffer_text_append(out, "    *) echo '");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (manual_option_is_common(&command_options[i])) {
            option_append(&command_options[i], out);
        }
    }
    buffer_text_append(out, "' ;;\n    esac\n}\n\n");
}

/* What stands for an argument is its kind: FILE, DIR, REVISION, ... */
static void arguments_append(struct buffer *out)
{
    buffer_text_append(out, "# The kind of an option's or a command's argument.\n"
                            "_drover_argument() {\n    case $1 in\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct command_option *option = &command_options[i];
        if (option->argument == NULL) {
            continue;
        }
        buffer_text_append(out, "    ");
        if (option->short_name != 0) {
            buffer_printf(out, "-%c | ", option->short_name);
        }
        buffer_printf(out, "--%s) echo '%s' ;;\n", option->long_name, option->argument);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].arguments[0] != '\0') {
            buffer_printf(out, "    '%s') echo '%s' ;;\n", commands[i].words,
                          commands[i].arguments);
        }
    }
    buffer_text_append(out, "    esac\n}\n\n");
}

static const char program[] =
    "_drover_reply() {\n"
    "    case $1 in\n"
    "    FILE | '[INI]') compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
    "\"$2\") ;;\n"
    "    DIR | '[DIR]') compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "
    "\"$2\") ;;\n"
    "    '[COMMAND]') mapfile -t COMPREPLY < <(compgen -W \"$(_drover_words '')\" -- \"$2\") ;;\n"
    "    COMMAND*) mapfile -t COMPREPLY < <(compgen -W 'upgrade downgrade stamp' -- \"$2\") ;;\n"
    "    REVISION* | '[REVISION]'*) mapfile -t COMPREPLY < <(compgen -W 'head heads base' -- "
    "\"$2\") "
    ";;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_drover() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} command='' first='' kind='' word i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -* ]]; then\n"
    "            kind=$(_drover_argument \"$word\")\n"
    "            if [[ -n $kind ]]; then # its value follows\n"
    "                [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((i++))\n"
    "                if ((i + 1 >= COMP_CWORD)); then\n"
    "                    [[ $current == '=' ]] && current=''\n"
    "                    _drover_reply \"$kind\" \"$current\"\n"
    "                    return\n"
    "                fi\n"
    "                ((i++))\n"
    "            fi\n"
    "        elif [[ -z $command && -n $first ]]; then\n"
    "            command=\"$first $word\"\n"
    "        elif [[ -z $command && -n $(_drover_words \"$word\") ]]; then\n"
    "            first=$word\n"
    "        elif [[ -z $command ]]; then\n"
    "            command=$word\n"
    "        fi\n"
    "    done\n"
    "    if [[ $current == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_drover_options \"$command\")\" -- "
    "\"$current\")\n"
    "    elif [[ -z $command ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_drover_words \"$first\")\" -- \"$current\")\n"
    "    else\n"
    "        _drover_reply \"$(_drover_argument \"$command\")\" \"$current\"\n"
    "    fi\n"
    "}\n"
    "complete -F _drover drover\n";

void manual_completion(struct buffer *out)
{
    buffer_text_append(out, "# Completion for bash. Made by `drover help --format bash`.\n"
                            "# shellcheck shell=bash\n\n");
    words_append(out);
    options_append(out);
    arguments_append(out);
    buffer_text_append(out, program);
}
