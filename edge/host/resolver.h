// edge/host/resolver.h - resolves a host name without blocking.
// SPDX-License-Identifier: Apache-2.0
//
// glibc's getaddrinfo_a: its own thread resolves, and the caller polls for the result. One
// request at a time. The object must not move while a request is in progress.
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
// Cancels the request in progress; waits for it if it cannot be cancelled.
void edge_resolver_close(struct edge_resolver *resolver);

#endif
