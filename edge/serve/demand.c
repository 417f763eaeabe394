// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// In parts of a plan's leg, as fusion_review_cost() counts them.
enum { DEMAND_COST = 16, PRELOAD_COST = 1500 };

// FNV-1a, 64 bits: the same payload again changes nothing and asks for no reply.
uint64_t edge_demand_digest(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t digest = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * 1099511628211u;
    return digest;
}

static enum edge_wire_form form_of(const struct edge_incoming *in)
{
    return in->json ? EDGE_WIRE_JSON : edge_wire_form_of(NULL, in->payload, in->size);
}

static void answer(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                   uint32_t answers, const struct edge_wire_refusal *refusal)
{
    const struct edge_wire_reply reply = {
        .code = refusal->code,
        .field_path = refusal->field_path,
        .text = refusal->text,
        .correlation = refusal->correlation,
        .retry_after_s = refusal->code == EDGE_REPLY_OVERLOADED     ? 5.0
                         : refusal->code == EDGE_REPLY_RATE_LIMITED ? 1.0
                                                                    : 0.0,
        .answers = answers,
    };
    edge_reply_send(serve, id, drone, &reply);
}

static void answer_text(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                        uint32_t answers, enum edge_reply_code code, const char *text)
{
    struct edge_wire_refusal refusal = {.code = code};
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", text);
    answer(serve, id, drone, answers, &refusal);
}

// On its way to the store, or refused: what is accepted is not forgotten at the next start.
static bool keep(struct edge_serve *serve, const char *what, const char *id, const void *bytes,
                 size_t size)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    int length = snprintf(name, sizeof name, "%s/%s", what, id);
    assert(length > 0 && (size_t)length < sizeof name);
    (void)length;
    if (edge_backqueue_push(serve->backqueue, name, bytes, size) == DRF_OK)
        return true;
    edge_metrics_add(serve->metrics, EDGE_METRIC_BACKQUEUE_DROPS, 0, 0, 1);
    return false;
}

static bool within_rate(struct edge_serve *serve, struct edge_drone *drone, uint32_t answers)
{
    uint32_t count;
    enum edge_leave leave = edge_drone_ask(drone, serve->now.mono_us, &count);
    if (leave == EDGE_LEAVE_GRANTED)
        return true;
    const struct edge_wire_reply reply = {
        .code = EDGE_REPLY_RATE_LIMITED,
        .text = "profiles, plans and requests come faster than allowed",
        .retry_after_s = EDGE_DEMAND_RETRY_S,
        .count = count,
        .answers = answers,
    };
    if (leave == EDGE_LEAVE_REFUSED)
        edge_reply_send(serve, drone->id, drone, &reply);
    return false;
}

// Reviews and preloads of all drones together have a quarter of the node's time, and no drone
// can have it hold up the others for longer than a tenth of a second.
bool edge_demand_afford(struct edge_serve *serve, uint32_t cost)
{
    enum { PART_US = 10, AHEAD_US = 400000 };
    if (!edge_pace_ready(&serve->demand_pace, serve->now.mono_us, AHEAD_US))
        return false;
    edge_pace_take(&serve->demand_pace, serve->now.mono_us, (int64_t)cost * PART_US, 0);
    serve->demand_cost += cost;
    return true;
}

static struct edge_drone *admit(struct edge_serve *serve, const char *id, uint32_t answers)
{
    struct edge_drone *drone;
    serve->demand_cost += DEMAND_COST;
    if (edge_fleet_admit(serve->fleet, id, serve->now.mono_us, &drone) == DRF_OK) {
        edge_restore_ask(serve, drone);
        return within_rate(serve, drone, answers) ? drone : NULL;
    }
    edge_metrics_add(serve->metrics, EDGE_METRIC_DRONES_REFUSED, 0, 0, 1);
    if (edge_reply_stranger(serve))
        answer_text(serve, id, NULL, answers, EDGE_REPLY_OVERLOADED,
                    "this node serves as many drones as it is configured for");
    return NULL;
}

void edge_demand_use_profile(struct edge_serve *serve, struct edge_drone *drone,
                             const struct edge_wire_profile *profile, uint64_t digest)
{
    double rate_hz = fmin(profile->rate_hz, serve->config->limits.context_rate_max_hz);
    drone->limits = profile->limits;
    drone->wish = (struct edge_drone_wish){
        .interval_us = (int64_t)(1e6 / rate_hz),
        .link_bytes_per_s = profile->link_bytes_per_s,
        .json = profile->json,
        .ignore_seen = profile->ignore_seen,
        .patch_side = (uint16_t)(profile->patch ? profile->patch_cells : 0),
        .patch_interval_us = (int64_t)(1e6 / profile->patch_rate_hz),
    };
    edge_patch_wish(drone);
    drone->has_profile = true;
    drone->profile_digest = digest;
    edge_fleet_keep(serve->fleet, drone);
}

