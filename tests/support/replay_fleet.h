// tests/support/replay_fleet.h - drones and their link to a node in test, by a seed.
// SPDX-License-Identifier: Apache-2.0
//
// Belongs to the serve loop's thread. More drones than the node has room for: they fall silent,
// are evicted and come back.
#ifndef TESTS_SUPPORT_REPLAY_FLEET_H
#define TESTS_SUPPORT_REPLAY_FLEET_H

#include "drf/v1/context.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "drf/v1/query.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/report.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "edge/mqtt/link.h"
#include "tests/support/replay_feeds.h"

enum { DRONES = 9, PLAN_POINTS_MAX = 100 };

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

struct drone_in_test {
    char id[16];
    uint64_t boot_id, seen_boot_id;
    uint32_t seq, seen_seq;
    double north_m, east_m, velocity_north_mps, velocity_east_mps;
    int64_t report_mono_us, silent_until_mono_us;
};

struct fleet_world {
    struct chance chance;
    struct meeting meeting;
    struct edge_now now; // of the step
    int64_t period_us;   // between a drone's reports
    struct drone_in_test drones[DRONES];
    bool down, backed_up, behind;
    uint32_t session;
    size_t left;  // messages that this step may take
    size_t flood; // and that come from other drones
    bool words;   // reports that must not be lost, all of them
    uint32_t word_seq;
    uint64_t sent, received;
    char topic[128], response[64];
    uint8_t payload[8192];
};

static inline struct drone_in_test *fleet_drone(struct fleet_world *world, const char *topic)
{
    for (size_t i = 0; i < DRONES; i++) {
        char part[32];
        (void)snprintf(part, sizeof part, "/drones/%s/context/", world->drones[i].id);
        if (strstr(topic, part) != NULL)
            return &world->drones[i];
    }
    return NULL;
}

static inline enum drf_status fleet_send(void *self, const struct edge_outgoing *message)
{
    struct fleet_world *world = self;
    meet(&world->meeting);
    if (world->down)
        return DRF_ERR_AGAIN;
    if (world->backed_up && one_in(&world->chance, 2))
        return DRF_ERR_FULL;
    if (message->owner_part != 0 && one_in(&world->chance, 20))
        return DRF_ERR_STALE;
    world->sent++;
    struct drone_in_test *drone = message->json ? NULL : fleet_drone(world, message->topic);
    if (drone == NULL || one_in(&world->chance, 8)) // lost on the way
        return DRF_OK;
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->payload);
    assert_non_null(context);
    drone->seen_boot_id = context->boot_id;
    drone->seen_seq = context->seq;
    drf__v1__context__free_unpacked(context, NULL);
    return DRF_OK;
}

static inline uint32_t fleet_session(void *self)
{
    return ((const struct fleet_world *)self)->session;
}

static inline bool fleet_connected(void *self)
{
    return !((const struct fleet_world *)self)->down;
}

static inline bool fleet_behind(void *self)
{
    return ((const struct fleet_world *)self)->behind;
}

// ---- what drones send

static inline size_t fleet_pack(struct fleet_world *world, const ProtobufCMessage *message)
{
    assert_true(protobuf_c_message_get_packed_size(message) <= sizeof world->payload);
    return protobuf_c_message_pack(message, world->payload);
}

static inline int32_t fleet_lat_e7(const struct drone_in_test *drone)
{
    return 435000000 + (int32_t)(drone->north_m * 90);
}

static inline int32_t fleet_lon_e7(const struct drone_in_test *drone)
{
    return -795000000 + (int32_t)(drone->east_m * 124);
}

static inline size_t fleet_report(struct fleet_world *world, struct drone_in_test *drone)
{
    struct chance *chance = &world->chance;
    double s = (double)world->period_us / 1e6;
    if (one_in(chance, 20)) {
        drone->velocity_north_mps = (double)below(chance, 31) - 15;
        drone->velocity_east_mps = (double)below(chance, 31) - 15;
    }
    drone->north_m += drone->velocity_north_mps * (s < 1 ? s : 1);
    drone->east_m += drone->velocity_east_mps * (s < 1 ? s : 1);
    static char plan_id[] = "p-1";
    Drf__V1__Telemetry report = DRF__V1__TELEMETRY__INIT;
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    SET(&report, seq, ++drone->seq);
    SET(&report, drone_boot_id, drone->boot_id);
    SET(&report, time_us,
        world->now.utc_us - (int64_t)below(chance, 200000)
            - (one_in(chance, 40) ? 5000000 : 0));
    SET(&report, time_source, 1);
    SET(&report, lat_e7, fleet_lat_e7(drone));
    SET(&report, lon_e7, fleet_lon_e7(drone));
    SET(&report, alt_wgs84_m, 80.0F + (float)below(chance, 60));
    SET(&report, velocity_north_mps, (float)drone->velocity_north_mps);
    SET(&report, velocity_east_mps, (float)drone->velocity_east_mps);
    if (drone->seen_seq > 0 && !one_in(chance, 5)) {
        SET(&seen, boot_id, drone->seen_boot_id);
        SET(&seen, context_seq, drone->seen_seq);
        report.seen = &seen;
    }
    if (one_in(chance, 2))
        report.active_plan_id = plan_id;
    return fleet_pack(world, &report.base);
}

