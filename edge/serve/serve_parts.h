// edge/serve/serve_parts.h - state of the serve step, functions of its files; private.
// SPDX-License-Identifier: Apache-2.0
//
// Only edge/serve/*.c include this. A file calls those below it in this order, none calls back:
// serve, restore, admission, profile, plan, request, reports, dispatch, show, show_record,
// show_answer, query_request, advise, patch, terrain, alerts, zone_watch, node_status, others,
// publishing, neighbours, traffic, request_budget, reply, schedule, persist, send, link_port.
#ifndef EDGE_SERVE_PARTS_H
#define EDGE_SERVE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/handoff/backqueue.h"
#include "edge/handoff/mailbox.h"
#include "edge/handoff/restore_request.h"
#include "edge/handoff/viewing.h"
#include "edge/host/health.h"
#include "edge/host/metrics.h"
#include "edge/inputs/inputs.h"
#include "edge/mqtt/link.h"
#include "edge/mqtt/topic.h"
#include "edge/serve/capture.h"
#include "edge/serve/fleet/due_list.h"
#include "edge/serve/fleet/fleet.h"
#include "edge/serve/others/adjacent.h"
#include "edge/serve/others/publish.h"
#include "edge/serve/overload.h"
#include "edge/serve/owners.h"
#include "edge/serve/patch.h"
#include "edge/serve/serve.h"
#include "edge/serve/terrain.h"
#include "edge/serve/unanswered.h"
#include "edge/serve/warm_start.h"
#include "edge/wire/wire.h"
#include "fusion/aircraft/context.h"
#include "fusion/aircraft/plan.h"
#include "fusion/aircraft/surroundings.h"

enum {
    EDGE_SERVE_BUFFER_BYTES = 65536,
    EDGE_SERVE_SECOND_US = 1000000,
};

struct edge_node_status {
    int64_t heartbeat_mono_us; // when the next is due
    uint32_t heartbeat_seq;
    uint32_t session; // of the link, to which state and catalog were sent
    bool state_due, catalog_due;
    int64_t state_mono_us;                  // when the last state went
    uint32_t seen;                          // troubles, as they were read last
    uint32_t troubles;                      // that the state last told
    uint32_t refusing;                      // feeds that the state names, a bit each
    int64_t catalog_mono_us;                // when it may be looked at again
    int64_t numbers_mono_us;                // when it is sent for its numbers alone
    uint64_t catalog_epoch, catalog_digest; // of the one sent last
};

// Which zones apply now, and when to look again.
struct edge_zone_watch {
    uint64_t epoch; // of the root that was looked at
    int64_t last_utc_us, mono_us;
};

// The set of alerts that was looked at, and when to look again.
struct edge_alerts_watch {
    uint64_t epoch; // of the root that was looked at
    int64_t mono_us;
    uint32_t session; // of the link that the set was told to
    bool told;
    uint64_t digest; // of the set that was told
};

// What requests of all drones may cost (edge/serve/request_budget.c).
struct edge_request_budget {
    struct edge_pace pace; // of reviews and preloads
    uint32_t spent;        // in this step, in parts of a plan's leg
};

struct edge_serve {
    // Handed in, borrowed: serve.c.
    const struct drf_config *config;
    const char *topic_root;
    uint64_t boot_id;
    struct edge_link link;
    struct edge_inputs *inputs; // NULL: nothing is recorded or replayed
    struct edge_mailbox *mailbox;
    struct edge_backqueue *backqueue;
    struct edge_restore_request *restore_request; // NULL: nothing can be restored
    struct edge_ownership *ownership;             // NULL: this node alone
    struct edge_backqueue *report_answers;        // NULL: no reports are taken
    const struct edge_source_stats *source_stats; // NULL: no statistics
    struct edge_metrics *metrics;
    struct edge_health *health;

    // Its own, opened and closed by serve.c. What they hold only their own files write.
    struct edge_wire *wire;
    struct fusion_builder *builder;
    struct edge_fleet *fleet;
    struct edge_due_list due;
    struct edge_patching *patching;
    struct edge_terrain *terrain;
    struct edge_publish *publish;
    struct edge_unanswered *unanswered;
    struct edge_show *show;       // NULL: nobody can look
    struct edge_capture *capture; // NULL: telemetry is not captured

    // Of this step, as it begins: serve.c.
    struct edge_now now;
    const struct fusion_root *root; // NULL before the first
    int64_t forget_mono_us;         // when silent drones are looked at next

