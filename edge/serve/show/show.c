// SPDX-License-Identifier: Apache-2.0
// Fills what those who look at the node see (edge/handoff/viewing.h), while somebody looks.
//
// A drone's record is filled with each evaluation, from the context that was just made. All
// else is done at the end of a step, a bounded part of it: once a second a sweep goes over all
// places of the fleet, and in its first round after nobody looked fills each with what is held;
// later it clears those whose drone is gone, follows the reports of those that are not
// evaluated, and evaluates a few that were not since somebody looks (silent ones, and while the
// broker is away). Then come the texts and the tracks, one kind a step. Questions are answered
// whether somebody looks or not.
//
// An evaluation for a viewer has a builder and a context of its own and works on a copy of the
// held advisories: nothing that a step puts out may depend on who looks.
#include <stdlib.h>
#include <string.h>

#include "edge/serve/serve_parts.h"
#include "geo/hash.h"

#define NUMBERS_EVERY_US INT64_C(5000000) // of the catalogue

enum {
    PLACES_PER_STEP = 128,
    EVALUATIONS_PER_STEP = 8,
};

// What is done each second, one after the other.
enum stage { SWEEP, FLEET, STATE, CATALOG, ALERTS, TRACKS, REST };

// What the detail of a slot holds.
struct followed {
    char id[EDGE_VIEW_ID_SIZE];
    uint32_t why;
    int64_t mono_us; // of the evaluation that it holds; INT64_MIN: none
};

struct edge_show {
    struct edge_viewing *viewing;
    struct edge_show_answering answering;
    bool watched;
    int64_t since_mono_us; // that somebody looks
    int64_t second_mono_us;
    enum stage stage;
    uint32_t place; // the sweep's next
    bool filled;    // a sweep was over since somebody looks

    uint64_t followed_turn;
    bool followed_wait; // some of them are evaluated with the next step
    uint32_t followed_count;
    struct edge_view_followed followed;
    struct followed slots[EDGE_VIEW_FOLLOWED_MAX];
    uint8_t *slot_of; // of each place: 1 and its slot; 0: nobody follows

    uint64_t catalog_digest, alerts_digest;
    int64_t numbers_mono_us;
    struct edge_advice found;
    struct edge_advisories advisories;
    struct edge_view_tracks tracks;
    struct edge_view_detail detail;
    uint8_t text[EDGE_VIEW_TEXTS_MAX];
};

enum drf_status edge_show_open(struct edge_viewing *viewing, uint32_t drones_max,
                               struct edge_show **out)
{
    struct edge_show *show = calloc(1, sizeof *show);
    if (show == NULL)
        return DRF_ERR_NOMEM;
    show->viewing = viewing;
    show->stage = REST;
    show->slot_of = calloc(drones_max, sizeof *show->slot_of);
    enum drf_status status = show->slot_of != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = fusion_builder_open(&show->answering.builder);
    if (status == DRF_OK)
        status = fusion_planes_open(&show->answering.planes);
    if (status != DRF_OK) {
        edge_show_close(show);
        return status;
    }
    *out = show;
    return DRF_OK;
}

void edge_show_close(struct edge_show *show)
{
    if (show == NULL)
        return;
    fusion_planes_close(show->answering.planes);
    fusion_builder_close(show->answering.builder);
    edge_advisories_close(&show->advisories);
    free(show->slot_of);
    free(show);
}

static void put_evaluated(struct edge_serve *serve, const struct edge_drone *drone,
                          const struct fusion_context *context)
{
    struct edge_view_drone out;
    edge_show_record(drone, context, serve->now.utc_us, &out);
    edge_viewing_put_drone(serve->show->viewing, edge_fleet_number(serve->fleet, drone), &out);
}

// ---- those who are followed

