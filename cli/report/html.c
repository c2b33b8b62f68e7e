/* Escapes. */
#include "cli/report/html.h"

#include <string.h>

void html_append(struct buffer *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&': buffer_text_append(out, "&amp;"); break;
        case '<': buffer_text_append(out, "&lt;"); break;
        case '>': buffer_text_append(out, "&gt;"); break;
        case '"': buffer_text_append(out, "&quot;"); break;
        case '\'': buffer_text_append(out, "&#39;"); break;
        default: buffer_append(out, c, 1);
        }
    }
}

void html_element(struct buffer *out, const char *tag, const char *class, const char *text)
{
    buffer_printf(out, "<%s%s%s%s>", tag, class[0] != '\0' ? " class=\"" : "", class,
                  class[0] != '\0' ? "\"" : "");
    html_append(out, text);
    buffer_printf(out, "</%s>", tag);
}
