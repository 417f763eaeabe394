// SPDX-License-Identifier: Apache-2.0
// Two stages. At arrival a context is scanned in its packed form (sim/fleet/context_scan.h),
// counted, timed and acknowledged; contexts of verified drones are copied into a ring. The
// second stage, called when the loop has time, unpacks, corrupts if asked to, and passes
// them to the witness with the report that they answer. Reports are kept in a ring of 64 per
// drone, by seq modulo. Replies and terrain blocks are rare: they are unpacked at arrival,
// because the pilot and the plans react to them, and checked in the second stage; the review of
// a plan not before a context came, and never if none does.
#include "sim/fleet/receive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/node.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "sim/fleet/context_scan.h"

enum { RING = 4096, BYTES_MAX = 2048, REPORTS = 64, ANSWERS = 64 };
enum { ANSWERS_TELEMETRY = 1, ANSWERS_PROFILE = 2, ANSWERS_PLAN = 3 }; // reply.proto: answers

static const int64_t slow_for_us = 5000000;

struct arrival {
    size_t index, size;
    int64_t mono_us;
    bool used; // by the drone
    uint8_t bytes[BYTES_MAX];
};

// Since when a node surely has reports of a drone.
struct heard {
    uint64_t boot_id; // of the node that answered last; 0: none did
    int64_t utc_us;   // of that node, when it first answered a report
};

// A reply with its request: rare, so each is allocated by itself.
struct answer {
    size_t index;
    struct sim_asked asked;
    int64_t utc_us, mono_us;   // of the node; of its arrival
    Drf__V1__Terrain *terrain; // one of three
    Drf__V1__Reply *landing, *review;
    struct sim_plan plan;     // that is reviewed
    struct sim_report report; // the drone's newest then
};

struct sim_receiver {
    struct sim_witness *witness;
    struct sim_patch_watch *patches; // NULL: none
    struct sim_drone *drones;
    size_t count;
    enum sim_corruption corruption;
    double verify_ratio; // of the drones whose contexts are checked
    bool tells_all;      // the listener hears the contexts of the others too
    struct sim_listener listener;
    struct sim_report *reports;       // REPORTS a drone, by seq modulo
    struct sim_node_streams *streams; // of each drone
    uint32_t *answered;               // telemetry seq of the newest answer to each
    struct heard *heard;              // of each
    struct sim_promises *promises;    // NULL: none
    int64_t *refused_mono_us;         // of each drone
    int64_t slowest_us, slow_mono_us; // answer of the last seconds, and when it came
    struct arrival *ring;
    size_t first, waiting;
    struct answer answers[ANSWERS];
    size_t answer_count;
    struct sim_receiver_count counted;
    struct sim_witness_counts counts;
    struct sim_histogram latency;
    uint8_t example[BYTES_MAX];
    size_t example_size;
};

enum drf_status sim_receiver_open(struct sim_witness *witness, struct sim_drone *drones,
                                  size_t count, enum sim_corruption corruption,
                                  double verify_ratio, struct sim_receiver **out)
{
    struct sim_receiver *receiver = calloc(1, sizeof *receiver);
    if (receiver == NULL)
        return DRF_ERR_NOMEM;
    receiver->witness = witness;
    receiver->drones = drones;
    receiver->count = count;
    receiver->corruption = corruption;
    receiver->verify_ratio = verify_ratio;
    receiver->reports = calloc(count * REPORTS, sizeof *receiver->reports);
    receiver->streams = calloc(count, sizeof *receiver->streams);
    receiver->answered = calloc(count, sizeof *receiver->answered);
    receiver->heard = calloc(count, sizeof *receiver->heard);
    receiver->refused_mono_us = calloc(count, sizeof *receiver->refused_mono_us);
    receiver->ring = calloc(RING, sizeof *receiver->ring);
    if (receiver->reports == NULL || receiver->streams == NULL || receiver->ring == NULL
        || receiver->answered == NULL || receiver->heard == NULL
        || receiver->refused_mono_us == NULL) {
        sim_receiver_close(receiver);
        return DRF_ERR_NOMEM;
    }
    *out = receiver;
    return DRF_OK;
}

