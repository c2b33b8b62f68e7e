/* What the next rollout begins with comes with its START; the fact itself changes nothing. */
#include "coordinator/core/decide/configured.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"

void step_configuration_read(struct step *step, const struct event_configuration_read *read)
{
    emit(step, (struct event){.type = EVENT_CONFIGURATION_READ, .configuration_read = *read});
}
