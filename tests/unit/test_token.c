/* Tokens: what a password command prints, and how long that is good. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/arena.h"
#include "worker/connections/oauth_token.h"

enum { NOW = 1795392000 }; /* 2026-11-23 00:00:00 UTC */

static struct token token;

static void teardown(void)
{
    token_clear(&token);
}

TestSuite(token, .fini = teardown);

static void read_it(const char *output)
{
    struct arena arena = {0};
    struct error error = {0};
    token_clear(&token);
    cr_assert_eq(token_read(arena_strdup(&arena, output), NOW, &token, &error), 0, "%s: %s", output,
                 error.message);
    arena_free(&arena);
}

/* `life_s` -1: unknown. */
static void expect(const char *output, const char *value, int64_t life_s)
{
    read_it(output);
    cr_expect_str_eq(token.value, value, "%s", output);
    cr_expect_eq(token.life_known, life_s != -1, "%s", output);
    if (life_s != -1) {
        cr_expect_eq(token.life_ms, life_s * 1000, "%s: %lld", output, (long long)token.life_ms);
    }
}

static void expect_refused(const char *output, const char *message)
{
    struct arena arena = {0};
    struct error error = {0};
    struct token none = {0};
    cr_expect_eq(token_read(arena_strdup(&arena, output), NOW, &none, &error), -1, "%s", output);
    cr_expect(strstr(error.message, message) != NULL, "%s", error.message);
    cr_expect_null(none.value);
    arena_free(&arena);
}

Test(token, a_password_is_the_first_line)
{
    expect("secret\nmore\n", "secret", -1);
    expect("secret\r\n", "secret", -1);
    expect(" with blanks ", " with blanks ", -1);
    expect("{not json\n", "{not json", -1);
    expect("a.b.c", "a.b.c", -1);
    expect("eyJhbGciOiJub25lIn0.not/base64.x", "eyJhbGciOiJub25lIn0.not/base64.x", -1);
    expect("[1]", "[1]", -1);
    expect_refused("\nsecond", "printed nothing");
}

Test(token, json_of_az_and_of_oauth)
{
    /* az account get-access-token: expiresOn is local time, expires_on is not */
    expect("{\n  \"accessToken\": \"abc\",\n  \"expiresOn\": \"2031-01-01 00:00:00.000000\",\n"
           "  \"expires_on\": 1795395600,\n  \"tokenType\": \"Bearer\"\n}\n",
           "abc", 3600);
    expect("{\"access_token\": \"abc\", \"expires_in\": 3599, \"token_type\": \"Bearer\"}", "abc",
           3599);
    /* the metadata service of a virtual machine writes numbers as text */
    expect("{\"access_token\": \"abc\", \"expires_in\": \"86399\", \"expires_on\": \"1795478399\"}",
           "abc", 86399);
    expect("{\"token\": \"abc\", \"expires_on\": \"2026-11-23T00:30:00Z\"}", "abc", 1800);
    expect("{\"token\": \"abc\", \"expires_on\": \"2026-11-23T02:30:00.123+02:00\"}", "abc", 1800);
    expect("{\"token\": \"abc\", \"expires_on\": \"2026-11-22T23:30:00-01:00\"}", "abc", 1800);
    expect("{\"token\": \"abc\", \"expires_on\": 1795388400}", "abc", -3600);
    expect("{\"token\": \"abc\"}", "abc", -1);
    expect("{\"token\": \"abc\", \"expires_on\": \"soon\", \"expires_in\": -1}", "abc", -1);
    expect("{\"token\": \"abc\", \"expires_on\": \"99999999999999999999\"}", "abc", -1);
}

Test(token, local_time)
{
    (void)setenv("TZ", "CET-1", 1);
    tzset();
    expect("{\"accessToken\": \"abc\", \"expiresOn\": \"2026-11-23 02:00:00.000000\"}", "abc",
           3600);
}

Test(token, the_claim_exp)
{
    /* {"alg":"none"} . {"exp":1795393800,"sub":"drover??>"} */
    static const char text[] =
        "eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTUzOTM4MDAsInN1YiI6ImRyb3Zlcj8_PiJ9.c2lnbmVk";
    expect(text, text, 1800);
    char object[256];
    (void)snprintf(object, sizeof object, "{\"accessToken\": \"%s\"}", text);
    expect(object, text, 1800);
    /* {"sub":"x"} has none */
    expect("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", -1);
}

Test(token, objects_without_a_token)
{
    expect_refused("{\"data\": {\"password\": \"x\"}}", "JSON object without a token");
    expect_refused("{\"accessToken\": \"\"}", "JSON object without a token");
    expect_refused("{\"accessToken\": 1}", "JSON object without a token");
}

Test(token, fetched_again_before_the_end)
{
    const int64_t minute = 60000;
    cr_expect_eq(token_kept_ms(60 * minute), 55 * minute);
    cr_expect_eq(token_kept_ms(24 * 60 * minute), (24 * 60 - 5) * minute);
    cr_expect_eq(token_kept_ms(50 * minute), 45 * minute);
    cr_expect_eq(token_kept_ms(5 * minute), 5 * minute - minute / 2);
    cr_expect_eq(token_kept_ms(0), 0);
    cr_expect_eq(token_kept_ms(-minute), 0);
    cr_expect_eq(token_kept_ms(INT64_MAX), INT64_MAX - 5 * minute);
}
