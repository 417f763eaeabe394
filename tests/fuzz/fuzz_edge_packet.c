// SPDX-License-Identifier: Apache-2.0
// What a broker sends: a packet that is plain lies in the bytes, is the same whatever follows,
// and cut anywhere it is partial. Nothing outside the bytes is read.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/mqtt/packet.h"

static enum edge_packet read_of(const uint8_t *data, size_t size, struct edge_incoming *in,
                                size_t *used)
{
    static struct edge_packet_texts texts;
    uint8_t *own = malloc(size > 0 ? size : 1); // of its very size
    if (own == NULL)
        abort();
    if (size > 0)
        memcpy(own, data, size);
    enum edge_packet kind = edge_packet_read(own, size, &texts, in, used);
    if (kind == EDGE_PACKET_PLAIN) {
        if (in->payload + in->size != own + *used || *used > size
            || strlen(in->topic) >= EDGE_INBOX_TOPIC_MAX || in->topic[0] == '\0'
            || (in->correlation_size > 0
                && (in->correlation < own
                    || in->correlation + in->correlation_size > in->payload)))
            abort();
        in->payload = in->correlation = NULL; // they end with these bytes
    }
    free(own);
    return kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_incoming in;
    size_t used = 0, again = 0;
    if (read_of(data, size, &in, &used) != EDGE_PACKET_PLAIN)
        return 0;
    if (read_of(data, used, &in, &again) != EDGE_PACKET_PLAIN || again != used)
        abort();
    for (size_t cut = 0; cut < used && cut < 600; cut++)
        if (read_of(data, cut, &in, &again) != EDGE_PACKET_PARTIAL)
            abort();
    return 0;
}
