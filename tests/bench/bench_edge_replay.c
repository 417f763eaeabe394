// tests/bench/bench_edge_replay.c - what the serve step costs a replay on one core, and how
// many times real time that is. SPDX-License-Identifier: Apache-2.0
//
// A minute of simulated flight over a region made by hand: drones fly circles, every second one
// along its plan and with a profile, report in a step of 2 ms at 5 or 1 Hz and say what they
// have seen; ground and surface everywhere, obstacles at the density of a suburb, wind, gust
// and temperature. The link is memory. What goes out is part of a SHA-256, one for each
// simulated second, as `drf-edge replay --verify` makes it: the digest in each line says
// whether two builds made the same bytes. Processor time of this thread without making the
// reports. Arguments: the number of drones and of seconds (500, 30), then a row alone (5hz,
// 1hz, patches); or `small`.
#include <inttypes.h>

#include "edge/host/sha256.h"
#include "tests/bench/region.h"
#include "tests/support/serve_scene.h"

enum {
    COLUMNS = 16,
    ROWS = 16,
    OBSTACLES = 20 * COLUMNS * ROWS,
    STEP_US = 2000,
    WARM_S = 5,
    POINTS = 24, // of a plan
    GRID = 20,
    FIELDS_MAX = 16,
    OUT_BYTES = 64 << 20,
    RADIUS_M = 600,
};
#define SPEED_MPS 15.0
#define PI 3.14159265358979323846

struct arrival {
    char topic[64];
    uint8_t bytes[192];
    size_t size;
};

struct drone {
    struct geo_point centre;
    double phase_rad, alt_amsl_m;
    uint32_t seq, contexts, patches;
    char plan_id[16]; // "": none
};

struct bench {
    struct scene *scene;
    struct region *region;
    struct fusion_field fields[FIELDS_MAX];
    struct geo_field heads[FIELDS_MAX];
    float values[FIELDS_MAX][GRID * GRID];
    size_t drone_count, second_count;
    struct drone *drones;
    struct arrival *arrivals; // of one step
    size_t arrived, taken;
    uint8_t *out; // of one second
    size_t out_size;
    uint8_t digest[32];
    uint64_t contexts, patches, others, bytes;
};

static void chain(struct bench *bench)
{
    memcpy(bench->out, bench->digest, sizeof bench->digest);
    edge_sha256(bench->out, bench->out_size, bench->digest);
    bench->out_size = sizeof bench->digest;
}

static enum drf_status take(void *self, const struct edge_outgoing *message)
{
    struct bench *bench = self;
    static const char before[] = "drf-test/v1/drones/drone-";
    size_t topic = strlen(message->topic) + 1, number = 0;
    if (bench->out_size + topic + message->size > OUT_BYTES)
        abort();
    memcpy(bench->out + bench->out_size, message->topic, topic);
    memcpy(bench->out + bench->out_size + topic, message->payload, message->size);
    bench->out_size += topic + message->size;
    bench->bytes += message->size;
    const char *leaf = message->topic;
    if (strncmp(message->topic, before, sizeof before - 1) == 0) {
        char *end;
        number = strtoul(message->topic + sizeof before - 1, &end, 10);
        leaf = end;
    }
    if (strncmp(leaf, "/context/", 9) == 0) {
        bench->contexts++;
        bench->drones[number].contexts++;
    } else if (strncmp(leaf, "/patch/", 7) == 0) {
        bench->patches++;
        bench->drones[number].patches++;
    } else {
        bench->others++;
    }
    return DRF_OK;
}

static bool next_arrival(void *self, struct edge_incoming *out)
{
    struct bench *bench = self;
    if (scene_receive(bench->scene, out)) // profiles and plans
        return true;
    if (bench->taken == bench->arrived)
        return false;
    const struct arrival *arrival = &bench->arrivals[bench->taken++];
    *out = (struct edge_incoming){.topic = arrival->topic,
                                  .payload = arrival->bytes,
                                  .size = arrival->size,
                                  .arrival_mono_us = bench->scene->now.mono_us,
                                  .response_topic = ""};
    return true;
}

static uint32_t session(void *self)
{
    (void)self;
    return 1;
}

static bool connected(void *self)
{
    (void)self;
    return true;
}

