/* JUnit XML: written with libxml2's text writer; the shape is that of Jenkins' junit-10.xsd, which
 * is what Ant once wrote.
 *
 * A target says how it stands; detail, hint and place of its failure are
 * those of its group in the report.
 */
#include "cli/commands/junit.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "cli/client/watch.h"
#include "cli/text/json.h"
#include "common/vocabulary/failure.h"

/* Which group tells of a target. */
struct told {
    const char *name;
    const struct failure_group *group;
    UT_hash_handle hh;
};

enum verdict { VERDICT_PASSED, VERDICT_FAILED, VERDICT_SKIPPED, VERDICT_COUNT };

struct page {
    xmlTextWriterPtr writer;
    struct told *told;
    const struct message_finished *finished;
    const struct target_status_list *targets;
    size_t discoveries; /* that failed */
    unsigned counts[VERDICT_COUNT];
    bool failed; /* to write */
};

/* ---- text ---- */

/* Bytes of the character at `text` that XML cannot hold; 0: it can. The text is UTF-8. */
static size_t unfit_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    if (first < 0x20 && first != '\t' && first != '\n' && first != '\r') {
        return 1;
    }
    bool noncharacter =
        strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0;
    return noncharacter ? 3 : 0;
}

/* What XML cannot hold becomes question marks. */
static void text_clean(const char *text, struct buffer *out)
{
    json_t *valid = json_text(text); /* UTF-8 from here on */
    const char *at = json_string_value(valid);
    while (at != NULL && *at != '\0') {
        size_t unfit = unfit_bytes(at);
        buffer_append(out, unfit > 0 ? "?" : at, 1);
        at += unfit > 0 ? unfit : 1;
    }
    json_decref(valid);
}

static void note(struct page *page, int written)
{
    page->failed = page->failed || written < 0;
}

static void begin(struct page *page, const char *name)
{
    note(page, xmlTextWriterStartElement(page->writer, BAD_CAST name));
}

static void end(struct page *page)
{
    note(page, xmlTextWriterEndElement(page->writer));
}

static void attribute(struct page *page, const char *name, const char *value)
{
    struct buffer text = {0};
    text_clean(value, &text);
    note(page,
         xmlTextWriterWriteAttribute(page->writer, BAD_CAST name, BAD_CAST buffer_text(&text)));
    buffer_free(&text);
}

static void number(struct page *page, const char *name, unsigned value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", value);
    attribute(page, name, text);
}

/* ---- cases ---- */

static enum verdict verdict_of(const struct page *page, const struct target_status *target)
{
    switch (target->state) {
    case TARGET_REFUSED:
    case TARGET_FAILED: return VERDICT_FAILED;
    case TARGET_DEPLOYED:
    case TARGET_UNCHANGED: return VERDICT_PASSED;
    default: break;
    }
    /* Only a rollout that was asked for no more ends well while targets are just validated. */
    return page->finished->status.state == ROLLOUT_SUCCEEDED ? VERDICT_PASSED : VERDICT_SKIPPED;
}

static void line_append(struct buffer *out, const char *name, const char *text)
{
    if (text[0] != '\0') {
        buffer_printf(out, "%s%s\n", name, text);
    }
}

/* `group` NULL: none of the groups tells of it. */
static void failure_element(struct page *page, enum failure_cause cause, const char *message,
                            const struct failure_group *group)
{
    struct buffer text = {0};
    struct buffer clean = {0};
    begin(page, "failure");
    attribute(page, "type", failure_cause_word(cause));
    attribute(page, "message", message);
    line_append(&text, "", failure_cause_heading(cause));
    line_append(&text, "", message);
    if (group != NULL) {
        line_append(&text, "detail: ", group->failure.detail);
        line_append(&text, "hint: ", group->failure.hint);
        line_append(&text, "at: ", group->failure.location);
        line_append(&text, "SQLSTATE: ", group->failure.sqlstate);
    }
    text_clean(buffer_text(&text), &clean);
    note(page, xmlTextWriterWriteString(page->writer, BAD_CAST buffer_text(&clean)));
    end(page);
    buffer_free(&text);
    buffer_free(&clean);
}

static void target_element(struct page *page, const struct target_status *target)
{
    struct told *told = NULL;
    enum verdict verdict = verdict_of(page, target);
    HASH_FIND_STR(page->told, target->place.name, told);
    begin(page, "testcase");
    attribute(page, "classname", target->server);
    attribute(page, "name", target->place.name);
    if (verdict == VERDICT_FAILED) {
        failure_element(page, target->failure.cause, target->failure.message,
                        told == NULL ? NULL : told->group);
    } else if (verdict == VERDICT_SKIPPED) {
        begin(page, "skipped");
        attribute(page, "message", target_state_word(target->state));
        end(page);
    }
    end(page);
}

static bool is_discovery(const struct failure_group *group)
{
    return strcmp(group->phase, "discovery") == 0;
}

