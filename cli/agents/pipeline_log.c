/* The pipeline's log: streams of our own (fopencookie) in the place of stdout and stderr.
 *
 * A stream gathers a line, cleans it and writes it with one call, so that lines of the two streams
 * never mix. Commands are written past it, after a flush.
 */
#include "cli/agents/pipeline_log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/agents/pipeline.h"

struct stream {
    FILE *original;
    FILE *file; /* in its place; NULL: left alone */
    int file_descriptor;
    bool json;
    bool failed;
    struct buffer line; /* not yet ended */
};

static struct {
    const struct pipeline_dialect *dialect; /* NULL: no pipeline */
    struct stream output;
    struct stream messages;
    unsigned group; /* how many were opened */
    bool group_is_open;
    unsigned percent; /* last said; 0: none */
} pipeline;

/* ---- streams ---- */

static void bytes_write(struct stream *stream, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(stream->file_descriptor, data, length);
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            stream->failed = true;
            return;
        }
        data += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* Cleans and writes `length` bytes that hold whole lines, or the last one without its newline. */
static void lines_write(struct stream *stream, size_t length)
{
    struct buffer clean = {0};
    const char *at = buffer_text(&stream->line);
    const char *end = at + length;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = newline == NULL ? (size_t)(end - at) : (size_t)(newline - at);
        pipeline_line_clean(pipeline.dialect, at, size, stream->json, &clean);
        if (newline != NULL) {
            buffer_append(&clean, "\n", 1);
        }
        at += size + (newline != NULL ? 1 : 0);
    }
    bytes_write(stream, buffer_text(&clean), clean.length);
    buffer_consume(&stream->line, length);
    buffer_free(&clean);
}

static ssize_t stream_write(void *cookie, const char *data, size_t length)
{
    struct stream *stream = cookie;
    size_t whole = length;
    while (whole > 0 && data[whole - 1] != '\n') {
        whole--;
    }
    size_t before = stream->line.length;
    buffer_append(&stream->line, data, length);
    if (whole > 0) {
        lines_write(stream, before + whole);
    }
    return stream->failed ? 0 : (ssize_t)length; /* 0 is an error */
}

/* A file gets the bytes as they are: no agent reads it as its log. */
static void stream_open(struct stream *stream, FILE **standard, int file_descriptor)
{
    struct stat status;
    const cookie_io_functions_t functions = {.write = stream_write};
    *stream = (struct stream){.original = *standard, .file_descriptor = file_descriptor};
    if (fstat(file_descriptor, &status) == 0 && !S_ISREG(status.st_mode)) {
        stream->file = fopencookie(stream, "w", functions);
    }
    if (stream->file != NULL) {
        (void)setvbuf(stream->file, NULL, _IOLBF, BUFSIZ);
        (void)fflush(*standard);
        *standard = stream->file;
    }
}

/* -1 when not all could be written. */
static int stream_close(struct stream *stream, FILE **standard)
{
    if (stream->file == NULL) {
        return 0;
    }
    int result = fclose(stream->file);
    *standard = stream->original;
    if (stream->line.length > 0) {
        lines_write(stream, stream->line.length);
    }
    buffer_free(&stream->line);
    return result != 0 || stream->failed ? -1 : 0;
}

static const char *process_environment(const char *name)
{
    return getenv(name);
}

void pipeline_log_begin(void)
{
    pipeline.dialect = pipeline_detect(process_environment);
    if (pipeline.dialect != NULL) {
        stream_open(&pipeline.output, &stdout, STDOUT_FILENO);
        stream_open(&pipeline.messages, &stderr, STDERR_FILENO);
    }
}

void pipeline_log_json(void)
{
    pipeline.output.json = true;
}

int pipeline_log_end(void)
{
    if (pipeline.dialect == NULL) {
        return 0;
    }
    pipeline_log_group_end();
    int result = stream_close(&pipeline.output, &stdout);
    (void)stream_close(&pipeline.messages, &stderr);
    pipeline.dialect = NULL;
    return result;
}

/* ---- commands ---- */

static void say(enum pipeline_command command, const struct pipeline_values *values)
{
    struct buffer line = {0};
    pipeline_render(pipeline.dialect, command, values, &line);
    (void)fflush(stdout);
    (void)fflush(stderr);
    struct stream past = {.file_descriptor = STDERR_FILENO};
    bytes_write(&past, buffer_text(&line), line.length);
    buffer_free(&line);
}

