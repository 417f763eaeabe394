// SPDX-License-Identifier: Apache-2.0
// The view thread's work, each EDGE_VIEW_TICK_MS. While nobody looks it does nothing but end
// late connections; REST_US after the last stream has gone serve is told so, and all that was
// kept of the fleet is dropped. While somebody looks it reads what serve has changed, makes the
// events of the tick once, and only for a stream that begins or missed something the whole
// state beside it. What changed in the store is looked for once a second.
#include <stdlib.h>
#include <string.h>

#include "edge/view/view_parts.h"
#include "geo/record/record.h"

#define SECOND_US INT64_C(1000000)
#define REST_US (5 * SECOND_US)

static void put_key_int(struct edge_json_text *json, const char *key, int64_t value)
{
    edge_json_text_key(json, key);
    edge_json_text_int(json, value);
}

static void forget(struct edge_view *view)
{
    struct edge_view_memory *memory = &view->memory;
    edge_streams_rest(view->streams);
    edge_frame_forget(view->frame);
    edge_trails_forget(view->trails);
    memset(memory->seen, 0, view->places * sizeof *memory->seen);
    memory->seen_fleet = memory->seen_tracks = 0;
    memset(memory->seen_texts, 0, sizeof memory->seen_texts);
    for (size_t i = 0; i < EDGE_VIEW_TEXT_COUNT; i++)
        edge_json_text_clear(&memory->texts[i]);
    memset(&memory->fleet, 0, sizeof memory->fleet);
    memory->tracks->count = memory->tracks->left_out = 0;
    memory->changed_known = false;
    memory->looked_mono_us = INT64_MIN;
}

static void read_drones(struct edge_view *view)
{
    uint32_t places = edge_viewing_places(view->parts.viewing);
    struct edge_view_drone drone;
    if (places > view->places)
        places = view->places;
    for (uint32_t i = 0; i < places; i++) {
        if (edge_viewing_drone(view->parts.viewing, i, &view->memory.seen[i], &drone)
            != EDGE_SEQLOCK_NEW)
            continue;
        edge_frame_put(view->frame, i, &drone);
        edge_trails_put(view->trails, i, &drone);
    }
}

static void read_texts(struct edge_view *view)
{
    struct edge_view_memory *memory = &view->memory;
    for (int i = 0; i < EDGE_VIEW_TEXT_COUNT; i++) {
        size_t size = EDGE_VIEW_TEXTS_MAX;
        memory->fresh[i] = edge_viewing_text(view->parts.viewing, (enum edge_view_text)i,
                                             &memory->seen_texts[i], memory->scratch, &size)
                               == EDGE_SEQLOCK_NEW
                           && size > 0;
        if (!memory->fresh[i])
            continue;
        edge_json_text_clear(&memory->texts[i]);
        edge_json_text_raw(&memory->texts[i], memory->scratch, size);
    }
}

// Of all that were refused since the start, by reason.
static void put_dead_letters(struct edge_view *view, struct edge_json_text *json)
{
    size_t feeds;
    pthread_mutex_lock(&view->told.lock);
    feeds = view->told.feed_count;
    pthread_mutex_unlock(&view->told.lock);
    edge_json_text_key(json, "dead_letters");
    edge_json_text_begin(json, '[');
    for (size_t code = 0; code < GEO_REFUSAL_COUNT; code++) {
        int64_t count = 0;
        for (size_t feed = 0; feed < feeds; feed++)
            count +=
                edge_metrics_value(view->parts.metrics, EDGE_METRIC_FEED_REFUSALS, feed, code);
        if (count == 0)
            continue;
        edge_json_text_begin(json, '{');
        edge_json_text_key(json, "reason");
        edge_json_text_word(json, geo_refusal_name((enum geo_refusal_code)code));
        put_key_int(json, "count", count);
        edge_json_text_end(json, '}');
    }
    edge_json_text_end(json, ']');
}

static void put_troubles(const struct edge_view *view, struct edge_json_text *json)
{
    const uint32_t all = edge_health_all(view->parts.health);
    edge_json_text_key(json, "troubles");
    edge_json_text_begin(json, '[');
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        if ((all >> i & 1) == 0)
            continue;
        edge_json_text_begin(json, '{');
        edge_json_text_key(json, "reason");
        edge_json_text_word(json, edge_trouble_name((enum edge_trouble)i));
        edge_json_text_key(json, "text");
        edge_json_text_word(json, edge_trouble_text((enum edge_trouble)i));
        edge_json_text_end(json, '}');
    }
    edge_json_text_end(json, ']');
}