static struct geo_point on_circle(const struct drone *drone, double rad)
{
    double north_m = RADIUS_M * sin(rad), east_m = RADIUS_M * cos(rad);
    return (struct geo_point){
        drone->centre.lat_deg + north_m / 111320.0,
        drone->centre.lon_deg + east_m / (111320.0 * cos(drone->centre.lat_deg * PI / 180.0))};
}

static void add_field(struct bench *bench, enum geo_variable variable, double lower_m,
                      double upper_m, int64_t valid_utc_us, double mean, double by)
{
    struct fusion_weather *weather = &bench->region->weather;
    size_t at = weather->count++;
    if (at == FIELDS_MAX)
        abort();
    for (int i = 0; i < GRID * GRID; i++)
        bench->values[at][i] = (float)(mean + by * sin(i * 0.7 + (double)at));
    bench->heads[at] =
        (struct geo_field){.variable = variable,
                           .statistic = GEO_STATISTIC_INSTANT,
                           .lower_agl_m = lower_m,
                           .upper_agl_m = upper_m,
                           .reference_utc_us = SCENE_UTC_US - INT64_C(3600000000),
                           .valid_from_utc_us = valid_utc_us,
                           .valid_until_utc_us = valid_utc_us,
                           .grid = {.kind = GEO_GRID_LATLON,
                                    .ni = GRID,
                                    .nj = GRID,
                                    .x0 = bench->region->root.keep.west_deg - 0.1,
                                    .y0 = bench->region->root.keep.south_deg - 0.1,
                                    .dx = 0.06,
                                    .dy = 0.06,
                                    .semi_major_m = 6371229.0,
                                    .semi_minor_m = 6371229.0}};
    bench->fields[at] = (struct fusion_field){.field = &bench->heads[at],
                                              .values = bench->values[at],
                                              .source = &bench->region->terrain,
                                              .valid_for_us = INT64_C(1800000000),
                                              .max_gap_us = INT64_C(10800000000)};
    for (size_t v = (size_t)variable + 1; v <= GEO_VARIABLE_COUNT; v++)
        weather->first_of[v] = at + 1;
}

static void lay_weather(struct bench *bench)
{
    static const struct {
        enum geo_variable variable;
        double height_m, mean, by;
    } kinds[] = {{GEO_WIND_U, 10, 3, 1},       {GEO_WIND_U, 80, 5, 1},
                 {GEO_WIND_V, 10, 1, 1},       {GEO_WIND_V, 80, 2, 1},
                 {GEO_GUST, 10, 8, 2},         {GEO_TEMPERATURE, 2, 288, 2},
                 {GEO_VISIBILITY, 2, 2e4, 5e3}};
    bench->region->weather.fields = bench->fields;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int64_t hour = 0; hour < 2; hour++)
            add_field(bench, kinds[i].variable, kinds[i].height_m, kinds[i].height_m,
                      SCENE_UTC_US + (2 * hour - 1) * INT64_C(1800000000), kinds[i].mean,
                      kinds[i].by);
}

static void send_plan(struct bench *bench, const char *id, struct drone *drone)
{
    Drf__V1__PlanPoint points[POINTS + 1];
    Drf__V1__PlanPoint *list[POINTS + 1];
    for (int i = 0; i <= POINTS; i++) {
        struct geo_point at = on_circle(drone, drone->phase_rad + i * 2 * PI / POINTS);
        drf__v1__plan_point__init(&points[i]);
        SCENE_SET(&points[i], lat_e7, (int32_t)lround(at.lat_deg * 1e7));
        SCENE_SET(&points[i], lon_e7, (int32_t)lround(at.lon_deg * 1e7));
        SCENE_SET(&points[i], alt_amsl_m, (float)drone->alt_amsl_m);
        SCENE_SET(&points[i], speed_mps, (float)SPEED_MPS);
        list[i] = &points[i];
    }
    (void)snprintf(drone->plan_id, sizeof drone->plan_id, "plan-%s", id + 6);
    Drf__V1__Plan plan = DRF__V1__PLAN__INIT;
    plan.plan_id = drone->plan_id;
    plan.n_points = POINTS + 1;
    plan.points = list;
    (void)scene_pack(bench->scene, id, "plan", &plan.base);
}

