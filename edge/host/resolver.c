// SPDX-License-Identifier: Apache-2.0
#include "edge/host/resolver.h"

#include <stddef.h>
#include <sys/socket.h>

static void drop_result(struct edge_resolver *resolver)
{
    if (resolver->request.ar_result != NULL)
        freeaddrinfo(resolver->request.ar_result);
    resolver->request.ar_result = NULL;
    resolver->under_way = false;
}

enum drf_status edge_resolver_begin(struct edge_resolver *resolver, const char *host,
                                    const char **why)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    resolver->request = (struct gaicb){.ar_name = host, .ar_request = &hints};
    struct gaicb *list[] = {&resolver->request};
    int rc = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (rc != 0) {
        *why = gai_strerror(rc);
        return DRF_ERR_AGAIN;
    }
    resolver->under_way = true;
    return DRF_OK;
}

enum drf_status edge_resolver_take(struct edge_resolver *resolver,
                                   char address[static EDGE_RESOLVER_ADDRESS_SIZE],
                                   const char **why)
{
    int rc = gai_error(&resolver->request);
    if (rc == EAI_INPROGRESS)
        return DRF_ERR_AGAIN;
    const struct addrinfo *found = rc == 0 ? resolver->request.ar_result : NULL;
    if (found != NULL)
        rc = getnameinfo(found->ai_addr, found->ai_addrlen, address, EDGE_RESOLVER_ADDRESS_SIZE,
                         NULL, 0, NI_NUMERICHOST);
    else if (rc == 0)
        rc = EAI_NONAME;
    drop_result(resolver);
    *why = gai_strerror(rc);
    return rc == 0 ? DRF_OK : DRF_ERR_ABSENT;
}

// The resolver writes into the request until it is done.
void edge_resolver_close(struct edge_resolver *resolver)
{
    if (!resolver->under_way)
        return;
    const struct gaicb *list[] = {&resolver->request};
    while (gai_cancel(&resolver->request) == EAI_NOTCANCELED
           && gai_error(&resolver->request) == EAI_INPROGRESS)
        (void)gai_suspend(list, 1, NULL);
    drop_result(resolver);
}
