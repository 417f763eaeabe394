// SPDX-License-Identifier: Apache-2.0
// One step is a commit, or one slice of work. Every kind of periodic work has a time at which
// it is due (commit, publish, render ...), and events only make these times earlier, so that
// many changes share one commit or one root. Work is taken in the order urgent lane, then bulk,
// fold, render and sweep in rotation, each for one slice: a bulk message of any size delays an
// urgent one by a slice. While a child decodes an urgent message, which takes a fraction of a
// millisecond, only one slice each SLICE_EVERY_US is begun, and none that renders: what is
// rendered is for other programs, and waits up to six seconds while urgent messages come. After
// a failed commit the step goes on and retries; only damage and lack of memory end the loop.
#include "edge/ingest/ingest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "edge/ingest/feed_rules.h"
#include "edge/ingest/found_record.h"
#include "edge/ingest/ingest_lane.h"

#define SOURCE_STATS_US INT64_C(30000000)
#define RENDER_US INT64_C(500000)
#define RETRY_US INT64_C(1000000)
#define SECOND_US INT64_C(1000000)
#define GRACE_US INT64_C(1000)
#define SLICE_EVERY_US INT64_C(5000)
#define GATHER_US INT64_C(1000)
#define NEAR_US INT64_C(50000)
#define AGAIN_US INT64_C(5000)
#define RENDER_SOON_US INT64_C(1000000)
#define RENDER_LATE_US INT64_C(2000000)
#define RENDER_EVERY_US INT64_C(5000000)
#define NEVER INT64_MAX

enum { BACK_VALUES_PER_STEP = 64 };

// How long the store has to be tidied depends on its log, which a replay fills otherwise.
static enum drf_status tidy_port(void *self, struct fusion_store *store)
{
    const struct edge_ingest *ingest = self;
    return (enum drf_status)edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_TIDY,
                                              fusion_store_tidy(store));
}

enum drf_status edge_ingest_open(const struct edge_ingest_parts *parts,
                                 struct edge_ingest **out)
{
    struct edge_ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return DRF_ERR_NOMEM;
    ingest->parts = *parts;
    ingest->fold_wanted = true; // the fabric loads its tiles by folding
    ingest->states_wanted = true;
    edge_health_set(parts->health, EDGE_TROUBLE_CATCHING_UP,
                    !edge_feeds_all_current(parts->feeds));
    ingest->maintenance = (struct edge_maintenance){.config = parts->config,
                                                    .store = parts->store,
                                                    .metrics = parts->metrics,
                                                    .health = parts->health,
                                                    .restore_request = parts->restore_request,
                                                    .inputs = parts->inputs,
                                                    .log = parts->log};
    ingest->commit_mono_us = ingest->commit_by_mono_us = ingest->waits_mono_us = NEVER;
    ingest->urgent_mono_us = ingest->truth_mono_us = -NEAR_US;
    for (size_t i = 0; i < EDGE_LANES; i++)
        ingest->lanes[i].retry_mono_us = NEVER;
    ingest->grace_mono_us = NEVER;
    fusion_fabric_use_tidy(parts->fabric,
                           (struct fusion_tidy){.self = ingest, .run = tidy_port});
    enum drf_status status =
        edge_feeds_removed_open(&ingest->removed, parts->store, parts->fabric, parts->log);
    if (drf_status_action(status) != DRF_STOP)
        status = ingest_reports_open(&ingest->reports, parts->config, parts->store,
                                     parts->delivery, parts->report_answers, parts->metrics);
    if (drf_status_action(status) == DRF_STOP) {
        free(ingest);
        return status;
    }
    *out = ingest;
    return DRF_OK;
}

void edge_ingest_close(struct edge_ingest *ingest)
{
    if (!ingest)
        return;
    for (size_t i = 0; i < EDGE_LANES; i++)
        ingest_lane_drop(ingest, (enum edge_lane)i);
    for (size_t i = 0; i < EDGE_LANES; i++)
        geo_record_builder_close(&ingest->lanes[i].placed);
    ingest_decoder_close(ingest);
    ingest_reports_close(&ingest->reports);
    free(ingest);
}

