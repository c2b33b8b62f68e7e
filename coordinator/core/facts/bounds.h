/* Numbers of the core that nobody configures. */
#ifndef DROVER_FACTS_BOUNDS_H
#define DROVER_FACTS_BOUNDS_H

/* How long a lost worker's jobs wait for it to come back before they are given to others. */
enum { CORE_WORKER_GRACE_MS = 2000 };

/* So many workers lost at a job, one after the other, fail what it is about; the last of them had
 * nothing else in hand. */
enum { CORE_WORKER_LOSSES = 3 };

/* The same failure for good on that many servers stops a rollout even inside its budget. */
enum { CORE_BRAKE_SERVERS = 3 };

/* An approval names at least that much of the plan's digest. */
enum { CORE_DIGEST_PREFIX = 6 };

/* How long a wave that is over but for it waits for a server that stands still to tell its timeline. */
enum { CORE_TIMELINE_PATIENCE_MS = 10000 };

/* Clocks that differ by less say the same: two looks at them, a leap second. */
enum { CORE_CLOCK_OFF_MS = 2000 };

/* As many windows as a target has bits for. */
enum { CORE_WINDOWS_MAX = 32 };

#endif
