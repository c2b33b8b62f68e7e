/* SHA-256 by OpenSSL's one-shot function: no context, no engine, no randomness. */
#include "common/revision/digest.h"

#include <openssl/sha.h>

void digest_text(const void *data, size_t length, char text[DIGEST_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    (void)SHA256(length > 0 ? data : "", length, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    text[2 * sizeof hash] = '\0';
}