// When a drone was heard of last is for the clock that ingest trusts to say; without a time it
// counts from when the clock can be trusted (edge/ingest/retention.h).
static enum drf_status keep(struct edge_ingest *ingest, const struct edge_back_value *value,
                            struct edge_now now)
{
    bool seen = strncmp(value->name, EDGE_STORED_SEEN, strlen(EDGE_STORED_SEEN)) == 0;
    if (seen && edge_maintenance_steady(&ingest->maintenance, now))
        return fusion_store_put_value(ingest->parts.store, value->name, &now.utc_us,
                                      sizeof now.utc_us);
    return fusion_store_put_value(ingest->parts.store, value->name, value->bytes, value->size);
}

static void drain(struct edge_ingest *ingest, struct edge_now now)
{
    struct edge_back_value value;
    for (int i = 0;
         i < BACK_VALUES_PER_STEP && edge_backqueue_front(ingest->parts.backqueue, &value);
         i++) {
        bool failing = edge_health_has(ingest->parts.health, EDGE_TROUBLE_STORE);
        bool report = ingest_reports_take(&ingest->reports, &value, failing, now);
        enum drf_status status = report ? DRF_OK : keep(ingest, &value, now);
        if (status != DRF_OK)
            edge_metrics_add(ingest->parts.metrics, EDGE_METRIC_BACKQUEUE_DROPS, 0, 0, 1);
        edge_backqueue_pop(ingest->parts.backqueue);
        ingest_commit_by(
            ingest, now.mono_us + (report && !failing ? INGEST_REPORT_US : INGEST_COMMIT_US));
    }
}

// What was kept before the question must be found: not while some of it is still in the queue.
static bool restore_request(struct edge_ingest *ingest)
{
    return ingest->parts.restore_request && edge_backqueue_drained(ingest->parts.backqueue)
           && edge_restore_request_answer(ingest->parts.restore_request, ingest->parts.store);
}

// Damage does not pass: the file is to be looked at as a whole, with the node stopped.
static enum drf_status unless_damaged(const struct edge_ingest *ingest)
{
    return fusion_store_fault(ingest->parts.store).trouble == FUSION_STORE_DAMAGED
               ? DRF_ERR_STORE
               : DRF_OK;
}

// One line when the store stops or starts taking commits, not one for each try.
static void store_trouble(struct edge_ingest *ingest, bool there, struct edge_now now)
{
    if (!edge_health_set(ingest->parts.health, EDGE_TROUBLE_STORE, there))
        return;
    char text[200];
    const char *error = fusion_store_error(ingest->parts.store);
    edge_log_write(ingest->parts.log, now.utc_us, there ? EDGE_LOG_ERROR : EDGE_LOG_INFO,
                   there ? "store.failing" : "store.recovered", "pending_bytes=%zu text=%s",
                   fusion_store_pending_bytes(ingest->parts.store),
                   edge_log_quote(text, sizeof text, error, strlen(error)));
}

static void count_pending(const struct edge_ingest *ingest)
{
    edge_metrics_set(ingest->parts.metrics, EDGE_METRIC_STORE_PENDING, 0,
                     (int64_t)fusion_store_pending_bytes(ingest->parts.store));
}

// For a query of the store alone; what was to be kept and has no room is kept the next time.
static void keep_states(struct edge_ingest *ingest)
{
    bool told = ingest->states[FUSION_LAYER_GROUND] != FUSION_REASON_UNKNOWN;
    if (told && !ingest->states_kept)
        ingest->states_kept =
            edge_layer_states_put(ingest->parts.store, ingest->states) == DRF_OK;
}

// An urgent message was read and is not applied yet.
static bool urgent_waits(const struct edge_ingest *ingest)
{
    const struct ingest_lane *urgent = &ingest->lanes[EDGE_LANE_URGENT];
    return urgent->stage != INGEST_EMPTY || urgent->ahead_count > 0;
}

static bool urgent_near(const struct edge_ingest *ingest, struct edge_now now)
{
    return now.mono_us - ingest->urgent_mono_us < NEAR_US;
}

// While urgent messages come, the log is copied back right after the commit of one: it is done
// then before the next comes, and never grows to what takes long. What is rendered does so
// otherwise, and waits.
static enum drf_status commit_now(struct edge_ingest *ingest, struct edge_now now)
{
    enum drf_status status = fusion_fabric_commit(ingest->parts.fabric, now.utc_us);
    if (status == DRF_OK && urgent_near(ingest, now))
        fusion_store_copy_back(ingest->parts.store);
    return status;
}