struct sim_fleet_reports sim_receiver_reports(const struct sim_receiver *receiver)
{
    return (struct sim_fleet_reports){.ring = receiver->reports,
                                      .count = receiver->count,
                                      .depth = REPORTS,
                                      .refused_mono_us = receiver->refused_mono_us,
                                      .slowest_us = &receiver->slowest_us,
                                      .plans = &receiver->drones[0].plans,
                                      .plans_stride = sizeof receiver->drones[0]};
}

static void free_answer(struct answer *answer)
{
    if (answer->terrain != NULL)
        drf__v1__terrain__free_unpacked(answer->terrain, NULL);
    if (answer->landing != NULL)
        drf__v1__reply__free_unpacked(answer->landing, NULL);
    if (answer->review != NULL)
        drf__v1__reply__free_unpacked(answer->review, NULL);
}

void sim_receiver_close(struct sim_receiver *receiver)
{
    if (receiver == NULL)
        return;
    for (size_t i = 0; i < receiver->answer_count; i++)
        free_answer(&receiver->answers[i]);
    free(receiver->reports);
    free(receiver->streams);
    free(receiver->answered);
    free(receiver->heard);
    free(receiver->refused_mono_us);
    free(receiver->ring);
    free(receiver);
}

void sim_receiver_sent(struct sim_receiver *receiver, size_t index,
                       const struct sim_report *report)
{
    receiver->reports[index * REPORTS + report->seq % REPORTS] = *report;
}

static void take_advisory(struct sim_receiver *receiver, size_t index, const void *bytes,
                          size_t size, int64_t mono_us)
{
    receiver->counted.advisories++;
    Drf__V1__AdvisoryMessage *message = drf__v1__advisory_message__unpack(NULL, size, bytes);
    if (message == NULL || message->advisory == NULL)
        sim_witness_counts_note(&receiver->counts, SIM_CHECK_DECODE, false,
                                "an advisory is no message");
    else
        sim_witness_told(receiver->witness, index, message->advisory);
    bool older = message != NULL && message->owner_epoch != 0
                 && message->owner_epoch < receiver->streams[index].epoch;
    if (older && receiver->promises != NULL)
        sim_promises_older(receiver->promises);
    if (message != NULL && message->advisory != NULL && !older
        && receiver->listener.on_advisory != NULL)
        receiver->listener.on_advisory(receiver->listener.context, index, message->advisory,
                                       mono_us);
    if (message != NULL)
        drf__v1__advisory_message__free_unpacked(message, NULL);
}

// Whose message is checked next.
static void set_subject(struct sim_receiver *receiver, size_t index, int64_t mono_us)
{
    receiver->counts.drone = index;
    receiver->counts.mono_us = mono_us;
}

static void check_answer(struct sim_receiver *receiver, struct answer *answer)
{
    struct sim_witness *witness = receiver->witness;
    set_subject(receiver, answer->index, answer->mono_us);
    struct sim_drone_limits limits = sim_drone_limits_of(answer->index);
    bool block = answer->terrain != NULL;
    const Drf__V1__Reply *reply = answer->landing != NULL ? answer->landing : answer->review;
    sim_witness_layers_at(witness, block ? answer->terrain->boot_id : reply->boot_id,
                          block ? answer->terrain->node_time_us : reply->node_time_us);
    if (answer->terrain != NULL) {
        sim_corrupt_terrain(receiver->corruption, answer->terrain);
        sim_witness_terrain(witness, &answer->asked.terrain, answer->terrain,
                            &receiver->counts);
    }
    if (answer->landing != NULL)
        sim_witness_landing(witness, &answer->asked.landing, &limits, answer->utc_us,
                            answer->landing->landing, &receiver->counts);
    if (answer->review != NULL) {
        const struct heard *heard = &receiver->heard[answer->index];
        answer->report.answered =
            heard->boot_id == reply->boot_id && heard->utc_us <= reply->node_time_us;
        sim_witness_review(witness, &answer->report, &answer->plan, answer->review,
                           &receiver->counts);
    }
    free_answer(answer);
}

