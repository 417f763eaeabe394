// SPDX-License-Identifier: Apache-2.0
// A lane takes one message through READ (envelope), DECODING (in a child) and APPLYING (a fold
// job, one slice a step), and then its offset is due to be committed. The urgent lane reads
// ahead: up to INGEST_AHEAD_MAX further messages go to its child while one is decoded or
// applied, and are applied in their order. A refused message moves the offset too
// (fusion_fabric_skip), so that it is not read again. After a decoder died, read-ahead stops
// for SINGLE_US, so that a feed that is going to be paused has no other messages in the
// decoder.
#include "edge/ingest/ingest_lane.h"

#include <stdio.h>
#include <string.h>

#include "edge/ingest/decoding.h"

#define RETRY_US INT64_C(500000)
#define SINGLE_US INT64_C(60000000)

static struct fusion_message fusion_view(struct edge_ingest *ingest,
                                         const struct ingest_lane *lane)
{
    const struct edge_envelope *envelope = &lane->envelope;
    return (struct fusion_message){
        .identity = {.feed = ingest->parts.config->feeds[lane->message.feed].name,
                     .source = envelope->source,
                     .key = envelope->key},
        .version = envelope->version,
        .file_time = envelope->file_time,
        .tombstone = envelope->tombstone,
        .edition = envelope->edition[0] != '\0' ? envelope->edition : NULL,
        .edition_part = envelope->part,
        .edition_parts = envelope->parts,
        .cluster_id = edge_feeds_cluster(ingest->parts.feeds, lane->message.feed),
        .topic = lane->message.topic,
        .partition = lane->message.partition,
        .offset = ingest_late_offset(&ingest->late, &lane->message),
    };
}

static void empty(struct edge_ingest *ingest, struct ingest_lane *lane)
{
    ingest_late_done(&ingest->late, &lane->message);
    edge_feeds_done(ingest->parts.feeds, &lane->message);
    fusion_job_close(lane->job);
    lane->job = NULL;
    lane->record = (struct geo_record){0};
    lane->stage = INGEST_EMPTY;
    lane->retry_mono_us = INT64_MAX;
}

void ingest_lane_drop(struct edge_ingest *ingest, enum edge_lane index)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    if (lane->stage != INGEST_EMPTY)
        empty(ingest, lane);
    for (; lane->ahead_count > 0; lane->ahead_count--) {
        edge_feeds_done(ingest->parts.feeds, &lane->ahead[lane->ahead_first].message);
        lane->ahead_first = (lane->ahead_first + 1) % INGEST_AHEAD_MAX;
    }
    for (; index == EDGE_LANE_BULK && ingest->late.count > 0; ingest->late.count--)
        edge_feeds_done(ingest->parts.feeds,
                        &ingest->late.waiting[ingest->late.count - 1].message);
}

bool ingest_lane_busy(const struct edge_ingest *ingest)
{
    for (size_t i = 0; i < EDGE_LANES; i++)
        if (ingest->lanes[i].stage != INGEST_EMPTY || ingest->lanes[i].ahead_count > 0)
            return true;
    return ingest->late.count > 0;
}

static void note(const struct edge_ingest *ingest, const struct ingest_lane *lane,
                 const struct geo_note *why, struct edge_now now)
{
    if (ingest->parts.source_stats)
        edge_source_stats_note(ingest->parts.source_stats, lane->message.feed,
                               lane->envelope.source, why, now);
}

// Whether what was refused for this reason may be missing somewhere.
static bool may_be_missing(uint32_t code)
{
    return code != GEO_REFUSAL_IGNORED && code != GEO_REFUSAL_OUT_OF_REGION
           && code != GEO_REFUSAL_MODE;
}

static void note_unplaced(const struct edge_ingest *ingest, const struct ingest_lane *lane,
                          struct edge_now now)
{
    if (ingest->parts.source_stats)
        edge_source_stats_unplaced(ingest->parts.source_stats, lane->message.feed, now);
}

// What a record says of refused parts.
struct refused_parts {
    bool nothing_else;          // no part was understood
    uint64_t placed, unplaced;  // parts that name their place, and that do not
    const struct geo_note *why; // of the first
};

// Parts of one feature, "ID#1" "ID#2", follow each other.
static bool same_feature(const struct geo_unreadable *a, const struct geo_unreadable *b)
{
    if (a == NULL)
        return false;
    const char *end_a = strrchr(a->id, '#'), *end_b = strrchr(b->id, '#');
    return end_a != NULL && end_b != NULL && end_a - a->id == end_b - b->id
           && memcmp(a->id, b->id, (size_t)(end_a - a->id)) == 0;
}

