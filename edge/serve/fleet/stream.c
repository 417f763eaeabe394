// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/stream.h"

enum { SENT_UNIT_US = 10000 };
static uint16_t units(int64_t mono_us) { return (uint16_t)(mono_us / SENT_UNIT_US); }

struct edge_stream edge_stream_after(uint32_t floor)
{
    return (struct edge_stream){.sent_seq = floor, .seen_seq = floor, .terrain_seq = floor};
}

uint32_t edge_stream_send(struct edge_stream *stream, int64_t now_mono_us)
{
    uint32_t seq = ++stream->sent_seq;
    stream->sent_at[seq % EDGE_SENT_TIMES] = units(now_mono_us);
    return seq;
}

void edge_stream_seen(struct edge_stream *stream, uint32_t context_seq)
{
    if (context_seq <= stream->sent_seq && context_seq > stream->seen_seq)
        stream->seen_seq = context_seq;
}

int64_t edge_stream_unseen_us(const struct edge_stream *stream, int64_t now_mono_us)
{
    uint32_t unseen = stream->sent_seq - stream->seen_seq;
    if (unseen == 0)
        return 0;
    if (unseen > EDGE_SENT_TIMES)
        return INT64_MAX;
    uint16_t sent_at = stream->sent_at[(stream->seen_seq + 1) % EDGE_SENT_TIMES];
    return (int64_t)(uint16_t)(units(now_mono_us) - sent_at) * SENT_UNIT_US;
}