// The drone's first context tells whether a report came before its plan, or after it.
static bool waits(const struct sim_receiver *receiver, const struct answer *answer)
{
    return answer->review != NULL && receiver->heard[answer->index].boot_id == 0;
}

// Stores an answer for the second stage. When the list is full one is checked now.
static void keep_answer(struct sim_receiver *receiver, const struct answer *answer)
{
    if (receiver->answer_count == ANSWERS)
        check_answer(receiver, &receiver->answers[--receiver->answer_count]);
    receiver->answers[receiver->answer_count++] = *answer;
}

static void take_terrain(struct sim_receiver *receiver, size_t index, const void *bytes,
                         size_t size, int64_t mono_us)
{
    Drf__V1__Terrain *terrain = drf__v1__terrain__unpack(NULL, size, bytes);
    struct sim_asked *asked = &receiver->drones[index].asked;
    if (terrain == NULL) {
        sim_witness_counts_note(&receiver->counts, SIM_CHECK_DECODE, false,
                                "%zu bytes are no terrain", size);
        return;
    }
    sim_witness_counts_note(&receiver->counts, SIM_CHECK_ENVELOPE,
                            terrain->mode == DRF__V1__MODE__MODE_SIM
                                && terrain->has_node_time_us,
                            "terrain: mode %u or no time", terrain->mode);
    if (!sim_request_is(terrain->correlation, 't', asked->terrain.number)) {
        drf__v1__terrain__free_unpacked(terrain, NULL);
        return; // an older question's
    }
    receiver->counted.terrain_answers++;
    receiver->counted.terrain_tiles += terrain->n_data;
    receiver->counted.terrain_unavailable += terrain->n_unavailable;
    keep_answer(receiver,
                &(struct answer){
                    .index = index, .asked = *asked, .mono_us = mono_us, .terrain = terrain});
    asked->terrain.number = 0;
}

// The drone's newest report; NULL: it has made none.
static const struct sim_report *newest_of(const struct sim_receiver *receiver, size_t index)
{
    const struct sim_report *newest = NULL;
    for (size_t i = 0; i < REPORTS; i++) {
        const struct sim_report *report = &receiver->reports[index * REPORTS + i];
        if (report->seq != 0 && (newest == NULL || report->seq > newest->seq))
            newest = report;
    }
    return newest;
}

// "f3" is the correlation of a profile's third sending, "p2/5" of the second plan, the fifth
// that was sent; 0: it is none of those.
static uint32_t number_of(const Drf__V1__Reply *reply)
{
    const char *text = reply->correlation != NULL ? reply->correlation : "";
    const char *slash = strchr(text, '/');
    if (reply->answers == ANSWERS_PROFILE && text[0] == 'f')
        return (uint32_t)strtoul(text + 1, NULL, 10);
    if (reply->answers == ANSWERS_PLAN && text[0] == 'p' && slash != NULL)
        return (uint32_t)strtoul(slash + 1, NULL, 10);
    return 0;
}

static void judge_reply(struct sim_receiver *receiver, size_t index,
                        const Drf__V1__Reply *reply, int64_t mono_us)
{
    if (receiver->promises == NULL)
        return;
    uint32_t number = number_of(reply);
    if (number != 0)
        sim_promises_replied(receiver->promises, index, reply->answers, number,
                             &receiver->counts);
    if (reply->answers == ANSWERS_TELEMETRY
        && reply->code == DRF__V1__REPLY_CODE__REPLY_CODE_OUTSIDE_REGION)
        sim_promises_excuse(receiver->promises, index, mono_us);
}