// In the store: what the fleet let go is there still.
static bool may_be_kept(const struct edge_drone *drone, bool held)
{
    return held || drone->restore_request != EDGE_DRONE_RECALLED;
}

static void drop_profile(struct edge_serve *serve, struct edge_drone *drone)
{
    if (may_be_kept(drone, drone->has_profile) && !keep(serve, "profile", drone->id, NULL, 0)) {
        answer_text(serve, drone->id, drone, 2, EDGE_REPLY_OVERLOADED,
                    "the store cannot keep up: ask again");
        return;
    }
    edge_fleet_unprofile(serve->fleet, drone);
    drone->told_profile = true;
    answer_text(serve, drone->id, drone, 2, EDGE_REPLY_OK,
                "no profile is held: the node's defaults apply");
}

void edge_demand_tell_profile(struct edge_serve *serve, struct edge_drone *drone,
                              const struct edge_wire_profile *profile, const char *text)
{
    bool slowed = profile->rate_hz > serve->config->limits.context_rate_max_hz;
    char all[160];
    int length = snprintf(all, sizeof all, "%s", text);
    if (slowed)
        (void)snprintf(all + length, sizeof all - (size_t)length,
                       "%srate_hz is limited to %g by this node", length > 0 ? "; " : "",
                       serve->config->limits.context_rate_max_hz);
    const struct edge_wire_reply reply = {
        .code =
            profile->default_count > 0 || slowed ? EDGE_REPLY_ACCEPTED_DEFAULTS : EDGE_REPLY_OK,
        .field_path = slowed ? "rate_hz" : "",
        .text = all,
        .correlation = profile->correlation,
        .answers = 2,
        .profile = profile,
    };
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_demand_profile(struct edge_serve *serve, const char *id,
                         const struct edge_incoming *in)
{
    struct edge_drone *drone = admit(serve, id, 2);
    if (drone == NULL)
        return;
    uint64_t digest = edge_demand_digest(in->payload, in->size);
    if (in->retained && drone->has_profile && drone->profile_digest == digest)
        return; // the broker says again, at a new connection, what is known
    if (in->size == 0) {
        drop_profile(serve, drone);
        return;
    }
    struct edge_wire_profile profile;
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (edge_wire_profile_decode(serve->wire, form_of(in), in->payload, in->size, &profile,
                                 &refusal)
        != DRF_OK) {
        answer(serve, id, drone, 2, &refusal);
        return;
    }
    bool same = drone->has_profile && drone->profile_digest == digest;
    if (!same && !keep(serve, "profile", id, in->payload, in->size)) {
        answer_text(serve, id, drone, 2, EDGE_REPLY_OVERLOADED,
                    "the store cannot keep up: send it again");
        return;
    }
    edge_demand_use_profile(serve, drone, &profile, digest);
    drone->told_profile = true;
    edge_restore_heard(serve, drone);
    edge_demand_tell_profile(serve, drone, &profile, "");
}

enum drf_status edge_demand_use_plan(struct edge_serve *serve, struct edge_drone *drone,
                                     const struct fusion_plan *plan, uint64_t digest)
{
    // Reports that name it come after it: until the next one it is not followed.
    bool named = drone->report.plan_named && drone->has_plan
                 && strcmp(drone->plan->plan_id, plan->plan_id) == 0;
    enum drf_status status = edge_fleet_plan(drone, plan);
    if (status != DRF_OK)
        return status;
    drone->report.plan_named = named;
    drone->plan_digest = digest;
    edge_fleet_keep(serve->fleet, drone);
    return DRF_OK;
}

static void drop_plan(struct edge_serve *serve, struct edge_drone *drone)
{
    if (may_be_kept(drone, drone->has_plan) && !keep(serve, "plan", drone->id, NULL, 0)) {
        answer_text(serve, drone->id, drone, 3, EDGE_REPLY_OVERLOADED,
                    "the store cannot keep up: ask again");
        return;
    }
    drone->has_plan = false;
    drone->told_plan = true;
    drone->plan_digest = 0;
    drone->report.plan_named = false;
    answer_text(serve, drone->id, drone, 3, EDGE_REPLY_OK, "no plan is held");
}

void edge_demand_tell_plan(struct edge_serve *serve, struct edge_drone *drone,
                           const char *correlation, const char *text, const char *unreviewed)
{
    struct edge_wire_reply reply = {
        .code = EDGE_REPLY_OK, .correlation = correlation, .text = text, .answers = 3};
    struct fusion_review review;
    char both[200];
    if (serve->root == NULL)
        unreviewed = "not reviewed: the node is still loading";
    if (unreviewed == NULL) {
        const struct fusion_aircraft aircraft = {
            .fix = drone->report.fix, .limits = drone->limits, .plan = drone->plan};
        fusion_review_plan(serve->builder, serve->root, &aircraft, serve->now.utc_us, &review);
        reply.plan = drone->plan;
        reply.review = &review;
    } else {
        (void)snprintf(both, sizeof both, "%s%s%s", text, text[0] != '\0' ? "; " : "",
                       unreviewed);
        reply.text = both;
    }
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_demand_plan(struct edge_serve *serve, const char *id, const struct edge_incoming *in)
{
    struct edge_drone *drone = admit(serve, id, 3);
    if (drone == NULL)
        return;
    uint64_t digest = edge_demand_digest(in->payload, in->size);
    bool same = drone->has_plan && drone->plan_digest == digest;
    if (in->retained && same)
        return;
    if (in->size == 0) {
        drop_plan(serve, drone);
        return;
    }
    struct fusion_plan plan;
    char correlation[EDGE_WIRE_NAME_SIZE] = "";
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (edge_wire_plan_decode(serve->wire, form_of(in), in->payload, in->size,
                              serve->now.utc_us, &plan, correlation, &refusal)
        != DRF_OK) {
        answer(serve, id, drone, 3, &refusal);
        return;
    }
    if (!edge_demand_afford(serve, serve->root != NULL ? fusion_review_cost(&plan) : 0)) {
        answer_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED,
                    "as many plans as this node can review are under way: send it again");
        return;
    }
    if (!same && !keep(serve, "plan", id, in->payload, in->size)) {
        answer_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED,
                    "the store cannot keep up: send it again");
        return;
    }
    if (edge_demand_use_plan(serve, drone, &plan, digest) != DRF_OK) {
        answer_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED, "no memory for a plan");
        return;
    }
    drone->told_plan = true;
    edge_restore_heard(serve, drone);
    edge_demand_tell_plan(serve, drone, correlation, "", NULL);
}