static struct refused_parts refused_parts_of(struct geo_record record)
{
    struct refused_parts parts = {.nothing_else = true};
    const struct geo_unreadable *placed = NULL;
    size_t cursor = 0;
    struct geo_item item;
    while (record.size > 0 && geo_record_next(record, &cursor, &item)) {
        const struct geo_note *note = item.payload;
        bool refused = item.kind == GEO_ITEM_NOTE && may_be_missing(note->code);
        if (item.kind == GEO_ITEM_UNREADABLE && !same_feature(placed, item.payload)) {
            placed = item.payload;
            parts.placed++;
        }
        parts.unplaced += refused ? note->count : 0;
        parts.why = refused && parts.why == NULL ? note : parts.why;
        parts.nothing_else =
            parts.nothing_else
            && (item.kind == GEO_ITEM_NOTE || item.kind == GEO_ITEM_UNREADABLE);
    }
    // Each that names its place has a note of its own, however many parts it has.
    parts.unplaced -= parts.unplaced < parts.placed ? parts.unplaced : parts.placed;
    return parts;
}

// Counted, told, dead-lettered; its offset moves on with the next commit.
static enum drf_status refuse(struct edge_ingest *ingest, enum edge_lane index,
                              const struct geo_note *why, struct edge_now now)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    struct fusion_message message = fusion_view(ingest, lane);
    enum drf_status status = fusion_fabric_skip(ingest->parts.fabric, &message);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    if (why->code != GEO_REFUSAL_IGNORED)
        note(ingest, lane, why, now);
    else if (ingest->parts.source_stats)
        edge_source_stats_passed_over(ingest->parts.source_stats, lane->message.feed,
                                      lane->envelope.source, why, now);
    if (may_be_missing(why->code))
        note_unplaced(ingest, lane, now);
    edge_deadletter_refused(ingest->parts.deadletters, &lane->message, why, now);
    empty(ingest, lane);
    ingest_changed(ingest, index, false, now);
    return DRF_OK;
}

// No word of it but its offset, which moves on.
static enum drf_status pass_over(struct edge_ingest *ingest, enum edge_lane index,
                                 struct edge_now now)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    struct fusion_message message = fusion_view(ingest, lane);
    enum drf_status status = fusion_fabric_skip(ingest->parts.fabric, &message);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    empty(ingest, lane);
    ingest_changed(ingest, index, false, now);
    return DRF_OK;
}

bool ingest_may_read(const struct edge_ingest *ingest)
{
    return (ingest_pending(ingest) & INGEST_PENDING_FULL) == 0;
}

// What this node told others of its drones (publish.tracks_topic) and reads back.
static bool our_own(const struct drf_config *config, const struct ingest_ahead *one)
{
    const struct drf_feed_config *feed = &config->feeds[one->message.feed];
    char own[EDGE_SOURCE_SIZE + DRF_ID_SIZE];
    if (feed->kind != DRF_FEED_TRAFFIC)
        return false;
    (void)snprintf(own, sizeof own, "%s/%s/%s", feed->name, config->region_id, config->node_id);
    return strcmp(one->envelope.source, own) == 0;
}

// The next message with its envelope. False: there is none, or none may be read now.
static bool read_ahead(struct edge_ingest *ingest, enum edge_lane index, struct edge_now now,
                       struct ingest_ahead *out)
{
    const struct drf_config *config = ingest->parts.config;
    for (size_t feed = 0; feed < config->feed_count; feed++)
        edge_feeds_wait(ingest->parts.feeds, feed,
                        edge_deadletter_waits(ingest->parts.deadletters, feed, now));
    if (ingest_quiet(ingest, index) || !ingest_may_read(ingest)
        || !edge_feeds_next(ingest->parts.feeds, index, now, &out->message))
        return false;
    out->started = false;
    out->envelope = (struct edge_envelope){0};
    out->refused = edge_envelope_read(&config->feeds[out->message.feed], config->mode,
                                      &out->message, &out->why, &out->envelope)
                   != DRF_OK;
    out->own = !out->refused && our_own(config, out);
    out->refused = out->refused || out->own;
    if (!out->refused)
        edge_decoding_params(config, out->message.feed, &out->envelope, &out->params);
    return true;
}

static bool start(struct edge_ingest *ingest, enum edge_lane index, struct ingest_ahead *one,
                  struct edge_now now)
{
    one->decode_mono_us = now.mono_us;
    one->started =
        ingest_decoder_start(ingest, index, &one->params, one->envelope.document.bytes,
                             one->envelope.document.size, now.mono_us)
        == DRF_OK;
    return one->started;
}