static void take_reply(struct sim_receiver *receiver, size_t index, const void *bytes,
                       size_t size, int64_t mono_us)
{
    receiver->counted.replies++;
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, size, bytes);
    if (reply == NULL) {
        sim_witness_counts_note(&receiver->counts, SIM_CHECK_DECODE, false,
                                "a reply is not a message");
        return;
    }
    bool good = reply->code == DRF__V1__REPLY_CODE__REPLY_CODE_OK
                || reply->code == DRF__V1__REPLY_CODE__REPLY_CODE_ACCEPTED_DEFAULTS;
    judge_reply(receiver, index, reply, mono_us);
    if (reply->answers == ANSWERS_PROFILE)
        receiver->drones[index].profile_answered = true;
    if (reply->answers == ANSWERS_TELEMETRY && !good)
        receiver->refused_mono_us[index] = mono_us;
    const struct sim_plan *plan = sim_plans_answered(&receiver->drones[index].plans, reply);
    if (receiver->listener.on_reply != NULL)
        receiver->listener.on_reply(receiver->listener.context, index, reply, mono_us);
    if (!good && receiver->counted.refusals++ == 0)
        snprintf(receiver->counted.refusal, sizeof receiver->counted.refusal,
                 "drone %zu: code %u %s %s", index, reply->code,
                 reply->field_path != NULL ? reply->field_path : "",
                 reply->text != NULL ? reply->text : "");
    struct sim_asked *asked = &receiver->drones[index].asked;
    if (reply->landing != NULL
        && sim_request_is(reply->correlation, 'l', asked->landing.number)) {
        receiver->counted.landing_answers++;
        keep_answer(receiver, &(struct answer){.index = index,
                                               .asked = *asked,
                                               .utc_us = reply->node_time_us,
                                               .mono_us = mono_us,
                                               .landing = reply});
        asked->landing.number = 0;
        return;
    }
    const struct sim_report *newest = newest_of(receiver, index);
    if (plan != NULL && newest != NULL && sim_receiver_verifies(receiver, index)) {
        keep_answer(receiver, &(struct answer){.index = index,
                                               .mono_us = mono_us,
                                               .review = reply,
                                               .plan = *plan,
                                               .report = *newest});
        return;
    }
    drf__v1__reply__free_unpacked(reply, NULL);
}

// The region that the node says it serves, for the advisories on its edge.
static void take_state(struct sim_receiver *receiver, const void *bytes, size_t size)
{
    Drf__V1__NodeState *state = drf__v1__node_state__unpack(NULL, size, bytes);
    if (state == NULL)
        return; // of another node
    struct sim_region *served = &receiver->witness->served;
    if (state->region_id != NULL && strcmp(state->region_id, receiver->witness->region) == 0
        && state->n_boundary >= 3 && state->n_boundary <= SIM_RING_MAX) {
        served->count = state->n_boundary;
        served->margin_m = (double)state->margin_m;
        for (size_t i = 0; i < served->count; i++)
            served->ring[i] = (struct geo_point){.lat_deg = state->boundary[i]->lat_e7 * 1e-7,
                                                 .lon_deg = state->boundary[i]->lon_e7 * 1e-7};
    }
    drf__v1__node_state__free_unpacked(state, NULL);
}

// A drone acknowledges what arrived, not what was checked; the same for how long it is valid.
void sim_receiver_acknowledge(struct sim_receiver *receiver, size_t index, struct sim_now now)
{
    struct sim_drone *drone = &receiver->drones[index];
    const struct sim_node_stream *used =
        sim_node_streams_choose(&receiver->streams[index], now);
    if (used == NULL)
        return;
    drone->seen_boot_id = used->taken_boot_id;
    drone->seen_seq = used->taken_seq;
    drone->pilot.void_utc_us = used->void_utc_us;
}

// A stream never goes back; what is missing between two is a gap. Returns whether the drone
// uses this context.
static bool follow_stream(struct sim_receiver *receiver, size_t index,
                          const struct sim_context_head *head, struct sim_now now)
{
    struct sim_arrived arrived = sim_node_streams_take(&receiver->streams[index], head, now);
    sim_witness_counts_note(
        &receiver->counts, SIM_CHECK_SEQUENCE, arrived.taken != SIM_TAKEN_BACK,
        "boot %llu seq %u after boot %llu seq %u", (unsigned long long)head->boot_id, head->seq,
        (unsigned long long)arrived.before_boot, arrived.before_seq);
    receiver->counted.gaps += arrived.lost;
    int64_t stale_after_us = (int64_t)head->stale_after_ms * 1000;
    const struct sim_promise_context told = {.epoch = head->owner_epoch,
                                             .node_utc_us = head->node_time_us,
                                             .stale_after_us = stale_after_us,
                                             .taken = arrived.taken == SIM_TAKEN
                                                      && now.utc_us <= head->node_time_us
                                                                           + stale_after_us,
                                             .older = arrived.taken == SIM_TAKEN_OLDER};
    if (receiver->promises != NULL)
        sim_promises_context(receiver->promises, index, &told, now.mono_us, &receiver->counts);
    return arrived.used;
}

