/* Who gives a command, as far as this side knows. */
#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client/client.h"

enum { HOST_BYTES = 256, NAME_BYTES = 64 };

/* " (sudo by ann)" of somebody who became another by sudo, which is what is claimed; else "". */
static const char *sudo_suffix(const char *user, struct arena *arena)
{
    const char *name = getenv("SUDO_USER");
    bool plain = name != NULL && name[0] != '\0' && strlen(name) < NAME_BYTES;
    for (const char *c = name; plain && *c != '\0'; c++) {
        plain = isalnum((unsigned char)*c) || strchr("_.-@$\\", *c) != NULL;
    }
    return plain && strcmp(name, user) != 0 ? arena_printf(arena, " (sudo by %s)", name) : "";
}

const char *client_actor(struct arena *arena)
{
    char host[HOST_BYTES] = "";
    (void)gethostname(host, sizeof host - 1);
    const struct passwd *known = getpwuid(getuid());
    const char *user = known != NULL ? arena_strdup(arena, known->pw_name)
                                     : arena_printf(arena, "uid %lu", (unsigned long)getuid());
    return arena_printf(arena, "%s@%s%s", user, host, sudo_suffix(user, arena));
}
