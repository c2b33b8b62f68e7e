/* Which messages count as one fault. */
#include <string.h>

#include <criterion/criterion.h>

#include "common/base/array.h"
#include "coordinator/shell/likeness.h"

static bool alike(const char *one, const char *other)
{
    static const char *const names_one[] = {"acme", "acme_db", ""};
    static const char *const names_other[] = {"bolt", "bolt_db", ""};
    struct buffer a = {0};
    struct buffer b = {0};
    likeness_append(one, (struct texts){names_one, 3}, &a);
    likeness_append(other, (struct texts){names_other, 3}, &b);
    bool equal = a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
    buffer_free(&a);
    buffer_free(&b);
    return equal;
}

static const struct {
    const char *one;
    const char *other;
    bool alike;
} rows[] = {
    {"database \"acme_db\" does not exist", "database \"bolt_db\" does not exist", true},
    {"relation acme.x of acme", "relation bolt.x of bolt", true},
    {"acmes are gone", "bolts are gone", false}, /* whole words only */
    {"relation \"users\" does not exist", "relation \"orders\" does not exist", false},
    {"relation \"p_2024\" does not exist", "relation \"p_2025\" does not exist", true},
    {"tuple concurrently updated at block 17", "tuple concurrently updated at block 9", true},
    {"account 12 is bad", "account 4,711 is bad", false}, /* groups of digits are two numbers */
    {"invalid input syntax for type integer: \"x\"",
     "invalid input syntax for type integer: \"yy\"", true},
    {"value \"a\" is out of range", "value \"b\" is out of range", true},
    {"cannot drop 'red'", "cannot drop 'green'", true},
    {"can't drop it", "can't keep it", false},
    {"id 0b6f9e1c-50f0-4d3a-9be2-5a7c11d0aaee is gone",
     "id ffffffff-ffff-ffff-ffff-ffffffffffff is gone", true},
    {"hash 9e1cab is bad", "hash 12d3 is bad", true},
    {"hash beef is bad", "hash cafe is bad", false}, /* may be words */
    {"first", "second", false},
};

Test(likeness, rows)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        cr_expect_eq(alike(rows[i].one, rows[i].other), rows[i].alike, "%s | %s", rows[i].one,
                     rows[i].other);
    }
}
