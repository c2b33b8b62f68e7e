/* Reading a search_path (search_path.h). */
#include "common/config/search_path.h"

#include <ctype.h>
#include <string.h>

static const char example[] = "search_path: \"{schema}, extensions\"";

/* A name as PostgreSQL reads it, from *at on; *at is behind it then, and behind blanks. Returns what
 * is wrong, or NULL. */
static const char *name_read(const char **at, struct buffer *name)
{
    const char *from = *at;
    if (*from == '"') {
        for (from++; *from != '"' || from[1] == '"'; from++) {
            if (*from == '\0') {
                return "a quotation mark is not closed";
            }
            from += *from == '"';
            buffer_append(name, from, 1);
        }
        from++;
    } else {
        for (; *from != '\0' && *from != ',' && *from != '"' && !isspace((unsigned char)*from);
             from++) {
            char lower = (char)tolower((unsigned char)*from);
            buffer_append(name, &lower, 1);
        }
    }
    from += strspn(from, " \t\n");
    *at = from;
    if (name->length == 0) {
        return "a name is empty";
    }
    return *from == '\0' || *from == ',' ? NULL : "something stands behind a name";
}

/* Takes one name into `out`. Returns whether it may stand there. */
static bool name_take(struct reader *reader, const struct node *node, const char *name, bool first,
                      struct buffer *out)
{
    if (strcmp(name, "{schema}") == 0 && first) {
        buffer_text_append(out, name);
        return true;
    }
    if (first || strpbrk(name, "{}") != NULL) {
        struct diagnostic *fault =
            first && strpbrk(name, "{}") == NULL
                ? reader_fault(reader, node, "targets[].search_path does not begin with {schema}")
                : reader_fault(reader, node, "targets[].search_path: no placeholder %s here",
                               reader_shown(reader, name));
        reader_hint(reader, fault,
                    "{schema}, the target's own, stands first, where tables are made: %s", example);
        return false;
    }
    buffer_text_append(out, ", ");
    buffer_identifier_append(out, name);
    return true;
}

const char *search_path_read(struct reader *reader, const struct node *node)
{
    struct buffer out = {0};
    struct buffer name = {0};
    const char *at = node->text;
    bool good = true;
    do {
        at += *at == ',' && out.length > 0;
        at += strspn(at, " \t\n");
        buffer_clear(&name);
        const char *wrong = name_read(&at, &name);
        if (wrong != NULL) {
            struct diagnostic *fault = reader_fault(reader, node, "targets[].search_path: %s in %s",
                                                    wrong, reader_shown(reader, node->text));
            reader_hint(reader, fault, "schemas with commas between: %s", example);
        }
        good = wrong == NULL && name_take(reader, node, buffer_text(&name), out.length == 0, &out);
    } while (good && *at == ',');
    const char *path = good ? arena_strdup(reader->arena, buffer_text(&out)) : "";
    buffer_free(&name);
    buffer_free(&out);
    return path;
}