static inline size_t fleet_profile(struct fleet_world *world)
{
    static char correlation[] = "c-1";
    struct chance *chance = &world->chance;
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SET(&profile, rate_hz, (float)(1 + below(chance, 10)));
    SET(&profile, clearance_min_m, (float)(20 + below(chance, 50)));
    SET(&profile, agl_max_m, (float)(60 + below(chance, 100)));
    if (one_in(chance, 4))
        SET(&profile, json, 1);
    if (one_in(chance, 3)) {
        SET(&profile, patch, 1);
        SET(&profile, patch_cells, 64);
    }
    if (one_in(chance, 4))
        SET(&profile, link_bytes_per_s, (uint32_t)(200 + below(chance, 5000)));
    if (one_in(chance, 2))
        profile.correlation = correlation;
    return fleet_pack(world, &profile.base);
}

static inline size_t fleet_plan(struct fleet_world *world, const struct drone_in_test *drone)
{
    static char plan_id[] = "p-1";
    static Drf__V1__PlanPoint points[PLAN_POINTS_MAX], *list[PLAN_POINTS_MAX];
    struct chance *chance = &world->chance;
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.n_points = 2 + below(chance, PLAN_POINTS_MAX - 1);
    for (size_t i = 0; i < plan.n_points; i++) {
        points[i] = (Drf__V1__PlanPoint)DRF__V1__PLAN_POINT__INIT;
        list[i] = &points[i];
        SET(&points[i], lat_e7, fleet_lat_e7(drone) + (int32_t)i * 3000);
        SET(&points[i], lon_e7, fleet_lon_e7(drone) + (int32_t)below(chance, 9000));
        SET(&points[i], alt_wgs84_m, 100.0F);
    }
    plan.plan_id = plan_id;
    plan.points = list;
    SET(&plan, revision, (uint32_t)below(chance, 1000));
    SET(&plan, valid_from_us, world->now.utc_us - 1000000);
    SET(&plan, valid_until_us, world->now.utc_us + (int64_t)below(chance, 120000000));
    return fleet_pack(world, &plan.base);
}

static inline size_t fleet_request(struct fleet_world *world, const struct drone_in_test *drone)
{
    static char correlation[] = "r-1";
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    Drf__V1__LandingRequest landing = DRF__V1__LANDING_REQUEST__INIT;
    uint64_t what = below(&world->chance, 3);
    request.correlation = correlation;
    SET(&terrain, lat_e7, fleet_lat_e7(drone));
    SET(&terrain, lon_e7, fleet_lon_e7(drone));
    SET(&landing, lat_e7, fleet_lat_e7(drone));
    SET(&landing, lon_e7, fleet_lon_e7(drone));
    request.terrain = what == 0 ? &terrain : NULL;
    request.landing = what == 1 ? &landing : NULL;
    if (what == 2)
        SET(&request, snapshot, 1);
    return fleet_pack(world, &request.base);
}

static inline size_t fleet_query(struct fleet_world *world, const struct drone_in_test *drone)
{
    Drf__V1__Query query = DRF__V1__QUERY__INIT;
    SET(&query, lat_e7, fleet_lat_e7(drone));
    SET(&query, lon_e7, fleet_lon_e7(drone));
    SET(&query, radius_m, 500.0F);
    return fleet_pack(world, &query.base);
}

// One that must not be lost; some come twice, some are refused.
static inline size_t fleet_word(struct fleet_world *world, const struct drone_in_test *drone)
{
    static char correlation[] = "w-1", schema[] = "of.a.test", json[] = "{\"a\": [1, 2]}";
    struct chance *chance = &world->chance;
    Drf__V1__Report word = DRF__V1__REPORT__INIT;
    Drf__V1__WeatherReport weather = DRF__V1__WEATHER_REPORT__INIT;
    if (!one_in(chance, 6))
        world->word_seq++;
    SET(&word, report_seq, world->word_seq);
    SET(&word, drone_boot_id, 1);
    SET(&word, time_us, world->now.utc_us - (int64_t)below(chance, 620000000));
    word.correlation = correlation;
    if (one_in(chance, 2)) {
        word.schema = schema;
        word.json = json;
    } else {
        SET(&weather, lat_e7, fleet_lat_e7(drone));
        SET(&weather, lon_e7, fleet_lon_e7(drone));
        SET(&weather, agl_m, 40.0F);
        SET(&weather, wind_mps, (float)below(chance, 20));
        word.weather = &weather;
    }
    return fleet_pack(world, &word.base);
}

