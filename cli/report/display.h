/* The display: progress on stderr while a rollout runs. On a terminal several lines that are drawn
 * again at most ten times a second; elsewhere notices and a plain line every few seconds; with
 * --json nothing.
 */
#ifndef DROVER_REPORT_DISPLAY_H
#define DROVER_REPORT_DISPLAY_H

#include "cli/report/progress.h"

enum {
    DISPLAY_NOTICE_BYTES = 512,
    DISPLAY_REMARKS_MAX = 100, /* what comes after them stands in the report */
};

struct display {
    struct style *style; /* borrowed; of stderr */
    bool silent;         /* --json */
    struct arena arenas[2];
    unsigned turn; /* which arena holds `progress` */
    struct message_progress progress;
    bool known;     /* a progress message came */
    bool changed;   /* since it was drawn */
    unsigned lines; /* on the screen, to be drawn over */
    struct speed speed;
    uint64_t drawn_ms;                 /* clock of the last drawing or plain line */
    uint64_t heard_ms;                 /* clock of the last progress message */
    uint64_t measured_ms;              /* clock of the last look at the terminal's width */
    char reason[DISPLAY_NOTICE_BYTES]; /* of the last plain line */
    uint32_t done;                     /* targets, by that line */
    char notice[DISPLAY_NOTICE_BYTES];
    uint64_t remarks[DISPLAY_REMARKS_MAX]; /* hashes of what scripts said and was shown */
    unsigned remark_count;
};

void display_init(struct display *display, struct style *style, bool silent);

void display_progress(struct display *display, const struct message *message);
/* The progress with its clock as of now. A progress message came. */
struct message_progress display_now(const struct display *display);

void display_notice(struct display *display, const struct message_notice *notice);

/* A sentence of our own: above the moving lines, or a plain line. */
void display_say(struct display *display, const char *sentence);

/* Draws if something changed; call it ten times a second. */
void display_tick(struct display *display);

/* Removes the moving lines and shows the cursor again. */
void display_end(struct display *display);

void display_free(struct display *display);

#endif