static void put_detail(struct edge_serve *serve, const struct edge_drone *drone, uint32_t slot,
                       const struct fusion_context *from, bool told)
{
    struct edge_show *show = serve->show;
    const struct edge_wire_context context = {
        .stream = edge_send_stream(serve, drone->stream.sent_seq + 1),
        .context = from,
        .stale_after_ms = (uint32_t)(serve->config->limits.stale_after_us / 1000),
        .authority = edge_others_authority(serve, drone),
        .telemetry_seq = drone->report.seq,
        .telemetry_drone_boot_id = drone->report.drone_boot_id,
        .pushed = drone->due.state == EDGE_DUE_PUSHED,
        .time_from_arrival = drone->report.time_from_arrival,
        .untrimmed = true,
    };
    struct edge_view_detail *detail = &show->detail;
    size_t size = sizeof detail->json;
    bool good =
        edge_wire_context_encode(EDGE_WIRE_JSON, &context, (uint8_t *)detail->json, &size)
        == DRF_OK;
    memcpy(detail->id, show->followed.id[slot], sizeof detail->id);
    detail->utc_us = serve->now.utc_us;
    detail->why = good ? EDGE_VIEW_WHY_NONE : EDGE_VIEW_TOO_LARGE;
    detail->told = told;
    edge_show_way(serve, drone, show->answering.builder, detail);
    detail->size = good ? (uint32_t)size : 0;
    edge_viewing_put_detail(show->viewing, slot, detail);
    struct followed *is = &show->slots[slot];
    memcpy(is->id, detail->id, sizeof is->id);
    is->why = detail->why;
    is->mono_us = serve->now.mono_us;
}

static void put_why(struct edge_serve *serve, uint32_t slot, enum edge_view_why why)
{
    struct edge_show *show = serve->show;
    struct followed *is = &show->slots[slot];
    const char *id = show->followed.id[slot];
    if (strcmp(is->id, id) == 0 && is->why == why)
        return;
    struct edge_view_detail *detail = &show->detail;
    memcpy(detail->id, id, sizeof detail->id);
    detail->utc_us = serve->now.utc_us;
    detail->why = why;
    detail->told = false;
    detail->corner_count = 0;
    detail->size = 0;
    edge_viewing_put_detail(show->viewing, slot, detail);
    *is = (struct followed){.why = why, .mono_us = INT64_MIN};
    memcpy(is->id, id, sizeof is->id);
}

static bool evaluable(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return serve->root != NULL && drone->report.there && !edge_place_outside(&drone->place)
           && drone->kept.state != EDGE_KEPT_WAITING;
}

// As edge_advise() would, and nothing of it is kept or told.
static void evaluate(struct edge_serve *serve, const struct edge_drone *drone)
{
    struct edge_show *show = serve->show;
    edge_advise_build(serve, drone, show->answering.builder, &show->found);
    if (edge_advisories_copy(&show->advisories, &drone->advisories) != DRF_OK)
        edge_advisories_reset(&show->advisories); // shown as evaluated
    edge_advisories_apply(&show->advisories, serve->now, &show->found.context.advisories);
}

// Which place has which slot; and what a slot says whose drone is not evaluated.
static void look_for_followed(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    memset(show->slot_of, 0, serve->config->limits.drones_max * sizeof *show->slot_of);
    show->followed_count = 0;
    show->followed_wait = false;
    uint32_t evaluated = 0;
    for (uint32_t slot = 0; slot < EDGE_VIEW_FOLLOWED_MAX; slot++) {
        const char *id = show->followed.id[slot];
        struct followed *is = &show->slots[slot];
        if (id[0] == '\0') {
            is->id[0] = '\0'; // who follows it again begins anew
            continue;
        }
        show->followed_count++;
        const struct edge_drone *drone = edge_fleet_find(serve->fleet, id);
        if (drone == NULL) {
            put_why(serve, slot, EDGE_VIEW_NO_SUCH_DRONE);
            continue;
        }
        show->slot_of[edge_fleet_number(serve->fleet, drone)] = (uint8_t)(slot + 1);
        if (!drone->report.there) {
            put_why(serve, slot, EDGE_VIEW_NO_REPORT);
        } else if (!evaluable(serve, drone)) {
            put_why(serve, slot, EDGE_VIEW_NOT_SERVED);
        } else if (strcmp(is->id, id) != 0 || is->why != EDGE_VIEW_WHY_NONE) {
            if (evaluated++ >= EVALUATIONS_PER_STEP) {
                show->followed_wait = true;
                continue;
            }
            evaluate(serve, drone);
            put_detail(serve, drone, slot, &show->found.context, false);
        }
    }
}