    // Each written by one file: owners.c, overload.c, request_budget.c, reply.c, dispatch.c,
    // traffic.c, node_status.c, warm_start.c, zone_watch.c, alerts.c, others.c.
    struct edge_owners_view owners;
    struct edge_load load;
    struct edge_request_budget budget;
    struct edge_pace unadmitted_pace; // replies to drones there is no place for
    bool backed_up;                   // the link took no more of the last contexts
    uint64_t traffic_epoch;           // of the root whose tracks were looked at
    struct edge_node_status node_status;
    struct edge_warm_start warm_start;
    struct edge_zone_watch zones;
    struct edge_alerts_watch alerts;
    struct edge_adjacent adjacent;

    uint8_t
        buffer[EDGE_SERVE_BUFFER_BYTES]; // for one message, from its encoding to its sending
};

// The form of a message that came in: its content type, else what its first byte tells.
static inline enum edge_wire_form edge_incoming_form(const struct edge_incoming *in)
{
    return in->json ? EDGE_WIRE_JSON : edge_wire_form_of(NULL, in->payload, in->size);
}

// edge/serve/reply.c: whether the message is there as it was sent; else INVALID and why.
bool edge_incoming_whole(const struct edge_incoming *in, struct edge_wire_refusal *refusal);

// edge/serve/link_port.c: the link, as a step sees it: recorded, or from a recording.
DRF_MUST_CHECK enum drf_status edge_link_send(struct edge_serve *serve,
                                              const struct edge_outgoing *message);
bool edge_link_receive(struct edge_serve *serve, struct edge_incoming *out);
uint32_t edge_link_session(struct edge_serve *serve);
bool edge_link_connected(struct edge_serve *serve);
bool edge_link_behind(struct edge_serve *serve);

// edge/serve/send.c: from an encoded payload to a message on the link.
// What every message begins with: region, node, boot, time, mode.
struct edge_wire_stream edge_send_stream(const struct edge_serve *serve, uint32_t seq);
// The form that the drone asked for; NULL: Protocol Buffers.
enum edge_wire_form edge_send_form(const struct edge_drone *drone);
struct edge_send {
    enum edge_topic_kind kind; // quality of service and priority follow from it
    const char *id;            // of the drone; of the client, where kind is EDGE_TOPIC_QUERY
    enum edge_wire_form form;
    uint32_t expiry_s;                // 0: none
    const struct edge_incoming *asks; // the message whose correlation data it returns, or NULL
    int64_t due_mono_us;              // as of struct edge_outgoing
    bool owned;                       // only the owner may say it
};
// Statuses of struct edge_link.send.
DRF_MUST_CHECK enum drf_status edge_send(struct edge_serve *serve, const struct edge_send *to,
                                         const void *payload, size_t size);
// The same with serve->buffer as payload; a message that was not sent is counted as dropped.
bool edge_send_or_drop(struct edge_serve *serve, const struct edge_send *to, size_t size);
// serve->buffer to the topic of this node: leaf is heartbeat, state or catalog.
DRF_MUST_CHECK enum drf_status edge_send_node(struct edge_serve *serve, const char *leaf,
                                              size_t size, bool retain);
// serve->buffer, retained, to the region's topic for alerts.
DRF_MUST_CHECK enum drf_status edge_send_alerts(struct edge_serve *serve, size_t size);

// edge/serve/admission.c: a report came in.
void edge_admission_take(struct edge_serve *serve, const char *id,
                         const struct edge_incoming *in);
// Its first report waited for its stored profile and plan: now it is handled.
void edge_admission_resume(struct edge_serve *serve, struct edge_drone *drone);

// edge/serve/persist.c: what the store keeps of a drone.
// Queues a value, "profile/{id}" or "plan/{id}", for the store; NULL and 0: deletes it. False:
// no room, counted; then it must not be accepted, or the next start would not know it.
bool edge_persist_put(struct edge_serve *serve, const char *what, const char *id,
                      const void *bytes, size_t size);
// Whether the store may hold a value: the drone holds it, or it was not yet asked for.
bool edge_persist_possible(const struct edge_drone *drone, bool held);
// The drone sent something: asks for what is kept of it, once while it is in the fleet.
void edge_persist_ask(struct edge_serve *serve, struct edge_drone *drone);
// The drone was heard, and something of it is kept: the store notes that, once an hour.
void edge_persist_heard(struct edge_serve *serve, struct edge_drone *drone);

