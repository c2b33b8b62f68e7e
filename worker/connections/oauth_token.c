/* Tokens: JSON by jansson, base64 by libcrypto, dates by strptime. */
#include "worker/connections/oauth_token.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/wiped.h"

enum { MARGIN_MS = 5 * 60 * 1000, MARGIN_PART = 10, CLAIMS_BYTES_MAX = 48 * 1024 };

static void life_set(struct token *token, int64_t expires_s, int64_t now_s)
{
    const int64_t most_s = INT64_MAX / 1000;
    int64_t life_s = expires_s - now_s;
    token->life_known = true;
    token->life_ms = life_s > most_s ? INT64_MAX : life_s * 1000;
}

/* ---- numbers and dates ---- */

/* A positive number, which some servers write as text; false when it is none. */
static bool number_read(const json_t *value, int64_t *number)
{
    if (json_is_integer(value)) {
        *number = json_integer_value(value);
    } else if (json_is_real(value) && json_real_value(value) < 1e15) {
        *number = (int64_t)json_real_value(value);
    } else if (json_is_string(value)) {
        const char *text = json_string_value(value);
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 15 || text[digits] != '\0') {
            return false;
        }
        *number = strtoll(text, NULL, 10);
    } else {
        return false;
    }
    return *number > 0 && *number < (int64_t)1e15;
}

/* "2026-11-23 09:00:00.000000" is local time, as az prints it; with Z or +01:00 it is what it says.
 */
static bool date_read(const json_t *value, int64_t *seconds)
{
    const char *text = json_string_value(value);
    struct tm parts = {.tm_isdst = -1};
    const char *rest = text == NULL ? NULL : strptime(text, "%Y-%m-%d", &parts);
    if (rest == NULL || (*rest != 'T' && *rest != ' ')) {
        return false;
    }
    rest = strptime(rest + 1, "%H:%M:%S", &parts);
    if (rest == NULL) {
        return false;
    }
    rest += *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
    int hours = 0;
    int minutes = 0;
    char sign = '+';
    if (*rest == '\0') {
        *seconds = (int64_t)mktime(&parts);
        return true;
    }
    if (strcmp(rest, "Z") != 0 &&
        (sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3 || (sign != '+' && sign != '-'))) {
        return false;
    }
    int64_t offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *seconds = (int64_t)timegm(&parts) - (sign == '-' ? -offset : offset);
    return true;
}

/* ---- JSON Web Tokens ---- */

/* The middle part of `text`, decoded, to be given to wiped_free; NULL when it has not three parts of base64url. */
static char *claims_decode(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t header = strspn(text, alphabet);
    if (header == 0 || text[header] != '.') {
        return NULL;
    }
    const char *claims = text + header + 1;
    size_t length = strspn(claims, alphabet);
    if (length == 0 || length > CLAIMS_BYTES_MAX || claims[length] != '.' ||
        claims[length + 1 + strspn(claims + length + 1, alphabet)] != '\0') {
        return NULL;
    }
    size_t padded = (length + 3) / 4 * 4;
    unsigned char *encoded = wiped_alloc(padded + 1);
    for (size_t i = 0; i < padded; i++) {
        unsigned char c = i < length ? (unsigned char)claims[i] : '=';
        encoded[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    unsigned char *decoded = wiped_alloc(padded + 1);
    int got = EVP_DecodeBlock(decoded, encoded, (int)padded);
    wiped_free(encoded);
    if (got < 0) {
        wiped_free(decoded);
        return NULL;
    }
    decoded[(size_t)got - (padded - length)] = '\0';
    return (char *)decoded;
}

static void claims_read(const char *text, int64_t now_s, struct token *token)
{
    char *claims = claims_decode(text);
    json_t *object = claims == NULL ? NULL : json_loads(claims, 0, NULL);
    int64_t expires_s = 0;
    if (number_read(json_object_get(object, "exp"), &expires_s)) {
        life_set(token, expires_s, now_s);
    }
    json_decref(object);
    wiped_free(claims);
}

/* ---- objects ---- */

static const json_t *first_of(const json_t *object, const char *const *keys)
{
    const json_t *found = NULL;
    for (; *keys != NULL && found == NULL; keys++) {
        found = json_object_get(object, *keys);
    }
    return found;
}

static int object_read(const json_t *object, int64_t now_s, struct token *token,
                       struct error *error)
{
    static const char *const values[] = {"accessToken", "access_token", "token", NULL};
    static const char *const ends[] = {"expires_on", "expiresOn", NULL};
    const char *value = json_string_value(first_of(object, values));
    int64_t seconds = 0;
    if (value == NULL || value[0] == '\0') {
        error_set(error, ERROR_FAILED, "the command printed a JSON object without a token");
        return error_hint(error, "one of the keys accessToken, access_token, token is needed; "
                                 "else print the password alone, on one line");
    }
    token->value = wiped_copy(value);
    for (const char *const *key = ends; *key != NULL && !token->life_known; key++) {
        const json_t *end = json_object_get(object, *key);
        if (number_read(end, &seconds) || date_read(end, &seconds)) {
            life_set(token, seconds, now_s);
        }
    }
    if (!token->life_known && number_read(json_object_get(object, "expires_in"), &seconds)) {
        life_set(token, now_s + seconds, now_s);
    }
    if (!token->life_known) {
        claims_read(value, now_s, token);
    }
    return 0;
}

int token_read(char *output, int64_t now_s, struct token *token, struct error *error)
{
    *token = (struct token){0};
    const char *begin = output + strspn(output, " \t\r\n");
    json_t *object = *begin == '{' ? json_loads(begin, 0, NULL) : NULL;
    if (object != NULL) {
        int result = object_read(object, now_s, token, error);
        json_decref(object);
        return result;
    }
    output[strcspn(output, "\r\n")] = '\0';
    if (output[0] == '\0') {
        return error_set(error, ERROR_FAILED, "the command printed nothing");
    }
    token->value = wiped_copy(output);
    claims_read(output, now_s, token);
    return 0;
}

uint64_t token_kept_ms(int64_t life_ms)
{
    if (life_ms <= 0) {
        return 0;
    }
    int64_t margin = life_ms / MARGIN_PART < MARGIN_MS ? life_ms / MARGIN_PART : MARGIN_MS;
    return (uint64_t)(life_ms - margin);
}

void token_clear(struct token *token)
{
    wiped_drop(&token->value);
}
