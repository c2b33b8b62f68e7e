/* What a seed decides: the shape of the fleet, the policy, and which faults are on, at what rates.
 *
 * Each fault is off in many seeds, so that the others are seen alone as well as together.
 */
#ifndef DROVER_TESTS_WORLD_SWARM_H
#define DROVER_TESTS_WORLD_SWARM_H

#include "common/base/buffer.h"
#include "tests/lib/world/random.h"

/* What a seed draws; more is only run when asked for, and then as one rollout that can succeed. */
enum { SWARM_TARGETS_MAX = 2000 };

enum mode {
    MODE_SERVICE,  /* a coordinator with a journal, workers elsewhere */
    MODE_EMBEDDED, /* both sides in one process, with a journal: they die together */
    MODE_QUESTION, /* a survey: a core without a journal, which begins with nothing */
};

/* The fields of struct swarm, all uint32_t: every is the mean time between two in ms (0: never),
 * permille a chance. X(name, meaning) */
#define SWARM_LIST(X)                                                                              \
    X(mode, "enum mode")                                                                           \
    X(targets, "databases")                                                                        \
    X(discovered, "permille of them that a discovery finds")                                       \
    X(workers, "processes")                                                                        \
    X(credit, "jobs at once of a worker, at most")                                                 \
    X(servers, "system identifiers")                                                               \
    X(hosts, "names of servers; several may be one server")                                        \
    X(shape, "of the revision graph")                                                              \
    X(downgrade, "the first rollout goes down")                                                    \
    X(rollouts, "one after the other")                                                             \
    X(mixed, "permille of targets that do not stand at the most frequent revision")                \
    X(waves, "written waves")                                                                      \
    X(concurrency, "")                                                                             \
    X(per_server, "")                                                                              \
    X(failures_count, "")                                                                          \
    X(failures_percent, "")                                                                        \
    X(validate_failures_count, "")                                                                 \
    X(validate_failures_percent, "")                                                               \
    X(on_failure, "enum on_failure")                                                               \
    X(ramps, "permille of waves that have a ramp")                                                 \
    X(soak_ms, "longest soak of a wave")                                                           \
    X(checks, "permille of waves with checks")                                                     \
    X(check_fails, "permille of checks that are not true")                                         \
    X(approvals, "permille of waves that need an approval")                                        \
    X(wave_budgets, "permille of waves with a budget of their own")                                \
    X(until_wave, "the first limit")                                                               \
    X(windows, "of time")                                                                          \
    X(throttle_ms, "time between two probes of a server; 0: no throttle")                          \
    X(hot, "permille of probes that are over the threshold")                                       \
    X(rediscover_ms, "time between two discoveries while it deploys")                              \
    X(late, "permille of discovered databases that appear late")                                   \
    X(attempts, "of the retry policy")                                                             \
    X(network_ms, "longest delay of a message")                                                    \
    X(append_ms, "longest time of an append")                                                      \
    X(slow_append, "permille of appends that take 100 times as long")                              \
    X(work_ms, "longest time of a script or a look")                                               \
    X(trouble_ms, "virtual time until everything is healed")                                       \
    X(cut_every_ms, "a link breaks")                                                               \
    X(unnoticed, "permille of breaks that a side only notices by silence")                         \
    X(partition, "permille of breaks after which no link can be made for a while")                 \
    X(death_every_ms, "a worker dies")                                                             \
    X(drain_every_ms, "a worker is drained and replaced")                                          \
    X(crash_every_ms, "the coordinator dies")                                                      \
    X(append_fails, "permille of appends after which the coordinator dies, nothing written")       \
    X(append_ambiguous, "permille of appends after which it dies, all written")                    \
    X(server_every_ms, "a database server dies for a while")                                       \
    X(lost, "permille of moments in which a worker loses its connection to a database")            \
    X(passing, "permille of statements that fail in passing")                                      \
    X(bad_target, "permille of targets whose scripts fail for good")                               \
    X(refused_target, "permille of targets that validation refuses")                               \
    X(discovery_fails, "permille of discoveries that fail in passing")                             \
    X(foreign_every_ms, "somebody else migrates a database")                                       \
    X(operator_every_ms, "somebody gives a verb")                                                  \
    X(operator_cancels, "permille of these verbs that are cancel")                                 \
    X(operator_rollbacks, "permille that are rollback")                                            \
    X(replay_every_ms, "the journal is replayed and compared")                                     \
    X(stop_every_ms, "a worker is stopped, and goes on when its lease is over")                    \
    X(patience_ms, "a server that cannot be reached is waited for")                                \
    X(outage_ms, "longest time that a server is down; 0: 8 s")                                     \
    X(blind_every_ms, "workers do not reach a server any more")                                    \
    X(blind_ms, "longest time that they do not")                                                   \
    X(killers, "permille of databases whose scripts end their worker")                             \
    X(blind_all, "permille of times that they reach no server at all")                             \
    X(journal_every_ms, "the coordinator dies and its journal is lost, or an older copy restored") \
    X(clock_every_ms, "somebody sets the system's clock, which the windows follow")                \
    X(clock_ms, "by how much at most")                                                             \
    X(failover_every_ms, "a standby that lags takes the place of a database server")               \
    X(lag_ms, "by how much at most")

struct swarm {
#define SWARM_FIELD(name, meaning) uint32_t name;
    SWARM_LIST(SWARM_FIELD)
#undef SWARM_FIELD
};

/* targets, workers: 0 lets the seed decide. */
void swarm_draw(struct swarm *swarm, struct random *random, uint32_t targets, uint32_t workers);
void swarm_print(const struct swarm *swarm, struct buffer *out);

#endif
