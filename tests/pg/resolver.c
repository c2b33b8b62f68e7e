/* The program's own getaddrinfo: libuv's lookups find it before the C library's, which answers all
 * but one name. */
#include "tests/pg/resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>

#include "common/base/array.h"

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const char *answers[2];

void resolver_answer(const char *first, const char *second)
{
    answers[0] = first;
    answers[1] = second;
}

/* The list is the C library's own, piece by piece, as freeaddrinfo wants it. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    lookup *theirs = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    if (name == NULL || strcmp(name, RESOLVER_NAME) != 0) {
        return theirs(name, service, hints, found);
    }
    struct addrinfo **end = found;
    for (size_t i = 0; i < LENGTH(answers); i++) {
        int failed = theirs(answers[i], service, hints, end);
        if (failed != 0) {
            return failed;
        }
        end = &(*end)->ai_next;
    }
    return 0;
}
