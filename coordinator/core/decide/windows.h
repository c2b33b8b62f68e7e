/* Windows: what follows when one opens or closes. */
#ifndef DROVER_DECIDE_WINDOWS_H
#define DROVER_DECIDE_WINDOWS_H

#include <stdbool.h>

struct step;

/* Openings that began or ended since the last step; false: not before the next are known. */
bool windows_advance(struct step *step);

/* Asks for the openings after those that are over. */
void windows_schedule(struct step *step);

#endif
