// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/gather.h"

#include <stdlib.h>

#include "edge/host/tcp.h"
#include "edge/mqtt/packet.h"

enum drf_status edge_gather_open(struct edge_gather *gather)
{
    *gather = (struct edge_gather){.bytes = malloc(EDGE_GATHER_BYTES)};
    return gather->bytes != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

void edge_gather_close(struct edge_gather *gather)
{
    free(gather->bytes);
    *gather = (struct edge_gather){.bytes = NULL};
}

void edge_gather_drop(struct edge_gather *gather)
{
    gather->begin = gather->end = 0;
    gather->stuck = false;
}

bool edge_gather_put(struct edge_gather *gather, const struct edge_outgoing *message,
                     size_t packet_max)
{
    size_t room = EDGE_GATHER_BYTES - gather->end;
    size_t size = edge_packet_write(message, gather->bytes + gather->end,
                                    room < packet_max ? room : packet_max);
    gather->end += size;
    return size > 0;
}

void edge_gather_write(struct edge_gather *gather, int fd)
{
    while (gather->begin < gather->end) {
        enum drf_status status;
        gather->begin += edge_tcp_write(fd, gather->bytes + gather->begin,
                                        gather->end - gather->begin, &status);
        if (status == DRF_ERR_FULL) {
            gather->stuck = true;
            return;
        }
        if (status != DRF_OK)
            break;
    }
    edge_gather_drop(gather);
}
