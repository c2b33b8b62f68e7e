/* The reference page: one table for each section, then how values are written. */
#include "common/config/reference.h"

#include <string.h>

#include "common/base/array.h"
#include "common/config/option.h"
#include "common/config/probe.h"

const char config_reference_introduction[] =
    "One file describes the fleet and how a rollout goes over it. Relative paths are relative to "
    "the\n"
    "folder of the file. Everything wrong is shown at once, as `file:line:column` with a hint.";

const struct config_value config_values[] = {
    {"`${NAME}`", "inside any value: the environment variable NAME; an error if it is not set. "
                  "`$$` is a dollar sign"},
    {"duration", "a number with `ms`, `s`, `m`, `h` or `d`: `250ms`, `2s`, `1h30m`"},
    {"range of durations", "`1s..60s`"},
    {"budget", "a count `3`, or a percentage `1%` of the targets concerned, rounded down"},
    {"duration or off", "a duration; `off` or `0s` for none"},
    {"labels", "a mapping `{tier: internal, region: us}`: letters, digits and `_ . - /`"},
    {"selector",
     "a mapping `{tier: internal, region: [us, eu], ring: \"!3\", beta: \"*\"}` (is, is one of, "
     "is not, exists), or the same as text: `tier=internal,region in (us,eu),ring!=3,beta`; also "
     "`x "
     "notin (a,b)` and `!x`. All must hold; what lacks the label is not `3` either; `*` in a value "
     "is any text; others than letters, digits and `_ . : / @ % * + -` are quoted"},
    {"schedule",
     "cron: minute, hour, day of month, month, day of week, as numbers, `*`, lists, ranges, steps "
     "and names: `0 1 * * 1-5`, `*/30 22-23 * * SAT,SUN`, `@daily`. What falls into the hour that "
     "daylight saving skips happens right after it, what falls into the hour that comes twice "
     "happens once, the first time (with `*` as hour: both times)"},
    {"time zone", "a name of the IANA database: `Europe/Berlin`, `UTC`; by ICU's rules"},
    {"URL", "`postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE`, or `host=... dbname=...` "
            "pairs; never with a password"},
    {"path", "relative to the folder of the file"},
};
const size_t config_value_count = LENGTH(config_values);

const char config_reference_end[] =
    "YAML anchors, aliases, tags and several documents in one file are refused.";

static void values_append(struct buffer *out)
{
    buffer_text_append(out, "\n## How values are written\n\n| value | means |\n|---|---|\n");
    for (size_t i = 0; i < config_value_count; i++) {
        buffer_printf(out, "| %s | %s |\n", config_values[i].name, config_values[i].meaning);
    }
    buffer_printf(out, "\n%s\n", config_reference_end);
}

static void section_append(struct buffer *out, enum section section)
{
    const char *path = section_path(section);
    if (path[0] != '\0') {
        buffer_printf(out, "\n## `%s`\n\n", path);
    } else {
        buffer_text_append(out, "\n## Top level\n\n");
    }
    buffer_text_append(out, "| option | type | default | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->section != section) {
            continue;
        }
        buffer_printf(out, "| `%s` | %s | ", option->key, option_type_description(option->type));
        if (option->fallback == NULL) {
            buffer_text_append(out, "required");
        } else if (option->fallback[0] != '\0') {
            buffer_printf(out, "`%s`", option->fallback);
        }
        buffer_printf(out, " | %s |\n", option->help);
    }
}

static void probes_append(struct buffer *out)
{
    buffer_text_append(out,
                       "\n## Built-in probes\n\nFor `rollout.throttle[].probe`. One that needs "
                       "`pg_monitor` fails for a role without it, rather than find all well."
                       "\n\n| probe | measures |\n|---|---|\n");
    for (size_t i = 0; i < probe_count; i++) {
        buffer_printf(out, "| `%s` | %s |\n", probes[i].word, probes[i].help);
    }
}

void config_reference(struct buffer *out)
{
    buffer_printf(out,
                  "<!-- Made from common/config/options.def by config_reference; UPDATE_GOLDEN=1 "
                  "test_config rewrites it. -->\n# drover.yaml\n\n%s Working\nsamples are in "
                  "`config/`.\n",
                  config_reference_introduction);
    for (enum section section = SECTION_ROOT; section < SECTION_COUNT; section++) {
        section_append(out, section);
    }
    probes_append(out);
    values_append(out);
}
