// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <stdio.h>
#include <string.h>

#include "geo/hash.h"

// In parts of a plan's leg, as fusion_review_cost() counts them: 10 ms a step.
enum { ANSWER_COST = 16, COST_PER_STEP = 4000 };

#define APPLIES_AGAIN "stored at an earlier visit: it applies again"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool decode_profile(struct edge_serve *serve, struct edge_serve_stored stored,
                           struct edge_wire_profile *out)
{
    struct edge_wire_refusal refusal;
    return edge_wire_profile_decode(serve->wire,
                                    edge_wire_form_of(NULL, stored.bytes, stored.size),
                                    stored.bytes, stored.size, out, &refusal)
           == DRF_OK;
}

// Whether it is still valid is asked when it is used.
static bool decode_plan(struct edge_serve *serve, struct edge_serve_stored stored,
                        struct fusion_plan *out)
{
    char correlation[EDGE_WIRE_NAME_SIZE];
    struct edge_wire_refusal refusal;
    return edge_wire_plan_decode(
               serve->wire, edge_wire_form_of(NULL, stored.bytes, stored.size), stored.bytes,
               stored.size, INT64_MIN, out, correlation, &refusal)
           == DRF_OK;
}

static enum drf_status restore_profile(struct edge_serve *serve, const char *id,
                                       struct edge_serve_stored stored)
{
    struct edge_wire_profile profile;
    struct edge_drone *drone;
    if (!decode_profile(serve, stored, &profile)
        || edge_fleet_admit(serve->fleet, id, 0, &drone) != DRF_OK)
        return DRF_ERR_SYNTAX;
    edge_profile_use(serve, drone, &profile,
                     geo_hash_bytes(GEO_HASH_START, stored.bytes, stored.size));
    return DRF_OK;
}

static enum drf_status restore_plan(struct edge_serve *serve, const char *id,
                                    struct edge_serve_stored stored)
{
    struct fusion_plan plan;
    struct edge_drone *drone;
    if (!decode_plan(serve, stored, &plan)
        || edge_fleet_admit(serve->fleet, id, 0, &drone) != DRF_OK)
        return DRF_ERR_SYNTAX;
    return edge_plan_use(serve, drone, &plan,
                         geo_hash_bytes(GEO_HASH_START, stored.bytes, stored.size));
}

enum drf_status edge_restore_stored(struct edge_serve *serve, struct edge_serve_stored stored)
{
    const char *slash = strchr(stored.name, '/');
    if (slash == NULL || !edge_id_valid(slash + 1, strlen(slash + 1)))
        return DRF_ERR_SYNTAX;
    if (begins(stored.name, EDGE_STORED_PROFILE))
        return restore_profile(serve, slash + 1, stored);
    if (begins(stored.name, EDGE_STORED_PLAN))
        return restore_plan(serve, slash + 1, stored);
    return DRF_ERR_SYNTAX;
}

// NULL: the plan that it has can be reviewed now.
static const char *unaffordable(struct edge_serve *serve, const struct edge_drone *drone)
{
    uint32_t cost = serve->root != NULL ? fusion_review_cost(drone->plan.plan) : 0;
    return edge_request_budget_afford(serve, cost)
               ? NULL
               : "not reviewed: send it again, too many reviews are under way";
}

// What the drone has sent since it is back is newer than what is stored.
static void restore_found_profile(struct edge_serve *serve, struct edge_drone *drone,
                                  struct edge_serve_stored stored)
{
    uint64_t digest = geo_hash_bytes(GEO_HASH_START, stored.bytes, stored.size);
    struct edge_wire_profile profile;
    if (drone->kept.profile_received || (drone->profile.held && drone->profile.digest == digest)
        || !decode_profile(serve, stored, &profile))
        return;
    profile.correlation[0] = '\0'; // of a question that was answered long ago
    edge_profile_use(serve, drone, &profile, digest);
    edge_profile_reply(serve, drone, &profile, APPLIES_AGAIN);
    edge_kept_restore(&drone->kept);
    if (drone->plan.held) // it was judged by other limits
        edge_plan_reply(serve, drone, "", "the stored profile applies to it too",
                        unaffordable(serve, drone));
}

