/* The configuration: drover.yaml read, checked and turned into one immutable struct.
 *
 * Path of a value: libyaml events -> node tree with marks -> typed options by the table options.def
 * -> `struct config`. All faults are collected as diagnostics with file:line:column and a hint;
 * nothing is printed here. `${NAME}` in a scalar takes an environment variable (unset: an error at
 * its place; `$$` is a dollar sign).
 */
#ifndef DROVER_CONFIG_CONFIG_H
#define DROVER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/diagnostic.h"
#include "common/vocabulary/field.h"
#include "common/vocabulary/rollout.h"

/* Where a password comes from. The worker resolves it; the value itself is never part of the
 * configuration, the wire or the journal. As text it travels like "env:NAME", "file:/run/x",
 * "command:vault read ..." or "process:1" (kept in this process only, from --url or DATABASE_URL);
 * "" means libpq's own ways (.pgpass, PGPASSWORD, peer, trust). */
struct config_target {
    const char *name;      /* static: the name; discover: a pattern with {database} and so on */
    const char *url;       /* postgresql:// without a password; for discover: where to look */
    const char *schema;    /* static target that is one schema; "" otherwise */
    struct texts labels;   /* "key=value", sorted by key */
    const char *password;  /* see above; falls back to the top-level one */
    const char *databases; /* discover: glob over database names, or "" */
    const char *schemas;   /* discover: glob over schema names, or "" */
    const char *query;     /* discover: SQL, or "" */
    unsigned line;         /* in the file, for messages */
    unsigned column;
};

/* "3" or "1%": how many targets. */
struct config_budget {
    uint32_t count;   /* used when percent == 0 */
    uint32_t percent; /* 1..100 of the targets concerned, rounded down; 0: count counts */
};

/* Exactly one of the ways to say which targets a wave takes. */
struct config_wave {
    const char *name;
    const char *select; /* canonical text of a selector (common/base/selector.h), "": not given; may
                           be combined with count or percent */
    uint32_t count;     /* 0: not given */
    uint32_t percent;   /* of the fleet, 1..100; 0: not given */
    uint32_t canary_per_cohort; /* so many of every cohort, and one of every server; 0: not given */
    /* neither select nor count nor percent nor canary: the rest */
    struct texts ramp; /* "5" or "20%", growing: how many may have begun; then the rest follows */
    struct config_budget max_failures; /* of this wave alone */
    bool has_max_failures;
    bool approve;                      /* a person must, before it begins */
    uint64_t soak_ms;                  /* after the wave, before its checks; 0: none */
    struct texts checks;               /* SQL that must return true */
    struct config_budget check_sample; /* of the wave's targets, 100% for all; never none */
};

/* A probe of every server: at or above the threshold it gets no new jobs. */
struct config_throttle {
    const char *name;
    const char *query; /* SQL that returns one number; of built-in probes too */
    double threshold;  /* > 0 */
    uint64_t every_ms;
};

enum config_window_kind { WINDOW_ALLOW, WINDOW_DENY };

/* When deploys may run, or may not. The texts are checked: calendar_window_parse takes them. */
struct config_window {
    enum config_window_kind kind;
    const char *schedule; /* cron, when it opens */
    uint64_t duration_ms;
    const char *time_zone;
    const char *select; /* canonical text of a selector, "": all targets */
    bool sync_overrun;  /* running jobs may finish past its end */
    const char *origin; /* "drover.yaml:12:5" */
};

struct config {
    const char *path;       /* of the file; "" for a fleet of one from --url or DATABASE_URL */
    const char *folder;     /* relative paths are relative to it: folder of the file, or "." */
    const char *migrations; /* path of the folder of .sql revisions, or of an alembic.ini (the only
                               one that ends in ".ini"), already joined with folder */
    const char *version_schema; /* of the version table in a target that is a database: "public" */
    const char *version_table;  /* its name: "alembic_version" */
    struct config_target *targets;
    size_t target_count;
    struct config_wave *waves; /* at least one: by default {name: "all"} taking the rest */
    size_t wave_count;
    struct config_window *windows; /* in order of the file */
    size_t window_count;
    uint32_t concurrency;
    uint32_t per_server;
    struct config_budget validate_max_failures;
    struct config_budget max_failures;
    enum on_failure on_failure;
    struct config_throttle *throttles; /* in order of the file */
    size_t throttle_count;
    uint64_t rediscover_ms; /* 0: never */
    uint32_t retry_attempts;
    uint64_t retry_backoff_min_ms;
    uint64_t retry_backoff_max_ms;
    uint64_t lock_timeout_ms;
    uint64_t statement_timeout_ms;
    uint64_t connect_timeout_ms;
    const char *journal;     /* path, joined with folder */
    const char *coordinator; /* "unix:PATH" (joined) or "tcp:HOST:PORT"; where commands find it */
    struct arena arena;      /* owns every text */
};

/* Environment for `${NAME}`: returns NULL when unset. Tests pass their own. */
typedef const char *config_environment(const char *name);

/* Parses `content` (the file's bytes). Returns NULL only if diagnostics got errors. Ownership of
 * the result passes to the caller: config_free. */
struct config *config_parse(const char *path, const char *content, size_t length,
                            config_environment *environment, struct diagnostics *diagnostics);

/* Reads and parses a file. A missing file is a diagnostic with a hint (`drover init`). */
struct config *config_load(const char *path, struct diagnostics *diagnostics);

/* A fleet of one: the defaults and one target named after the database. A password in the URL is
 * taken out and kept in this process ("process:N", see secret.h). `origin` names where the URL came
 * from ("--url", "DATABASE_URL") for messages; the URL itself is never repeated in them. */
struct config *config_from_url(const char *url, const char *origin, struct error *error);

void config_free(struct config *config);

#endif
