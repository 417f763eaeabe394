// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/node_counters.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PAGE_MAX = 262144, HOST_MAX = 256 };

static int open_socket(const char *address)
{
    char host[HOST_MAX];
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || (size_t)(colon - address) >= sizeof host)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0 || found == NULL)
        return -1;
    int end = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 2};
    if (end >= 0
        && (setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0
            || setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0
            || connect(end, found->ai_addr, found->ai_addrlen) != 0)) {
        close(end);
        end = -1;
    }
    freeaddrinfo(found);
    return end;
}

static size_t fetch(const char *address, char page[static PAGE_MAX])
{
    static const char request[] = "GET /metrics HTTP/1.0\r\nHost: node\r\n\r\n";
    int end = open_socket(address);
    size_t size = 0;
    if (end < 0)
        return 0;
    ssize_t got = send(end, request, sizeof request - 1, MSG_NOSIGNAL);
    while (got > 0 && size < PAGE_MAX - 1) {
        got = recv(end, page + size, PAGE_MAX - 1 - size, 0);
        size += got > 0 ? (size_t)got : 0;
    }
    close(end);
    page[size] = '\0';
    return size;
}

// The sum over all lines that begin so.
static uint64_t sum_of(const char *page, const char *begin)
{
    uint64_t sum = 0;
    for (const char *line = page; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        const char *space = strchr(line, ' ');
        if (strncmp(line, begin, strlen(begin)) == 0 && space != NULL)
            sum += strtoull(space + 1, NULL, 10);
    }
    return sum;
}

enum drf_status sim_node_counters_read(const char *address, struct sim_node_counters *out)
{
    char *page = malloc(PAGE_MAX);
    if (page == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = DRF_OK;
    if (fetch(address, page) == 0)
        status = DRF_ERR_ABSENT;
    else if (strstr(page, "drf_contexts_total") == NULL)
        status = DRF_ERR_SYNTAX;
    if (status == DRF_OK)
        *out = (struct sim_node_counters){
            .contexts = sum_of(page, "drf_contexts_total"),
            .shed = sum_of(page, "drf_shed_total{what=\"RATE\"}")
                    + sum_of(page, "drf_shed_total{what=\"CONTEXT\"}")
                    + sum_of(page, "drf_shed_total{what=\"UNSEEN\"}"),
            .drops = sum_of(page, "drf_mqtt_drops_total"),
            .refused = sum_of(page, "drf_telemetry_refused_total"),
            .lost_ways = sum_of(page, "drf_telemetry_lost_total"),
        };
    free(page);
    return status;
}

struct sim_node_counters sim_node_counters_since(const struct sim_node_counters *before,
                                                 const struct sim_node_counters *after)
{
    if (after->contexts < before->contexts)
        return *after;
    return (struct sim_node_counters){
        .contexts = after->contexts - before->contexts,
        .shed = after->shed - before->shed,
        .drops = after->drops - before->drops,
        .refused = after->refused - before->refused,
        .lost_ways = after->lost_ways - before->lost_ways,
    };
}
