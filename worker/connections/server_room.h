/* Room: how many idle connections a server can spare.
 *
 * Connecting is about a quarter of what a target costs its server, so a connection opened to
 * validate is kept for the deploy; but idle ones must not take the places that others need. The
 * server itself is asked how many places are free, on a connection that has just been given back,
 * and a worker keeps at most as many as it leaves free: one worker takes half of what there is, two
 * a third each. Because others may take places as well, the question is put again each time half
 * of the rest is used, and after ROOM_FRESH_MS.
 */
#ifndef DROVER_CONNECTIONS_SERVER_ROOM_H
#define DROVER_CONNECTIONS_SERVER_ROOM_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

enum {
    ROOM_FRESH_MS = 30000, /* an answer is asked for anew after this */
    ROOM_UNKNOWN = 32,     /* kept before the first answer, without one, and through a pooler */
    ROOM_MARGIN = 8, /* places left alone when idle ones give way: backends end with a delay */
    ROOM_FLOOR = 8,  /* kept on a crowded server, unless even fewer places are free */
};

struct room {
    char *server;       /* host:port as url_server writes it */
    uint32_t open;      /* our connections to it, in any state; counted by the pool */
    uint32_t kept;      /* the idle ones among them; counted by the pool */
    uint32_t places;    /* how many we could have open, going by the last answer */
    uint32_t allowance; /* how many there may be */
    uint32_t ask_at;    /* ask again when so many are kept */
    uint64_t asked_ms;  /* uv_now of the last answer; 0: none */
    bool asking;
    UT_hash_handle hh;
};

/* One row; read by room_answer. */
extern const char room_sql[];

/* The room of the server of this URL, made when missing; `rooms` is the hash that owns it. */
struct room *room_find(struct room **rooms, const char *url);
void rooms_free(struct room **rooms);

/* Whether now is the time to send room_sql. */
bool room_is_stale(const struct room *room, uint64_t now_ms);

/* Takes the answer; `backend_pid` is what the connection knows, and differs through a pooler. */
void room_answer(struct room *room, const PGresult *result, int backend_pid);

/* How many may stay kept when one more connection is to be opened: work comes first. */
uint32_t room_keepable(const struct room *room);

/* The question is over, with an answer or without. */
void room_asked(struct room *room, uint64_t now_ms);

#endif
