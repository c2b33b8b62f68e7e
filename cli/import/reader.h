/* What the readers share: a tool's files, their names and lines. */
#ifndef DROVER_IMPORT_READER_H
#define DROVER_IMPORT_READER_H

#include "cli/import/import.h"

#define TOOL(id, word, table, columns, question) import_read import_##id;
#include "common/vocabulary/tools.def"
#undef TOOL

/* The ordinary files of the project's folder, and of folders in it down to `depth` below it, as paths from
 * it, sorted. What begins with a dot is left out. ERROR_REVISION if a folder cannot be read. */
int import_list(struct import_project *project, unsigned depth, struct texts *files,
                struct error *error) MUST_CHECK;

/* The text of a file of the folder, without byte order mark; "" and a diagnostic if it cannot be read. */
const char *import_text(struct import_project *project, const char *file);

/* The file as the user would type it. */
const char *import_path(const struct import_project *project, const char *file);

/* A new step at the end, zeroed. */
struct import_step *import_step(struct import_project *project);

/* The step of this version; NULL: there is none. */
struct import_step *import_step_of(struct import_project *project, const char *version);

/* Reads the file as one way of the step, which has its version. A second file of one way is refused. */
struct import_way *import_way_read(struct import_project *project, struct import_step *step,
                                   const char *file, bool down);

/* Takes the file "NUMBER_WORDS" with this ending as one way of the step of that number, which is made if need
 * be. Two files of one way are refused. */
struct import_way *import_numbered(struct import_project *project, const char *file,
                                   const char *ending, bool down);

/* Steps of which only a way down was found: the tool counts them and runs nothing. */
void import_up_empty(struct import_project *project);

/* Whether the name is NUMBER_WORDS and ends so. */
bool import_is_numbered(const char *file, const char *ending);

/* Says that the file is left out, and why. */
void import_leave_out(struct import_project *project, const char *file, const char *why);

/* Sorts the steps by version, as numbers. */
void import_sort_numbers(struct import_project *project);

/* By version, as text. */
void import_sort_names(struct import_project *project);

/* By the wanted id, as a number, then by version. */
void import_sort_numbered_names(struct import_project *project);

/* "20240101_add_users" with 8 digits: "add users". */
const char *import_words(struct import_project *project, const char *name, size_t length);

size_t import_digits(const char *text); /* at its beginning */
bool import_ends(const char *text, const char *end);

/* Digits without leading zeros. */
const char *import_number(struct import_project *project, const char *digits, size_t length);

/* A text, line by line. Zeroed but for `next` at the beginning. */
struct import_line {
    const char *text; /* borrowed; not NUL-terminated */
    size_t length;    /* without the line's end */
    unsigned number;  /* from 1 */
    const char *next;
};

/* The next one; false at the end. */
bool import_line_next(struct import_line *line);

/* What stands in a comment line, behind "--" and blanks, NUL-terminated without blanks at its end; NULL: it is no
 * comment. */
const char *import_comment(const struct import_project *project, const struct import_line *line);

/* Takes the line into the way, which ends with it; the first one says where it begins. Blank lines before it
 * are left out. */
struct buffer;
void import_line_keep(struct import_way *way, struct buffer *sql, const struct import_line *line);

#endif
