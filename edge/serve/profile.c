// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <math.h>
#include <stdio.h>

#include "geo/hash.h"

void edge_profile_use(struct edge_serve *serve, struct edge_drone *drone,
                      const struct edge_wire_profile *profile, uint64_t digest)
{
    double rate_hz = fmin(profile->rate_hz, serve->config->limits.context_rate_max_hz);
    const struct edge_preferences preferences = {
        .interval_us = (int64_t)(1e6 / rate_hz),
        .rate_hz = profile->rate_hz,
        .link_bytes_per_s = profile->link_bytes_per_s,
        .json = profile->json,
        .ignore_seen = profile->ignore_seen,
        .streams = profile->streams,
        .patch_side = (uint16_t)(profile->patch ? profile->patch_cells : 0),
        .patch_interval_us = (int64_t)(1e6 / profile->patch_rate_hz),
    };
    edge_profile_held_use(&drone->profile, &profile->limits, &preferences, digest);
    edge_patch_configure(drone);
    edge_fleet_keep(serve->fleet, drone);
}

static void drop_profile(struct edge_serve *serve, struct edge_drone *drone)
{
    if (edge_persist_possible(drone, drone->profile.held)
        && !edge_persist_put(serve, "profile", drone->id, NULL, 0)) {
        edge_reply_text(serve, drone->id, drone, 2, EDGE_REPLY_OVERLOADED,
                        "the store cannot keep up: ask again");
        return;
    }
    edge_fleet_unprofile(serve->fleet, drone);
    edge_kept_profile_came(&drone->kept);
    edge_reply_text(serve, drone->id, drone, 2, EDGE_REPLY_OK,
                    "no profile is held: the node's defaults apply");
}

void edge_profile_reply(struct edge_serve *serve, struct edge_drone *drone,
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

void edge_profile_take(struct edge_serve *serve, const char *id, const struct edge_incoming *in)
{
    struct edge_drone *drone = edge_request_budget_admit(serve, id, 2);
    if (drone == NULL)
        return;
    uint64_t digest = geo_hash_bytes(GEO_HASH_START, in->payload, in->size);
    if (in->retained && drone->profile.held && drone->profile.digest == digest)
        return; // the broker says again, at a new connection, what is known
    if (in->size == 0 && in->payload_left_out == 0) {
        drop_profile(serve, drone);
        return;
    }
    struct edge_wire_profile profile;
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (!edge_incoming_whole(in, &refusal)
        || edge_wire_profile_decode(serve->wire, edge_incoming_form(in), in->payload, in->size,
                                    &profile, &refusal)
               != DRF_OK) {
        edge_reply_answer(serve, id, drone, 2, &refusal);
        return;
    }
    bool same = drone->profile.held && drone->profile.digest == digest;
    if (!same && !edge_persist_put(serve, "profile", id, in->payload, in->size)) {
        edge_reply_text(serve, id, drone, 2, EDGE_REPLY_OVERLOADED,
                        "the store cannot keep up: send it again");
        return;
    }
    edge_profile_use(serve, drone, &profile, digest);
    edge_kept_profile_came(&drone->kept);
    edge_persist_heard(serve, drone);
    edge_profile_reply(serve, drone, &profile, "");
}