// edge/serve/request_budget.c: how many profiles, plans and requests are accepted.
// A step begins; something in it cost so much.
void edge_request_budget_begin(struct edge_request_budget *budget);
void edge_request_budget_spend(struct edge_request_budget *budget, uint32_t cost);
// The drone that sent one. NULL: refused (too many drones, or its rate), and it was told.
struct edge_drone *edge_request_budget_admit(struct edge_serve *serve, const char *id,
                                             uint32_t answers);
// Whether a review or a preload of that cost fits in now; takes it.
bool edge_request_budget_afford(struct edge_serve *serve, uint32_t cost);

// edge/serve/profile.c: a profile came in.
void edge_profile_take(struct edge_serve *serve, const char *id,
                       const struct edge_incoming *in);
// Applies it from now on.
void edge_profile_use(struct edge_serve *serve, struct edge_drone *drone,
                      const struct edge_wire_profile *profile, uint64_t digest);
// Replies that it applies; `text` (may be "") is put first.
void edge_profile_reply(struct edge_serve *serve, struct edge_drone *drone,
                        const struct edge_wire_profile *profile, const char *text);

// edge/serve/plan.c: a plan came in.
void edge_plan_take(struct edge_serve *serve, const char *id, const struct edge_incoming *in);
// Applies it from now on. DRF_ERR_NOMEM: it does not apply.
DRF_MUST_CHECK enum drf_status edge_plan_use(struct edge_serve *serve, struct edge_drone *drone,
                                             const struct fusion_plan *plan, uint64_t digest);
// Replies that it applies, with `text` (may be ""). With the plan's review if `unreviewed` (why
// there is none) is NULL.
void edge_plan_reply(struct edge_serve *serve, struct edge_drone *drone,
                     const char *correlation, const char *text, const char *unreviewed);

// edge/serve/request.c: a request came in: a snapshot, a landing site, terrain.
void edge_request_take(struct edge_serve *serve, const char *id,
                       const struct edge_incoming *in);

// edge/serve/reports.c: a report came in.
void edge_reports_take(struct edge_serve *serve, const char *id,
                       const struct edge_incoming *in);
// Replies to those that ingest has stored. True: there are more.
bool edge_reports_run(struct edge_serve *serve);
// Telemetry was accepted: kept for Kafka, where that is configured.
void edge_reports_capture(struct edge_serve *serve, const char *id,
                          const struct edge_incoming *in);
void edge_reports_capture_end(struct edge_serve *serve); // all of it, now
// Hands over what was gathered, when it is due. When that is next; INT64_MAX: nothing is there.
int64_t edge_reports_capture_run(struct edge_serve *serve);

// edge/serve/restore.c: what the store kept of a drone applies again.
// At a start, before the first step.
DRF_MUST_CHECK enum drf_status edge_restore_stored(struct edge_serve *serve,
                                                   struct edge_serve_stored kept);
// Takes the answers to edge_persist_ask, and tells the drones. True: there are more.
bool edge_restore_run(struct edge_serve *serve);

// edge/serve/query_request.c: a query came in: what is known at a point.
void edge_query_request_take(struct edge_serve *serve, const char *client,
                             const struct edge_incoming *in);
// A QueryReply. Needs a root and a position on the globe. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_query_answer(const struct edge_serve *serve,
                                                 struct fusion_builder *builder,
                                                 const struct fusion_point_ask *ask,
                                                 enum edge_wire_form form, uint8_t *bytes,
                                                 size_t *size, enum edge_reply_code *code);
// One that says why there is no answer. DRF_ERR_FULL.
DRF_MUST_CHECK enum drf_status edge_query_refuse(const struct edge_serve *serve,
                                                 enum edge_wire_form form,
                                                 const struct edge_wire_refusal *refusal,
                                                 uint8_t *bytes, size_t *size);
#define EDGE_QUERY_LOADING "the node is still loading"
#define EDGE_QUERY_TOO_LARGE "the answer is too large"

// edge/serve/others.c: a node's state came in: our own, of another of this region, or of
// another region.
void edge_others_take(struct edge_serve *serve, const struct edge_topic *topic,
                      const struct edge_incoming *in);
// Once a second: whoever is heard of no more is no neighbour.
void edge_others_run(struct edge_serve *serve);
// What this node is to the drone where it is: enum edge_authority. PRIMARY if it is its owner,
// inside the region, but where a region of greater priority overlaps it.
uint32_t edge_others_authority(const struct edge_serve *serve, const struct edge_drone *drone);

