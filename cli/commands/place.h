/* Where a target is, for people and their shells. */
#ifndef DROVER_COMMANDS_PLACE_H
#define DROVER_COMMANDS_PLACE_H

#include "common/base/arena.h"
#include "common/config/url.h"
#include "common/vocabulary/record.h"

/* Its URL taken apart: all but the password. */
struct url place_url(const struct target_place *place, struct arena *arena);

/* A line for the shell that leads there; the password is asked for, or comes from ~/.pgpass. */
const char *place_psql(const struct target_place *place, struct arena *arena);

#endif
