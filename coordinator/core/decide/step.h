/* One step: an input being decided. Parts emit events (which are applied at once) and commands. */
#ifndef DROVER_DECIDE_STEP_H
#define DROVER_DECIDE_STEP_H

#include "coordinator/core/fold/apply.h"

struct step {
    struct core *core;
    struct core_output *output;
    uint64_t at_ms;
    uint64_t chance;
};

/* Copies the event into the output and applies it. */
void emit(struct step *step, struct event event);

/* A new command at the end of the output, zeroed but for its type and
 * worker; valid until the next. */
struct command *command_add(struct step *step, enum command_type type, uint64_t worker);
void cancel_job(struct step *step, uint64_t worker, uint64_t job, uint64_t epoch);

/* ---- one per input ---- */
int step_start(struct step *step, const struct core_start *start, struct error *error) MUST_CHECK;
int step_control(struct step *step, const struct message_control *control,
                 struct error *error) MUST_CHECK;
void step_worker_joined(struct step *step, const struct input *input);
void step_worker_window(struct step *step, uint64_t instance, uint32_t window);
void step_worker_left(struct step *step, uint64_t instance);
void step_result(struct step *step, uint64_t worker, const struct message_result *result);

/* Adds a target; refuses it if its name or its database is in the fleet already. */
void target_found(struct step *step, const struct found_target *found, const char *password);

/* Takes jobs back from workers that were lost for too long. */
void workers_expire(struct step *step);
/* Takes back every job of one lost worker. */
void worker_jobs_release(struct step *step, uint64_t instance);

/* ---- what follows from any input ---- */

/* All of it, until nothing is left that could be done at this time. */
void step_follow(struct step *step);
/* Phase after phase, as far as it goes without another input. */
void rollout_advance(struct step *step);
void rollout_finish(struct step *step, enum rollout_state state);
/* Asks for the end and tells workers to stop. */
void rollout_cancel(struct step *step, const char *actor, const char *reason);
/* Decides the gate; the rollout is in GATE or finished after it. */
void gate_decide(struct step *step);
/* Budgets, waves, end. */
void waves_advance(struct step *step);
/* Waves whose checks were not true are checked again. */
void checks_repeat(struct step *step);
/* Lists sources again when it is time, and lets late targets join. */
void late_look(struct step *step);
/* At the end: whether late targets are still looked for. */
bool late_advance(struct step *step);
/* Openings that began or ended since the last step; false: not before the next are known. */
bool windows_advance(struct step *step);
/* Asks for the openings after those that are over. */
void windows_schedule(struct step *step);
/* Begins the rollback that was asked for once nothing else runs; whether it did. */
bool rollback_begin(struct step *step);
/* The rollout whose id begins with `rollout`: the active or last one, or the kept one; for "" the
 * last that changed something. NULL: neither. */
const struct rollout *rollback_source(const struct core *core, const char *rollout);
/* Whether it can be rolled back. */
int rollback_possible(const struct rollout *rollout, struct error *error) MUST_CHECK;
/* The way back of a target of a rollback that stands at `heads` (sorted). */
int rollback_path(struct step *step, uint32_t target, struct texts heads, uint32_t *path,
                  struct error *error) MUST_CHECK;
/* Whether the job's worker is to be told to stop it (stop.c); and tells
 * all of which that became true. */
bool job_must_stop(const struct core *core, const struct job *job, uint64_t at_ms);
void jobs_stop(struct step *step);

/* What a probe says about its server (throttle.c). */
void probe_done(struct step *step, const struct job *job, struct texts values);
void probe_failed(struct step *step, const struct job *job, const char *message);

/* Gives out jobs as far as caps and credit go. */
void jobs_dispatch(struct step *step);

/* ---- retry.c: pure ---- */

/* Whether to try again after the `tries`-th failure (from 1), and after how long. */
bool retry_wanted(const struct limits *limits, enum job_kind kind, const struct failure *failure,
                  uint32_t tries, uint64_t chance, uint64_t *delay_ms);

#endif