static void send_profile(struct bench *bench, const char *id, bool patches, float rate_hz)
{
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, rate_hz, rate_hz);
    SCENE_SET(&profile, agl_max_m, 150.0F);
    SCENE_SET(&profile, wind_max_mps, 12.0F);
    SCENE_SET(&profile, gust_max_mps, 15.0F);
    if (patches) {
        SCENE_SET(&profile, patch, 1);
        SCENE_SET(&profile, patch_cells, 128);
        SCENE_SET(&profile, patch_rate_hz, 1.0F);
    }
    (void)scene_pack(bench->scene, id, "profile", &profile.base);
}

// Over the middle quarter of the region: 28 km x 19 km.
static void place_drones(struct bench *bench, bool patches, float rate_hz)
{
    uint64_t random = 7;
    struct geo_bounds box = bench->region->root.keep;
    for (size_t i = 0; i < bench->drone_count; i++) {
        struct drone *drone = &bench->drones[i];
        double y = 0.25 + 0.5 * (double)(region_random(&random) % 100003) / 100003;
        double x = 0.25 + 0.5 * (double)(region_random(&random) % 100003) / 100003;
        *drone = (struct drone){
            .centre = {box.south_deg + (box.north_deg - box.south_deg) * y,
                       box.west_deg + (box.east_deg - box.west_deg) * x},
            .phase_rad = (double)(region_random(&random) % 6283) / 1000,
            .alt_amsl_m = 160.0 + (double)(region_random(&random) % 80),
        };
        char id[32];
        (void)snprintf(id, sizeof id, "drone-%04zu", i);
        if (i % 2 == 0 || patches)
            send_profile(bench, id, patches, rate_hz);
        if (i % 2 == 0)
            send_plan(bench, id, drone);
        scene_step(bench->scene);
        scene_clear(bench->scene);
        scene_pass(bench->scene, STEP_US);
    }
}

static void report(struct bench *bench, size_t number, double flown_s)
{
    struct drone *drone = &bench->drones[number];
    struct arrival *arrival = &bench->arrivals[bench->arrived++];
    double rad = drone->phase_rad + flown_s * SPEED_MPS / RADIUS_M;
    struct geo_point at = on_circle(drone, rad);
    Drf__V1__Telemetry report = scene_report(bench->scene, ++drone->seq);
    SCENE_SET(&report, lat_e7, (int32_t)lround(at.lat_deg * 1e7));
    SCENE_SET(&report, lon_e7, (int32_t)lround(at.lon_deg * 1e7));
    SCENE_SET(&report, alt_wgs84_m, (float)(drone->alt_amsl_m - 36.5));
    SCENE_SET(&report, alt_amsl_m, (float)drone->alt_amsl_m);
    SCENE_SET(&report, alt_pressure_m, (float)drone->alt_amsl_m + 20.0F);
    SCENE_SET(&report, horizontal_acc95_m, 3.0F);
    SCENE_SET(&report, alt_wgs84_acc95_m, 4.0F);
    SCENE_SET(&report, alt_amsl_acc95_m, 5.0F);
    SCENE_SET(&report, velocity_north_mps, (float)(SPEED_MPS * cos(rad)));
    SCENE_SET(&report, velocity_east_mps, (float)(-SPEED_MPS * sin(rad)));
    SCENE_SET(&report, velocity_up_mps, 0.0F);
    if (drone->plan_id[0] != '\0')
        report.active_plan_id = drone->plan_id;
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    SCENE_SET(&seen, boot_id, SCENE_BOOT_ID);
    SCENE_SET(&seen, context_seq, drone->contexts);
    SCENE_SET(&seen, patch_seq, drone->patches);
    report.seen = &seen;
    (void)snprintf(arrival->topic, sizeof arrival->topic,
                   "drf-test/v1/drones/drone-%04zu/telemetry", number);
    if (protobuf_c_message_get_packed_size(&report.base) > sizeof arrival->bytes)
        abort();
    arrival->size = protobuf_c_message_pack(&report.base, arrival->bytes);
}

