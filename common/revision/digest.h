/* SHA-256 of bytes in memory, as text. */
#ifndef DROVER_REVISION_DIGEST_H
#define DROVER_REVISION_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_BYTES = 65 }; /* 64 hex digits and the NUL */

void digest_text(const void *data, size_t length, char text[DIGEST_TEXT_BYTES]);

#endif
