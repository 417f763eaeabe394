// SPDX-License-Identifier: Apache-2.0
#include "edge/host/lookup.h"

#include <stddef.h>
#include <sys/socket.h>

static void drop_result(struct edge_lookup *lookup)
{
    if (lookup->request.ar_result != NULL)
        freeaddrinfo(lookup->request.ar_result);
    lookup->request.ar_result = NULL;
    lookup->under_way = false;
}

enum drf_status edge_lookup_begin(struct edge_lookup *lookup, const char *host,
                                  const char **why)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    lookup->request = (struct gaicb){.ar_name = host, .ar_request = &hints};
    struct gaicb *list[] = {&lookup->request};
    int rc = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (rc != 0) {
        *why = gai_strerror(rc);
        return DRF_ERR_AGAIN;
    }
    lookup->under_way = true;
    return DRF_OK;
}

enum drf_status edge_lookup_take(struct edge_lookup *lookup,
                                 char address[static EDGE_LOOKUP_ADDRESS_SIZE],
                                 const char **why)
{
    int rc = gai_error(&lookup->request);
    if (rc == EAI_INPROGRESS)
        return DRF_ERR_AGAIN;
    const struct addrinfo *found = rc == 0 ? lookup->request.ar_result : NULL;
    if (found != NULL)
        rc = getnameinfo(found->ai_addr, found->ai_addrlen, address, EDGE_LOOKUP_ADDRESS_SIZE,
                         NULL, 0, NI_NUMERICHOST);
    else if (rc == 0)
        rc = EAI_NONAME;
    drop_result(lookup);
    *why = gai_strerror(rc);
    return rc == 0 ? DRF_OK : DRF_ERR_ABSENT;
}

// The resolver writes into the request until it is done.
void edge_lookup_close(struct edge_lookup *lookup)
{
    if (!lookup->under_way)
        return;
    const struct gaicb *list[] = {&lookup->request};
    while (gai_cancel(&lookup->request) == EAI_NOTCANCELED
           && gai_error(&lookup->request) == EAI_INPROGRESS)
        (void)gai_suspend(list, 1, NULL);
    drop_result(lookup);
}
