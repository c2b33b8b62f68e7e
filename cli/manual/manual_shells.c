/* Completion for bash, zsh and fish: each hands the words over and offers what `drover complete`
 * answers, so that what may stand where is known in one place.
 */
#include "cli/manual/manual.h"

void manual_bash(struct buffer *out)
{
    buffer_text_append(
        out,
        "# Completion for bash. Made by `drover help --format bash`.\n"
        "# shellcheck shell=bash\n\n"
        "_drover() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} lines=() line\n"
        "    [[ $current == '=' ]] && current=''\n"
        "    mapfile -t lines < <(\"${COMP_WORDS[0]}\" complete -- "
        "\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
        "    COMPREPLY=()\n"
        "    for line in ${lines[@]+\"${lines[@]}\"}; do\n"
        "        case $line in\n"
        "        :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
        "\"$current\") ;;\n"
        "        :folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d "
        "-- \"$current\") ;;\n"
        "        *[=:]$'\\t'*) compopt -o nospace 2>/dev/null; COMPREPLY+=(\"${line%%$'\\t'*}\") "
        ";;\n"
        "        *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
        "        esac\n"
        "    done\n"
        "    # bash takes a colon for the end of a word\n"
        "    [[ $current == *:* ]] && declare -F __ltrim_colon_completions >/dev/null && "
        "__ltrim_colon_completions \"$current\"\n"
        "    return 0\n"
        "}\n"
        "complete -F _drover drover\n");
}

void manual_zsh(struct buffer *out)
{
    buffer_text_append(
        out, "#compdef drover\n"
             "# Completion for zsh. Made by `drover help --format zsh`.\n\n"
             "_drover() {\n"
             "    local line\n"
             "    local -a lines described open\n"
             "    lines=(\"${(@f)$(\"${words[1]}\" complete -- \"${(@Q)words[2,CURRENT]}\" "
             "2>/dev/null)}\")\n"
             "    for line in $lines; do\n"
             "        case $line in\n"
             "        :file) _files; return ;;\n"
             "        :folder) _files -/; return ;;\n"
             "        *[=:]$'\\t'*) open+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
             "        *) described+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
             "        esac\n"
             "    done\n"
             "    _describe -V drover described -- open -S ''\n"
             "}\n\n"
             "[[ $funcstack[1] == _drover ]] && _drover \"$@\" || compdef _drover drover\n");
}

void manual_fish(struct buffer *out)
{
    buffer_text_append(out, "# Completion for fish. Made by `drover help --format fish`.\n\n"
                            "function __drover_complete\n"
                            "    set -l words (commandline -opc) (commandline -ct)\n"
                            "    for line in ($words[1] complete -- $words[2..] 2>/dev/null)\n"
                            "        switch $line\n"
                            "            case :file\n"
                            "                __fish_complete_path (commandline -ct)\n"
                            "            case :folder\n"
                            "                __fish_complete_directories (commandline -ct) ''\n"
                            "            case '*'\n"
                            "                echo -- $line\n"
                            "        end\n"
                            "    end\n"
                            "end\n\n"
                            "complete -c drover -f -a '(__drover_complete)'\n");
}