// Whether the commit waits for its time: only what is not urgent is to be committed, or urgent
// messages of which each came soon after another. In a recording from before such waited none
// does.
static bool held(struct edge_ingest *ingest, struct edge_now now)
{
    bool hold = !ingest->lone_commit && now.mono_us < ingest->commit_by_mono_us;
    hold = edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_HELD, hold) != 0;
    if (hold)
        ingest->commit_mono_us = ingest->commit_by_mono_us;
    return hold;
}

// What the disk said of a commit. A replay has no disk that could fail: there the recorded
// failure counts, and nothing is committed.
static enum drf_status commit_port(struct edge_ingest *ingest, struct edge_now now)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    if (!edge_inputs_replays(inputs))
        return (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_COMMIT,
                                                  commit_now(ingest, now));
    enum drf_status was = (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_COMMIT, DRF_OK);
    return was == DRF_OK ? fusion_fabric_commit(ingest->parts.fabric, now.utc_us) : was;
}

static enum drf_status fold_port(struct edge_ingest *ingest)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    if (edge_inputs_replays(inputs) && !edge_inputs_free(inputs)) {
        enum drf_status was =
            (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_FOLD, DRF_OK);
        return drf_status_action(was) == DRF_SERVE ? was
                                                   : fusion_fabric_fold(ingest->parts.fabric);
    }
    return (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_FOLD,
                                              fusion_fabric_fold(ingest->parts.fabric));
}

// What is rendered waits while urgent messages come one soon after the other. For a second
// after it was wanted (or, where something was rendered amid such messages, until five seconds
// after that) it waits while one came in the last NEAR_US: DRF_ERR_STALE. For a second more it
// waits only while one is there: DRF_ERR_ABSENT. Then it is rendered whatever comes: DRF_OK.
static enum drf_status postponed(const struct edge_ingest *ingest, struct edge_now now)
{
    int64_t since_mono_us =
        ingest->waits_mono_us == NEVER ? now.mono_us : ingest->waits_mono_us;
    if (since_mono_us < ingest->again_mono_us - RENDER_SOON_US)
        since_mono_us = ingest->again_mono_us - RENDER_SOON_US;
    int64_t waited_us = now.mono_us - since_mono_us;
    if (waited_us < RENDER_SOON_US && urgent_near(ingest, now))
        return DRF_ERR_STALE;
    return waited_us < RENDER_LATE_US && urgent_waits(ingest) ? DRF_ERR_ABSENT : DRF_OK;
}

// These two mean postponed, and nothing else.
static enum drf_status render_now(struct edge_ingest *ingest)
{
    enum drf_status status = fusion_fabric_render(ingest->parts.fabric);
    return status == DRF_ERR_ABSENT || status == DRF_ERR_STALE ? DRF_ERR_STORE : status;
}

// Nothing that a drone is told depends on what is rendered: a replay leaves it out.
static enum drf_status render_port(struct edge_ingest *ingest, struct edge_now now)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    if (edge_inputs_replays(inputs))
        return (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_RENDER, DRF_OK);
    enum drf_status status = postponed(ingest, now);
    return (enum drf_status)edge_inputs_value(inputs, EDGE_INPUT_RENDER,
                                              status == DRF_OK ? render_now(ingest) : status);
}

static enum drf_status commit(struct edge_ingest *ingest, struct edge_now now)
{
    struct edge_metrics *metrics = ingest->parts.metrics;
    edge_feeds_note(ingest->parts.feeds, now);
    keep_states(ingest);
    enum drf_status status = commit_port(ingest, now);
    count_pending(ingest);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    store_trouble(ingest, status != DRF_OK, now);
    edge_metrics_add(
        metrics, status == DRF_OK ? EDGE_METRIC_COMMITS : EDGE_METRIC_COMMIT_FAILURES, 0, 0, 1);
    ingest->commit_mono_us = status == DRF_OK ? NEVER : now.mono_us + RETRY_US;
    ingest->commit_by_mono_us = ingest->commit_mono_us;
    ingest->urgent_commit = ingest->lone_commit = false;
    if (status == DRF_OK) {
        ingest_earlier(&ingest->render_mono_us, now.mono_us + RENDER_US);
        ingest->render_failed = false;
        ingest_reports_committed(&ingest->reports, now);
    }
    return status == DRF_OK ? DRF_OK : unless_damaged(ingest);
}