// The report that a context answers; NULL: none, or one too long ago.
static struct sim_report *report_of(const struct sim_receiver *receiver, size_t index,
                                    uint32_t telemetry_seq)
{
    struct sim_report *report = &receiver->reports[index * REPORTS + telemetry_seq % REPORTS];
    return telemetry_seq != 0 && report->seq == telemetry_seq ? report : NULL;
}

static void count_context(struct sim_receiver *receiver, size_t index,
                          const struct sim_context_head *head, int64_t mono_us)
{
    struct sim_report *report = report_of(receiver, index, head->telemetry_seq);
    receiver->counted.pushed += head->pushed ? 1 : 0;
    receiver->counted.unmatched += report == NULL ? 1 : 0;
    receiver->counts.data_points += head->data_points;
    for (int bit = 0; bit < SIM_SHEDS; bit++)
        receiver->counted.shed[bit] += (head->shed >> bit) & 1;
    if (report == NULL)
        return;
    report->answered = true;
    if (receiver->heard[index].boot_id != head->boot_id)
        receiver->heard[index] =
            (struct heard){.boot_id = head->boot_id, .utc_us = head->node_time_us};
    if (head->telemetry_seq <= receiver->answered[index])
        return; // by another node
    receiver->answered[index] = head->telemetry_seq;
    if (mono_us - report->mono_us > receiver->slowest_us
        || mono_us - receiver->slow_mono_us > slow_for_us) {
        receiver->slowest_us = mono_us - report->mono_us;
        receiver->slow_mono_us = mono_us;
    }
    sim_histogram_add(&receiver->latency, (uint64_t)(mono_us - report->mono_us));
}

bool sim_receiver_verifies(const struct sim_receiver *receiver, size_t index)
{
    // as many of every hundred neighbours as of all
    double before = floor((double)index * receiver->verify_ratio + 1e-9);
    return floor((double)(index + 1) * receiver->verify_ratio + 1e-9) > before;
}

static void take_context(struct sim_receiver *receiver, size_t index, const void *bytes,
                         size_t size, struct sim_now now)
{
    receiver->counted.contexts++;
    receiver->counted.bytes += size;
    if (size > receiver->counted.size_max)
        receiver->counted.size_max = (uint32_t)size;
    struct sim_context_head head;
    if (size > BYTES_MAX || !sim_context_scan(bytes, size, &head)) {
        sim_witness_counts_note(&receiver->counts, SIM_CHECK_DECODE, false,
                                "%zu bytes are not a context, or one that is too long", size);
        return;
    }
    bool used = follow_stream(receiver, index, &head, now);
    sim_receiver_acknowledge(receiver, index, now);
    count_context(receiver, index, &head, now.mono_us);
    if (!sim_receiver_verifies(receiver, index) && !receiver->tells_all)
        return;
    if (receiver->waiting == RING)
        (void)sim_receiver_check(receiver, 1);
    struct arrival *arrival = &receiver->ring[(receiver->first + receiver->waiting++) % RING];
    arrival->index = index;
    arrival->size = size;
    arrival->mono_us = now.mono_us;
    arrival->used = used;
    memcpy(arrival->bytes, bytes, size);
}

void sim_receiver_take(struct sim_receiver *receiver, size_t index, enum sim_stream stream,
                       const void *bytes, size_t size, struct sim_now now)
{
    int64_t mono_us = now.mono_us;
    set_subject(receiver, index, mono_us);
    if (stream == SIM_STREAM_ADVISORY) {
        take_advisory(receiver, index, bytes, size, mono_us);
        return;
    }
    if (stream == SIM_STREAM_REPLY) {
        take_reply(receiver, index, bytes, size, mono_us);
        return;
    }
    if (stream == SIM_STREAM_PATCH) {
        if (receiver->patches != NULL)
            sim_patch_watch_take(receiver->patches, index, bytes, size, &receiver->counts);
        return;
    }
    if (stream == SIM_STREAM_TERRAIN)
        take_terrain(receiver, index, bytes, size, mono_us);
    if (stream == SIM_STREAM_STATE)
        take_state(receiver, bytes, size);
    if (stream == SIM_STREAM_CONTEXT)
        take_context(receiver, index, bytes, size, now);
}

