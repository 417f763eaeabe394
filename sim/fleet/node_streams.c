// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/node_streams.h"

#include <stddef.h>

static const uint64_t unnamed = 1;

static struct sim_node_stream *find(struct sim_node_streams *streams, uint64_t node)
{
    for (size_t i = 0; i < SIM_STREAM_NODES; i++)
        if (streams->of[i].node == node)
            return &streams->of[i];
    return NULL;
}

static struct sim_node_stream *find_boot(struct sim_node_streams *streams, uint64_t boot_id)
{
    for (size_t i = 0; i < SIM_STREAM_NODES; i++)
        if (streams->of[i].node != 0 && streams->of[i].boot_id == boot_id)
            return &streams->of[i];
    return NULL;
}

// A context that was too long may lack the name of its node: its boot_id says whose it is.
static struct sim_node_stream *stream_of(struct sim_node_streams *streams,
                                         const struct sim_context_head *head)
{
    uint64_t node = head->node != 0 ? head->node : unnamed;
    struct sim_node_stream *same = find_boot(streams, head->boot_id);
    if (same != NULL && (head->node == 0 || same->node == unnamed)) {
        if (streams->used == same->node && head->node != 0)
            streams->used = node;
        struct sim_node_stream *former = head->node != 0 ? find(streams, node) : NULL;
        if (former != NULL && former != same)
            *former = (struct sim_node_stream){.node = 0};
        same->node = head->node != 0 ? node : same->node;
        return same;
    }
    struct sim_node_stream *held = find(streams, node);
    if (held != NULL)
        return held;
    held = &streams->of[0];
    for (size_t i = 0; i < SIM_STREAM_NODES; i++) {
        struct sim_node_stream *one = &streams->of[i];
        if (one->node == 0 || (held->node != 0 && one->arrived_mono_us < held->arrived_mono_us))
            held = one;
        if (one->node == 0)
            break;
    }
    *held = (struct sim_node_stream){.node = node};
    return held;
}

static bool stale(const struct sim_node_stream *stream, struct sim_now now)
{
    return now.utc_us > stream->void_utc_us
           || now.mono_us - stream->arrived_mono_us > stream->stale_after_us;
}

// Not what a former owner said.
static bool usable(const struct sim_node_streams *streams, const struct sim_node_stream *stream)
{
    return stream->node != 0 && stream->taken
           && (stream->epoch == 0 || stream->epoch == streams->epoch);
}

const struct sim_node_stream *sim_node_streams_choose(struct sim_node_streams *streams,
                                                      struct sim_now now)
{
    struct sim_node_stream *best = NULL, *used = NULL;
    bool best_fresh = false, used_fresh = false;
    for (size_t i = 0; i < SIM_STREAM_NODES; i++) {
        struct sim_node_stream *one = &streams->of[i];
        if (!usable(streams, one))
            continue;
        bool fresh = !stale(one, now);
        if (fresh && one->epoch != 0) {
            streams->used = one->node;
            return one;
        }
        if (one->node == streams->used) {
            used = one;
            used_fresh = fresh;
        }
        if (best == NULL || fresh > best_fresh
            || (fresh == best_fresh && one->arrived_mono_us > best->arrived_mono_us)) {
            best = one;
            best_fresh = fresh;
        }
    }
    if (used == NULL || best_fresh > used_fresh)
        used = best;
    streams->used = used != NULL ? used->node : 0;
    return used;
}

struct sim_arrived sim_node_streams_take(struct sim_node_streams *streams,
                                         const struct sim_context_head *head,
                                         struct sim_now now)
{
    struct sim_node_stream *stream = stream_of(streams, head);
    struct sim_arrived arrived = {.before_boot = stream->boot_id, .before_seq = stream->seq};
    bool same = head->boot_id == stream->boot_id;
    if (head->boot_id < stream->boot_id || (same && head->seq <= stream->seq)) {
        arrived.taken = SIM_TAKEN_BACK;
        return arrived;
    }
    if (same && head->seq > stream->seq + 1)
        arrived.lost = head->seq - stream->seq - 1;
    stream->boot_id = head->boot_id;
    stream->seq = head->seq;
    if (head->owner_epoch != 0 && head->owner_epoch < streams->epoch) {
        arrived.taken = SIM_TAKEN_OLDER;
        return arrived;
    }
    if (head->owner_epoch > streams->epoch)
        streams->epoch = head->owner_epoch;
    stream->taken = true;
    stream->taken_boot_id = head->boot_id;
    stream->taken_seq = head->seq;
    stream->epoch = head->owner_epoch;
    stream->stale_after_us = (int64_t)head->stale_after_ms * 1000;
    stream->void_utc_us = head->node_time_us + stream->stale_after_us;
    stream->arrived_mono_us = now.mono_us;
    arrived.used = sim_node_streams_choose(streams, now) == stream;
    return arrived;
}
