/* A world that a test tells: what there is and what happens, and when.
 *
 * Nothing is left to chance: messages and appends take no time, a look and a script ten
 * milliseconds, whoever is gone stays away until the test says otherwise. Time jumps to whatever
 * happens next. All that becomes durable is a line of the trace, and after every step the journal
 * is replayed and must give the live state. The promises of check.h are watched too; a broken one
 * prints the trace and aborts.
 */
#ifndef DROVER_TESTS_WORLD_STORY_H
#define DROVER_TESTS_WORLD_STORY_H

#include "tests/lib/world/world.h"

struct story {
    struct buffer trace;
    uint64_t chance; /* of every input */
    uint32_t database_count;
    uint32_t agent_count;
    bool unchecked; /* the story forges what check.h does not understand */
    /* When windows open; NULL: as the world's openings say. */
    void (*opening)(const struct world *world, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms);
    void (*watch)(struct world *world, const struct event *event, void *context);
    void *watch_context;
};

/* Three revisions in a row: a1, b2, c3. Epoch 1 is claimed. */
struct world *story_create(void);
void story_free(struct world *world);

/* `at`: revisions applied, 0 to 3. On a server that tells no identity; others: .server, from 1. */
struct database *story_database(struct world *world, const char *name, const char *url, size_t at);
/* Where it stands; SIZE_MAX: at rows that nobody knows. */
size_t story_at(struct world *world, uint32_t database);
/* Somebody else moves it there. */
void story_move(struct world *world, uint32_t database, size_t at);
/* Somebody else writes a version row that no revision has. */
void story_lose(struct world *world, uint32_t database);
/* What a look or a script takes from now on. */
void story_pace(struct world *world, uint32_t work_ms);

/* Starts and connects a worker; its number. */
uint32_t story_worker(struct world *world, uint64_t instance, uint32_t credit);
void story_connect(struct world *world, uint32_t agent);
void story_disconnect(struct world *world, uint32_t agent);
void story_kill(struct world *world, uint32_t agent); /* the process dies */
/* The oldest job that the worker works at, or NULL; and it is through with it, whatever the pace. */
const struct work *story_first(const struct world *world, uint32_t agent);
void story_end(struct world *world, const struct work *work);

/* A start over all databases as static targets, generous limits, spec "head". */
struct core_start story_start_default(struct world *world, enum purpose purpose);
/* Each 0, or -1 when the core refuses it. */
int story_start(struct world *world, const struct core_start *start, struct error *error);
int story_control(struct world *world, enum control_verb verb);
int story_steer(struct world *world, const struct message_control *control, struct error *error);
int story_input(struct world *world, struct input *input, struct error *error);

/* Until nothing is left to happen before `until_ms` from the start. */
void story_run(struct world *world, uint64_t until_ms);

/* The coordinator dies and starts again from the journal. `alone`: its workers die with it. */
void story_crash(struct world *world, bool alone);

const char *story_trace(const struct world *world);
const char *story_state(const struct world *world); /* of the rollout */
const char *story_target_state(const struct world *world, const char *name);

/* What becomes durable, for the trace. */
void story_event(struct world *world, const struct event *event);
void story_command(struct world *world, const struct command *command);
void story_line(struct world *world, const char *line);

#endif
