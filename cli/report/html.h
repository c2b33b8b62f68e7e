/* Texts in HTML and SVG. */
#ifndef DROVER_REPORT_HTML_H
#define DROVER_REPORT_HTML_H

#include "common/base/buffer.h"

/* As content or as the value of an attribute in quotation marks: nothing in it is markup. */
void html_append(struct buffer *out, const char *text);

/* <tag class="...">text</tag>; no class when that is "". */
void html_element(struct buffer *out, const char *tag, const char *class, const char *text);

#endif
