/* Writing a new revision file, which revision_parse reads back. */
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/utf8.h"
#include "common/revision/revision.h"
#include "common/revision/scan.h"
#include "common/revision/script.h"

enum { SLUG_BYTES_MAX = 40 };

/* The message's lines as comments; empty lines are left out, for one would end the message. */
static void message_render(const char *message, bool origins, struct buffer *out)
{
    while (*message != '\0') {
        size_t length = strcspn(message, "\r\n");
        size_t skip = strspn(message, " \t");
        if (skip < length) {
            const char *text = message + skip;
            int shown = (int)(length - skip);
            /* What looks like a marker must not become one. */
            bool marker = strncmp(text, "migrate:", strlen("migrate:")) == 0 ||
                          (origins && strncmp(text, "Line: ", strlen("Line: ")) == 0);
            buffer_printf(out, marker ? "-- '%.*s'\n" : "-- %.*s\n", shown, text);
        }
        message += length;
        message += strspn(message, "\r\n");
    }
}

/* See source_locate. */
static void origin_render(unsigned line, struct buffer *out)
{
    if (line > 0) {
        buffer_printf(out, "-- Line: %u\n", line);
    }
}

static void names_render(const char *field, const char *const *names, size_t count,
                         struct buffer *out)
{
    buffer_printf(out, "-- %s:", field);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%s", i == 0 ? " " : ", ", names[i]);
    }
    buffer_text_append(out, "\n");
}

/* NULL: it is not written. */
static void field_render(const char *field, const char *value, struct buffer *out)
{
    if (value != NULL) {
        buffer_printf(out, "-- %s: %s\n", field, value);
    }
}

static void section_render(const char *marker, bool outside, const char *sql,
                           const char *invitation, struct buffer *out)
{
    buffer_printf(out, "\n-- migrate:%s%s\n", marker, outside ? " transaction:none" : "");
    if (sql == NULL) {
        buffer_printf(out, "-- %s\n", invitation);
        return;
    }
    size_t length = strlen(sql);
    buffer_append(out, sql, length);
    if (length > 0 && sql[length - 1] != '\n') {
        buffer_text_append(out, "\n");
    }
}

void revision_render(const struct revision_template *template, struct buffer *out)
{
    message_render(template->message != NULL ? template->message : "", template->lines.id > 0, out);
    buffer_text_append(out, "--\n");
    origin_render(template->lines.id, out);
    buffer_printf(out, "-- Revision ID: %s\n", template->id);
    origin_render(template->lines.down_revisions, out);
    names_render("Revises", template->down_revisions, template->down_revision_count, out);
    field_render("Create Date", template->create_date, out);
    if (template->branch_label_count > 0) {
        origin_render(template->lines.branch_labels, out);
        names_render("Branch Labels", template->branch_labels, template->branch_label_count, out);
    }
    if (template->depends_on_count > 0) {
        origin_render(template->lines.depends_on, out);
        names_render("Depends On", template->depends_on, template->depends_on_count, out);
    }
    field_render("Known As", template->known_as, out);
    if (!template->transactional) {
        buffer_text_append(out, "-- Transaction: none\n");
    }
    field_render("Up Unavailable", template->up_unavailable, out);
    field_render("Down Unavailable", template->down_unavailable, out);
    field_render("Up Alembic", template->up_alembic, out);
    field_render("Down Alembic", template->down_alembic, out);
    field_render("Source", template->source, out);
    field_render("Code", template->code, out);
    section_render("up", template->up_outside, template->up_sql, SCRIPT_INVITATION_UP, out);
    if (!template->one_way) {
        section_render("down", template->down_outside, template->down_sql, SCRIPT_INVITATION_DOWN,
                       out);
    }
}

static bool is_slug_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* Alembic cuts after the last underscore of the first 40, or adds one to a single long word. */
static void slug_cut(char *slug)
{
    if (strlen(slug) <= SLUG_BYTES_MAX) {
        return;
    }
    size_t length = SLUG_BYTES_MAX;
    while (length > 0 && slug[length - 1] != '_') {
        length--;
    }
    if (length == 0) { /* one long word: cut between characters */
        length = utf8_cut(slug, strlen(slug), SLUG_BYTES_MAX);
        slug[length++] = '_';
    }
    slug[length] = '\0';
}

char *revision_file_name(struct arena *arena, const char *id, const char *message)
{
    size_t room = (message != NULL ? strlen(message) : 0) + 1;
    char *slug = arena_alloc(arena, room);
    size_t length = 0;
    bool apart = false; /* something unfit stood since the last run */
    for (const char *at = message != NULL ? message : ""; *at != '\0'; at++) {
        char c = letter_lower(*at);
        if (!is_slug_byte(c)) {
            apart = length > 0;
            continue;
        }
        if (apart) {
            slug[length++] = '_';
            apart = false;
        }
        slug[length++] = c;
    }
    slug_cut(slug);
    return arena_printf(arena, "%s_%s.sql", id, slug);
}
