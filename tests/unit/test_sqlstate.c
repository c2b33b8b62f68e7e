/* common/vocabulary/sqlstate: what each code means to the retry, to the pool and to the worker's
 * own statements and scripts. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "common/base/array.h"
#include "common/vocabulary/sqlstate.h"

static const char *cause(const char *text, enum failure_place place)
{
    return failure_cause_word(sqlstate_cause(text, place));
}

Test(sqlstate, what_each_code_means)
{
    static const struct {
        const char *text;
        bool passes;
        const char *connecting;
        const char *own;
        const char *script;
    } cases[] = {
        {"08000", true, "unreachable", "connection", "connection"},
        {"08001", true, "unreachable", "connection", "connection"},
        {"08006", true, "unreachable", "connection", "connection"},
        {"08007", true, "unreachable", "connection", "connection"},
        {"08P01", true, "unreachable", "connection", "connection"},
        {"0A000", false, "unreachable", "sql", "sql"},
        {"22P02", false, "unreachable", "sql", "sql"},
        {"23505", false, "unreachable", "sql", "sql"},
        {"23503", false, "unreachable", "sql", "sql"},
        {"25006", false, "unreachable", "read_only", "read_only"},
        {"25001", false, "unreachable", "sql", "sql"},
        {"25P03", true, "unreachable", "sql", "sql"},
        {"28000", false, "login", "sql", "sql"},
        {"28P01", false, "login", "sql", "sql"},
        {"28XXX", false, "login", "sql", "sql"},
        {"2D000", false, "unreachable", "sql", "sql"},
        {"3D000", false, "no_database", "sql", "sql"},
        {"3F000", false, "unreachable", "no_schema", "sql"},
        {"40001", true, "unreachable", "sql", "sql"},
        {"40P01", true, "unreachable", "sql", "sql"},
        {"40002", false, "unreachable", "sql", "sql"},
        {"42501", false, "privilege", "privilege", "sql"},
        {"42P01", false, "unreachable", "sql", "sql"},
        {"42601", false, "unreachable", "sql", "sql"},
        {"53200", true, "unreachable", "sql", "sql"},
        {"53300", true, "unreachable", "sql", "sql"},
        {"53100", false, "unreachable", "sql", "sql"},
        {"55P03", true, "unreachable", "sql", "sql"},
        {"55000", false, "closed_database", "sql", "sql"},
        {"57014", false, "unreachable", "sql", "sql"},
        {"57000", false, "unreachable", "sql", "sql"},
        {"57P01", true, "unreachable", "connection", "connection"},
        {"57P02", true, "unreachable", "connection", "connection"},
        {"57P03", true, "unreachable", "connection", "connection"},
        {"57P04", false, "unreachable", "connection", "connection"},
        {"57P05", true, "unreachable", "connection", "connection"},
        {"57P09", false, "unreachable", "connection", "connection"},
        {"XX000", false, "unreachable", "sql", "sql"},
        {"", false, "unreachable", "sql", "sql"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *text = cases[i].text;
        cr_expect_eq(sqlstate_passes(text), cases[i].passes, "\"%s\" passes", text);
        cr_expect_str_eq(cause(text, PLACE_CONNECTING), cases[i].connecting, "\"%s\"", text);
        cr_expect_str_eq(cause(text, PLACE_OWN), cases[i].own, "\"%s\"", text);
        cr_expect_str_eq(cause(text, PLACE_SCRIPT), cases[i].script, "\"%s\"", text);
    }
}

Test(sqlstate, a_class_holds_its_codes)
{
    cr_expect(sqlstate_is("08P01", SQLSTATE_CLASS_CONNECTION_EXCEPTION));
    cr_expect(sqlstate_is("55P03", SQLSTATE_LOCK_NOT_AVAILABLE));
    cr_expect_not(sqlstate_is("55P04", SQLSTATE_LOCK_NOT_AVAILABLE));
    cr_expect_not(sqlstate_is("0A000", SQLSTATE_CLASS_CONNECTION_EXCEPTION));
    cr_expect_not(sqlstate_is("", SQLSTATE_CLASS_CONNECTION_EXCEPTION));
}

Test(sqlstate, codes_are_well_formed_and_listed_once)
{
    static const struct {
        const char *code;
        const char *name;
    } rows[] = {
#define SQLSTATE(code, passes, connecting, own, script, name) {code, #name},
#include "common/vocabulary/sqlstates.def"
#undef SQLSTATE
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        bool class = strncmp(rows[i].name, "CLASS_", strlen("CLASS_")) == 0;
        size_t length = strlen(rows[i].code);
        cr_expect(class ? length < 5 : length == 5, "\"%s\" %s", rows[i].code, rows[i].name);
        for (size_t k = 0; k < length; k++) {
            unsigned char byte = (unsigned char)rows[i].code[k];
            cr_expect(isdigit(byte) || isupper(byte), "\"%s\"", rows[i].code);
        }
        for (size_t other = 0; other < i; other++) {
            cr_expect_str_neq(rows[i].code, rows[other].code);
        }
    }
}
