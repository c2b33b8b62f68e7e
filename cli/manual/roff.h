/* Roff, for the macros of man(7): text that cannot become a request or an escape. */
#ifndef DROVER_MANUAL_ROFF_H
#define DROVER_MANUAL_ROFF_H

#include "common/base/buffer.h"

/* The text as it is. */
void roff_text(const char *text, struct buffer *out);

/* The text in bold or italics. */
void roff_bold(const char *text, struct buffer *out);
void roff_italic(const char *text, struct buffer *out);

/* Markdown of our tables: what stands between backquotes is bold, an empty line begins a paragraph.
 * Ends with a newline. */
void roff_markdown(const char *text, struct buffer *out);

#endif
