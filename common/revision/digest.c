/* OpenSSL's, which gives no reason when it fails: it has no memory then. */
#include "common/revision/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "common/base/impossible.h"

static void hash_write(const unsigned char hash[SHA256_DIGEST_LENGTH], char text[DIGEST_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    text[(size_t)2 * SHA256_DIGEST_LENGTH] = '\0';
}

void digest_text(const void *data, size_t length, char text[DIGEST_TEXT_BYTES])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    (void)SHA256(length > 0 ? data : "", length, hash);
    hash_write(hash, text);
}

struct digest *digest_open(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    INVARIANT(context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    return (struct digest *)context;
}

void digest_add(struct digest *digest, const void *data, size_t length)
{
    INVARIANT(EVP_DigestUpdate((EVP_MD_CTX *)digest, data, length) == 1);
}

void digest_close(struct digest *digest, char text[DIGEST_TEXT_BYTES])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    INVARIANT(EVP_DigestFinal_ex((EVP_MD_CTX *)digest, hash, NULL) == 1);
    EVP_MD_CTX_free((EVP_MD_CTX *)digest);
    hash_write(hash, text);
}
