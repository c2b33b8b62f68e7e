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
#include "common/vocabulary/record.h"

/* Where the revisions are. */
struct migrations {
    const char *path; /* of the folder of .sql revisions, or what names an Alembic project (then it
                         ends in ".ini" or ".toml"), already joined with the configuration's folder */
    const char *section; /* of the ini; "": Alembic's own choice */
    struct texts x;      /* "key=value", for the project's env.py, as in `alembic -x` */
    bool python_never;   /* what cannot be rendered is refused */
};

struct config {
    const char *path;   /* of the file; "" for a fleet of one from --url or DATABASE_URL */
    const char *folder; /* relative paths are relative to it: folder of the file, or "." */
    struct migrations migrations;
    struct version_place version; /* "", "alembic_version" */
    struct fleet_definition fleet;
    struct limits limits;
    struct timeouts timeouts;
    enum transaction_scope transaction;
    uint64_t rediscover_ms;  /* 0: never */
    const char *journal;     /* path, joined with folder */
    const char *coordinator; /* "unix:PATH" (joined) or "tcp:HOST:PORT"; where commands find it */
    const char *http;        /* the same, "off", or "": beside the coordinator's own socket */
    const char *http_token;  /* path (joined), or "" */
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
