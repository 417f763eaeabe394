// SPDX-License-Identifier: Apache-2.0
// Ticks have numbers. The last RING of them are kept; `whole` is the state after the tick of
// its number, so whoever took it goes on with the one after. A stream that opens, or that fell
// behind, waits for a whole state that is made after it asked. Streams hold no reference into
// the ring: under the mutex they copy a tick (50 kB at most for 1,000 drones) and send it then.
#include "edge/view/streams.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge/host/clock.h"

enum { RING = 8 };

struct followed {
    char id[EDGE_VIEW_ID_SIZE];
    uint32_t streams; // 0: free
};

struct edge_streams {
    struct edge_viewing *viewing;
    struct edge_metrics *metrics;
    uint64_t boot_id;
    pthread_mutex_t lock; // of all below
    pthread_cond_t ticked;
    uint64_t head, whole_tick; // numbers of the last; 0: none
    struct edge_json_text ring[RING], whole;
    bool want_whole, stopping;
    uint32_t count;
    uint64_t skipped;
    struct followed followed[EDGE_VIEW_FOLLOWED_MAX];
};

struct edge_stream {
    struct edge_streams *streams;
    struct edge_json_text out;
    size_t sent;
    uint64_t next;   // tick; 0: the whole state is needed
    uint64_t asked;  // it must be of a later tick than this
    uint64_t missed; // the first tick that was left out for it; 0: none
    size_t count;
    uint32_t slots[EDGE_VIEW_FOLLOWED_MAX];
    uint64_t seen[EDGE_VIEW_FOLLOWED_MAX];
    struct edge_view_detail *detail; // NULL: it follows nobody
};

void edge_streams_event(struct edge_json_text *json, const char *name)
{
    edge_json_text_raw(json, "event: ", 7);
    edge_json_text_raw(json, name, strlen(name));
    edge_json_text_raw(json, "\ndata: ", 7);
}

void edge_streams_event_end(struct edge_json_text *json)
{
    edge_json_text_raw(json, "\n\n", 2);
}

