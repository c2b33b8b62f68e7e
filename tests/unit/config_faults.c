/* Expecting diagnostics of the configuration. */
#include "tests/unit/config_faults.h"

#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/config/config.h"

static const char *environment(const char *name)
{
    static const char *const pairs[][2] = {
        {"SECRET_URL", "postgresql://u:hunter2@h/d"},
        {"PW", "hunter2"},
        {"AZURE", "$(db_url)"},
        {"BAD", "hunter2://x"},
    };
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        if (strcmp(pairs[i][0], name) == 0) {
            return pairs[i][1];
        }
    }
    return NULL;
}

static void expect(const struct fault_case *fault)
{
    struct diagnostics diagnostics = {0};
    struct buffer shown = {0};
    struct config *config =
        config_parse("d.yaml", fault->text, strlen(fault->text), environment, &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    cr_expect_str_eq(buffer_text(&shown), fault->expected, "of\n%s\ngot\n%s\nnot\n%s", fault->text,
                     buffer_text(&shown), fault->expected);
    cr_expect_eq(config == NULL, diagnostics.error_count > 0, "%s", fault->text);
    cr_expect_null(strstr(buffer_text(&shown), "hunter2"), "%s", fault->text);
    config_free(config);
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
}

void expect_all(const struct fault_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(&cases[i]);
    }
}
