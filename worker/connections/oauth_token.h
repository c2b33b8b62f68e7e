/* Tokens: what a password command printed, and how long that is good.
 *
 * Three forms are told apart:
 *
 *   {"accessToken": ..., "expires_on": ...}   a JSON object with a token, as `az account
 *                                             get-access-token` and OAuth servers print it
 *   eyJ....eyJ....xxx                         a JSON Web Token: its claim `exp`
 *   anything else                             the first line is the password; its life is unknown
 *
 * Pure: the caller gives the time.
 */
#ifndef DROVER_CONNECTIONS_OAUTH_TOKEN_H
#define DROVER_CONNECTIONS_OAUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

struct token {
    char *value;     /* owned: token_clear */
    bool life_known; /* the output says when it expires */
    int64_t life_ms; /* from `now` on; 0 or less: it has expired */
};

/* Takes `output` apart; cuts it at the end of its first line. `now_s` is Unix time in seconds.
 * Fails for an empty first line, and for a JSON object without a token. */
int token_read(char *output, int64_t now_s, struct token *token, struct error *error) MUST_CHECK;

/* For how long a password with this life is used before it is fetched again: five minutes or a
 * tenth of its life less, whichever is shorter. Never negative. */
uint64_t token_kept_ms(int64_t life_ms);

/* Overwrites and frees the value. */
void token_clear(struct token *token);

#endif
