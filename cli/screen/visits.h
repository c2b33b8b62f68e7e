/* The visits: which sheets are open, one over the other. */
#ifndef DROVER_SCREEN_VISITS_H
#define DROVER_SCREEN_VISITS_H

#include "cli/screen/sheets.h"

enum { VISITS_MOST = 4 };

struct visits {
    struct visit list[VISITS_MOST];
    size_t count; /* the last is the one that is shown */
};

struct visit *visits_shown(struct visits *visits);

/* Closes all that is open, and opens the tab. */
void visits_tab(struct visits *visits, enum sheet_id sheet);

/* Opens another sheet over the one that is shown. */
void visits_open(struct visits *visits, enum sheet_id sheet, const char *where);

/* Closes the one that is shown, unless it is a tab. */
void visits_back(struct visits *visits);

/* Finds the chosen line again in a sheet that was filled anew, and what is shown of it in so many rows. */
void visit_settle(struct visit *visit, const struct sheet *sheet, size_t rows);

/* Chooses the line so many further down, or up. */
void visit_move(struct visit *visit, const struct sheet *sheet, long lines);

void visits_free(struct visits *visits);

#endif
