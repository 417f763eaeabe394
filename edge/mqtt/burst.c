// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/burst.h"

#include "edge/host/tcp.h"

void edge_burst_next(struct edge_burst *burst, int fd)
{
    uint32_t collected = burst->begun++ - EDGE_BURST_AT_ONCE;
    if (burst->begun <= EDGE_BURST_AT_ONCE || collected % EDGE_BURST_TOGETHER != 0)
        return;
    if (burst->collecting)
        edge_tcp_flush(fd);
    else
        edge_tcp_collect(fd, true);
    burst->collecting = true;
}

void edge_burst_end(struct edge_burst *burst, int fd)
{
    if (burst->collecting && fd >= 0)
        edge_tcp_collect(fd, false);
    *burst = (struct edge_burst){.begun = 0};
}
