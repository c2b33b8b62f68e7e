/* The picture: heading, tabs, sheet and foot, drawn to the size of the terminal. */
#ifndef DROVER_SCREEN_PICTURE_H
#define DROVER_SCREEN_PICTURE_H

#include "cli/screen/visits.h"

struct picture {
    struct arena arena; /* of the sheet */
    struct sheet sheet; /* as it was drawn last */
    unsigned rows;      /* that it had */
};

/* What stands in the foot besides. */
struct picture_foot {
    const char *typed; /* the filter that is being typed; NULL: none */
    const char *said;  /* what is wrong, or "" */
};

/* Draws what is known: the sheet that is visited, filtered. `lost` says since when the coordinator is not
 * heard, and why; "": it is. */
void picture_draw(struct picture *picture, const struct known *known, struct visits *visits,
                  const char *filter, const char *lost, const struct picture_foot *foot,
                  const struct style *style);

void picture_free(struct picture *picture);

#endif