// Telemetry that was refused, by whatever reply code but OK and ACCEPTED_DEFAULTS.
static int64_t refused(const struct edge_view *view)
{
    enum { CODES = 13 };
    int64_t count = 0;
    for (size_t code = 0; code < CODES; code++)
        count +=
            edge_metrics_value(view->parts.metrics, EDGE_METRIC_TELEMETRY_REFUSED, code, 0);
    return count;
}

static void put_node(struct edge_view *view, struct edge_now now, struct edge_json_text *json)
{
    const struct edge_view_memory *memory = &view->memory;
    const struct edge_json_text *state = &memory->texts[EDGE_VIEW_STATE];
    edge_streams_event(json, "node");
    edge_json_text_begin(json, '{');
    put_key_int(json, "t", now.utc_us / 1000);
    edge_json_text_key(json, "state");
    if (state->length > 0)
        edge_json_text_value(json, state->bytes, state->length);
    else
        edge_json_text_null(json);
    put_key_int(json, "reporting", memory->fleet.reporting);
    put_key_int(json, "held", memory->fleet.held);
    put_key_int(json, "viewers", edge_streams_count(view->streams));
    put_key_int(json, "frames_skipped", (int64_t)edge_streams_skipped(view->streams));
    put_troubles(view, json);
    put_dead_letters(view, json);
    put_key_int(json, "refused", refused(view));
    edge_json_text_end(json, '}');
    edge_streams_event_end(json);
}

static void put_text(const struct edge_json_text *text, const char *event,
                     struct edge_json_text *json)
{
    if (text->length == 0)
        return;
    edge_streams_event(json, event);
    edge_json_text_value(json, text->bytes, text->length);
    edge_streams_event_end(json);
}

// A whole number of `unit` in so many parts of it; "null" where it is not known.
static void put_part_of(struct edge_json_text *json, int32_t value, int32_t unit)
{
    if (value == EDGE_VIEW_UNKNOWN)
        edge_json_text_null(json);
    else
        edge_json_text_int(json, (value + (value < 0 ? -(unit / 2) : unit / 2)) / unit);
}

static void put_traffic(const struct edge_view *view, struct edge_now now,
                        struct edge_json_text *json)
{
    const struct edge_view_tracks *tracks = view->memory.tracks;
    const uint32_t count =
        tracks->count <= EDGE_VIEW_TRACKS_MAX ? tracks->count : EDGE_VIEW_TRACKS_MAX;
    edge_streams_event(json, "traffic");
    edge_json_text_begin(json, '{');
    put_key_int(json, "t", now.utc_us / 1000);
    edge_json_text_key(json, "tracks");
    edge_json_text_begin(json, '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct edge_view_track *track = &tracks->tracks[i];
        const int64_t age_ms = (now.utc_us - track->report_utc_us) / 1000;
        edge_json_text_begin(json, '[');
        edge_json_text_string(json, track->id, strnlen(track->id, sizeof track->id));
        put_part_of(json, track->lat_e7, 10);
        put_part_of(json, track->lon_e7, 10);
        put_part_of(json, track->amsl_cm, 100);
        put_part_of(json, track->track_cdeg_true, 100);
        put_part_of(json, track->speed_cmps, 100);
        edge_json_text_int(json, age_ms > 0 ? age_ms : 0);
        edge_json_text_string(json, track->source,
                              strnlen(track->source, sizeof track->source));
        edge_json_text_end(json, ']');
    }
    edge_json_text_end(json, ']');
    put_key_int(json, "left_out", tracks->left_out);
    edge_json_text_end(json, '}');
    edge_streams_event_end(json);
}