static enum drf_status publish(struct edge_ingest *ingest, struct edge_now now,
                               struct edge_ingest_done *done)
{
    const struct fusion_root *root = NULL;
    enum drf_status status = fusion_fabric_publish(ingest->parts.fabric, &root);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    if (drf_status_action(status) == DRF_RETRY) {
        done->busy = true;
        return DRF_OK;
    }
    ingest->publish_mono_us = status == DRF_OK ? NEVER : now.mono_us + INGEST_PUBLISH_US;
    if (status != DRF_OK || !root)
        return DRF_OK;
    edge_mailbox_put(ingest->parts.mailbox, root);
    edge_metrics_add(ingest->parts.metrics, EDGE_METRIC_ROOTS, 0, 0, 1);
    edge_metrics_set(ingest->parts.metrics, EDGE_METRIC_ROOT_EPOCH, 0, (int64_t)root->epoch);
    done->published = true;
    return DRF_OK;
}

static void count_tracks(const struct edge_ingest *ingest)
{
    const struct fusion_fabric *fabric = ingest->parts.fabric;
    struct edge_metrics *metrics = ingest->parts.metrics;
    edge_metrics_set(metrics, EDGE_METRIC_TRACKS, 0, (int64_t)fusion_fabric_tracks(fabric));
    for (size_t gate = 0; gate < FUSION_GATE_COUNT; gate++) {
        uint64_t told =
            (uint64_t)edge_metrics_value(metrics, EDGE_METRIC_TRACK_REPORTS, gate, 0);
        edge_metrics_add(metrics, EDGE_METRIC_TRACK_REPORTS, gate, 0,
                         fusion_fabric_gated(fabric, (enum fusion_gate)gate) - told);
    }
}

static void each_second(struct edge_ingest *ingest, struct edge_now now)
{
    if (now.mono_us < ingest->second_mono_us)
        return;
    ingest->second_mono_us = now.mono_us + SECOND_US;
    fusion_fabric_expire(ingest->parts.fabric, now.utc_us,
                         edge_maintenance_forgettable(&ingest->maintenance, now));
    ingest_earlier(&ingest->publish_mono_us, now.mono_us);
    if (ingest->parts.source_stats)
        edge_source_stats_second(ingest->parts.source_stats, ingest->parts.log, now);
    count_tracks(ingest);
    if (ingest->parts.source_stats && now.mono_us >= ingest->source_stats_mono_us) {
        ingest->source_stats_mono_us = now.mono_us + SOURCE_STATS_US;
        if (edge_source_stats_keep(ingest->parts.source_stats, ingest->parts.store) == DRF_OK)
            ingest_commit_by(ingest, now.mono_us + INGEST_COMMIT_US);
    }
    if (ingest_reports_second(&ingest->reports,
                              edge_maintenance_steady(&ingest->maintenance, now), now))
        ingest_commit_by(ingest, now.mono_us + INGEST_COMMIT_US);
    edge_health_set(ingest->parts.health, EDGE_TROUBLE_DECODER,
                    edge_feeds_paused(ingest->parts.feeds, now)
                        || !ingest_decoder_ready(ingest));
    ingest->states_wanted = true;
}

static enum drf_status fold(struct edge_ingest *ingest, struct edge_now now, bool *worked)
{
    if (!ingest->fold_wanted || now.mono_us < ingest->fold_mono_us)
        return DRF_OK;
    enum drf_status status = fold_port(ingest);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    if (drf_status_action(status) == DRF_SERVE) { // unreadable for now: tried again
        ingest->fold_mono_us = now.mono_us + RETRY_US;
        store_trouble(ingest, true, now);
        return unless_damaged(ingest);
    }
    ingest->fold_wanted = drf_status_action(status) == DRF_RETRY;
    if (!ingest->fold_wanted) {
        ingest_earlier(&ingest->publish_mono_us, now.mono_us);
        ingest_earlier(&ingest->render_mono_us, now.mono_us + RENDER_US);
        ingest->states_wanted = true;
    } else {
        ingest_earlier(&ingest->publish_mono_us, now.mono_us + INGEST_PUBLISH_US);
    }
    *worked = true;
    return DRF_OK;
}

