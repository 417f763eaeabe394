// SPDX-License-Identifier: Apache-2.0
// Each part is a small state machine: step 0 waits for its time and publishes, step 1 waits
// for Kafka's confirmation, later steps change what the witness demands; step 9 is failed. A
// feature is COMING while the node may or may not know it, and STANDS three seconds after
// Kafka accepted it. Before each change of the world the receiver is drained, so that
// contexts are checked against the world in which they were made. What the drones do is only
// observed: the watch functions compare flights and messages with the part's state.
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/story/story_impl.h"

enum { UPDATES = 70, CIRCLE = 24 }; // messages on either side of the kill; corners of the zone

static const int64_t second_us = 1000000, count_us = 1000000, known_us = 3000000,
                     patience_us = 8000000, together_us = 5000;
static const double zone_radius_m = 38.0;

static const char *name_of(const struct sim_story *story, size_t index)
{
    return story->accounts[index].name;
}

static struct sim_flight *lead_of(struct sim_story *story)
{
    return &story->drones[story->main_drones[0]].flight;
}

// Checks all that has arrived against the world as it is.
static void drain(struct sim_receiver *receiver)
{
    while (sim_receiver_check(receiver, 1024) > 0)
        continue;
}

static double apart_m(struct sim_plane a, struct sim_plane b)
{
    return hypot(a.east_m - b.east_m, a.north_m - b.north_m);
}

static void count_warned(struct sim_story *story)
{
    struct story_crane *crane = &story->crane;
    double last_ms = 0.0;
    size_t at_once = 0;
    for (size_t i = 0; i < story->plan.drones; i++) {
        const struct story_heard *heard = &crane->heard[i];
        // In answer to a report, advisory and context leave the node together.
        bool pushed = heard->answered_mono_us == 0
                      || heard->first_mono_us < heard->answered_mono_us - together_us;
        if (heard->first_mono_us != 0 && pushed) {
            at_once++;
            last_ms =
                fmax(last_ms, (double)(heard->first_mono_us - crane->accepted_mono_us) * 1e-3);
        }
        crane->warned += heard->first_mono_us != 0 ? 1 : 0;
        crane->undisturbed += !heard->disturbed && heard->first_mono_us == 0 ? 1 : 0;
    }
    crane->counted = true;
    if (at_once > 0)
        crane->warned_ms = last_ms;
    size_t shown = story->plan.drones - crane->warned - crane->undisturbed;
    char when[48] = "with their next reports", others[32] = "";
    if (at_once > 0)
        snprintf(when, sizeof when, "%.0f ms after Kafka had it", last_ms);
    if (shown > 0)
        snprintf(others, sizeof others, "%zu shown it, ", shown);
    story_tell(story, STORY_CRANE, story->now_mono_us,
               "%zu of %zu drones warned %s, %s%zu not disturbed", crane->warned,
               story->plan.drones, when, others, crane->undisturbed);
}

static void step_crane(struct sim_story *story, struct sim_receiver *receiver)
{
    struct story_schedule *schedule = &story->schedule[STORY_CRANE];
    struct story_crane *crane = &story->crane;
    struct sim_obstacle *o = &story->world->obstacles[crane->obstacle];
    int64_t now = story->now_mono_us;
    if (schedule->step == 0 && story_s(story, now) >= schedule->at_s) {
        drain(receiver);
        o->presence = SIM_COMING;
        crane->sent_mono_us = now;
        schedule->step = story_send_obstacle(story, o) == DRF_OK ? 1 : 9;
        story_tell(story, STORY_CRANE, now, "a crane of %.0f m goes up %.0f m ahead of %s",
                   o->agl_m,
                   apart_m(sim_world_plane(story->world, o->position), lead_of(story)->at),
                   name_of(story, story->main_drones[0]));
    }
    if (schedule->step == 1 && story_accepted(story->cranes)) {
        crane->accepted_mono_us = sim_publisher_count(story->cranes)->failed == 0 ? now : 0;
        schedule->step = crane->accepted_mono_us != 0 ? 2 : 9;
    }
    if (schedule->step == 2 && now - crane->accepted_mono_us >= count_us) {
        drain(receiver);
        count_warned(story);
        schedule->step = 3;
    }
    if (schedule->step == 3 && now - crane->accepted_mono_us >= known_us) {
        drain(receiver);
        o->presence = SIM_STANDS;
        schedule->step = 4;
    }
}

