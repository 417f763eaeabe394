// SPDX-License-Identifier: Apache-2.0
#include "edge/view/guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edge/host/sha256.h"

void edge_guard_init(struct edge_guard *guard, const char *address, uint16_t port,
                     const char *const *hosts, size_t host_count, const char *token)
{
    *guard = (struct edge_guard){
        .address = address, .port = port, .hosts = hosts, .host_count = host_count};
    if (token == NULL || token[0] == '\0')
        return;
    guard->asks_token = true;
    edge_sha256(token, strlen(token), guard->token_sha256);
    edge_sha256_hex(guard->token_sha256, guard->cookie);
}

// The length of the name in "name:port" or "[::1]:port".
static size_t name_length(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(end != NULL ? end : host, ':');
    return colon != NULL ? (size_t)(colon - host) : strlen(host);
}

static bool same_name(const char *host, const char *name)
{
    const size_t length = name_length(name) == strlen(name) ? name_length(host) : strlen(host);
    return strlen(name) == length && strncasecmp(host, name, length) == 0;
}

static bool is_ours(const struct edge_guard *guard, const char *host)
{
    char own[160];
    const char *const names[] = {guard->address, "localhost"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(own, sizeof own, "%s:%u", names[i], guard->port);
        // A browser leaves out the port of the scheme.
        if (strcasecmp(host, own) == 0
            || (guard->port == 80 && strcasecmp(host, names[i]) == 0))
            return true;
    }
    for (size_t i = 0; i < guard->host_count; i++)
        if (same_name(host, guard->hosts[i]))
            return true;
    return false;
}

static bool is_own_origin(const char *origin, const char *host)
{
    const char *at = strncmp(origin, "http://", 7) == 0    ? origin + 7
                     : strncmp(origin, "https://", 8) == 0 ? origin + 8
                                                           : NULL;
    return at != NULL && strcasecmp(at, host) == 0;
}

// Reads all of both, so that the time says nothing of where they differ.
static bool same_bytes(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t differs = 0;
    for (size_t i = 0; i < size; i++)
        differs = (uint8_t)(differs | (x[i] ^ y[i]));
    return differs == 0;
}

bool edge_guard_token(const struct edge_guard *guard, const char *token)
{
    uint8_t sha256[32];
    if (token == NULL)
        return false;
    edge_sha256(token, strlen(token), sha256);
    return same_bytes(sha256, guard->token_sha256, sizeof sha256);
}

static bool is_bearer(const struct edge_guard *guard, const char *authorization)
{
    return authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0
           && edge_guard_token(guard, authorization + 7);
}

static bool has_cookie(const struct edge_guard *guard, const char *cookie)
{
    return cookie != NULL && strlen(cookie) == EDGE_GUARD_COOKIE_SIZE - 1
           && same_bytes(cookie, guard->cookie, EDGE_GUARD_COOKIE_SIZE - 1);
}

enum edge_guard_verdict edge_guard_check(const struct edge_guard *guard,
                                         const struct edge_guard_request *request)
{
    if (request->host == NULL || !is_ours(guard, request->host))
        return EDGE_GUARD_HOST;
    if (request->origin != NULL && !is_own_origin(request->origin, request->host))
        return EDGE_GUARD_ORIGIN;
    if (request->site != NULL && strcmp(request->site, "same-origin") != 0
        && strcmp(request->site, "none") != 0)
        return EDGE_GUARD_SITE;
    if (guard->asks_token && !is_bearer(guard, request->authorization)
        && !has_cookie(guard, request->cookie))
        return EDGE_GUARD_TOKEN;
    return EDGE_GUARD_PASS;
}

const char *edge_guard_text(enum edge_guard_verdict verdict)
{
    switch (verdict) {
    case EDGE_GUARD_PASS:
        return "";
    case EDGE_GUARD_HOST:
        return "this node is not known by the name in Host; view.hosts lists further names";
    case EDGE_GUARD_ORIGIN:
        return "a page of another origin asks";
    case EDGE_GUARD_SITE:
        return "a page of another site asks: open the address by itself";
    case EDGE_GUARD_TOKEN:
        return "a token is asked for: open /?token=TOKEN once, or send Authorization: Bearer";
    }
    return "";
}