static void reply_plan_expired(struct edge_serve *serve, struct edge_drone *drone)
{
    const struct edge_wire_reply reply = {
        .code = EDGE_REPLY_STALE,
        .field_path = "valid_until_us",
        .text = "the plan stored at an earlier visit has expired",
        .answers = 3,
    };
    edge_reply_send(serve, drone->id, drone, &reply);
}

static void restore_found_plan(struct edge_serve *serve, struct edge_drone *drone,
                               struct edge_serve_stored stored)
{
    uint64_t digest = geo_hash_bytes(GEO_HASH_START, stored.bytes, stored.size);
    struct fusion_plan plan;
    if (drone->kept.plan_received || (edge_plan_held_same(&drone->plan, digest))
        || !decode_plan(serve, stored, &plan)
        || edge_plan_use(serve, drone, &plan, digest) != DRF_OK)
        return;
    edge_kept_restore(&drone->kept);
    if (plan.valid_until_utc_us <= serve->now.utc_us)
        reply_plan_expired(serve, drone);
    else
        edge_plan_reply(serve, drone, "", APPLIES_AGAIN, unaffordable(serve, drone));
}

static void restore_found_end(struct edge_serve *serve, struct edge_drone *drone)
{
    bool restored, waited = edge_kept_end(&drone->kept, &restored);
    if (restored)
        edge_metrics_add(serve->metrics, EDGE_METRIC_DRONES_RESTORED, 0, 0, 1);
    if (waited)
        edge_admission_resume(serve, drone);
}

// After a month or so of silence. A drone that is back at this very moment is told.
static void forget(struct edge_serve *serve, struct edge_drone *drone)
{
    static const char text[] = "what was stored was deleted after long silence: send it again";
    struct edge_wire_reply reply = {
        .code = EDGE_REPLY_NOT_AVAILABLE, .text = text, .answers = 2};
    if (drone->profile.held) {
        edge_fleet_unprofile(serve->fleet, drone);
        if (drone->slot.reporting)
            edge_reply_send(serve, drone->id, drone, &reply);
    }
    if (!drone->plan.held)
        return;
    edge_plan_held_drop(&drone->plan);
    reply.answers = 3;
    if (drone->slot.reporting)
        edge_reply_send(serve, drone->id, drone, &reply);
}

static void take(struct edge_serve *serve, struct edge_serve_stored stored)
{
    const char *id = strchr(stored.name, '/') + 1;
    struct edge_drone *drone = edge_fleet_find(serve->fleet, id);
    if (drone == NULL)
        return; // it was evicted again
    if (begins(stored.name, EDGE_RESTORE_REQUEST_FORGOTTEN))
        forget(serve, drone);
    if (!edge_kept_asked(&drone->kept))
        return;
    if (begins(stored.name, EDGE_STORED_PROFILE))
        restore_found_profile(serve, drone, stored);
    else if (begins(stored.name, EDGE_STORED_PLAN))
        restore_found_plan(serve, drone, stored);
    else if (begins(stored.name, EDGE_RESTORE_REQUEST_END))
        restore_found_end(serve, drone);
}

bool edge_restore_run(struct edge_serve *serve)
{
    struct edge_back_value value;
    if (serve->restore_request == NULL)
        return false;
    while (edge_restore_request_front(serve->restore_request, &value)) {
        if (serve->budget.spent >= COST_PER_STEP)
            return true;
        edge_request_budget_spend(&serve->budget, ANSWER_COST);
        take(serve, (struct edge_serve_stored){.name = value.name,
                                               .bytes = value.bytes,
                                               .size = (uint32_t)value.size});
        edge_restore_request_pop(serve->restore_request);
    }
    return false;
}