static void watch_crane(struct sim_story *story)
{
    struct story_crane *crane = &story->crane;
    const struct sim_flight *lead = lead_of(story);
    if (crane->accepted_mono_us == 0 || crane->passed)
        return;
    const struct sim_obstacle *o = &story->world->obstacles[crane->obstacle];
    double beside_m = apart_m(sim_world_plane(story->world, o->position), lead->at);
    if (!crane->climbing && lead->intent.floor_known && lead->intent.floor_amsl_m > o->amsl_m) {
        crane->climbing = true;
        story_tell(story, STORY_CRANE, story->now_mono_us, "%s climbs",
                   name_of(story, story->main_drones[0]));
    }
    if (beside_m < crane->beside_m) {
        crane->beside_m = beside_m;
        crane->over_m = lead->amsl_m - o->amsl_m;
    } else if (beside_m > crane->beside_m + 8.0 && crane->beside_m < 30.0) {
        crane->passed = true;
        story_tell(story, STORY_CRANE, story->now_mono_us, "%s has passed over it with %.1f m",
                   name_of(story, story->main_drones[0]), crane->over_m);
    }
}

static bool zone_candidate(const struct sim_story *story, size_t index)
{
    for (size_t i = 0; i < story->main_count; i++)
        if (story->main_drones[i] == index)
            return false;
    const struct sim_flight *f = &story->drones[index].flight;
    double agl_m =
        f->amsl_m - sim_world_ground_amsl_m(story->world, sim_world_point(story->world, f->at));
    bool airborne = f->phase == SIM_FLIGHT_CRUISE || f->phase == SIM_FLIGHT_DESCEND
                    || f->phase == SIM_FLIGHT_HOVER || f->phase == SIM_FLIGHT_RETURN
                    || f->phase == SIM_FLIGHT_CLIMB_BACK || f->phase == SIM_FLIGHT_CLIMB;
    struct geo_point at = sim_world_point(story->world, f->at);
    return airborne && !f->intent.hold && agl_m > 20.0 && index % 16 != 15
           && sim_world_covered_m(story->world, at) > 200.0 && apart_m(f->at, f->depot) > 150.0;
}

// The one farthest from others and slow, so that it does not simply fly out of the zone.
static long choose(const struct sim_story *story)
{
    long best = STORY_NO_DRONE;
    double best_cost = HUGE_VAL;
    for (size_t i = 0; i < story->plan.drones; i++) {
        if (!zone_candidate(story, i))
            continue;
        const struct sim_flight *f = &story->drones[i].flight;
        double alone_m = 1000.0;
        for (size_t k = 0; k < story->plan.drones; k++)
            if (k != i)
                alone_m = fmin(alone_m, apart_m(f->at, story->drones[k].flight.at));
        bool going = f->phase == SIM_FLIGHT_RETURN;
        double cost = (1000.0 - alone_m) + hypot(f->east_mps, f->north_mps) * 20.0
                      + (going ? 400.0 : 0.0);
        if (cost < best_cost) {
            best_cost = cost;
            best = (long)i;
        }
    }
    return best;
}

static struct sim_zone *draw_zone(struct sim_story *story)
{
    struct story_zone *zone = &story->zone;
    const struct sim_flight *f = &story->drones[zone->drone].flight;
    struct geo_point at = sim_world_point(story->world, f->at);
    zone->center = f->at;
    zone->radius_m = zone_radius_m;
    zone->ground_amsl_m = sim_world_ground_amsl_m(story->world, at);
    struct sim_zone *z = &story->world->zones[story->world->zone_count];
    *z = (struct sim_zone){.count = CIRCLE,
                           .upper_amsl_m = floor(zone->ground_amsl_m + 300.0),
                           .presence = SIM_COMING};
    snprintf(z->id, sizeof z->id, STORY_ZONE_ID);
    for (int i = 0; i < CIRCLE; i++) {
        double turn = (double)i / CIRCLE; // counter-clockwise
        z->vertices[i] = sim_world_point(
            story->world,
            (struct sim_plane){zone->center.east_m + zone_radius_m * sim_sine(turn + 0.25),
                               zone->center.north_m + zone_radius_m * sim_sine(turn)});
    }
    story->world->zone_count++;
    return z;
}