static enum drf_status render(struct edge_ingest *ingest, struct edge_now now, bool *worked)
{
    if (now.mono_us < ingest->render_mono_us)
        return DRF_OK;
    enum drf_status status = render_port(ingest, now);
    if (drf_status_action(status) == DRF_STOP)
        return status;
    if (status == DRF_ERR_ABSENT || status == DRF_ERR_STALE) {
        ingest_earlier(&ingest->waits_mono_us, now.mono_us);
        ingest->render_mono_us = now.mono_us + (status == DRF_ERR_STALE ? NEAR_US : AGAIN_US);
        return DRF_OK;
    }
    if (status == DRF_OK && ingest->waits_mono_us != NEVER)
        ingest->again_mono_us = now.mono_us + RENDER_EVERY_US;
    if (status == DRF_OK)
        ingest->waits_mono_us = NEVER;
    ingest->render_failed = ingest->render_failed || drf_status_action(status) == DRF_SERVE;
    if (drf_status_action(status) == DRF_RETRY)
        *worked = true;
    else
        ingest->render_mono_us = status == DRF_OK ? NEVER : now.mono_us + RETRY_US;
    count_pending(ingest);
    return DRF_OK;
}

// What feeds no longer say, some at a time; bounded as what is read is.
static enum drf_status sweep(struct edge_ingest *ingest, struct edge_now now, bool *worked)
{
    if (!ingest_may_read(ingest))
        return DRF_OK;
    enum drf_status status = edge_feeds_sweep(ingest->parts.feeds, now, worked);
    if (status == DRF_OK && !*worked)
        status = edge_feeds_removed_step(&ingest->removed, now, worked);
    if (*worked)
        ingest_changed(ingest, EDGE_LANE_BULK, true, now);
    return status;
}

static enum drf_status bulk(struct edge_ingest *ingest, struct edge_now now, bool *worked)
{
    return ingest_lane_step(ingest, EDGE_LANE_BULK, now, worked);
}

typedef enum drf_status (*slice_fn)(struct edge_ingest *ingest, struct edge_now now,
                                    bool *worked);

// Urgent first; bulk, folding, rendering and sweeping a slice each, whose turn it is first.
static enum drf_status work(struct edge_ingest *ingest, struct edge_now now, bool *worked)
{
    enum drf_status status = ingest_lane_step(ingest, EDGE_LANE_URGENT, now, worked);
    if (*worked)
        ingest->urgent_mono_us = now.mono_us;
    if (status != DRF_OK || *worked)
        return status;
    const struct ingest_lane *urgent = &ingest->lanes[EDGE_LANE_URGENT];
    if (ingest->urgent_commit && urgent->stage == INGEST_EMPTY) { // nothing to be grouped with
        ingest->commit_mono_us = now.mono_us;
        ingest->urgent_commit = false;
    }
    // A child needs a fraction of a millisecond for an urgent message. A slice begun meanwhile
    // would make each message of a burst wait for one; so bulk gets one slice in a while.
    if (urgent->stage == INGEST_DECODING && now.mono_us - urgent->decode_mono_us < GRACE_US
        && now.mono_us - ingest->slice_mono_us < SLICE_EVERY_US) {
        ingest->grace_mono_us = now.mono_us + GRACE_US;
        return DRF_OK;
    }
    ingest->grace_mono_us = NEVER;
    ingest->slice_mono_us = now.mono_us;
    static const slice_fn slices[] = {bulk, fold, render, sweep};
    enum { SLICES = sizeof slices / sizeof slices[0] };
    ingest->turn++;
    for (unsigned i = 0; i < SLICES && status == DRF_OK && !*worked; i++)
        status = slices[(ingest->turn + i) % SLICES](ingest, now, worked);
    return status;
}

// A root waits a moment for urgent messages that were read already: one root shows them all.
static int64_t publish_due(const struct edge_ingest *ingest)
{
    return urgent_waits(ingest) && ingest->publish_mono_us != NEVER
               ? ingest->publish_mono_us + GATHER_US
               : ingest->publish_mono_us;
}

static int64_t next_wake(const struct edge_ingest *ingest)
{
    int64_t wake_mono_us = ingest->second_mono_us;
    ingest_earlier(&wake_mono_us, ingest->commit_mono_us);
    ingest_earlier(&wake_mono_us, publish_due(ingest));
    ingest_earlier(&wake_mono_us, ingest->render_mono_us);
    ingest_earlier(&wake_mono_us, ingest->grace_mono_us);
    ingest_earlier(&wake_mono_us, ingest->parts.delivery->serve_mono_us);
    for (size_t i = 0; i < EDGE_LANES; i++)
        ingest_earlier(&wake_mono_us, ingest->lanes[i].retry_mono_us);
    return wake_mono_us;
}