enum drf_status edge_streams_open(struct edge_viewing *viewing, struct edge_metrics *metrics,
                                  uint64_t boot_id, struct edge_streams **out)
{
    struct edge_streams *streams = calloc(1, sizeof *streams);
    if (streams == NULL)
        return DRF_ERR_NOMEM;
    streams->viewing = viewing;
    streams->metrics = metrics;
    streams->boot_id = boot_id;
    pthread_condattr_t attributes;
    bool made = pthread_condattr_init(&attributes) == 0;
    if (made) {
        made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0
               && pthread_cond_init(&streams->ticked, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
    }
    if (made && pthread_mutex_init(&streams->lock, NULL) != 0) {
        pthread_cond_destroy(&streams->ticked);
        made = false;
    }
    if (!made) {
        free(streams);
        return DRF_ERR_NOMEM;
    }
    *out = streams;
    return DRF_OK;
}

void edge_streams_stop(struct edge_streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    streams->stopping = true;
    pthread_cond_broadcast(&streams->ticked);
    pthread_mutex_unlock(&streams->lock);
}

void edge_streams_close(struct edge_streams *streams)
{
    if (streams == NULL)
        return;
    for (size_t i = 0; i < RING; i++)
        edge_json_text_close(&streams->ring[i]);
    edge_json_text_close(&streams->whole);
    pthread_mutex_destroy(&streams->lock);
    pthread_cond_destroy(&streams->ticked);
    free(streams);
}

uint32_t edge_streams_count(struct edge_streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    const uint32_t count = streams->count;
    pthread_mutex_unlock(&streams->lock);
    return count;
}

uint64_t edge_streams_skipped(struct edge_streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    const uint64_t skipped = streams->skipped;
    pthread_mutex_unlock(&streams->lock);
    return skipped;
}

bool edge_streams_want_whole(struct edge_streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    const bool want = streams->want_whole;
    pthread_mutex_unlock(&streams->lock);
    return want;
}

void edge_streams_rest(struct edge_streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    if (streams->count == 0)
        edge_viewing_watch(streams->viewing, false);
    pthread_mutex_unlock(&streams->lock);
}

static void copy(struct edge_json_text *to, const struct edge_json_text *from)
{
    edge_json_text_clear(to);
    edge_json_text_raw(to, from->bytes, from->length);
    to->failed = to->failed || from->failed;
}

void edge_streams_publish(struct edge_streams *streams, const struct edge_json_text *changes,
                          const struct edge_json_text *whole)
{
    pthread_mutex_lock(&streams->lock);
    copy(&streams->ring[++streams->head % RING], changes);
    if (whole != NULL) {
        copy(&streams->whole, whole);
        streams->whole_tick = streams->head;
        streams->want_whole = false;
    }
    pthread_cond_broadcast(&streams->ticked);
    pthread_mutex_unlock(&streams->lock);
}

// Under the mutex. DRF_ERR_RANGE: there is no slot left.
static enum drf_status follow(struct edge_streams *streams, const char *id, uint32_t *slot)
{
    uint32_t blank = EDGE_VIEW_FOLLOWED_MAX;
    for (uint32_t i = 0; i < EDGE_VIEW_FOLLOWED_MAX; i++) {
        struct followed *one = &streams->followed[i];
        if (one->streams == 0 && blank == EDGE_VIEW_FOLLOWED_MAX)
            blank = i;
        if (one->streams > 0 && strcmp(one->id, id) == 0) {
            one->streams++;
            *slot = i;
            return DRF_OK;
        }
    }
    if (blank == EDGE_VIEW_FOLLOWED_MAX)
        return DRF_ERR_RANGE;
    struct followed *one = &streams->followed[blank];
    (void)snprintf(one->id, sizeof one->id, "%s", id);
    one->streams = 1;
    edge_viewing_follow(streams->viewing, blank, one->id);
    *slot = blank;
    return DRF_OK;
}

static void unfollow(struct edge_stream *stream)
{
    struct edge_streams *streams = stream->streams;
    for (size_t i = 0; i < stream->count; i++)
        if (--streams->followed[stream->slots[i]].streams == 0)
            edge_viewing_follow(streams->viewing, stream->slots[i], "");
    stream->count = 0;
}

static void hello(struct edge_stream *stream, int64_t now_utc_us)
{
    char boot[24];
    struct edge_json_text *out = &stream->out;
    (void)snprintf(boot, sizeof boot, "%" PRIu64, stream->streams->boot_id);
    edge_streams_event(out, "hello");
    edge_json_text_begin(out, '{');
    edge_json_text_key(out, "t");
    edge_json_text_int(out, now_utc_us / 1000);
    edge_json_text_key(out, "boot_id");
    edge_json_text_word(out, boot);
    edge_json_text_key(out, "tick_ms");
    edge_json_text_int(out, EDGE_VIEW_TICK_MS);
    edge_json_text_key(out, "version");
    edge_json_text_word(out, DRF_VERSION);
    edge_json_text_end(out, '}');
    edge_streams_event_end(out);
}

// All places are taken by others: the stream goes on without this one.
static void put_no_place(struct edge_stream *stream, const char *id, int64_t now_utc_us)
{
    struct edge_json_text *out = &stream->out;
    edge_streams_event(out, "drone");
    edge_json_text_begin(out, '{');
    edge_json_text_key(out, "id");
    edge_json_text_word(out, id);
    edge_json_text_key(out, "t");
    edge_json_text_int(out, now_utc_us / 1000);
    edge_json_text_key(out, "context");
    edge_json_text_null(out);
    edge_json_text_key(out, "why");
    edge_json_text_word(out, "64 drones are followed already by all who look");
    edge_json_text_end(out, '}');
    edge_streams_event_end(out);
}

static enum drf_status enter(struct edge_stream *stream, const char *const *ids, size_t count,
                             int64_t now_utc_us)
{
    struct edge_streams *streams = stream->streams;
    if (streams->count >= EDGE_STREAMS_MAX)
        return DRF_ERR_FULL;
    if (count > EDGE_VIEW_FOLLOWED_MAX)
        return DRF_ERR_RANGE;
    for (size_t i = 0; i < count; i++) {
        if (follow(streams, ids[i], &stream->slots[stream->count]) == DRF_OK)
            stream->count++;
        else
            put_no_place(stream, ids[i], now_utc_us);
    }
    stream->asked = streams->head;
    streams->want_whole = true;
    streams->count++;
    edge_viewing_watch(streams->viewing, true);
    edge_metrics_set(streams->metrics, EDGE_METRIC_VIEW_STREAMS, 0, streams->count);
    return DRF_OK;
}

enum drf_status edge_stream_open(struct edge_streams *streams, const char *const *ids,
                                 size_t count, int64_t now_utc_us, struct edge_stream **out)
{
    struct edge_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return DRF_ERR_NOMEM;
    stream->streams = streams;
    stream->detail = count > 0 ? calloc(1, sizeof *stream->detail) : NULL;
    hello(stream, now_utc_us);
    enum drf_status status =
        (count > 0 && stream->detail == NULL) || stream->out.failed ? DRF_ERR_NOMEM : DRF_OK;
    if (status == DRF_OK) {
        pthread_mutex_lock(&streams->lock);
        status = enter(stream, ids, count, now_utc_us);
        pthread_mutex_unlock(&streams->lock);
    }
    if (status != DRF_OK) {
        edge_json_text_close(&stream->out);
        free(stream->detail);
        free(stream);
        return status;
    }
    *out = stream;
    return DRF_OK;
}

void edge_stream_close(struct edge_stream *stream)
{
    if (stream == NULL)
        return;
    struct edge_streams *streams = stream->streams;
    pthread_mutex_lock(&streams->lock);
    unfollow(stream);
    streams->count--;
    edge_metrics_set(streams->metrics, EDGE_METRIC_VIEW_STREAMS, 0, streams->count);
    pthread_mutex_unlock(&streams->lock);
    edge_json_text_close(&stream->out);
    free(stream->detail);
    free(stream);
}

// Under the mutex: the stream is behind by too much, and goes on with a whole state.
static void skip(struct edge_stream *stream)
{
    struct edge_streams *streams = stream->streams;
    stream->missed = stream->next;
    stream->next = 0;
    stream->asked = streams->head;
    streams->want_whole = true;
}

// Under the mutex: whether there is something to send; it is then in `out`.
static bool take(struct edge_stream *stream)
{
    struct edge_streams *streams = stream->streams;
    if (stream->next > 0 && streams->head >= stream->next + EDGE_STREAMS_BEHIND)
        skip(stream);
    if (stream->next > 0 && streams->head >= stream->next) {
        copy(&stream->out, &streams->ring[stream->next % RING]);
        stream->next++;
        if (!stream->out.failed)
            return true;
        skip(stream);
        edge_json_text_clear(&stream->out);
    }
    if (stream->next > 0 || streams->whole_tick <= stream->asked || streams->whole.failed)
        return false;
    copy(&stream->out, &streams->whole);
    if (stream->out.failed) {
        stream->asked = streams->head;
        streams->want_whole = true;
        edge_json_text_clear(&stream->out);
        return false;
    }
    stream->next = streams->whole_tick + 1;
    if (stream->missed > 0) {
        const uint64_t skipped = streams->whole_tick - stream->missed;
        streams->skipped += skipped;
        edge_metrics_add(streams->metrics, EDGE_METRIC_VIEW_SKIPPED, 0, 0, skipped);
        stream->missed = 0;
    }
    return true;
}

static const char *why_text(uint32_t why)
{
    switch (why) {
    case EDGE_VIEW_NO_SUCH_DRONE:
        return "the node holds no drone of this name";
    case EDGE_VIEW_NO_REPORT:
        return "it has sent no report that was accepted";
    case EDGE_VIEW_NOT_SERVED:
        return "it reports from outside, or the node has no data yet: no context is made for "
               "it";
    case EDGE_VIEW_TOO_LARGE:
        return "its context has no room here";
    default:
        return "not known";
    }
}

static void put_metres(struct edge_json_text *out, int32_t cm)
{
    if (cm == EDGE_VIEW_UNKNOWN)
        edge_json_text_null(out);
    else
        edge_json_text_real(out, cm / 100.0, 2);
}

// What no context says: the limit below the path, and where the path leads.
static void put_way(struct edge_json_text *out, const struct edge_view_detail *detail)
{
    edge_json_text_key(out, "clearance_min_m");
    put_metres(out, detail->clearance_min_cm);
    edge_json_text_key(out, "way");
    edge_json_text_begin(out, '[');
    for (uint32_t i = 0; i < detail->corner_count && i < EDGE_VIEW_WAY_MAX; i++) {
        const struct edge_view_corner *corner = &detail->corners[i];
        edge_json_text_begin(out, '[');
        edge_json_text_int(out, corner->lat_e7);
        edge_json_text_int(out, corner->lon_e7);
        put_metres(out, corner->along_cm);
        put_metres(out, corner->amsl_cm);
        edge_json_text_end(out, ']');
    }
    edge_json_text_end(out, ']');
}

static void put_detail(struct edge_stream *stream, const struct edge_view_detail *detail)
{
    struct edge_json_text *out = &stream->out;
    const size_t size = detail->size <= sizeof detail->json ? detail->size : 0;
    edge_streams_event(out, "drone");
    edge_json_text_begin(out, '{');
    edge_json_text_key(out, "id");
    edge_json_text_word(out, detail->id);
    edge_json_text_key(out, "t");
    edge_json_text_int(out, detail->utc_us / 1000);
    edge_json_text_key(out, "context");
    if (size > 0) {
        edge_json_text_value(out, detail->json, size);
        edge_json_text_key(out, "told");
        edge_json_text_bool(out, detail->told);
        put_way(out, detail);
    } else {
        edge_json_text_null(out);
        edge_json_text_key(out, "why");
        edge_json_text_word(out, why_text(detail->why));
    }
    edge_json_text_end(out, '}');
    edge_streams_event_end(out);
}

// The contexts that are new since the last tick. Only this stream changes what it follows.
static void put_details(struct edge_stream *stream)
{
    struct edge_streams *streams = stream->streams;
    for (size_t i = 0; i < stream->count; i++) {
        struct edge_view_detail *detail = stream->detail;
        if (edge_viewing_detail(streams->viewing, stream->slots[i], &stream->seen[i], detail)
            != EDGE_SEQLOCK_NEW)
            continue;
        detail->id[sizeof detail->id - 1] = '\0';
        // Until serve has looked, the slot holds who was followed in it before.
        if (strcmp(detail->id, streams->followed[stream->slots[i]].id) == 0)
            put_detail(stream, detail);
    }
}

// False: the stream ends.
static bool wait_for_tick(struct edge_stream *stream)
{
    struct edge_streams *streams = stream->streams;
    const int64_t until_us = edge_clock_mono_us() + EDGE_STREAM_WAIT_S * INT64_C(1000000);
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};
    bool taken = false, late = false;
    edge_json_text_clear(&stream->out);
    stream->sent = 0;
    pthread_mutex_lock(&streams->lock);
    while (!streams->stopping && !(taken = take(stream)) && !late)
        late = pthread_cond_timedwait(&streams->ticked, &streams->lock, &until) != 0;
    const bool ends = streams->stopping;
    pthread_mutex_unlock(&streams->lock);
    if (taken)
        put_details(stream);
    else
        edge_json_text_raw(&stream->out, ": nothing new\n\n", 15);
    return !ends && !stream->out.failed;
}

ssize_t edge_stream_read(struct edge_stream *stream, char *out, size_t room)
{
    if (stream->sent == stream->out.length && !wait_for_tick(stream))
        return -1;
    const size_t left = stream->out.length - stream->sent;
    const size_t size = left < room ? left : room;
    memcpy(out, stream->out.bytes + stream->sent, size);
    stream->sent += size;
    return (ssize_t)size;
}