static void step_zone(struct sim_story *story, struct sim_receiver *receiver)
{
    struct story_schedule *schedule = &story->schedule[STORY_ZONE];
    struct story_zone *zone = &story->zone;
    int64_t now = story->now_mono_us;
    if (schedule->step == 0 && story_s(story, now) >= schedule->at_s) {
        zone->drone = choose(story);
        if (zone->drone == STORY_NO_DRONE)
            return; // no suitable drone is in the air; tried again in the next step
        drain(receiver);
        const struct sim_zone *z = draw_zone(story);
        zone->sent_mono_us = now;
        schedule->step = story_send_zone(story, z) == DRF_OK ? 1 : 9;
        story_tell(story, STORY_ZONE, now, "a no-fly zone is closed around %s",
                   name_of(story, (size_t)zone->drone));
    }
    if (schedule->step == 1 && story_accepted(story->zones)) {
        // An advisory that arrives before Kafka's confirmation shows that Kafka had accepted
        // it.
        zone->accepted_mono_us = now;
        if (zone->told_mono_us != 0 && zone->told_mono_us < zone->accepted_mono_us)
            zone->accepted_mono_us = zone->told_mono_us;
        schedule->step = sim_publisher_count(story->zones)->failed == 0 ? 2 : 9;
    }
    if (schedule->step == 2 && now - zone->accepted_mono_us >= known_us) {
        drain(receiver);
        story->world->zones[0].presence = SIM_STANDS;
        schedule->step = 3;
    }
}

static void watch_zone(struct sim_story *story)
{
    struct story_zone *zone = &story->zone;
    if (zone->drone == STORY_NO_DRONE || zone->left_mono_us != 0 || zone->accepted_mono_us == 0)
        return;
    const struct sim_flight *f = &story->drones[zone->drone].flight;
    if (apart_m(f->at, zone->center) <= zone->radius_m)
        return;
    zone->left_mono_us = story->now_mono_us;
    double told_ms = (double)(zone->told_mono_us - zone->accepted_mono_us) * 1e-3,
           left_s = (double)(zone->left_mono_us - zone->accepted_mono_us) * 1e-6;
    if (zone->told_mono_us != 0)
        story_tell(story, STORY_ZONE, story->now_mono_us,
                   "%s was told after %.0f ms and was out of it after %.1f s",
                   name_of(story, (size_t)zone->drone), told_ms, left_s);
    else
        story_tell(story, STORY_ZONE, story->now_mono_us,
                   "%s was out of it after %.1f s, without an advisory",
                   name_of(story, (size_t)zone->drone), left_s);
}

// Existing obstacles are published again, as a provider does: only versions change.
static size_t send_updates(struct sim_story *story, size_t from)
{
    size_t sent = 0;
    for (size_t i = from; i < story->world->obstacle_count && sent < UPDATES; i++) {
        const struct sim_obstacle *o = &story->world->obstacles[i];
        if (o->form != SIM_TOWER && o->presence == SIM_STANDS
            && story_send_obstacle(story, o) == DRF_OK)
            sent++;
    }
    return sent;
}

static void kill_node(struct sim_story *story)
{
    long id = 0;
    FILE *file = fopen(story->plan.node_pid_file, "r");
    char line[32] = "", *end = line;
    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        id = strtol(line, &end, 10);
    if (file != NULL)
        fclose(file);
    // Never a process group, never all processes.
    story->restart.failed = end == line || id <= 1 || kill((pid_t)id, SIGKILL) != 0;
    if (story->restart.failed) {
        story_tell(story, STORY_RESTART, story->now_mono_us, "the node could not be killed");
        return;
    }
    story->restart.killed_mono_us = story->now_mono_us;
    story_tell(story, STORY_RESTART, story->now_mono_us, "kill -9: the node is gone");
}