// What serve has left is looked at once, before anything is left for it. Questions before the
// back queue: what was kept before a question was put is seen with it.
static uint64_t look(struct edge_ingest *ingest)
{
    uint64_t acknowledged = edge_mailbox_acknowledged(ingest->parts.mailbox);
    if (ingest->parts.restore_request)
        edge_restore_request_look_asked(ingest->parts.restore_request);
    edge_backqueue_look(ingest->parts.backqueue);
    edge_inputs_ticket(ingest->parts.inputs);
    return acknowledged;
}

// A disk that failed in the middle of a step, other than in a commit: no port knows what it
// said.
void ingest_end_inputs(struct edge_ingest *ingest)
{
    struct fusion_store *store = ingest->parts.store;
    if (edge_inputs_records(ingest->parts.inputs) && !ingest->render_failed
        && fusion_store_fault(store).trouble != FUSION_STORE_SOUND
        && !edge_health_has(ingest->parts.health, EDGE_TROUBLE_STORE))
        edge_inputs_spoil(ingest->parts.inputs, fusion_store_error(store));
    edge_inputs_end(ingest->parts.inputs);
}

static enum drf_status step(struct edge_ingest *ingest, struct edge_now now,
                            struct edge_ingest_done *out)
{
    struct edge_ingest_done done = {0};
    edge_health_step(ingest->parts.health, EDGE_LOOP_INGEST, now.mono_us);
    uint64_t acknowledged = look(ingest);
    ingest_look_quiet(ingest);
    if (acknowledged > ingest->acknowledged) {
        fusion_fabric_acknowledge(ingest->parts.fabric, acknowledged);
        ingest->acknowledged = acknowledged;
    }
    if (edge_maintenance_clock(&ingest->maintenance, now))
        ingest_commit_by(ingest, now.mono_us); // so that as_of follows it
    drain(ingest, now);
    done.restored = restore_request(ingest);
    each_second(ingest, now);
    if (edge_delivery_serve(ingest->parts.delivery, now))
        ingest_commit_by(ingest, now.mono_us + INGEST_COMMIT_US);
    enum drf_status status = DRF_OK;
    if (now.mono_us >= ingest->commit_mono_us) {
        done.busy = true;
        done.committed = !held(ingest, now);
        if (done.committed)
            status = commit(ingest, now);
    } else {
        status = work(ingest, now, &done.busy);
        if (!done.busy
            && edge_maintenance_step(&ingest->maintenance,
                                     (ingest_pending(ingest) & INGEST_PENDING_ANY) != 0, now))
            ingest_commit_by(ingest, now.mono_us + INGEST_COMMIT_US);
    }
    if (status == DRF_OK && ingest->states_wanted)
        ingest_report_layers(ingest, now);
    if (status == DRF_OK && now.mono_us >= publish_due(ingest))
        status = publish(ingest, now, &done);
    done.wake_mono_us = next_wake(ingest);
    if (ingest_reports_answer(&ingest->reports))
        ingest_earlier(&done.wake_mono_us, now.mono_us + GRACE_US);
    done.restored = done.restored || ingest->reports.answered;
    ingest->reports.answered = false;
    *out = done;
    return status;
}

enum drf_status edge_ingest_step(struct edge_ingest *ingest, struct edge_now now,
                                 struct edge_ingest_done *out)
{
    edge_inputs_begin(ingest->parts.inputs, now);
    enum drf_status status = step(ingest, now, out);
    ingest_end_inputs(ingest);
    return status;
}

void edge_ingest_found(struct edge_ingest *ingest, size_t feed,
                       const struct edge_kafka_found *found, struct edge_now now)
{
    edge_inputs_begin(ingest->parts.inputs, now);
    edge_inputs_ticket(ingest->parts.inputs);
    edge_found_record_put(ingest->parts.inputs, feed, found);
    edge_feeds_found(ingest->parts.feeds, feed, found, now);
    ingest_end_inputs(ingest);
}

void edge_ingest_finish(struct edge_ingest *ingest, struct edge_now now)
{
    struct edge_back_value value;
    edge_inputs_begin(ingest->parts.inputs, now);
    (void)look(ingest);
    while (edge_backqueue_front(ingest->parts.backqueue, &value))
        drain(ingest, now);
    edge_inputs_finish(ingest->parts.inputs);
    edge_inputs_end(ingest->parts.inputs);
    edge_delivery_finish(ingest->parts.delivery, now);
    enum drf_status status = commit(ingest, now);
    (void)status; // said in the log and by the store; what is not committed is read again
}