// While a small message is decoded or applied the next ones go to the decoder, so that neither
// waits for the other. Bulk messages may be large: one at a time.
static void look_ahead(struct edge_ingest *ingest, enum edge_lane index, struct edge_now now)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    // After a death one at a time, or a feed that is to be paused has others in the decoder.
    if (now.mono_us < lane->single_mono_us)
        return;
    while (index == EDGE_LANE_URGENT && lane->ahead_count < INGEST_AHEAD_MAX) {
        size_t last = (lane->ahead_first + lane->ahead_count - 1) % INGEST_AHEAD_MAX;
        struct ingest_ahead *one = &lane->ahead[last];
        bool waits =
            lane->ahead_count > 0 && !one->started && !one->refused && !one->envelope.tombstone;
        if (!waits) {
            one = &lane->ahead[(lane->ahead_first + lane->ahead_count) % INGEST_AHEAD_MAX];
            if (!read_ahead(ingest, index, now, one))
                return;
            lane->ahead_count++;
        }
        if (!one->refused && !one->envelope.tombstone && !start(ingest, index, one, now))
            return; // the decoder has enough for now
    }
}

// Takes the next message up, one that was read ahead before others.
static enum drf_status read_next(struct edge_ingest *ingest, enum edge_lane index,
                                 struct edge_now now, bool *worked)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    struct ingest_ahead *one = &lane->ahead[lane->ahead_first];
    lane->again = index == EDGE_LANE_BULK && ingest_late_next(&ingest->late, lane);
    if (lane->again) {
        *worked = true;
        lane->retry_mono_us = INT64_MAX;
        lane->stage = INGEST_READ;
        return DRF_OK;
    }
    if (lane->ahead_count == 0 && !read_ahead(ingest, index, now, one))
        return DRF_OK;
    if (lane->ahead_count > 0) {
        lane->ahead_first = (lane->ahead_first + 1) % INGEST_AHEAD_MAX;
        lane->ahead_count--;
    }
    *worked = true;
    lane->message = one->message;
    lane->envelope = one->envelope;
    lane->params = one->params;
    lane->decode_mono_us = one->decode_mono_us;
    lane->retry_mono_us = INT64_MAX;
    lane->stage = one->started ? INGEST_DECODING : INGEST_READ;
    if (one->own)
        return pass_over(ingest, index, now);
    return one->refused ? refuse(ingest, index, &one->why, now) : DRF_OK;
}

static enum drf_status open_job(struct edge_ingest *ingest, struct ingest_lane *lane,
                                struct edge_now now)
{
    struct fusion_message message = fusion_view(ingest, lane);
    lane->retry_mono_us = INT64_MAX;
    enum drf_status status =
        fusion_job_open(ingest->parts.fabric, &message, lane->record, &lane->job);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    lane->stage = INGEST_APPLYING;
    if (status != DRF_OK)
        lane->retry_mono_us = now.mono_us + RETRY_US;
    return DRF_OK;
}

static enum drf_status start_decoding(struct edge_ingest *ingest, enum edge_lane index,
                                      struct edge_now now, bool *worked)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    if (lane->envelope.tombstone) {
        *worked = true;
        return open_job(ingest, lane, now);
    }
    enum drf_status status =
        ingest_decoder_start(ingest, index, &lane->params, lane->envelope.document.bytes,
                             lane->envelope.document.size, now.mono_us);
    if (status != DRF_OK) // no child is warm: the loop wakes when one is
        return DRF_OK;
    lane->stage = INGEST_DECODING;
    lane->decode_mono_us = now.mono_us;
    *worked = true;
    return DRF_OK;
}

// A message whose decoder took too long, which a busy machine does to a sound one, is tried
// once more: where it is in the bulk lane, and from the urgent lane there too.
static bool try_again(struct edge_ingest *ingest, enum edge_lane index, struct edge_now now)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    if (lane->again || (index == EDGE_LANE_URGENT && !ingest_late_put(&ingest->late, lane)))
        return false;
    edge_log_write(
        ingest->parts.log, now.utc_us, EDGE_LOG_WARN, "decoder.late",
        "feed=%s partition=%d offset=%lld text=\"took too long, is tried once more\"",
        ingest->parts.config->feeds[lane->message.feed].name, (int)lane->message.partition,
        (long long)lane->message.offset);
    if (index == EDGE_LANE_URGENT)
        edge_feeds_late(ingest->parts.feeds, &lane->message);
    lane->again = index == EDGE_LANE_BULK;
    lane->stage = lane->again ? INGEST_READ : INGEST_EMPTY;
    return true;
}

static enum drf_status take_decoded(struct edge_ingest *ingest, enum edge_lane index,
                                    struct edge_now now, bool *worked)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    struct edge_decoded decoded;
    if (!ingest_decoder_take(ingest, index, &decoded))
        return DRF_OK;
    *worked = true;
    edge_metrics_observe(ingest->parts.metrics, EDGE_METRIC_DECODE_SECONDS,
                         now.mono_us - lane->decode_mono_us);
    if (decoded.died)
        lane->single_mono_us = now.mono_us + SINGLE_US;
    if (decoded.late && try_again(ingest, index, now))
        return DRF_OK;
    if (decoded.died)
        edge_feeds_death(ingest->parts.feeds, lane->message.feed, now);
    edge_decoding_complete(ingest->parts.config, lane->message.feed, &lane->placed, &decoded);
    if (decoded.status != DRF_OK)
        return refuse(ingest, index, &decoded.why, now);
    lane->record = decoded.record;
    return open_job(ingest, lane, now);
}