// A report where one is due, or something that is rarer.
static inline size_t fleet_message(struct fleet_world *world, struct drone_in_test *drone)
{
    struct chance *chance = &world->chance;
    const char *leaf = "telemetry";
    size_t size;
    uint64_t what = below(chance, 60);
    if (what == 6 || (world->flood > 0 && world->words)) {
        leaf = "report";
        size = fleet_word(world, drone);
    } else if (what == 0) {
        leaf = "profile";
        size = fleet_profile(world);
    } else if (what < 3) {
        leaf = "plan";
        size = fleet_plan(world, drone);
    } else if (what == 3) {
        leaf = "request";
        size = fleet_request(world, drone);
    } else if (what == 4) {
        (void)snprintf(world->topic, sizeof world->topic, "drf-test/v1/query/%s", drone->id);
        return fleet_query(world, drone);
    } else if (what == 5) { // not what the topic says
        size = (size_t)below(chance, 60);
        for (size_t i = 0; i < size; i++)
            world->payload[i] = (uint8_t)below(chance, 256);
    } else {
        size = fleet_report(world, drone);
        drone->report_mono_us =
            world->now.mono_us + world->period_us - (int64_t)below(chance, 50000);
    }
    char id[24];
    (void)snprintf(id, sizeof id, "%s", drone->id);
    if (world->flood > 0) { // others, which the node does not know
        world->flood--;
        (void)snprintf(id, sizeof id, "x-%d", (int)below(chance, 1000));
    }
    (void)snprintf(world->topic, sizeof world->topic, "drf-test/v1/drones/%s/%s", id, leaf);
    return size;
}

static inline struct drone_in_test *fleet_due(struct fleet_world *world)
{
    size_t first = (size_t)below(&world->chance, DRONES);
    for (size_t i = 0; i < DRONES; i++) {
        struct drone_in_test *drone = &world->drones[(first + i) % DRONES];
        if (world->now.mono_us >= drone->report_mono_us
            && world->now.mono_us >= drone->silent_until_mono_us)
            return drone;
    }
    return NULL;
}

static inline bool fleet_receive(void *self, struct edge_incoming *out)
{
    struct fleet_world *world = self;
    struct drone_in_test *drone = NULL;
    meet(&world->meeting);
    if (world->left > 0 && !world->down)
        drone = world->flood > 0 ? &world->drones[0] : fleet_due(world);
    if (drone == NULL)
        return false;
    world->left--;
    world->received++;
    size_t size = fleet_message(world, drone);
    (void)snprintf(world->response, sizeof world->response, "%s",
                   one_in(&world->chance, 10) ? "answers/here" : "");
    *out = (struct edge_incoming){
        .topic = world->topic,
        .payload = world->payload,
        .size = size,
        .retained = one_in(&world->chance, 30),
        .arrival_mono_us = world->now.mono_us - (int64_t)below(&world->chance, 20000),
        .response_topic = world->response,
        .correlation = one_in(&world->chance, 3) ? (const uint8_t *)drone->id : NULL,
    };
    out->correlation_size = out->correlation != NULL ? strlen(drone->id) : 0;
    return true;
}

// Between two steps of serve.
static inline void fleet_change(struct fleet_world *world)
{
    struct chance *chance = &world->chance;
    world->flood = one_in(chance, 400) ? 100 : 0;
    world->words = one_in(chance, 2);
    world->left = one_in(chance, 40) ? 60 : world->flood + below(chance, 4);
    if (one_in(chance, world->down ? 60 : 900)) {
        world->down = !world->down;
        world->session += world->down ? 0 : 1;
    }
    if (one_in(chance, world->backed_up ? 40 : 500))
        world->backed_up = !world->backed_up;
    if (one_in(chance, world->behind ? 300 : 900))
        world->behind = !world->behind;
    struct drone_in_test *drone = &world->drones[below(chance, DRONES)];
    if (one_in(chance, 800)) { // longer than the node remembers it, or not
        drone->silent_until_mono_us = world->now.mono_us + (int64_t)below(chance, 30000000);
        if (one_in(chance, 2)) {
            drone->boot_id++;
            drone->seq = 0;
        }
    }
}

static inline void fleet_open(struct fleet_world *world, uint64_t seed, int64_t period_us)
{
    world->chance.state = seed ^ UINT64_C(0x7365727665);
    world->meeting.chance.state = seed ^ UINT64_C(0x6d656574);
    world->period_us = period_us;
    world->session = 1;
    for (size_t i = 0; i < DRONES; i++) {
        struct drone_in_test *drone = &world->drones[i];
        *drone = (struct drone_in_test){
            .boot_id = 1, .north_m = (double)i * 200 - 800, .east_m = (double)i * 70};
        (void)snprintf(drone->id, sizeof drone->id, "d-%zu", i);
    }
}

#endif
