/* The questions and their answers. */
#include "worker/connections/sight.h"

#include <stdlib.h>
#include <string.h>

/* What each of them runs. */
static const char ours_question[] =
    " SELECT a.pid AS ours, pg_catalog.left(a.query, 100), (pg_catalog.date_part('epoch',"
    " pg_catalog.clock_timestamp() - a.query_start) * 1000)::pg_catalog.int8"
    " FROM pg_catalog.pg_stat_activity AS a WHERE a.pid IN (?);";

/* Sessions of ours stand behind who is in their way, too. */
#define OURS_BEHIND                                                                                \
    "coalesce(a.application_name = 'drover' OR"                                                    \
    " pg_catalog.starts_with(a.application_name, 'drover '), false)"

/* Whom each of these backends waits for; a blocker without a row is a prepared transaction. */
static const char waits_question[] =
    " SELECT w.pid AS waits, pg_catalog.cardinality(u.pids),"
    " (SELECT l.mode || ' on ' || CASE WHEN l.relation IS NULL THEN l.locktype"
    " WHEN l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d"
    " WHERE d.datname = pg_catalog.current_database())"
    " THEN l.relation::pg_catalog.regclass::pg_catalog.text ELSE 'a relation' END"
    " FROM pg_catalog.pg_locks AS l WHERE l.pid = w.pid AND NOT l.granted LIMIT 1),"
    " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - coalesce((SELECT"
    " (pg_catalog.to_jsonb(l) ->> 'waitstart')::pg_catalog.timestamptz"
    " FROM pg_catalog.pg_locks AS l WHERE l.pid = w.pid AND NOT l.granted LIMIT 1), w.query_start))"
    " * 1000)::pg_catalog.int8,"
    " (SELECT s.setting FROM pg_catalog.pg_settings AS s WHERE s.name = "
    "'deadlock_timeout')," BLOCKER_COLUMNS " FROM pg_catalog.pg_stat_activity AS w,"
    " LATERAL (SELECT pg_catalog.pg_blocking_pids(w.pid) AS pids) AS u,"
    " LATERAL (SELECT a.*, " OURS_BEHIND " AS ours, n.place"
    " FROM pg_catalog.unnest(u.pids) WITH ORDINALITY AS n (pid, place)"
    " LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = n.pid"
    " ORDER BY ours, n.place LIMIT 3) AS b"
    " WHERE (w.wait_event_type = 'Lock' OR w.state IS NULL) AND w.pid IN (?)"
    " ORDER BY w.pid, b.ours, b.place;";
enum { WAITS_COLUMNS = 5 };

/* Who waits for them, sessions of ours and autovacuum apart, which have time. */
static const char behind_question[] =
    " SELECT o.ours AS behind, o.count, o.waiting, " BLOCKER_COLUMNS
    " FROM (SELECT p.ours, q.pid, q.waiting,"
    " pg_catalog.count(*) OVER (PARTITION BY p.ours) AS count,"
    " pg_catalog.row_number() OVER (PARTITION BY p.ours ORDER BY q.waiting DESC) AS place"
    " FROM (SELECT l.pid, pg_catalog.max(pg_catalog.date_part('epoch',"
    " pg_catalog.clock_timestamp() - coalesce((pg_catalog.to_jsonb(l) ->>"
    " 'waitstart')::pg_catalog.timestamptz, a.query_start)) * 1000)::pg_catalog.int8 AS waiting"
    " FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid"
    " WHERE NOT l.granted AND l.pid NOT IN (?)"
    " AND a.backend_type IS DISTINCT FROM 'autovacuum worker'"
    " AND a.application_name <> 'drover' AND NOT pg_catalog.starts_with(a.application_name, "
    "'drover ')"
    " GROUP BY l.pid OFFSET 0) AS q,"
    " LATERAL (SELECT DISTINCT t.ours FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(q.pid)) "
    "AS t (ours)"
    " WHERE t.ours IN (?)) AS p) AS o"
    " JOIN pg_catalog.pg_stat_activity AS b ON b.pid = o.pid"
    " WHERE o.place <= 3 ORDER BY o.ours, o.place;";
enum { BEHIND_COLUMNS = 3 };

static const char build_question[] =
    " SELECT i.pid AS build, i.phase,"
    " CASE WHEN i.blocks_total > 0 THEN i.blocks_done WHEN i.tuples_total > 0 THEN i.tuples_done"
    " ELSE i.lockers_done END,"
    " CASE WHEN i.blocks_total > 0 THEN i.blocks_total WHEN i.tuples_total > 0 THEN i.tuples_total"
    " ELSE i.lockers_total END"
    " FROM pg_catalog.pg_stat_progress_create_index AS i WHERE i.pid IN (?);";
enum { SERVER_WITH_BUILDS = 120000 };

/* Which of them are at work; idle is one whose answer got lost. */
static const char work_question[] =
    " SELECT a.pid AS work FROM pg_catalog.pg_stat_activity AS a"
    " WHERE (a.state IS NULL OR a.state <> 'idle') AND a.pid IN (?);";

/* ---- asking ---- */

struct sight_kinds {
    bool described;
    bool build;
    bool vouching;
};