// Whether that is a refusal, and why.
static bool refusal_of(enum fusion_outcome outcome, struct geo_note *why)
{
    const char *text;
    switch (outcome) {
    case FUSION_REFUSED:
        why->code = GEO_REFUSAL_FORMAT;
        text = "the record does not fit this feed's layer, or is damaged";
        break;
    case FUSION_OUTSIDE:
        why->code = GEO_REFUSAL_OUT_OF_REGION;
        text = "nothing in it is or was inside the region";
        break;
    case FUSION_IMPLAUSIBLE:
        why->code = GEO_REFUSAL_RANGE;
        text = "no aircraft in it can have got there since its last report";
        break;
    default:
        return false;
    }
    snprintf(why->text, sizeof why->text, "%s", text);
    return true;
}

static enum drf_status finish_job(struct edge_ingest *ingest, enum edge_lane index,
                                  enum fusion_outcome outcome, struct edge_now now)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    edge_metrics_add(ingest->parts.metrics, EDGE_METRIC_FEED_OUTCOMES, lane->message.feed,
                     outcome, 1);
    struct geo_note why = {.count = 1};
    bool refused = refusal_of(outcome, &why);
    if (refused) {
        edge_deadletter_refused(ingest->parts.deadletters, &lane->message, &why, now);
        note(ingest, lane, &why, now);
    }
    // Parts that could not be read are told even where the rest lies outside the region.
    if (lane->record.size > 0 && (!refused || outcome == FUSION_OUTSIDE))
        edge_deadletter_notes(ingest->parts.deadletters, &lane->message, lane->record, now);
    struct refused_parts parts = refused_parts_of(lane->record);
    if (!refused)
        note(ingest, lane, parts.nothing_else ? parts.why : NULL, now);
    if (parts.unplaced > 0 || outcome == FUSION_REFUSED)
        note_unplaced(ingest, lane, now);
    size_t feed = lane->message.feed;
    bool tracks = ingest->parts.config->feeds[feed].kind == DRF_FEED_TRAFFIC;
    empty(ingest, lane);
    if (tracks)
        edge_feed_clock_note(&ingest->clock, ingest->parts.config, feed,
                             edge_feeds_current(ingest->parts.feeds, feed),
                             fusion_fabric_gated(ingest->parts.fabric, FUSION_GATE_CLOCK),
                             fusion_fabric_tracks_off_us(ingest->parts.fabric),
                             ingest->parts.log, now);
    if (tracks)
        ingest_moved(ingest, outcome == FUSION_APPLIED, now);
    else
        ingest_changed(ingest, index, outcome == FUSION_APPLIED, now);
    return DRF_OK;
}

static enum drf_status apply(struct edge_ingest *ingest, enum edge_lane index,
                             struct edge_now now, bool *worked)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    if (lane->retry_mono_us != INT64_MAX && now.mono_us < lane->retry_mono_us)
        return DRF_OK;
    *worked = true;
    if (!lane->job)
        return open_job(ingest, lane, now);
    enum fusion_outcome outcome = FUSION_REFUSED;
    enum drf_status status = fusion_job_step(lane->job, &outcome);
    if (status == DRF_ERR_AGAIN || status == DRF_ERR_NOMEM)
        return status == DRF_ERR_AGAIN ? DRF_OK : status;
    if (status == DRF_OK)
        return finish_job(ingest, index, outcome, now);
    fusion_job_close(lane->job); // the store cannot be read now: from the beginning, later
    lane->job = NULL;
    lane->retry_mono_us = now.mono_us + RETRY_US;
    return DRF_OK;
}

enum drf_status ingest_lane_step(struct edge_ingest *ingest, enum edge_lane index,
                                 struct edge_now now, bool *worked)
{
    struct ingest_lane *lane = &ingest->lanes[index];
    enum drf_status status = DRF_OK;
    if (lane->stage == INGEST_EMPTY)
        status = read_next(ingest, index, now, worked);
    if (status == DRF_OK && lane->stage == INGEST_READ)
        status = start_decoding(ingest, index, now, worked);
    else if (status == DRF_OK && lane->stage == INGEST_DECODING)
        status = take_decoded(ingest, index, now, worked);
    else if (status == DRF_OK && lane->stage == INGEST_APPLYING)
        status = apply(ingest, index, now, worked);
    if (status == DRF_OK && lane->stage > INGEST_READ)
        look_ahead(ingest, index, now);
    return status;
}
