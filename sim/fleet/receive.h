// sim/fleet/receive.h - receiver of the fleet: counts, acknowledges, decodes, checks.
// SPDX-License-Identifier: Apache-2.0
//
// Every message is counted, timed and acknowledged when it arrives, without unpacking it.
// Messages to the drones that are verified are checked when there is time, so that checking
// one delays no other. The ring between is bounded; when it is full the oldest is checked
// first. A drone uses one of the streams of its region's nodes (sim/fleet/node_streams.h); the
// contexts of all of them are checked.
#ifndef SIM_RECEIVE_H
#define SIM_RECEIVE_H

#include "drf/v1/reply.pb-c.h"
#include "sim/fleet/corrupt.h"
#include "sim/fleet/fleet_mqtt.h"
#include "sim/fleet/histogram.h"
#include "sim/fleet/node_streams.h"
#include "sim/fleet/patch_watch.h"
#include "sim/fleet/telemetry.h"
#include "sim/witness/witness.h"
#include "sim/witness/witness_promises.h"

enum { SIM_SHEDS = 4 }; // context.proto: patch, segments, rate, obstacles

struct sim_receiver_count {
    uint64_t contexts, bytes, gaps, unmatched, advisories, replies, refusals, pushed;
    uint64_t verified;        // contexts checked against the world
    uint64_t shed[SIM_SHEDS]; // contexts that state it
    uint64_t terrain_answers, terrain_tiles, terrain_unavailable, landing_answers;
    uint32_t size_max;
    char refusal[160]; // the first
};

// Callbacks for the messages that each drone uses, in the order of arrival, called when they
// are checked. Each may be NULL.
struct sim_listener {
    void *context;
    void (*on_context)(void *context, size_t index, const Drf__V1__Context *told,
                       int64_t mono_us);
    void (*on_advisory)(void *context, size_t index, const Drf__V1__Advisory *told,
                        int64_t mono_us);
    void (*on_reply)(void *context, size_t index, const Drf__V1__Reply *told, int64_t mono_us);
};

struct sim_receiver;

// `witness` and `drones` are borrowed until close; verify_ratio (0 to 1) of the drones are
// verified, always the same ones, spread evenly. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_receiver_open(struct sim_witness *witness,
                                                 struct sim_drone *drones, size_t count,
                                                 enum sim_corruption corruption,
                                                 double verify_ratio,
                                                 struct sim_receiver **out);
void sim_receiver_close(struct sim_receiver *receiver); // NULL is fine

bool sim_receiver_verifies(const struct sim_receiver *receiver, size_t index);

// All stored reports; valid until close, without names.
struct sim_fleet_reports sim_receiver_reports(const struct sim_receiver *receiver);

// Stores a report that was sent, for the context that will answer it.
void sim_receiver_sent(struct sim_receiver *receiver, size_t index,
                       const struct sim_report *report);
// Takes a message at its arrival.
void sim_receiver_take(struct sim_receiver *receiver, size_t index, enum sim_stream stream,
                       const void *bytes, size_t size, struct sim_now now);
// Sets what the drone acknowledges, and until when it knows anything, by the stream that it
// uses at that time.
void sim_receiver_acknowledge(struct sim_receiver *receiver, size_t index, struct sim_now now);
// Checks up to `most` queued messages. Returns how many are still queued.
size_t sim_receiver_check(struct sim_receiver *receiver, size_t most);

const struct sim_receiver_count *sim_receiver_count(const struct sim_receiver *receiver);
// What the nodes promise together is judged by `promises`, borrowed; NULL: by nobody.
void sim_receiver_promise(struct sim_receiver *receiver, struct sim_promises *promises);
// For judgements that are made by others than this receiver.
struct sim_witness_counts *sim_receiver_judge(struct sim_receiver *receiver);
// Patches are passed to `watch`, borrowed; NULL: they are ignored.
void sim_receiver_watch(struct sim_receiver *receiver, struct sim_patch_watch *watch);
void sim_receiver_listen(struct sim_receiver *receiver, const struct sim_listener *listener);
// From here on the listener hears the contexts of all drones, not of the verified ones alone.
void sim_receiver_tell_all(struct sim_receiver *receiver);
// Every judgement of the witness.
void sim_receiver_hear(struct sim_receiver *receiver,
                       const struct sim_judgement_listener *listener);
const struct sim_witness_counts *sim_receiver_counts(const struct sim_receiver *receiver);
const struct sim_histogram *sim_receiver_latency(const struct sim_receiver *receiver);
// The bytes of one context that had all its parts, for the report; size 0: none yet.
const uint8_t *sim_receiver_example(const struct sim_receiver *receiver, size_t *size);

#endif
