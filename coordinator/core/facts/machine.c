/* The tables of the four machines, made from the lists (machine.h). */
#include "coordinator/core/facts/machine.h"

#include "coordinator/core/core.h"

#define WORD(NAME, word) word,
static const char *const rollout_words[] = {ROLLOUT_STATE_LIST(WORD)};
static const char *const wave_words[] = {WAVE_STATE_LIST(WORD)};
static const char *const target_words[] = {TARGET_STATE_LIST(WORD)};
static const char *const worker_words[] = {WORKER_STATE_LIST(WORD)};

#define MOVE(machine, FROM, EVENT, TO, meaning)                                                    \
    {machine##_##FROM, EVENT_##EVENT, machine##_##TO, #EVENT, meaning},
static const struct state_move rollout_moves[] = {ROLLOUT_ROW_LIST(MOVE)};
static const struct state_move wave_moves[] = {WAVE_ROW_LIST(MOVE)};
static const struct state_move target_moves[] = {TARGET_ROW_LIST(MOVE)};
static const struct state_move worker_moves[] = {WORKER_ROW_LIST(MOVE)};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define MACHINE(word)                                                                              \
    {                                                                                              \
        .name = #word, .states = word##_words, .state_count = LENGTH(word##_words),                \
        .moves = word##_moves, .move_count = LENGTH(word##_moves)                                  \
    }

static const struct state_machine machines[] = {
    [MACHINE_ROLLOUT] = MACHINE(rollout),
    [MACHINE_WAVE] = MACHINE(wave),
    [MACHINE_TARGET] = MACHINE(target),
    [MACHINE_WORKER] = MACHINE(worker),
};

const char *rollout_state_word(enum rollout_state state)
{
    return rollout_words[state];
}

const char *wave_state_word(enum wave_state state)
{
    return wave_words[state];
}

const char *target_state_word(enum target_state state)
{
    return target_words[state];
}

const char *worker_state_word(enum worker_state state)
{
    return worker_words[state];
}

void machine_check(enum machine machine, unsigned from, enum event_type event, unsigned to)
{
    state_machine_check(&machines[machine], from, event, to);
}

const struct state_machine *core_machine(size_t index)
{
    return index < LENGTH(machines) ? &machines[index] : NULL;
}
