/* SHA-256 as text. */
#ifndef DROVER_REVISION_DIGEST_H
#define DROVER_REVISION_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_BYTES = 65 }; /* 64 hex digits and the NUL */

/* Of bytes in memory. */
void digest_text(const void *data, size_t length, char text[DIGEST_TEXT_BYTES]);

/* Of bytes that come one after the other. */
struct digest;

struct digest *digest_open(void);
void digest_add(struct digest *digest, const void *data, size_t length);
/* Frees it. */
void digest_close(struct digest *digest, char text[DIGEST_TEXT_BYTES]);

#endif
