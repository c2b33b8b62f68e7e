/* The manual's lists, and which format is which. */
#include "cli/manual/manual.h"

#include <string.h>

#include "common/base/array.h"

const struct manual_exit manual_exits[] = {
#define EXIT(code, summary, meaning) {code, summary, meaning},
#include "cli/manual/exits.def"
#undef EXIT
};
const size_t manual_exit_count = LENGTH(manual_exits);

const struct manual_variable manual_variables[] = {
#define VARIABLE(names, meaning) {names, meaning},
#include "cli/manual/environment.def"

#include "common/base/array.h"
#undef VARIABLE
};
const size_t manual_variable_count = LENGTH(manual_variables);

const struct manual_example manual_examples[] = {
    {"drover init", "a configuration and a folder for migrations"},
    {"drover revision -m \"create account\"", "a migration file to fill in"},
    {"drover plan", "would it work? nothing is changed"},
    {"drover upgrade head", "validate all, then deploy wave by wave"},
};
const size_t manual_example_count = LENGTH(manual_examples);

static const char *const groups[] = {
#define GROUP_HEADING(name, heading) heading,
    COMMAND_GROUP_LIST(GROUP_HEADING)
#undef GROUP_HEADING
};

const char *manual_group(enum command_group group)
{
    return groups[group];
}

const char *manual_description(const struct command *command)
{
    return command->description[0] == '\0' ? command->summary : command->description;
}

bool manual_option_is_common(const struct command_option *option)
{
    return option->commands == UINT64_MAX;
}

static const struct {
    const char *name;
    void (*append)(struct buffer *out);
} formats[] = {
    {"man", manual_page},
    {"man-config", manual_config_page},
    {"markdown", manual_reference},
    {"bash", manual_bash},
    {"zsh", manual_zsh},
    {"fish", manual_fish},
    {"schema", manual_schema},
};

const char *manual_format_name(size_t place)
{
    return place < LENGTH(formats) ? formats[place].name : NULL;
}

int manual_format(const char *format, struct buffer *out, struct error *error)
{
    for (size_t i = 0; i < LENGTH(formats); i++) {
        if (strcmp(formats[i].name, format) == 0) {
            formats[i].append(out);
            return 0;
        }
    }
    (void)error_set(error, ERROR_USAGE, "there is no format \"%s\"", format);
    return error_hint(error, "man, man-config, markdown, bash, zsh, fish or schema");
}
