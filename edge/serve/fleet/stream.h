// edge/serve/fleet/stream.h - numbers of the messages to a drone, and which it has seen.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md rule 3. A number is taken when its message was handed over. A value.
#ifndef EDGE_STREAM_H
#define EDGE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EDGE_SENT_TIMES = 32, // contexts whose time of sending is remembered
};

struct edge_stream {
    uint32_t sent_seq, seen_seq; // of contexts; 0: none
    uint32_t reply_seq, advisory_seq, terrain_seq;
    bool named; // the last report acknowledged this stream, not another node's or none
    uint16_t sent_at[EDGE_SENT_TIMES]; // mono, in units of 10 ms, by seq modulo; wraps in 11
                                       // minutes, only differences count
};

// One whose numbers are greater than `floor`.
struct edge_stream edge_stream_after(uint32_t floor);
// Notes that a context goes out now and returns its number.
uint32_t edge_stream_send(struct edge_stream *stream, int64_t now_mono_us);
// The same of the others.
static inline void edge_stream_send_reply(struct edge_stream *stream) { stream->reply_seq++; }
static inline void edge_stream_send_advisory(struct edge_stream *stream)
{
    stream->advisory_seq++;
}
static inline void edge_stream_send_terrain(struct edge_stream *stream)
{
    stream->terrain_seq++;
}
// Takes `seen` of a report; numbers never sent are ignored.
void edge_stream_seen(struct edge_stream *stream, uint32_t context_seq);
// The drone acknowledged another stream so far: what it has not seen of this one does not
// count.
static inline void edge_stream_forgive(struct edge_stream *stream)
{
    stream->seen_seq = stream->sent_seq;
}
// Whether the last report acknowledged this stream.
static inline void edge_stream_name(struct edge_stream *stream, bool named)
{
    stream->named = named;
}
// How long the oldest context not seen is under way; 0 when all were seen. More than
// EDGE_SENT_TIMES unseen contexts count as INT64_MAX.
int64_t edge_stream_unseen_us(const struct edge_stream *stream, int64_t now_mono_us);

#endif