static bool complete(const Drf__V1__Context *context)
{
    return context->height != NULL && context->height->has_agl_m
           && context->height->has_surface_amsl_m && context->weather != NULL
           && context->weather->wind != NULL && context->weather->wind->has_wind_to_north_mps
           && context->n_obstacles > 0 && context->look_ahead != NULL
           && context->look_ahead->n_segments > 1;
}

static void check_arrival(struct sim_receiver *receiver, const struct arrival *arrival)
{
    set_subject(receiver, arrival->index, arrival->mono_us);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, arrival->size, arrival->bytes);
    if (context == NULL) {
        sim_witness_counts_note(&receiver->counts, SIM_CHECK_DECODE, false,
                                "%zu bytes are not a context", arrival->size);
        return;
    }
    if (arrival->used && receiver->listener.on_context != NULL)
        receiver->listener.on_context(receiver->listener.context, arrival->index, context,
                                      arrival->mono_us);
    const struct sim_report *report =
        report_of(receiver, arrival->index, context->telemetry_seq);
    if (report != NULL && sim_receiver_verifies(receiver, arrival->index)) {
        receiver->counted.verified++;
        if (complete(context)) {
            memcpy(receiver->example, arrival->bytes, arrival->size);
            receiver->example_size = arrival->size;
        }
        sim_corrupt_context(receiver->corruption, receiver->witness->geoid, report->position,
                            context);
        sim_witness_check(receiver->witness, report, context, arrival->mono_us,
                          &receiver->counts);
    }
    drf__v1__context__free_unpacked(context, NULL);
}

size_t sim_receiver_check(struct sim_receiver *receiver, size_t most)
{
    size_t patches = receiver->patches != NULL
                         ? sim_patch_watch_check(receiver->patches, most, &receiver->counts)
                         : 0;
    for (; most > 0 && receiver->waiting > 0; most--) {
        check_arrival(receiver, &receiver->ring[receiver->first]);
        receiver->first = (receiver->first + 1) % RING;
        receiver->waiting--;
    }
    size_t ready = 0;
    for (size_t i = receiver->answer_count; i-- > 0;) {
        if (waits(receiver, &receiver->answers[i]))
            continue;
        if (most == 0) {
            ready++;
            continue;
        }
        check_answer(receiver, &receiver->answers[i]);
        receiver->answers[i] = receiver->answers[--receiver->answer_count];
        most--;
    }
    return receiver->waiting + patches + ready;
}

void sim_receiver_promise(struct sim_receiver *receiver, struct sim_promises *promises)
{
    receiver->promises = promises;
}

struct sim_witness_counts *sim_receiver_judge(struct sim_receiver *receiver)
{
    return &receiver->counts;
}

void sim_receiver_watch(struct sim_receiver *receiver, struct sim_patch_watch *watch)
{
    receiver->patches = watch;
}

void sim_receiver_tell_all(struct sim_receiver *receiver) { receiver->tells_all = true; }

void sim_receiver_hear(struct sim_receiver *receiver,
                       const struct sim_judgement_listener *listener)
{
    receiver->counts.listener = *listener;
}

void sim_receiver_listen(struct sim_receiver *receiver, const struct sim_listener *listener)
{
    receiver->listener = *listener;
}

const struct sim_receiver_count *sim_receiver_count(const struct sim_receiver *receiver)
{
    return &receiver->counted;
}

const struct sim_witness_counts *sim_receiver_counts(const struct sim_receiver *receiver)
{
    return &receiver->counts;
}

const struct sim_histogram *sim_receiver_latency(const struct sim_receiver *receiver)
{
    return &receiver->latency;
}

const uint8_t *sim_receiver_example(const struct sim_receiver *receiver, size_t *size)
{
    *size = receiver->example_size;
    return receiver->example;
}