// edge/serve/publishing.c: what others are told over Kafka; of a drone by its owner alone.
// A report of it came in: its track goes, if it is time to.
void edge_publishing_track(struct edge_serve *serve, struct edge_drone *drone);
// One was raised, changed or cleared, and the drone was told so.
void edge_publishing_advisory(struct edge_serve *serve, const struct edge_drone *drone,
                              const struct edge_wire_stream *stream, uint64_t epoch,
                              const struct fusion_advisory *advisory, bool cleared);
// The catalogue as it was sent to the MQTT broker.
struct edge_catalog;
void edge_publishing_catalog(struct edge_serve *serve, const struct edge_wire_stream *stream,
                             const struct edge_catalog *catalog);

// edge/serve/schedule.c: which drones something is owed to, and when.
// At `mono_us` something other than a context is due, a reply: the drone is visited then.
void edge_schedule_at(struct edge_serve *serve, struct edge_drone *drone, int64_t mono_us);
// A report came in: it is answered with a context, at the drone's rate.
void edge_schedule_report(struct edge_serve *serve, struct edge_drone *drone);
// A context at once, whatever the rate.
void edge_schedule_now(struct edge_serve *serve, struct edge_drone *drone);
// Something that concerns this drone changed: a context.
void edge_schedule_push(struct edge_serve *serve, struct edge_drone *drone);
// Something in this box changed: a context for each drone that it concerns.
void edge_schedule_area(struct edge_serve *serve, struct geo_bounds bounds);
// A new root: the same for each of its changes.
void edge_schedule_root(struct edge_serve *serve, const struct fusion_root *root);

// edge/serve/dispatch.c: sends the contexts that are due.
// A report came in: schedules its context; in an overload looks for advisories at once.
void edge_dispatch_report(struct edge_serve *serve, struct edge_drone *drone);
void edge_dispatch_run(struct edge_serve *serve);

// edge/serve/alerts.c: schedules a context for each drone whose alerts differ from its last
// context; publishes the whole set on the region's topic when it changes.
void edge_alerts_run(struct edge_serve *serve);
// The whole set as ProtoJSON, unless it is that of *digest. DRF_ERR_AGAIN: it is.
// DRF_ERR_ABSENT: nothing is known of alerts. DRF_ERR_NOMEM, DRF_ERR_FULL.
DRF_MUST_CHECK enum drf_status edge_alerts_show(const struct edge_serve *serve,
                                                uint64_t *digest, uint8_t *bytes, size_t *size);

// edge/serve/zone_watch.c: schedules a context for each drone that a zone concerns, when the
// zone begins or ends to apply.
void edge_zone_watch_run(struct edge_serve *serve);

// What an evaluation found. The context refers to the neighbours beside it.
struct edge_advice {
    struct fusion_surroundings around;
    struct fusion_context context;
};

// edge/serve/advise.c: evaluates a drone now: its context, with the advisories as they are
// told; changed ones are sent on their topic. Needs a root and a report.
void edge_advise(struct edge_serve *serve, struct edge_drone *drone, struct edge_advice *out);
// The context of a drone now, its advisories as they were found. Needs a root and a report.
struct fusion_aircraft edge_aircraft_of(const struct edge_drone *drone); // without others
void edge_advise_build(struct edge_serve *serve, const struct edge_drone *drone,
                       struct fusion_builder *builder, struct edge_advice *out);

// edge/serve/show/show.c: what those who look at the node see. Nothing that a step puts out
// depends on it, and nothing of it is recorded.
DRF_MUST_CHECK enum drf_status edge_show_open(struct edge_viewing *viewing, uint32_t drones_max,
                                              struct edge_show **out); // DRF_ERR_NOMEM
void edge_show_close(struct edge_show *show);                          // NULL is fine
// At the beginning of a step: whether somebody looks.
void edge_show_begin(struct edge_serve *serve);
// The context is the drone's now, with the advisories as they are told.
void edge_show_evaluated(struct edge_serve *serve, const struct edge_drone *drone,
                         const struct fusion_context *context);
// At the end of a step: a bounded part of all the rest. True: there is more.
bool edge_show_run(struct edge_serve *serve);

// edge/serve/show/show_record.c: the record of a drone.
// As of an evaluation, its advisories as they are told.
void edge_show_record(const struct edge_drone *drone, const struct fusion_context *context,
                      int64_t now_utc_us, struct edge_view_drone *out);
// Without one: what it sent, and what it was told last.
// Of a followed drone what no context says; `out` else as it was.
void edge_show_way(const struct edge_serve *serve, const struct edge_drone *drone,
                   struct fusion_builder *builder, struct edge_view_detail *out);