/* NULL: without a title. */
static void group_say(enum pipeline_command command, const char *title)
{
    const struct pipeline_values values = {
        .text = title, .group = pipeline.group, .unix_time = (int64_t)time(NULL)};
    say(command, &values);
}

void pipeline_log_group(const char *title)
{
    if (pipeline.dialect == NULL) {
        return;
    }
    pipeline_log_group_end();
    pipeline.group++;
    pipeline.group_is_open = true;
    group_say(PIPELINE_GROUP, title);
}

void pipeline_log_group_end(void)
{
    if (pipeline.dialect == NULL || !pipeline.group_is_open) {
        return;
    }
    pipeline.group_is_open = false;
    group_say(PIPELINE_GROUP_END, NULL);
}

/* Relative to the repository's checkout where it stands below that. */
static const char *path_in_workspace(const char *path, char real[PATH_MAX])
{
    const char *workspace = getenv(pipeline_workspace_variable(pipeline.dialect));
    char root[PATH_MAX];
    if (workspace == NULL || realpath(path, real) == NULL || realpath(workspace, root) == NULL) {
        return path;
    }
    size_t length = strlen(root);
    return strncmp(real, root, length) == 0 && real[length] == '/' ? real + length + 1 : path;
}

void pipeline_log_issue(const char *kind, const char *path, unsigned line, unsigned column,
                        const char *text)
{
    char real[PATH_MAX];
    if (pipeline.dialect == NULL) {
        return;
    }
    struct pipeline_values values = {.kind = kind, .text = text};
    if (path[0] == '\0') {
        say(PIPELINE_ISSUE, &values);
        return;
    }
    values.path = path_in_workspace(path, real);
    values.line = line == 0 ? 1 : line;
    values.column = column == 0 ? 1 : column;
    say(PIPELINE_ISSUE_AT, &values);
}

void pipeline_log_issue_at(const char *kind, const char *place, const char *text)
{
    const char *colon = strrchr(place, ':');
    size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");
    if (pipeline.dialect == NULL) {
        return;
    }
    if (digits == 0 || digits > 9 || colon[digits + 1] != '\0') {
        pipeline_log_issue(kind, place, 0, 0, text);
        return;
    }
    struct buffer path = {0};
    buffer_append(&path, place, (size_t)(colon - place));
    pipeline_log_issue(kind, buffer_text(&path), (unsigned)strtoul(colon + 1, NULL, 10), 0, text);
    buffer_free(&path);
}

void pipeline_log_progress(unsigned percent, const char *text)
{
    if (pipeline.dialect == NULL || percent == pipeline.percent) {
        return;
    }
    pipeline.percent = percent;
    const struct pipeline_values values = {.percent = percent, .text = text};
    say(PIPELINE_PROGRESS, &values);
}

static bool page_write(const char *path, const char *mode, const char *markdown)
{
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        return false;
    }
    bool written = fputs(markdown, file) >= 0;
    return fclose(file) == 0 && written;
}

/* A page that cannot be written is not worth failing for: a warning says so. */
void pipeline_log_summary(const char *name, const char *markdown)
{
    if (pipeline.dialect == NULL) {
        return;
    }
    const char *file_variable = pipeline_summary_file_variable(pipeline.dialect);
    const char *folder_variable = pipeline_summary_folder_variable(pipeline.dialect);
    const char *file = file_variable == NULL ? NULL : getenv(file_variable);
    const char *folder = folder_variable == NULL ? NULL : getenv(folder_variable);
    bool written = true;
    struct buffer path = {0};
    if (file != NULL && file[0] != '\0') {
        written = page_write(file, "a", markdown);
    } else if (folder != NULL && folder[0] != '\0') {
        buffer_printf(&path, "%s/drover %s %ld.md", folder, name, (long)getpid());
        written = page_write(buffer_text(&path), "w", markdown);
        const struct pipeline_values values = {.path = buffer_text(&path)};
        if (written) {
            say(PIPELINE_SUMMARY, &values);
        }
    }
    if (!written) {
        pipeline_log_issue("warning", "", 0, 0, "the page for the run's summary cannot be written");
    }
    buffer_free(&path);
}