void edge_show_begin(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    if (show == NULL)
        return;
    const bool watched = edge_viewing_watched(show->viewing);
    if (watched == show->watched)
        return;
    show->watched = watched;
    show->filled = false;
    show->place = 0;
    show->stage = watched ? SWEEP : FLEET;
    show->since_mono_us = serve->now.mono_us;
    show->second_mono_us = serve->now.mono_us + EDGE_SERVE_SECOND_US;
    show->numbers_mono_us = serve->now.mono_us;
    memset(show->slots, 0, sizeof show->slots);
    show->followed_turn = 0;
    show->followed_wait = false;
}

void edge_show_evaluated(struct edge_serve *serve, const struct edge_drone *drone,
                         const struct fusion_context *context)
{
    struct edge_show *show = serve->show;
    if (show == NULL || !show->watched)
        return;
    put_evaluated(serve, drone, context);
    if (show->followed_count == 0)
        return;
    uint32_t slot = show->slot_of[edge_fleet_number(serve->fleet, drone)];
    if (slot > 0 && strcmp(show->followed.id[slot - 1], drone->id) == 0)
        put_detail(serve, drone, slot - 1, context, true);
}

// ---- once a second

static bool seen_lately(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return serve->now.mono_us - drone->report.arrival_mono_us
           <= serve->config->limits.drone_forget_us;
}

// Whether the place shows an evaluation of this drone since somebody looks.
static bool shows_evaluation(const struct edge_serve *serve, uint32_t number,
                             const struct edge_drone *drone)
{
    const struct edge_show *show = serve->show;
    struct edge_view_drone is;
    uint64_t seen = 0;
    if (strcmp(edge_viewing_shown(show->viewing, number), drone->id) != 0)
        return false;
    if (!show->filled) // what stands there may be of before
        return drone->found.advised_mono_us >= show->since_mono_us;
    return edge_viewing_drone(show->viewing, number, &seen, &is) == EDGE_SEQLOCK_NEW
           && is.evaluated_utc_us != EDGE_VIEW_UNKNOWN_UTC;
}

// Reports come that are not evaluated, or none come.
static void follow_report(struct edge_serve *serve, uint32_t number,
                          const struct edge_drone *drone)
{
    struct edge_view_drone is, next;
    uint64_t seen = 0;
    if (edge_viewing_drone(serve->show->viewing, number, &seen, &is) != EDGE_SEQLOCK_NEW)
        return;
    next = is;
    edge_show_report(drone, &next);
    if (memcmp(&next, &is, sizeof is) != 0)
        edge_viewing_put_drone(serve->show->viewing, number, &next);
}

// True: it was evaluated.
static bool sweep_place(struct edge_serve *serve, uint32_t number)
{
    struct edge_show *show = serve->show;
    const struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
    struct edge_view_drone held;
    if (!drone->slot.used || !drone->report.there || !seen_lately(serve, drone)) {
        edge_viewing_clear_drone(show->viewing, number);
    } else if (!edge_place_outside(&drone->place) && shows_evaluation(serve, number, drone)) {
        follow_report(serve, number, drone);
    } else if (show->filled && evaluable(serve, drone)) {
        evaluate(serve, drone);
        put_evaluated(serve, drone, &show->found.context);
        return true;
    } else {
        edge_show_record_held(drone, &held);
        edge_viewing_put_drone(show->viewing, number, &held);
    }
    return false;
}