static void discoveries_write(struct page *page)
{
    for (size_t i = 0; i < page->finished->failures.count; i++) {
        const struct failure_group *group = &page->finished->failures.items[i];
        for (size_t n = 0; is_discovery(group) && n < group->targets.count; n++) {
            begin(page, "testcase");
            attribute(page, "classname", "discovery");
            attribute(page, "name", group->targets.items[n]);
            failure_element(page, group->failure.cause, group->failure.message, group);
            end(page);
        }
    }
}

/* ---- the page ---- */

static void page_count(struct page *page)
{
    for (size_t i = 0; i < page->finished->failures.count; i++) {
        const struct failure_group *group = &page->finished->failures.items[i];
        if (is_discovery(group)) {
            page->discoveries += group->targets.count;
            continue;
        }
        for (size_t n = 0; n < group->targets.count; n++) {
            struct told *told = memory_alloc(sizeof *told);
            told->name = group->targets.items[n];
            told->group = group;
            HASH_ADD_KEYPTR(hh, page->told, told->name, strlen(told->name), told);
        }
    }
    page->counts[VERDICT_FAILED] = (unsigned)page->discoveries;
    for (size_t i = 0; i < page->targets->count; i++) {
        page->counts[verdict_of(page, &page->targets->items[i])]++;
    }
}

static void property(struct page *page, const char *name, const char *value)
{
    begin(page, "property");
    attribute(page, "name", name);
    attribute(page, "value", value);
    end(page);
}

static void counts_write(struct page *page)
{
    number(page, "tests", (unsigned)(page->targets->count + page->discoveries));
    number(page, "failures", page->counts[VERDICT_FAILED]);
    number(page, "errors", 0);
}

static void page_write(struct page *page, const char *name)
{
    char host[256] = "localhost";
    (void)gethostname(host, sizeof host - 1);
    note(page, xmlTextWriterSetIndent(page->writer, 1));
    note(page, xmlTextWriterStartDocument(page->writer, NULL, "UTF-8", NULL));
    begin(page, "testsuites");
    attribute(page, "name", "drover");
    counts_write(page);
    begin(page, "testsuite");
    attribute(page, "name", name);
    counts_write(page);
    number(page, "skipped", page->counts[VERDICT_SKIPPED]);
    attribute(page, "hostname", host);
    begin(page, "properties");
    property(page, "rollout", page->finished->status.rollout);
    property(page, "state", rollout_state_word(page->finished->status.state));
    property(page, "plan", page->finished->status.digest);
    end(page);
    discoveries_write(page);
    for (size_t i = 0; i < page->targets->count; i++) {
        target_element(page, &page->targets->items[i]);
    }
    end(page);
    end(page);
    note(page, xmlTextWriterEndDocument(page->writer));
}

static void page_free(struct page *page)
{
    struct told *told, *following;
    HASH_ITER(hh, page->told, told, following)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
        HASH_DEL(page->told, told);
        free(told);
    }
}

/* "upgrade head" */
static const char *suite_name(struct invocation *invocation)
{
    struct arena *arena = &invocation->arena;
    const struct arguments *arguments = &invocation->arguments;
    const char *name = arguments->command->words;
    for (size_t i = 0; i < arguments->words.count; i++) {
        name = arena_printf(arena, "%s %s", name, arguments->words.items[i]);
    }
    return name;
}

static int file_write(const char *path, xmlBufferPtr content, struct error *error)
{
    FILE *file = fopen(path, "w");
    size_t length = (size_t)xmlBufferLength(content);
    bool written = file != NULL && fwrite(xmlBufferContent(content), 1, length, file) == length;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    return written ? 0
                   : error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
}

int junit_write(struct conversation *conversation, const char *rollout, const char *path,
                struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    struct quiet_end end;
    struct target_status_list targets;
    int result = -1;
    if (watch_quietly(invocation, conversation->client, rollout, false, &end, error) != 0 ||
        conversation_targets(conversation, rollout, "", &targets, error) != 0) {
        return error_wrap(error, "the results for %s", path);
    }
    failures_locate(invocation, &end.finished.failures);
    struct page page = {.finished = &end.finished, .targets = &targets};
    xmlBufferPtr content = xmlBufferCreate();
    page.writer = content == NULL ? NULL : xmlNewTextWriterMemory(content, 0);
    if (page.writer != NULL) {
        page_count(&page);
        page_write(&page, suite_name(invocation));
        note(&page, xmlTextWriterFlush(page.writer));
        xmlFreeTextWriter(page.writer);
    }
    if (page.writer == NULL || page.failed) {
        (void)error_set(error, ERROR_FAILED, "the results for %s cannot be made", path);
    } else {
        result = file_write(path, content, error);
    }
    if (content != NULL) {
        xmlBufferFree(content);
    }
    page_free(&page);
    return result;
}