// What the store holds is another than a second before.
static void put_changed(struct edge_view *view, struct edge_json_text *json)
{
    static const struct {
        enum fusion_layer layer;
        const char *name;
    } layers[EDGE_VIEW_CHANGES] = {{FUSION_LAYER_OBSTACLE, "obstacle"},
                                   {FUSION_LAYER_ZONE, "zone"},
                                   {FUSION_LAYER_WEATHER, "station"},
                                   {FUSION_LAYER_GROUND, "ground"},
                                   {FUSION_LAYER_SURFACE, "surface"}};
    struct edge_view_memory *memory = &view->memory;
    char now[EDGE_VIEW_CHANGES][FUSION_CHANGE_SIZE] = {{0}};
    struct fusion_store_view *store;
    enum drf_status status = edge_shared_store_take(&view->store, &store);
    if (status != DRF_OK)
        return;
    for (size_t i = 0; i < EDGE_VIEW_CHANGES && status == DRF_OK; i++)
        status = fusion_store_view_changed(store, layers[i].layer, now[i]);
    edge_shared_store_give(&view->store, status);
    if (status != DRF_OK)
        return;
    bool any = false;
    for (size_t i = 0; i < EDGE_VIEW_CHANGES && memory->changed_known; i++) {
        if (strcmp(now[i], memory->changed[i]) == 0)
            continue;
        if (!any) {
            edge_streams_event(json, "changed");
            edge_json_text_begin(json, '{');
            edge_json_text_key(json, "layers");
            edge_json_text_begin(json, '[');
            any = true;
        }
        edge_json_text_word(json, layers[i].name);
    }
    if (any) {
        edge_json_text_end(json, ']');
        edge_json_text_end(json, '}');
        edge_streams_event_end(json);
    }
    memcpy(memory->changed, now, sizeof memory->changed);
    memory->changed_known = true;
}

static int64_t silent_after_us(struct edge_view *view)
{
    pthread_mutex_lock(&view->told.lock);
    const int64_t us = view->told.silent_after_us;
    pthread_mutex_unlock(&view->told.lock);
    return us;
}

static void make_changes(struct edge_view *view, struct edge_now now, bool second)
{
    const struct edge_view_memory *memory = &view->memory;
    struct edge_json_text *json = &view->memory.changes;
    edge_json_text_clear(json);
    edge_streams_event(json, "fleet");
    edge_frame_changes(view->frame, now.utc_us, silent_after_us(view), json);
    edge_streams_event_end(json);
    if (memory->fresh[EDGE_VIEW_CATALOG])
        put_text(&memory->texts[EDGE_VIEW_CATALOG], "catalog", json);
    if (memory->fresh[EDGE_VIEW_ALERTS])
        put_text(&memory->texts[EDGE_VIEW_ALERTS], "alerts", json);
    if (!second)
        return;
    put_node(view, now, json);
    put_traffic(view, now, json);
    put_changed(view, json);
}

static void make_whole(struct edge_view *view, struct edge_now now)
{
    struct edge_json_text *json = &view->memory.whole;
    edge_json_text_clear(json);
    edge_streams_event(json, "fleet");
    edge_frame_whole(view->frame, json);
    edge_streams_event_end(json);
    put_text(&view->memory.texts[EDGE_VIEW_CATALOG], "catalog", json);
    put_text(&view->memory.texts[EDGE_VIEW_ALERTS], "alerts", json);
    put_node(view, now, json);
    put_traffic(view, now, json);
}

static void look(struct edge_view *view, struct edge_now now)
{
    struct edge_view_memory *memory = &view->memory;
    const bool second = now.mono_us >= memory->second_mono_us;
    if (second)
        memory->second_mono_us = now.mono_us + SECOND_US - EDGE_VIEW_TICK_MS * 1000 / 2;
    read_drones(view);
    read_texts(view);
    (void)edge_viewing_fleet(view->parts.viewing, &memory->seen_fleet, &memory->fleet);
    if (second)
        (void)edge_viewing_tracks(view->parts.viewing, &memory->seen_tracks, memory->tracks);
    // Looked at before the changes are made: who asks meanwhile waits for the next tick.
    const bool whole = edge_streams_want_whole(view->streams);
    make_changes(view, now, second);
    if (whole)
        make_whole(view, now);
    edge_streams_publish(view->streams, &memory->changes, whole ? &memory->whole : NULL);
}

void edge_view_tick(struct edge_view *view, struct edge_now now)
{
    struct edge_view_memory *memory = &view->memory;
    edge_http_clients_sweep(&view->clients, now.mono_us);
    // A stream may have come and gone since the last tick.
    bool anew =
        memory->looked_mono_us == INT64_MIN && edge_viewing_watched(view->parts.viewing);
    if (edge_streams_count(view->streams) > 0 || anew)
        memory->looked_mono_us = now.mono_us;
    if (memory->looked_mono_us == INT64_MIN)
        return;
    if (now.mono_us - memory->looked_mono_us > REST_US)
        forget(view);
    else
        look(view, now);
}