// True: it is over.
static bool sweep(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    const uint32_t places = edge_fleet_slots(serve->fleet);
    uint32_t evaluated = 0;
    for (uint32_t i = 0; i < PLACES_PER_STEP && show->place < places; i++) {
        evaluated += sweep_place(serve, show->place++);
        if (evaluated == EVALUATIONS_PER_STEP)
            break;
    }
    if (show->place < places)
        return false;
    show->place = 0;
    show->filled = true;
    return true;
}

static void put_fleet(struct edge_serve *serve)
{
    const struct edge_fleet_counts counts = edge_fleet_counts(serve->fleet);
    const struct edge_view_fleet fleet = {
        .utc_us = serve->now.utc_us,
        .boot_id = serve->boot_id,
        .epoch = serve->root != NULL ? serve->root->epoch : 0,
        .held = counts.held,
        .reporting = counts.reporting,
        .troubles = serve->node_status.seen,
        .overload = edge_load_level(&serve->load),
        .filled = serve->show->filled,
    };
    edge_viewing_put_fleet(serve->show->viewing, &fleet);
}

// What does not fit is told as empty.
static void put_text(struct edge_show *show, enum edge_view_text text, enum drf_status status,
                     size_t size)
{
    if (status == DRF_OK || status == DRF_ERR_FULL)
        edge_viewing_put_text(show->viewing, text, show->text, status == DRF_OK ? size : 0);
}

static void put_catalog(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    if (serve->root == NULL)
        return;
    size_t size = sizeof show->text;
    enum drf_status status = edge_node_status_show_catalog(serve, false, show->text, &size);
    const uint64_t digest =
        status == DRF_OK ? geo_hash_bytes(GEO_HASH_START, show->text, size) : 0;
    if (digest == show->catalog_digest && serve->now.mono_us < show->numbers_mono_us)
        return;
    show->catalog_digest = digest;
    show->numbers_mono_us = serve->now.mono_us + NUMBERS_EVERY_US;
    size = sizeof show->text;
    status = edge_node_status_show_catalog(serve, true, show->text, &size);
    put_text(show, EDGE_VIEW_CATALOG, status, size);
}

static void put_alerts(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    size_t size = sizeof show->text;
    enum drf_status status = edge_alerts_show(serve, &show->alerts_digest, show->text, &size);
    put_text(show, EDGE_VIEW_ALERTS, status, size);
}

static void put_state(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    size_t size = sizeof show->text;
    enum drf_status status = edge_node_status_show(serve, show->text, &size);
    put_text(show, EDGE_VIEW_STATE, status, size);
}

static void run_stage(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    switch (show->stage) {
    case SWEEP:
        if (!sweep(serve))
            return;
        break;
    case FLEET:
        put_fleet(serve);
        if (!show->watched) { // that nothing is filled any more
            show->stage = REST;
            return;
        }
        look_for_followed(serve);
        break;
    case STATE:
        put_state(serve);
        break;
    case CATALOG:
        put_catalog(serve);
        break;
    case ALERTS:
        put_alerts(serve);
        break;
    case TRACKS:
        edge_traffic_show(serve, &show->tracks);
        edge_viewing_put_tracks(show->viewing, &show->tracks);
        break;
    case REST:
        return;
    }
    show->stage++;
}

bool edge_show_run(struct edge_serve *serve)
{
    struct edge_show *show = serve->show;
    if (show == NULL)
        return false;
    bool more = edge_show_answer(serve, show->viewing, &show->answering);
    if (show->watched) {
        if (edge_viewing_followed(show->viewing, &show->followed_turn, &show->followed)
            || show->followed_wait)
            look_for_followed(serve);
        if (show->stage == REST && serve->now.mono_us >= show->second_mono_us) {
            show->second_mono_us = serve->now.mono_us + EDGE_SERVE_SECOND_US;
            show->stage = SWEEP;
        }
    }
    run_stage(serve);
    return more || show->stage != REST || (show->watched && show->followed_wait);
}
