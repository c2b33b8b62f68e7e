/* Events and commands, with everything they point to. */
#include "coordinator/core/decide/emit.h"

#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/fold/apply.h"

void emit(struct step *step, struct event event)
{
    struct core_output *output = step->output;
    event.at_ms = step->at_ms;
    output->events = array_room(output->events, output->event_count, &output->event_capacity,
                                sizeof *output->events);
    struct event *copy = &output->events[output->event_count++];
    event_copy(&output->arena, &event, copy);
    event_apply(step->fold, copy);
}

struct command *command_add(struct step *step, enum command_type type, uint64_t worker)
{
    struct core_output *output = step->output;
    output->commands = array_room(output->commands, output->command_count,
                                  &output->command_capacity, sizeof *output->commands);
    struct command *command = &output->commands[output->command_count++];
    memset(command, 0, sizeof *command);
    command->type = type;
    command->worker = worker;
    return command;
}

bool job_withdraw(struct step *step, uint64_t job)
{
    struct core_output *output = step->output;
    for (size_t i = 0; i < output->command_count; i++) {
        if (output->commands[i].type == COMMAND_SEND_JOB && output->commands[i].key.job == job) {
            output->command_count--;
            memmove(&output->commands[i], &output->commands[i + 1],
                    (output->command_count - i) * sizeof *output->commands);
            return true;
        }
    }
    return false;
}

void cancel_job(struct step *step, uint64_t worker, struct job_key key)
{
    command_add(step, COMMAND_CANCEL_JOB, worker)->key = key;
}

void acknowledge_job(struct step *step, uint64_t worker, struct job_key key)
{
    command_add(step, COMMAND_ACK_RESULT, worker)->key = key;
}