static struct sight_kinds kinds_of(const struct sight_wanted *wanted, size_t count)
{
    struct sight_kinds kinds = {0};
    for (size_t i = 0; i < count; i++) {
        kinds.described = kinds.described || wanted[i].described;
        kinds.build = kinds.build || wanted[i].build;
        kinds.vouching = kinds.vouching || wanted[i].vouching;
    }
    return kinds;
}

/* A question mark stands for the list of backends. */
static void question_append(const char *question, const char *pids, struct buffer *sql)
{
    for (const char *at = question; *at != '\0'; at++) {
        if (*at == '?') {
            buffer_text_append(sql, pids);
        } else {
            buffer_append(sql, at, 1);
        }
    }
}

void sight_question(const struct sight_wanted *wanted, size_t count, int server_version,
                    struct buffer *sql)
{
    struct buffer pids = {0};
    const struct sight_kinds kinds = kinds_of(wanted, count);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(&pids, "%s%d", i == 0 ? "" : ", ", wanted[i].pid);
    }
    buffer_text_append(sql, "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;"
                            " SET LOCAL statement_timeout = 1000;");
    question_append(waits_question, buffer_text(&pids), sql);
    if (kinds.described) {
        question_append(ours_question, buffer_text(&pids), sql);
        question_append(behind_question, buffer_text(&pids), sql);
    }
    if (kinds.build && server_version >= SERVER_WITH_BUILDS) {
        question_append(build_question, buffer_text(&pids), sql);
    }
    if (kinds.vouching) {
        question_append(work_question, buffer_text(&pids), sql);
    }
    buffer_text_append(sql, " COMMIT;");
    buffer_free(&pids);
}

/* ---- answers ---- */

static uint64_t number_at(const PGresult *result, int row, int column)
{
    const char *text = PQgetvalue(result, row, column);
    return text[0] == '-' ? 0 : strtoull(text, NULL, 10);
}

static const char *text_at(const PGresult *result, int row, int column, struct arena *arena)
{
    return arena_text(arena, PQgetvalue(result, row, column));
}

struct blocker sight_blocker(const PGresult *result, int row, int column, struct arena *arena)
{
    return (struct blocker){.pid = (uint32_t)number_at(result, row, column),
                            .application = text_at(result, row, column + 1, arena),
                            .user = text_at(result, row, column + 2, arena),
                            .session_state = text_at(result, row, column + 3, arena),
                            .session_ms = number_at(result, row, column + 4),
                            .query = text_at(result, row, column + 5, arena),
                            .autovacuum = PQgetvalue(result, row, column + 6)[0] == 't'};
}

static void list_add(struct blocker_list *list, struct blocker blocker, struct arena *arena)
{
    if (list->items == NULL) {
        list->items = arena_array(arena, SIGHT_SESSIONS_MAX, sizeof *list->items);
    }
    if (list->count < SIGHT_SESSIONS_MAX) {
        list->items[list->count++] = blocker;
    }
}

/* The bytes as they are, to be compared with those of a script. */
static void ours_take(const PGresult *result, int row, struct sighting *seen, struct arena *arena)
{
    seen->activity.statement_begins = text_at(result, row, 1, arena);
    seen->activity.statement_ms = number_at(result, row, 2);
}

static void waits_take(const PGresult *result, int row, struct sighting *seen, struct arena *arena)
{
    struct activity *activity = &seen->activity;
    seen->waits = true;
    activity->blocker_count = (uint32_t)number_at(result, row, 1);
    activity->waits_for = text_at(result, row, 2, arena);
    activity->waiting_ms = number_at(result, row, 3);
    seen->yields_ms = number_at(result, row, 4);
    list_add(&activity->blockers, sight_blocker(result, row, WAITS_COLUMNS, arena), arena);
}

static void behind_take(const PGresult *result, int row, struct sighting *seen, struct arena *arena)
{
    struct activity *activity = &seen->activity;
    uint64_t waiting_ms = number_at(result, row, 2);
    activity->behind_count = (uint32_t)number_at(result, row, 1);
    activity->behind_ms = waiting_ms > activity->behind_ms ? waiting_ms : activity->behind_ms;
    list_add(&activity->behind, sight_blocker(result, row, BEHIND_COLUMNS, arena), arena);
}

static void build_take(const PGresult *result, int row, struct sighting *seen, struct arena *arena)
{
    seen->activity.phase = text_at(result, row, 1, arena);
    seen->activity.phase_done = number_at(result, row, 2);
    seen->activity.phase_whole = number_at(result, row, 3);
}

static void work_take(const PGresult *result, int row, struct sighting *seen, struct arena *arena)
{
    (void)result;
    (void)row;
    (void)arena;
    seen->at_work = true;
}

bool sight_take(const PGresult *result, sight_find *find, void *context, struct arena *arena)
{
    static const struct {
        const char *column;
        void (*take)(const PGresult *result, int row, struct sighting *seen, struct arena *arena);
    } answers[] = {{"ours", ours_take},
                   {"waits", waits_take},
                   {"behind", behind_take},
                   {"build", build_take},
                   {"work", work_take}};
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (strcmp(PQfname(result, 0), answers[i].column) != 0) {
            continue;
        }
        for (int row = 0; row < PQntuples(result); row++) {
            struct sighting *seen = find(atoi(PQgetvalue(result, row, 0)), context);
            if (seen != NULL) {
                answers[i].take(result, row, seen, arena);
            }
        }
        return answers[i].take == work_take;
    }
    return false;
}
