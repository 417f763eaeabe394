// edge/host/token.h - fetches an OAuth 2.0 access token (client credentials).
// SPDX-License-Identifier: Apache-2.0
//
// RFC 6749 section 4.4: POST grant_type=client_credentials with HTTP Basic authentication; the
// answer is JSON with access_token and expires_in. Blocks for at most about ten seconds: not
// for a loop.
#ifndef EDGE_TOKEN_H
#define EDGE_TOKEN_H

#include <stdint.h>

#include "geo/status.h"

enum { EDGE_TOKEN_SIZE = 16384, EDGE_TOKEN_ERROR_SIZE = 200 };

struct edge_token_request {
    const char *url, *client_id, *client_secret;
    const char *scope; // NULL or "": none
};

struct edge_token {
    char text[EDGE_TOKEN_SIZE];
    int64_t lifetime_s;
};

// DRF_ERR_AGAIN: nobody answers, or not with a token; *error says why, without the secret.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_token_fetch(const struct edge_token_request *request,
                                                char error[static EDGE_TOKEN_ERROR_SIZE],
                                                struct edge_token *out);

#endif
