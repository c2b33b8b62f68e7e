/* Where a file's header and its sections are, and what in them is for psql and not for a server. */
#ifndef DROVER_REVISION_SECTION_H
#define DROVER_REVISION_SECTION_H

#include "common/revision/revision.h"
#include "common/revision/source.h"

/* What a marker says of its section, which goes before the header. */
enum section_transaction {
    SECTION_AS_HEADER, /* nothing */
    SECTION_INSIDE,    /* "transaction:true" */
    SECTION_OUTSIDE,   /* "transaction:none", or "transaction:false" as in dbmate */
};

struct data_place {
    size_t copy; /* offset of the COPY */
    struct inline_data data;
    const struct data_place *next;
};

struct section {
    bool present;
    bool optional; /* migrate:down, unless rendered: the way up stands without it */
    bool refused;  /* a reason was given already: parsing it would only repeat it less clearly */
    enum section_transaction transaction;
    size_t marker; /* offset of its "-- migrate:..." line */
    size_t start;  /* offsets of its text */
    size_t end;
    const struct data_place *data; /* in order; the text has blanks in their place */
};

struct sections {
    size_t header_end; /* offset of the first marker, or the end of the text */
    struct section up;
    struct section down;
    struct passed_over passed_over;
};

/* Finds the sections, and takes out what is for psql alone and does nothing to a server. The data
 * of COPY ... FROM STDIN are taken out as well. Reports a missing migrate:up, repeated or misspelt markers, other
 * meta-commands, data without an end and too deep nesting. */
void sections_find(const struct source *source, struct sections *sections);

#endif
