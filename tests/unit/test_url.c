/* URLs: taken apart by libpq, put together again; passwords never come out. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/config/url.h"

static struct arena arena;

static void teardown(void)
{
    arena_free(&arena);
}

TestSuite(url, .fini = teardown);

static struct url parse(const char *text)
{
    struct url url;
    struct error error;
    cr_assert_eq(url_parse(text, &arena, &url, &error), 0, "%s: %s", text, error.message);
    return url;
}

Test(url, parts)
{
    struct url url = parse("postgresql://me:p%2Fw@db.example:5433/sh%20op?sslmode=require&"
                           "application_name=x%26y");
    cr_expect_str_eq(url.host, "db.example");
    cr_expect_str_eq(url.port, "5433");
    cr_expect_str_eq(url.user, "me");
    cr_expect_str_eq(url.password, "p/w");
    cr_expect_str_eq(url.database, "sh op");
    cr_expect_str_eq(url.options, "application_name=x%26y&sslmode=require");
}

Test(url, absent_parts_are_empty)
{
    struct url url = parse("postgresql://");
    cr_expect_str_eq(url.host, "");
    cr_expect_str_eq(url.port, "");
    cr_expect_str_eq(url.user, "");
    cr_expect_null(url.password);
    cr_expect_str_eq(url.database, "");
    cr_expect_str_eq(url.options, "");
}

/* Formatting gives the normal form, and the normal form gives itself. */
Test(url, round_trip)
{
    static const char *const cases[][2] = {
        {"postgresql://", "postgresql://"},
        {"postgres://h", "postgresql://h"},
        {"postgresql://h/d", "postgresql://h/d"},
        {"postgresql://u@h:1/d", "postgresql://u@h:1/d"},
        {"postgresql://u:secret@h:1/d", "postgresql://u@h:1/d"},
        {"postgresql:///d", "postgresql:///d"},
        {"postgresql://u@/d", "postgresql://u@/d"},
        {"postgresql://:5433/d", "postgresql://:5433/d"},
        {"postgresql://[::1]:5433/d", "postgresql://[::1]:5433/d"},
        {"postgresql://[::1]/d", "postgresql://[::1]/d"},
        {"postgresql://[fe80::1%25eth0]/d", "postgresql://[fe80::1%25eth0]/d"},
        {"postgresql://%2Frun%2Fpg/d", "postgresql://%2Frun%2Fpg/d"},
        {"postgresql:///d?host=/run/pg&port=5433", "postgresql://%2Frun%2Fpg:5433/d"},
        {"host=/run/pg dbname=d", "postgresql://%2Frun%2Fpg/d"},
        {"host='a b' user='x y' dbname=d", "postgresql://x%20y@a%20b/d"},
        {"postgresql://h1:1,h2:2/d?target_session_attrs=read-write",
         "postgresql://h1:1,h2:2/d?target_session_attrs=read-write"},
        {"postgresql://h1,h2/d", "postgresql://h1,h2/d"},
        {"postgresql://h1:1,h2/d", "postgresql://h1:1,h2/d"},
        {"host=h1,h2 port=5433 dbname=d", "postgresql://h1:5433,h2:5433/d"},
        {"postgresql://h1,[::1]:2/d", "postgresql://h1,[::1]:2/d"},
        {"postgresql://h/a%2Fb%3F%25%23", "postgresql://h/a%2Fb%3F%25%23"},
        {"postgresql://u%40x@h/d", "postgresql://u%40x@h/d"},
        {"postgresql://h/t%C3%A9nant", "postgresql://h/t%C3%A9nant"},
        {"postgresql://h/d?options=-c%20a%3Db", "postgresql://h/d?options=-c%20a%3Db"},
        {"postgresql://h?sslmode=disable", "postgresql://h/?sslmode=disable"},
        {"postgresql+asyncpg://u@h:1/d", "postgresql://u@h:1/d"},
        {"postgres+psycopg2://u:p+w@h/d?ssl=true", "postgresql://u@h/d?sslmode=require"},
        {" postgresql://h/d \r\n", "postgresql://h/d"},
        {"host=h dbname=d\n", "postgresql://h/d"},
        {"hostaddr=10.0.0.1 dbname=d", "postgresql:///d?hostaddr=10.0.0.1"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct url url = parse(cases[i][0]);
        const char *text = url_format(&url, &arena);
        cr_expect_str_eq(text, cases[i][1], "%s gave %s", cases[i][0], text);
        struct url again = parse(text);
        cr_expect_str_eq(again.host, url.host, "%s", text);
        cr_expect_str_eq(again.user, url.user, "%s", text);
        cr_expect_str_eq(again.database, url.database, "%s", text);
        cr_expect_str_eq(again.options, url.options, "%s", text);
        cr_expect_null(again.password);
        cr_expect_str_eq(url_format(&again, &arena), text);
    }
}

Test(url, malformed_text_is_never_repeated)
{
    static const char *const cases[][2] = {
        {"", "is not a PostgreSQL URL"},
        {"hunter2", "is not a PostgreSQL URL"},
        {"http://hunter2@h/d", "is not a PostgreSQL URL: it begins with http:"},
        {"postgis://u:hunter2@h/d", "is not a PostgreSQL URL: it begins with postgis:"},
        {"hunter2://h/d", "is not a PostgreSQL URL"},
        {"'postgresql://u:hunter2@h/d'", "begins with a quotation mark"},
        {"jdbc:postgresql://h/d?password=hunter2", "is a URL for JDBC"},
        {"postgresql://u:hunter2@h/d\nx", "has a line feed in it"},
        {"postgresql://u:hunter2@h/d?schema=public",
         "has a parameter that libpq does not know: \"schema\""},
        {"postgresql://h:1/d?sslmode=require&pgbouncer=true",
         "has a parameter that libpq does not know: \"pgbouncer\""},
        {"postgresql://u:p?hunter2=1", "is not a URL that libpq can read"},
        {"postgresql://h/d?hunter2", "is not a URL that libpq can read"},
        {"postgresql://u:hunter2%@h/d",
         "is not a readable URL: a % without two hexadecimal digits after it"},
        {"postgresql://u:p/hunter2@h/d", "is not a URL that libpq can read"},
        {"postgresql://u:p?/hunter2@h/d", "is not a URL that libpq can read"},
        {"postgresql://hunter2:pw", "has a port that is not a number"},
        {"host=hunter2 port=1x", "has a port that is not a number"},
        {"postgresql://[::1/hunter2", "is not a URL that libpq can read"},
        {"host=a,b port=1,2,3 dbname=hunter2", "has not as many ports as hosts"},
        {"postgresql://h/d?sslpassword=hunter2", "carries sslpassword, which is not supported"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct url url;
        struct error error;
        cr_expect_eq(url_parse(cases[i][0], &arena, &url, &error), -1, "%s", cases[i][0]);
        cr_expect_str_eq(error.message, cases[i][1]);
        cr_expect_null(strstr(error.hint, "hunter2"));
        cr_expect_str_eq(url_redact(cases[i][0], &arena), "(unreadable URL)");
    }
}

Test(url, another_database)
{
    const char *text =
        url_with_database("postgresql://u:pw@h:1/postgres?sslmode=require", "a/b", &arena);
    cr_expect_str_eq(text, "postgresql://u@h:1/a%2Fb?sslmode=require");
    cr_expect_null(url_with_database("nonsense", "a", &arena));
}

Test(url, server)
{
    static const char *const cases[][2] = {
        {"postgresql://", "localhost:5432"},        {"postgresql://h/d", "h:5432"},
        {"postgresql://u:pw@h:6000/d", "h:6000"},   {"postgresql://[::1]:1/d", "[::1]:1"},
        {"host=/run/pg port=5433", "/run/pg:5433"}, {"postgresql://h1:1,h2/d", "h1:1,h2:5432"},
        {"nonsense", "(unreadable URL)"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_str_eq(url_server(cases[i][0], &arena), cases[i][1]);
    }
}

Test(url, redaction)
{
    static const char *const cases[][2] = {
        {"postgresql://u:hunter2@h/d", "postgresql://u:***@h/d"},
        {"postgresql://:hunter2@h/d", "postgresql://:***@h/d"},
        {"postgresql://u@h/d?password=hunter2", "postgresql://u:***@h/d"},
        {"host=h password=hunter2", "postgresql://:***@h"},
        {"postgresql://u:p?hunter2@h/d", "postgresql://u:***@h/d"},
        {"postgresql://u@h/d", "postgresql://u@h/d"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_str_eq(url_redact(cases[i][0], &arena), cases[i][1]);
    }
}
