/* The core and the revision library do no I/O, read no clock, draw no randomness: their undefined
 * symbols say so. */
#include <criterion/criterion.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/array.h"

/* Whole names, or beginnings that end in '*'. */
static const char *const allowed[] = {
    /* memory and text of libc */
    "mem*",
    "str*",
    "snprintf",
    "vsnprintf",
    "free",
    "qsort",
    "bsearch",
    "isalnum",
    "isspace",
    "isdigit",
    "isalpha",
    "isxdigit",
    "tolower",
    "toupper",
    "__ctype_b_loc",
    "__ctype_tolower_loc",
    "__ctype_toupper_loc",
    "__isoc99_sscanf",
    /* common/base and common/revision */
    "arena_*",
    "array_room_*",
    "buffer_*",
    "selector_*",
    "state_machine_check",
    "spelling_*",
    "diagnostic*",
    "error_*",
    "impossible",
    "memory_*",
    "plural",
    "text_or_empty",
    "texts_*",
    "utf8_*",
    "words_*",
    "bundle_*",
    "digest_text",
    "direction_*",
    "graph_*",
    "plan_*",
    "revision_*",
    "stamp_*",
    /* the parser and SHA-256 */
    "pg_query_*",
    "SHA256",
    "EVP_DigestFinal_ex",
    "EVP_DigestInit_ex",
    "EVP_DigestUpdate",
    "EVP_MD_CTX_free",
    "EVP_MD_CTX_new",
    "EVP_sha256",
    /* what compilers add */
    "__asan_*",
    "__ubsan_*",
    "__stack_chk_fail",
    "__*_chk",
    "_GLOBAL_OFFSET_TABLE_",
    "__sanitizer_*",
};

static bool name_allowed(const char *name)
{
    for (size_t i = 0; i < LENGTH(allowed); i++) {
        size_t length = strcspn(allowed[i], "*");
        bool open = allowed[i][length] == '*';
        if (strncmp(name, allowed[i], length) == 0 && (open || name[length] == '\0')) {
            /* "__*_chk": libc's fortified variants of what is allowed */
            if (strcmp(allowed[i], "__*_chk") != 0) {
                return true;
            }
            size_t name_length = strlen(name);
            if (name_length > 4 && strcmp(name + name_length - 4, "_chk") == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Undefined symbols that neither a member of the archive nor the vocabulary defines, which is checked
 * itself; -1 if nm cannot read it. */
static int archive_check(const char *archive)
{
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "nm --defined-only '%s' '" VOCABULARY_ARCHIVE
                   "' | awk 'NF==3{print $3}' | sort -u > /tmp/purity.$$ && "
                   "nm -u '%s' | awk '$1==\"U\"{print $2}' | sort -u | comm -23 - /tmp/purity.$$; "
                   "rm -f /tmp/purity.$$",
                   archive, archive);
    FILE *output = popen(command, "r");
    if (output == NULL) {
        return -1;
    }
    char name[512];
    int seen = 0;
    while (fgets(name, sizeof name, output) != NULL) {
        name[strcspn(name, "\n")] = '\0';
        seen++;
        cr_expect(name_allowed(name), "%s uses %s", archive, name);
    }
    return pclose(output) == 0 ? seen : -1;
}

Test(purity, core)
{
    cr_expect_gt(archive_check(CORE_ARCHIVE), 5);
}

Test(purity, vocabulary)
{
    cr_expect_gt(archive_check(VOCABULARY_ARCHIVE), 5);
}

Test(purity, revision)
{
    cr_expect_gt(archive_check(REVISION_ARCHIVE), 5);
}

Test(purity, the_list_refuses_what_it_should)
{
    static const char *const impure[] = {
        "time",   "clock_gettime", "rand",   "random",         "open",   "read",  "write",
        "printf", "fopen",         "uv_run", "PQconnectStart", "getenv", "sleep", "malloc"};
    for (size_t i = 0; i < LENGTH(impure); i++) {
        cr_expect(!name_allowed(impure[i]), "%s must not be allowed", impure[i]);
    }
}
