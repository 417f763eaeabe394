// edge/view/guard.h - which requests to the page are answered.
// SPDX-License-Identifier: Apache-2.0
//
// A browser sends requests for any page that is open in it. One of another site must get
// nothing, also where its name was made to point here (DNS rebinding): so the name in Host must
// be ours, Origin the page's own, and Sec-Fetch-Site not another site's. Where a token is
// asked for it comes as `Authorization: Bearer`, or in a cookie that holds its SHA-256.
// Pure functions on values.
#ifndef EDGE_GUARD_H
#define EDGE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum edge_guard_verdict {
    EDGE_GUARD_PASS,
    EDGE_GUARD_HOST,
    EDGE_GUARD_ORIGIN,
    EDGE_GUARD_SITE,
    EDGE_GUARD_TOKEN,
};

#define EDGE_GUARD_COOKIE "drf_view"
enum { EDGE_GUARD_COOKIE_SIZE = 65 }; // hexadecimal digits and NUL

struct edge_guard {
    const char *address;      // listened at, with `port`
    const char *const *hosts; // further names, each for any port where it names none
    size_t host_count;
    uint16_t port;
    bool asks_token;
    uint8_t token_sha256[32];
    char cookie[EDGE_GUARD_COOKIE_SIZE];
};

// `address` and `hosts` are borrowed. token: NULL or "": none is asked for.
void edge_guard_init(struct edge_guard *guard, const char *address, uint16_t port,
                     const char *const *hosts, size_t host_count, const char *token);

struct edge_guard_request { // as the browser sent it; NULL: it did not
    const char *host, *origin, *site, *authorization, *cookie;
};
enum edge_guard_verdict edge_guard_check(const struct edge_guard *guard,
                                         const struct edge_guard_request *request);
// The token as a query gives it, compared in constant time.
bool edge_guard_token(const struct edge_guard *guard, const char *token);
const char *edge_guard_text(enum edge_guard_verdict verdict); // for people

#endif
