// edge/view/streams.h - the open streams of /v1/live: one tick's events go to all of them.
// SPDX-License-Identifier: Apache-2.0
//
// The view thread publishes the events of a tick once; each stream, in the thread of its own
// connection, waits for the next tick and copies it. A stream that is late by more than
// EDGE_STREAMS_BEHIND ticks (its reader is slow) leaves them out, which is counted, and goes on
// with the next whole state. What only one stream wants, the contexts of the drones that it
// follows, it reads itself. A mutex is held for a copy.
#ifndef EDGE_STREAMS_H
#define EDGE_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "edge/handoff/viewing.h"
#include "edge/host/metrics.h"
#include "edge/view/json_text.h"
#include "geo/status.h"

enum { EDGE_STREAMS_MAX = 16, EDGE_STREAMS_BEHIND = 3, EDGE_VIEW_TICK_MS = 250 };

struct edge_streams;
struct edge_stream;

// All is borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_streams_open(struct edge_viewing *viewing,
                                                 struct edge_metrics *metrics, uint64_t boot_id,
                                                 struct edge_streams **out);
void edge_streams_stop(struct edge_streams *streams);  // every stream ends with its next read
void edge_streams_close(struct edge_streams *streams); // none is open any more; NULL is fine

// Of the view thread: how many are open, how many ticks they have left out, and whether one
// of them needs the whole state with the next tick.
uint32_t edge_streams_count(struct edge_streams *streams);
uint64_t edge_streams_skipped(struct edge_streams *streams);
bool edge_streams_want_whole(struct edge_streams *streams);
// Serve need fill nothing any more, unless a stream was opened meanwhile.
void edge_streams_rest(struct edge_streams *streams);
// The events of a tick; `whole` (NULL: nobody needs it) in their place for who begins with it.
void edge_streams_publish(struct edge_streams *streams, const struct edge_json_text *changes,
                          const struct edge_json_text *whole);

// Of a connection. Drones are followed while the stream is open. DRF_ERR_FULL: there are
// EDGE_STREAMS_MAX. DRF_ERR_RANGE: more drones would be followed than can be. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_stream_open(struct edge_streams *streams,
                                                const char *const *ids, size_t count,
                                                int64_t now_utc_us, struct edge_stream **out);
void edge_stream_close(struct edge_stream *stream); // NULL is fine
// The next bytes, at most `room`; waits for a tick, and for EDGE_STREAM_WAIT_S at most: then a
// comment comes. -1: the stream ends.
enum { EDGE_STREAM_WAIT_S = 5 };
ssize_t edge_stream_read(struct edge_stream *stream, char *out, size_t room);

// "event: NAME", "data: " ... and the blank line: between them one line of JSON.
void edge_streams_event(struct edge_json_text *json, const char *name);
void edge_streams_event_end(struct edge_json_text *json);

#endif
