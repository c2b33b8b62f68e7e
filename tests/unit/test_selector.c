/* common/base/selector.h: the grammar, what matches, the canonical text. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/selector.h"

static struct arena arena;

static void forget(void)
{
    arena_free(&arena);
}

static const struct selector *parsed(const char *text)
{
    struct error error = {0};
    const struct selector *selector = NULL;
    cr_assert_eq(selector_parse(&arena, text, &selector, &error), 0, "%s: %s", text, error.message);
    return selector;
}

static const char *printed(const char *text)
{
    struct buffer out = {0};
    selector_print(parsed(text), &out);
    const char *copy = arena_strdup(&arena, buffer_text(&out));
    buffer_free(&out);
    return copy;
}

static void expect_printed(const char *text, const char *canonical)
{
    const char *once = printed(text);
    cr_expect_str_eq(once, canonical, "%s: %s instead of %s", text, once, canonical);
    cr_expect_str_eq(printed(once), once, "%s again", once);
}

Test(selector, canonical_text, .fini = forget)
{
    expect_printed("", "");
    expect_printed(" \t ", "");
    expect_printed("tier=internal", "tier=internal");
    expect_printed("tier == internal", "tier=internal");
    expect_printed("tier in ( internal )", "tier=internal");
    expect_printed("tier notin(free)", "tier!=free");
    expect_printed("region in (us,eu,us)", "region in (eu,us)");
    expect_printed(" ! tier , region notin ( b , a ) ,beta", "beta,region notin (a,b),!tier");
    expect_printed("a=1,a=1,a==1", "a=1");
    expect_printed("a,!a,a!=2,a=1", "a=1,a!=2,a,!a");
    expect_printed("in in (in,notin),notin", "in in (in,notin),notin");
    expect_printed("name='a, (b)',other=\"it's\"", "name='a, (b)',other=\"it's\"");
    expect_printed("name in (')', \"(\",'')", "name in ('','(',')')");
    expect_printed("a='plain',b=''", "a=plain,b=''");
    expect_printed("db=pg-1:5432/x@y.z%*+-_", "db=pg-1:5432/x@y.z%*+-_");
    expect_printed("app.kubernetes.io/name=x", "app.kubernetes.io/name=x");
    expect_printed("city='Zürich'", "city='Zürich'");
    expect_printed("a in (9,8,7,6,5,4,3,2,1,0)", "a in (0,1,2,3,4,5,6,7,8,9)");
}

static bool matches(const char *text, const char *const *labels, size_t count)
{
    return selector_matches_labels(parsed(text), (struct texts){labels, count});
}

Test(selector, matches_labels, .fini = forget)
{
    const char *const labels[] = {"empty=", "region=eu-west", "tier=internal", "tiers=x=y"};
    static const struct {
        const char *text;
        bool expected;
    } cases[] = {
        {"", true},
        {"tier=internal", true},
        {"tier=intern", false},
        {"tier=internally", false},
        {"tie=internal", false},
        {"tier!=internal", false},
        {"tier!=free", true},
        {"ring!=3", true}, /* no such label */
        {"ring notin (1,2)", true},
        {"ring=3", false},
        {"ring in (1,2)", false},
        {"tier in (free,internal)", true},
        {"tier notin (free,internal)", false},
        {"tier notin (free,gold)", true},
        {"tier", true},
        {"!tier", false},
        {"ring", false},
        {"!ring", true},
        {"tier=internal,region=us", false},
        {"tier=internal,region=eu-west,!ring", true},
        {"empty=''", true},
        {"tier=''", false},
        {"tiers='x=y'", true},
        {"region=eu*", true},
        {"region=*west", true},
        {"region=e*-*t", true},
        {"region=*", true},
        {"empty=*", true},
        {"ring=*", false},
        {"region=us*", false},
        {"region=*we", false},
        {"region='**w**'", true},
        {"region!=eu*", false},
        {"region in (us*,eu-*)", true},
        {"region notin (us*,ap*)", true},
        {"Tier=internal", false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_eq(matches(cases[i].text, labels, 4), cases[i].expected, "%s", cases[i].text);
    }
    cr_expect(matches("!tier,tier!=x", NULL, 0));
    const char *const stars[] = {"x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    cr_expect_not(matches("x=*a*a*a*a*a*a*a*a*a*a*a*a*b", stars, 1)); /* and not for ever */
}

Test(selector, faults, .fini = forget)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {",", "column 1: the key of a label is expected"},
        {"a=1,", "column 5: the key of a label is expected"},
        {"a=1,,b=2", "column 5: the key of a label is expected"},
        {"'a'=1", "column 1: the key of a label is expected"},
        {"!!a", "column 2: the key of a label is expected"},
        {"a=", "column 3: a value is expected (the empty one is '')"},
        {"a=,b=1", "column 3: a value is expected (the empty one is '')"},
        {"a=!3", "column 3: a value with this character is written in quotes"},
        {"a=Zürich", "column 4: a value with this character is written in quotes"},
        {"a=1 b=2", "column 5: a comma or the end is expected"},
        {"!a=1", "column 3: a comma or the end is expected"},
        {"a is b", "column 3: =, !=, in, notin, a comma or the end is expected"},
        {"a inside (b)", "column 3: =, !=, in, notin, a comma or the end is expected"},
        {"a>1", "column 2: =, !=, in, notin, a comma or the end is expected"},
        {"a in b", "column 6: values in parentheses are expected"},
        {"a in ()", "column 7: a value is expected (the empty one is '')"},
        {"a in (b", "column 8: a comma or a closing parenthesis is expected"},
        {"a notin (b c)", "column 12: a comma or a closing parenthesis is expected"},
        {"a in (b,)", "column 9: a value is expected (the empty one is '')"},
        {"a='b", "column 3: the quoted value does not end"},
        {"a='b\nc'", "column 5: a control character"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct error error = {0};
        const struct selector *selector = NULL;
        cr_expect_eq(selector_parse(&arena, cases[i].text, &selector, &error), -1, "%s",
                     cases[i].text);
        cr_expect_str_eq(error.message, cases[i].message, "%s: %s", cases[i].text, error.message);
        cr_expect_eq(error.code, ERROR_USAGE);
        cr_expect(strstr(error.hint, "tier=internal") != NULL);
    }
}

Test(selector, labels_it_asks_for, .fini = forget)
{
    struct texts labels =
        selector_labels(parsed("b in (2,1,x*),a=3,c!=4,d,!e,f notin (5)"), &arena);
    cr_assert_eq(labels.count, 3);
    cr_expect_str_eq(labels.items[0], "a=3");
    cr_expect_str_eq(labels.items[1], "b=1");
    cr_expect_str_eq(labels.items[2], "b=2");
    cr_expect_eq(selector_labels(parsed(""), &arena).count, 0);
}

Test(selector, keys, .fini = forget)
{
    const struct selector *selector = parsed("wave=3,state in (failed,done),!a,state!=x");
    cr_assert_eq(selector_key_count(selector), 3);
    cr_expect_str_eq(selector_key(selector, 0), "a");
    cr_expect_str_eq(selector_key(selector, 1), "state");
    cr_expect_str_eq(selector_key(selector, 2), "wave");
    cr_expect_eq(selector_key_count(parsed("")), 0);
}
