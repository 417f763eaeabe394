// edge/host/resolver.h - finds the address of a host without waiting for it.
// SPDX-License-Identifier: Apache-2.0
//
// glibc's getaddrinfo_a: the resolver works in a thread of its own; it is asked now and then
// whether it is done. One resolver at a time. The object must not move while one is under way.
#ifndef EDGE_RESOLVER_H
#define EDGE_RESOLVER_H

#include <netdb.h>
#include <stdbool.h>

#include "geo/status.h"

enum { EDGE_RESOLVER_ADDRESS_SIZE = 64 };

struct edge_resolver {
    struct gaicb request;
    bool under_way;
};

// Begins; `host` is borrowed until it is done. DRF_ERR_AGAIN: it could not be begun, *why
// (static) says why.
DRF_MUST_CHECK enum drf_status edge_resolver_begin(struct edge_resolver *resolver,
                                                   const char *host, const char **why);
// DRF_OK: done, the numeric address is in `address`. DRF_ERR_AGAIN: not yet. DRF_ERR_ABSENT: no
// such host, or no answer; *why says which.
DRF_MUST_CHECK enum drf_status edge_resolver_take(
    struct edge_resolver *resolver, char address[static EDGE_RESOLVER_ADDRESS_SIZE],
    const char **why);
// Gives up what is under way; waits for the resolver if it cannot be called off.
void edge_resolver_close(struct edge_resolver *resolver);

#endif