// The median second counts: other work on the machine disturbs some of them.
static void say(const struct bench *bench, int rate_hz, bool patches, double *seconds_us)
{
    double each = (double)bench->contexts / (double)bench->second_count;
    double second_us = region_median(seconds_us, bench->second_count);
    char hex[65];
    edge_sha256_hex(bench->digest, hex);
    (void)printf(
        "{\"bench\":\"replay_%dhz%s\",\"value\":%.1f,\"unit\":\"times real time, one "
        "core\",\"drones\":%zu,\"us_each\":%.2f,\"us_each_least\":%.2f,\"contexts\":%" PRIu64
        ",\"patches\":%" PRIu64 ",\"others\":%" PRIu64
        ",\"bytes_each\":%.0f,\"sha256\":\"%s\"}\n",
        rate_hz, patches ? "_patches" : "", 1e6 / second_us, bench->drone_count,
        second_us / each, seconds_us[0] / each, bench->contexts, bench->patches, bench->others,
        (double)bench->bytes / (double)bench->contexts, hex);
    (void)fflush(stdout);
}

static void open_serve(struct bench *bench, int rate_hz)
{
    struct scene *scene = bench->scene = scene_open((uint32_t)bench->drone_count);
    const struct edge_link link = {.self = bench,
                                   .send = take,
                                   .receive = next_arrival,
                                   .session = session,
                                   .connected = connected};
    struct geo_bounds keep = bench->region->root.keep;
    struct geo_bounds inner = {keep.west_deg + 0.06, keep.south_deg + 0.05,
                               keep.east_deg - 0.06, keep.north_deg - 0.05};
    edge_serve_close(scene->serve);
    edge_region_close(&scene->config.region);
    scene->config.limits.context_rate_default_hz = rate_hz;
    if (edge_region_from_bounds(inner, &scene->config.region) != DRF_OK
        || edge_serve_open(&scene->config, SCENE_BOOT_ID, link, &scene->mailbox,
                           scene->backqueue, scene->metrics, &scene->health, &scene->serve)
               != DRF_OK)
        abort();
    edge_mailbox_put(&scene->mailbox, &bench->region->root);
}

static void fly(size_t drones, size_t seconds, int rate_hz, bool patches)
{
    struct bench *bench = region_room(1, sizeof *bench);
    bench->drone_count = drones;
    bench->second_count = seconds;
    bench->drones = region_room(drones, sizeof *bench->drones);
    bench->arrivals = region_room(drones, sizeof *bench->arrivals);
    bench->out = region_room(1, OUT_BYTES);
    bench->out_size = sizeof bench->digest;
    bench->region = region_open(COLUMNS, ROWS, OBSTACLES, 1.0);
    lay_weather(bench);
    open_serve(bench, rate_hz);
    struct scene *scene = bench->scene;
    place_drones(bench, patches, (float)rate_hz);
    double *seconds_us = region_room(seconds, sizeof *seconds_us);
    size_t steps_per_s = 1000000 / STEP_US, steps_per_round = steps_per_s / (size_t)rate_hz;
    for (size_t step = 0; step < (WARM_S + seconds) * steps_per_s; step++) {
        if (step == WARM_S * steps_per_s)
            bench->contexts = bench->patches = bench->others = bench->bytes = 0;
        size_t part = step % steps_per_round;
        bench->arrived = bench->taken = 0;
        for (size_t i = part * drones / steps_per_round;
             i < (part + 1) * drones / steps_per_round; i++)
            report(bench, i, (double)step * STEP_US * 1e-6);
        int64_t began_us = region_cpu_us();
        scene_step(scene);
        if (step % steps_per_s == steps_per_s - 1)
            chain(bench);
        if (step >= WARM_S * steps_per_s)
            seconds_us[step / steps_per_s - WARM_S] += (double)(region_cpu_us() - began_us);
        scene_pass(scene, STEP_US);
    }
    say(bench, rate_hz, patches, seconds_us);
    free(seconds_us);
    scene_close(scene);
    region_close(bench->region);
    free(bench->out);
    free(bench->arrivals);
    free(bench->drones);
    free(bench);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int rate_hz;
        bool patches;
    } rows[] = {{"5hz", 5, false}, {"1hz", 1, false}, {"patches", 5, true}};
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    long drones = small ? 20 : argc > 1 ? strtol(argv[1], NULL, 10) : 500;
    long seconds = small ? 2 : argc > 2 ? strtol(argv[2], NULL, 10) : 30;
    if (drones < 1 || drones > 9999 || seconds < 1)
        return 2;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (argc < 4 || strcmp(argv[3], rows[i].name) == 0)
            fly((size_t)drones, (size_t)seconds, rows[i].rate_hz, rows[i].patches);
    return 0;
}