// The whole state at once is what a context holds.
static void send_snapshot(struct edge_serve *serve, struct edge_drone *drone,
                          struct edge_wire_refusal *answered)
{
    if (drone->reporting && serve->root != NULL) {
        edge_schedule_now(serve, drone);
        answered->code = EDGE_REPLY_OK;
        return;
    }
    answered->code = EDGE_REPLY_NOT_AVAILABLE;
    (void)snprintf(answered->text, sizeof answered->text,
                   "no telemetry from inside the region to make a context for");
}

static void answer_landing(struct edge_serve *serve, struct edge_drone *drone,
                           const struct edge_wire_request *request)
{
    const struct fusion_landing_ask ask = {
        .position = request->landing_at,
        .radius_m = request->landing_radius_m,
        .limits = &drone->limits,
        .now_utc_us = serve->now.utc_us,
    };
    struct fusion_landing landing;
    fusion_landing_judge(serve->builder, serve->root, &ask, &landing);
    const struct edge_wire_reply reply = {.code = EDGE_REPLY_OK,
                                          .correlation = request->correlation,
                                          .answers = 4,
                                          .landing = &landing};
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_demand_request(struct edge_serve *serve, const char *id,
                         const struct edge_incoming *in)
{
    struct edge_drone *drone = admit(serve, id, 4);
    if (drone == NULL)
        return;
    struct edge_wire_request request;
    struct edge_wire_refusal answered = {.code = EDGE_REPLY_INVALID};
    if (edge_wire_request_decode(serve->wire, form_of(in), in->payload, in->size, &request,
                                 &answered)
        != DRF_OK) {
        answer(serve, id, drone, 4, &answered);
        return;
    }
    answered = (struct edge_wire_refusal){.code = EDGE_REPLY_NOT_AVAILABLE};
    memcpy(answered.correlation, request.correlation, sizeof request.correlation);
    if (request.landing && serve->root != NULL) {
        answer_landing(serve, drone, &request);
        return;
    }
    if (request.snapshot)
        send_snapshot(serve, drone, &answered);
    else if (!request.landing && !request.terrain && !edge_demand_afford(serve, PRELOAD_COST)) {
        answered.code = EDGE_REPLY_OVERLOADED;
        (void)snprintf(answered.text, sizeof answered.text,
                       "as many requests as this node can answer are under way: ask again");
    } else if (request.landing)
        (void)snprintf(answered.text, sizeof answered.text, "the node is still loading");
    else
        edge_terrain_request(serve, drone, &request, &answered);
    answer(serve, id, drone, 4, &answered);
}