void edge_show_record_held(const struct edge_drone *drone, struct edge_view_drone *out);
// What its last report says, into a record that there is.
void edge_show_report(const struct edge_drone *drone, struct edge_view_drone *out);

// edge/serve/show/show_answer.c: a part of the answer to what those who look asked. What it
// works with is nothing of the node's own. True: there is more to do.
struct edge_show_answering {
    struct fusion_builder *builder;
    struct fusion_planes *planes;
    uint32_t winds; // answered so far
};
bool edge_show_answer(const struct edge_serve *serve, struct edge_viewing *viewing,
                      struct edge_show_answering *with);

// edge/serve/traffic.c: aircraft from traffic feeds.
// Silent for so long that not even a prediction of it is shown.
bool edge_traffic_vanished(const struct edge_serve *serve, const struct edge_drone *drone);
// A drone of this node that is shown as such: a feed's word of it is passed over.
bool edge_traffic_own(const struct edge_serve *serve, const char *id);
// Visits the tracks that may come near `here` within the horizon; expired ones are left out.
void edge_traffic_around(
    struct edge_serve *serve, struct geo_point here, double speed_mps, double horizon_s,
    void (*visit)(void *self, const struct fusion_track *track, double age_s), void *self);
// The track as a neighbour; extrapolated when its last report is some seconds old.
void edge_traffic_neighbour(const struct fusion_track *track, double age_s,
                            struct fusion_neighbour *out);
// The earliest time at which they can meet, horizontally and vertically, the other being known
// to acc95_m across; HUGE_VAL: never.
double edge_traffic_soonest_s(const struct edge_drone *drone,
                              const struct fusion_neighbour *other, double acc95_m,
                              int64_t now_utc_us);
// Schedules a context for each drone that a new report in the root may concern.
void edge_traffic_push(struct edge_serve *serve);
// All of them.
void edge_traffic_show(const struct edge_serve *serve, struct edge_view_tracks *out);

// edge/serve/neighbours.c: who is around a drone.
void edge_neighbours_fill(struct edge_serve *serve, const struct edge_drone *drone,
                          struct fusion_surroundings *around);
// The region alone, and nobody in it.
void edge_neighbours_none(const struct edge_serve *serve, struct fusion_surroundings *around);
// Before `fix` becomes its last report: it is not lost; and whether it can have got there since
// the one before, for how others see it (schemas/client.md, Traffic). Nothing else depends on
// it.
void edge_neighbours_heard(struct edge_serve *serve, struct edge_drone *drone,
                           const struct fusion_fix *fix);
// Once a second: which drones have lost their link, and their predicted positions.
void edge_neighbours_run(struct edge_serve *serve);

// edge/serve/reply.c: one reply, now, in the drone's form (NULL drone: Protocol Buffers).
void edge_reply_send(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                     const struct edge_wire_reply *reply);
// Answers a profile, a plan or a request (`answers`: 2, 3, 4) with what was decided.
void edge_reply_answer(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                       uint32_t answers, const struct edge_wire_refusal *refusal);
void edge_reply_text(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                     uint32_t answers, enum edge_reply_code code, const char *text);
// Telemetry was refused: counts, and tells at most once a second how many.
void edge_reply_refuse(struct edge_serve *serve, struct edge_drone *drone,
                       const struct edge_wire_refusal *refusal);
// Whether a drone that is not in the fleet may have a reply now: a few a second for all of
// them together.
bool edge_reply_unadmitted(struct edge_serve *serve);
void edge_reply_flush(struct edge_serve *serve, struct edge_drone *drone);

// edge/serve/node_status.c: heartbeat, state and catalogue, as they are due.
void edge_node_status_run(struct edge_serve *serve);
void edge_node_status_down(struct edge_serve *serve);
// The state at once, for what it says of owners; again later where the link does not take it.
void edge_node_status_tell(struct edge_serve *serve);
// State and catalogue as ProtoJSON; the catalogue needs a root. Without `numbers` it has
// neither time nor epoch, nor what changes with every message. DRF_ERR_FULL.
DRF_MUST_CHECK enum drf_status edge_node_status_show(const struct edge_serve *serve,
                                                     uint8_t *bytes, size_t *size);
DRF_MUST_CHECK enum drf_status edge_node_status_show_catalog(const struct edge_serve *serve,
                                                             bool numbers, uint8_t *bytes,
                                                             size_t *size);

#endif