static void step_restart(struct sim_story *story)
{
    struct story_schedule *schedule = &story->schedule[STORY_RESTART];
    struct story_restart *r = &story->restart;
    if (schedule->step == 0 && story_s(story, story->now_mono_us) >= schedule->at_s) {
        r->sent_before = send_updates(story, 0);
        schedule->step = 1;
    }
    // The updates are in Kafka and on their way to the node.
    if (schedule->step == 1 && story_accepted(story->cranes)) {
        kill_node(story);
        size_t half = story->world->obstacle_count / 2;
        r->sent_after = r->failed ? 0 : send_updates(story, half);
        schedule->step = r->failed ? 9 : 2;
    }
    if (schedule->step == 2) {
        (void)story_accepted(story->cranes);
        bool late = story->now_mono_us - r->killed_mono_us > patience_us;
        if (!r->told_silent && (r->silent == story->plan.drones || r->back > 0)
            && r->silent > 0) {
            r->told_silent = true;
            story_tell(story, STORY_RESTART, story->now_mono_us,
                       "%zu drones noticed the silence after %.1f s and hold", r->silent,
                       r->noticed_all_s);
        }
        if (!r->told_back && (r->back == story->plan.drones || (late && r->back > 0))) {
            r->told_back = true;
            story_tell(
                story, STORY_RESTART, story->now_mono_us,
                "the node is back: %zu drones have contexts again, %.1f s after the kill",
                r->back, r->back_all_s);
        }
    }
}

static void watch_silence(struct sim_story *story)
{
    struct story_restart *r = &story->restart;
    if (r->killed_mono_us == 0 || r->silent == story->plan.drones || r->back > 0)
        return;
    double after_s = (double)(story->now_mono_us - r->killed_mono_us) * 1e-6;
    for (size_t i = 0; i < story->plan.drones; i++) {
        int64_t void_utc_us = story->drones[i].pilot.void_utc_us;
        if (r->silent_mono_us[i] != 0 || void_utc_us == 0 || story->now_utc_us <= void_utc_us)
            continue;
        r->silent_mono_us[i] = story->now_mono_us;
        r->noticed_s = r->silent++ == 0 ? after_s : r->noticed_s;
        r->noticed_all_s = after_s;
    }
}

static void watch_porch(struct sim_story *story)
{
    struct story_porch *porch = &story->porch;
    const struct sim_drone *drone = &story->drones[story->main_drones[0]];
    if (story->schedule[STORY_PORCH].left_out || porch->landed_mono_us != 0)
        return;
    const struct sim_pilot *pilot = &drone->pilot;
    if (pilot->leave == SIM_LEAVE_ASKED && porch->answered_mono_us == 0
        && porch->asked_mono_us == 0)
        porch->asked_mono_us = story->now_mono_us;
    if (drone->flight.phase != SIM_FLIGHT_DELIVERED)
        return;
    porch->landed_mono_us = story->now_mono_us;
    porch->severity = pilot->severity;
    snprintf(porch->against, sizeof porch->against, "%s", pilot->against);
    porch->distance_m = apart_m(drone->flight.at, drone->flight.porch);
    story_tell(story, STORY_PORCH, story->now_mono_us,
               "your coffee is on the porch (%.1f m from its middle)", porch->distance_m);
}

void sim_story_answer(struct sim_story *story, size_t index, const Drf__V1__Reply *reply,
                      int64_t mono_us)
{
    struct story_porch *porch = &story->porch;
    if (index != story->main_drones[0] || !sim_pilot_asked(reply) || porch->asked_mono_us == 0
        || porch->answered_mono_us != 0)
        return;
    porch->answered_mono_us = mono_us;
    const Drf__V1__Landing *l = reply->landing;
    porch->severity = l->severity; // of the last answer, should it land
    snprintf(porch->against, sizeof porch->against, "%s",
             l->n_against > 0 ? l->against[0] : "");
    bool given = l->severity >= DRF__V1__SEVERITY__SEVERITY_CAUTION;
    story_tell(story, STORY_PORCH, mono_us, "may I set down here? - %s%s%s after %.1f ms",
               !given ? "better not: "
               : l->severity == DRF__V1__SEVERITY__SEVERITY_CAUTION
                   ? "with care: "
                   : "nothing is known against it,",
               given && l->severity != DRF__V1__SEVERITY__SEVERITY_CAUTION ? ""
               : l->n_against > 0                                          ? l->against[0]
                                                                           : "not all is known",
               given && l->severity != DRF__V1__SEVERITY__SEVERITY_CAUTION ? "" : ",",
               (double)(mono_us - porch->asked_mono_us) * 1e-3);
}

