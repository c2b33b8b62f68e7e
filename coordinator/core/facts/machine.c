/* Rows of the state machines, twice from one list: as numbers for the check, as words for people.
 */
#include "coordinator/core/facts/machine.h"

#include <stdlib.h>

#include "coordinator/core/core.h"

#define ROLLOUT_X(NAME, word) static const char ROLLOUT_WORD_##NAME[] = word;
ROLLOUT_STATE_LIST(ROLLOUT_X)
#define WAVE_X(NAME, word) static const char WAVE_WORD_##NAME[] = word;
WAVE_STATE_LIST(WAVE_X)
#define TARGET_X(NAME, word) static const char TARGET_WORD_##NAME[] = word;
TARGET_STATE_LIST(TARGET_X)
#define WORKER_X(NAME, word) static const char WORKER_WORD_##NAME[] = word;
WORKER_STATE_LIST(WORKER_X)

struct move {
    unsigned from;
    enum event_type event;
    unsigned to;
};

#define MOVE(machine, FROM, EVENT, TO, sentence) {machine##_##FROM, EVENT_##EVENT, machine##_##TO},
static const struct move rollout_moves[] = {ROLLOUT_ROW_LIST(MOVE)};
static const struct move wave_moves[] = {WAVE_ROW_LIST(MOVE)};
static const struct move target_moves[] = {TARGET_ROW_LIST(MOVE)};
static const struct move worker_moves[] = {WORKER_ROW_LIST(MOVE)};

#define ROW(machine, FROM, EVENT, TO, sentence)                                                    \
    {machine##_WORD_##FROM, #EVENT, machine##_WORD_##TO, sentence},
static const struct state_row rollout_rows[] = {ROLLOUT_ROW_LIST(ROW)};
static const struct state_row wave_rows[] = {WAVE_ROW_LIST(ROW)};
static const struct state_row target_rows[] = {TARGET_ROW_LIST(ROW)};
static const struct state_row worker_rows[] = {WORKER_ROW_LIST(ROW)};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    const char *name;
    const struct move *moves;
    const struct state_row *rows;
    size_t count;
} machines[] = {
    [MACHINE_ROLLOUT] = {"rollout", rollout_moves, rollout_rows, LENGTH(rollout_rows)},
    [MACHINE_WAVE] = {"wave", wave_moves, wave_rows, LENGTH(wave_rows)},
    [MACHINE_TARGET] = {"target", target_moves, target_rows, LENGTH(target_rows)},
    [MACHINE_WORKER] = {"worker", worker_moves, worker_rows, LENGTH(worker_rows)},
};

const char *rollout_state_word(enum rollout_state state)
{
#define ROLLOUT_WORD(NAME, word) ROLLOUT_WORD_##NAME,
    static const char *const words[] = {ROLLOUT_STATE_LIST(ROLLOUT_WORD)};
    return words[state];
}

const char *wave_state_word(enum wave_state state)
{
#define WAVE_WORD(NAME, word) WAVE_WORD_##NAME,
    static const char *const words[] = {WAVE_STATE_LIST(WAVE_WORD)};
    return words[state];
}

const char *target_state_word(enum target_state state)
{
#define TARGET_WORD(NAME, word) TARGET_WORD_##NAME,
    static const char *const words[] = {TARGET_STATE_LIST(TARGET_WORD)};
    return words[state];
}

const char *worker_state_word(enum worker_state state)
{
#define WORKER_WORD(NAME, word) WORKER_WORD_##NAME,
    static const char *const words[] = {WORKER_STATE_LIST(WORKER_WORD)};
    return words[state];
}

void machine_check(enum machine machine, unsigned from, enum event_type event, unsigned to)
{
    for (size_t i = 0; i < machines[machine].count; i++) {
        const struct move *move = &machines[machine].moves[i];
        if (move->from == from && move->event == event && move->to == to) {
            return;
        }
    }
    abort();
}

const char *core_machine_name(size_t index)
{
    return index < LENGTH(machines) ? machines[index].name : NULL;
}

const struct state_row *core_machine_rows(size_t index, size_t *count)
{
    *count = machines[index].count;
    return machines[index].rows;
}

void core_machine_mermaid(size_t index, struct buffer *out)
{
    buffer_text_append(out, "stateDiagram-v2\n");
    for (size_t i = 0; i < machines[index].count; i++) {
        const struct state_row *row = &machines[index].rows[i];
        bool begins = machines[index].moves[i].from == 0;
        buffer_printf(out, "    %s --> %s: %s\n", begins ? "[*]" : row->from, row->to, row->event);
    }
}
