/* See output.h. */
#include "coordinator/core/decide/output.h"

#include <stdlib.h>
#include <string.h>

void core_output_clear(struct core_output *output)
{
    arena_free(&output->arena);
    output->event_count = 0;
    output->command_count = 0;
    output->sentence = NULL;
    output->complaint = NULL;
}

void core_output_free(struct core_output *output)
{
    arena_free(&output->arena);
    free(output->events);
    free(output->commands);
    memset(output, 0, sizeof *output);
}