void sim_story_step(struct sim_story *story, struct sim_receiver *receiver,
                    int64_t start_mono_us, struct sim_now now)
{
    story->start_mono_us = start_mono_us;
    story->now_mono_us = now.mono_us;
    story->now_utc_us = now.utc_us;
    if (!story->schedule[STORY_CRANE].left_out)
        step_crane(story, receiver);
    if (!story->schedule[STORY_ZONE].left_out)
        step_zone(story, receiver);
    if (!story->schedule[STORY_RESTART].left_out)
        step_restart(story);
    watch_silence(story);
}

static bool of_crane(const struct sim_story *story, const Drf__V1__Advisory *a)
{
    const struct sim_obstacle *o = &story->world->obstacles[story->crane.obstacle];
    return a->feature_id != NULL && strcmp(a->feature_id, o->id) == 0
           && a->state != DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED;
}

static void hear(struct sim_story *story, size_t index, const Drf__V1__Advisory *a,
                 bool answering, int64_t mono_us)
{
    struct story_crane *crane = &story->crane;
    struct story_zone *zone = &story->zone;
    if (crane->sent_mono_us != 0 && !crane->counted && of_crane(story, a)) {
        struct story_heard *heard = &crane->heard[index];
        if (heard->first_mono_us == 0 || mono_us < heard->first_mono_us)
            heard->first_mono_us = mono_us;
        if (answering && heard->answered_mono_us == 0)
            heard->answered_mono_us = mono_us;
    }
    if ((long)index == zone->drone && zone->told_mono_us == 0 && a->feature_id != NULL
        && strcmp(a->feature_id, story->world->zones[0].id) == 0)
        zone->told_mono_us = mono_us;
}

void sim_story_advisory(struct sim_story *story, size_t index, const Drf__V1__Advisory *a,
                        int64_t mono_us)
{
    hear(story, index, a, false, mono_us);
    if (story->crane.sent_mono_us != 0 && !story->crane.counted && of_crane(story, a))
        story->crane.heard[index].disturbed = true;
}

void sim_story_context(struct sim_story *story, size_t index, const Drf__V1__Context *context,
                       int64_t mono_us)
{
    bool pushed = context->has_pushed && context->pushed;
    for (size_t i = 0; i < context->n_advisories; i++)
        hear(story, index, context->advisories[i], !pushed, mono_us);
    int64_t since_us = mono_us - story->crane.sent_mono_us;
    if (pushed && story->crane.sent_mono_us != 0 && since_us < second_us)
        story->crane.heard[index].disturbed = true;
    struct story_restart *r = &story->restart;
    if (r->killed_mono_us == 0) {
        if (context->boot_id > r->boot_id)
            r->boot_id = context->boot_id;
    } else if (context->boot_id > r->boot_id && r->back_mono_us[index] == 0) {
        r->back_mono_us[index] = mono_us;
        double after_s = (double)(mono_us - r->killed_mono_us) * 1e-6;
        r->back_s = r->back++ == 0 ? after_s : fmin(r->back_s, after_s);
        r->back_all_s = r->back == 1 ? after_s : fmax(r->back_all_s, after_s);
    }
}

void sim_story_flown(struct sim_story *story, size_t index, int64_t mono_us)
{
    story->now_mono_us = mono_us;
    if (index == story->main_drones[0]) {
        watch_crane(story);
        watch_porch(story);
    }
    if ((long)index == story->zone.drone)
        watch_zone(story);
}
