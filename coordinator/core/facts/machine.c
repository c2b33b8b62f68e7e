/* The tables of the four machines, made from the lists (machine.h). */
#include "coordinator/core/facts/machine.h"

#include "common/base/array.h"

#define MOVE(machine, FROM, EVENT, TO, meaning)                                                    \
    {machine##_##FROM, EVENT_##EVENT, machine##_##TO, #EVENT, meaning},
static const struct state_move rollout_moves[] = {ROLLOUT_ROW_LIST(MOVE)};
static const struct state_move wave_moves[] = {WAVE_ROW_LIST(MOVE)};
static const struct state_move target_moves[] = {TARGET_ROW_LIST(MOVE)};
static const struct state_move worker_moves[] = {WORKER_ROW_LIST(MOVE)};

#define MACHINE(word)                                                                              \
    {                                                                                              \
        .name = #word, .states = &word##_state_words, .moves = word##_moves,                       \
        .move_count = LENGTH(word##_moves)                                                         \
    }

static const struct state_machine machines[] = {
    [MACHINE_ROLLOUT] = MACHINE(rollout),
    [MACHINE_WAVE] = MACHINE(wave),
    [MACHINE_TARGET] = MACHINE(target),
    [MACHINE_WORKER] = MACHINE(worker),
};

void machine_check(enum machine machine, unsigned from, enum event_type event, unsigned to)
{
    state_machine_check(&machines[machine], from, event, to);
}

const struct state_machine *core_machine(size_t index)
{
    return index < LENGTH(machines) ? &machines[index] : NULL;
}
