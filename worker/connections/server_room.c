/* What a server can spare (server_room.h). */
#include "worker/connections/server_room.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/config/url.h"

enum { ASK_STEP_MIN = 4 };

/* The places that an ordinary role may still take. reserved_connections came with PostgreSQL 16.
 * The statistics function lists every backend in use, the server's own few among them. */
const char room_sql[] =
    "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;"
    " SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int4"
    " - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4"
    " - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4"
    " - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_get_backend_idset()),"
    " pg_catalog.pg_backend_pid(); COMMIT;";

struct room *room_find(struct room **rooms, const char *url)
{
    struct arena arena = {0};
    const char *server = url_server(url, &arena);
    struct room *room = NULL;
    HASH_FIND_STR(*rooms, server, room);
    if (room == NULL) {
        size_t size = strlen(server) + 1;
        room = memory_alloc(sizeof *room);
        room->server = memory_alloc(size);
        memcpy(room->server, server, size);
        room->allowance = ROOM_UNKNOWN;
        room->places = UINT32_MAX;
        HASH_ADD_KEYPTR(hh, *rooms, room->server, size - 1, room);
    }
    arena_free(&arena);
    return room;
}

void rooms_free(struct room **rooms)
{
    struct room *room, *following;
    HASH_ITER(hh, *rooms, room, following)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
        HASH_DEL(*rooms, room);
        free(room->server);
        free(room);
    }
}

bool room_is_stale(const struct room *room, uint64_t now_ms)
{
    return !room->asking && (room->asked_ms == 0 || room->kept >= room->ask_at ||
                             now_ms - room->asked_ms >= ROOM_FRESH_MS);
}

void room_answer(struct room *room, const PGresult *result, int backend_pid)
{
    if (PQntuples(result) != 1 || PQnfields(result) != 2 ||
        atoi(PQgetvalue(result, 0, 1)) != backend_pid) {
        return; /* a pooler's own places are not the server's */
    }
    long answer = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    uint32_t available = answer > 0 ? (uint32_t)answer : 0;
    uint32_t least = available < ROOM_FLOOR ? available : ROOM_FLOOR;
    uint32_t half = (room->kept + available) / 2;
    room->allowance = half > least ? half : least;
    room->places = room->open + available;
}

uint32_t room_keepable(const struct room *room)
{
    uint32_t busy = room->open - room->kept;
    uint32_t rest = room->places > busy ? room->places - busy : 0;
    return rest > 1 + ROOM_MARGIN ? rest - 1 - ROOM_MARGIN : 0;
}

void room_asked(struct room *room, uint64_t now_ms)
{
    room->asking = false;
    room->asked_ms = now_ms > 0 ? now_ms : 1;
    uint32_t rest = room->allowance > room->kept ? room->allowance - room->kept : 0;
    uint32_t step = rest / 2 > ASK_STEP_MIN ? rest / 2 : ASK_STEP_MIN;
    room->ask_at = room->kept + step;
}
