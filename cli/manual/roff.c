/* Roff: every character with a meaning of its own is replaced; hyphens are minus signs throughout,
 * so that options can be copied from the page. */
#include "cli/manual/roff.h"

#include <stdbool.h>
#include <string.h>

static const char *escape_of(char c)
{
    switch (c) {
    case '\\': return "\\e";
    case '-': return "\\-";
    case '\'': return "\\(aq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    default: return NULL;
    }
}

static void character_append(char c, struct buffer *out)
{
    const char *escape = escape_of(c);
    if (escape != NULL) {
        buffer_text_append(out, escape);
        return;
    }
    bool first = out->length == 0 || out->data[out->length - 1] == '\n';
    if (c == '.' && first) {
        buffer_text_append(out, "\\&");
    }
    buffer_append(out, &c, 1);
}

void roff_text(const char *text, struct buffer *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        character_append(*c, out);
    }
}

void roff_bold(const char *text, struct buffer *out)
{
    buffer_text_append(out, "\\fB");
    roff_text(text, out);
    buffer_text_append(out, "\\fR");
}

void roff_italic(const char *text, struct buffer *out)
{
    buffer_text_append(out, "\\fI");
    roff_text(text, out);
    buffer_text_append(out, "\\fR");
}

void roff_markdown(const char *text, struct buffer *out)
{
    bool literal = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '`') {
            literal = !literal;
            buffer_text_append(out, literal ? "\\fB" : "\\fR");
        } else if (strncmp(c, "\n\n", 2) == 0) {
            buffer_text_append(out, "\n.PP\n");
            c++;
        } else {
            character_append(*c, out);
        }
    }
    buffer_text_append(out, "\n");
}
