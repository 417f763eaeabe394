// SPDX-License-Identifier: Apache-2.0
// What sim/witness/witness.h promises: an honest node passes, each classic error is caught,
// absent is told apart from wrong. The honest node is made here from the truth, by the rules of
// ARCHITECTURE.md.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/fleet/context_scan.h"
#include "sim/fleet/receive.h"
#include "sim/witness/witness.h"

enum { OBSTACLES = 4, SEGMENTS = 2 };

// A context with all its parts in one place.
struct told {
    Drf__V1__Context context;
    Drf__V1__Height height;
    Drf__V1__LookAhead ahead;
    Drf__V1__Segment segments[SEGMENTS], *segment_list[SEGMENTS];
    Drf__V1__Weather weather;
    Drf__V1__Wind wind;
    Drf__V1__Quantity gust, temperature, visibility, precipitation;
    Drf__V1__Obstacle obstacles[OBSTACLES], *obstacle_list[OBSTACLES];
    Drf__V1__LayerState layer, *layer_list[1];
};

struct scene {
    struct sim_world world;
    struct sim_witness witness;
    struct sim_report report;
};

static const struct sim_world_plan plan = {.seed = 11,
                                           .center = {.lat_deg = 43.65, .lon_deg = -79.38},
                                           .size_km = 6.0,
                                           .epoch_utc_us = INT64_C(1795374000000000),
                                           .hours = 3,
                                           .posting_arcsec = 1.0,
                                           .weather_step_deg = 0.01,
                                           .void_radius_m = 500.0,
                                           .towers = 20,
                                           .cranes = 5,
                                           .buildings = 20,
                                           .surface = true};

static void open_scene(struct scene *scene)
{
    assert_int_equal(sim_world_open(&plan, &scene->world), DRF_OK);
    assert_int_equal(sim_witness_open(&scene->world, "sim-test", 12, &scene->witness), DRF_OK);
    struct geo_point at = sim_world_point(&scene->world, (struct sim_plane){-700.0, 300.0});
    at.lat_deg = round(at.lat_deg * 1e7) * 1e-7;
    at.lon_deg = round(at.lon_deg * 1e7) * 1e-7;
    double amsl_m = sim_world_ground_amsl_m(&scene->world, at) + 80.0;
    scene->report = (struct sim_report){.seq = 7,
                                        .position = at,
                                        .utc_us = plan.epoch_utc_us + INT64_C(1234000000),
                                        .has_wgs84 = true,
                                        .north_mps = 9.0,
                                        .east_mps = -12.0,
                                        .up_mps = 0.5,
                                        .horizontal_acc_m = 4.0,
                                        .velocity_acc_mps = 0.3,
                                        .vertical_acc_m = 3.0};
    scene->report.wgs84_m = amsl_m + sim_geoid_m(scene->witness.geoid, at);
}

static void close_scene(struct scene *scene)
{
    sim_witness_close(&scene->witness);
    sim_world_close(&scene->world);
}

// The greatest of the four cells around a point.
static double surface_of(const struct scene *scene, struct geo_point at)
{
    double cell = 180.0 / 1048576.0, best = -1e9;
    double west = floor((at.lon_deg + 180.0) / cell - 0.5);
    double south = floor((at.lat_deg + 90.0) / cell - 0.5);
    for (int k = 0; k < 4; k++)
        best = fmax(
            best, sim_world_surface_amsl_m(
                      &scene->world, (struct geo_point){(south + k / 2 + 0.5) * cell - 90.0,
                                                        (west + k % 2 + 0.5) * cell - 180.0}));
    return best;
}

static void tell_height(const struct scene *scene, struct told *told)
{
    const struct sim_report *r = &scene->report;
    Drf__V1__Height *h = &told->height;
    drf__v1__height__init(h);
    double geoid = sim_geoid_m(scene->witness.geoid, r->position);
    double amsl = r->wgs84_m - geoid,
           ground = sim_world_ground_amsl_m(&scene->world, r->position);
    double surface = surface_of(scene, r->position);
    h->has_agl_m = h->has_aircraft_amsl_m = h->has_ground_amsl_m = h->has_surface_amsl_m = 1;
    h->has_agl_basis = h->has_clearance_m = h->has_clearance_low_m = h->has_geoid_m = 1;
    h->agl_m = (float)(amsl - ground);
    h->aircraft_amsl_m = (float)amsl;
    h->ground_amsl_m = (float)ground;
    h->surface_amsl_m = (float)surface;
    h->clearance_m = (float)(amsl - surface);
    h->clearance_low_m = (float)(amsl - surface - 5.0);
    h->geoid_m = (float)geoid;
    h->agl_basis = DRF__V1__AGL_BASIS__AGL_BASIS_WGS84;
    told->context.height = h;
}

// Sampled every five metres along and across, with the towers that stand there.
static void tell_segment(const struct scene *scene, struct told *told, int i, double from_m,
                         double to_m)
{
    const struct sim_report *r = &scene->report;
    double speed = hypot(r->north_mps, r->east_mps), ground = -1e9, surface = -1e9, sum = 0.0;
    struct geo_point east = r->position, north = r->position;
    east.lon_deg += 0.001;
    north.lat_deg += 0.001;
    double per_lon = sim_world_distance_m(&scene->world, r->position, east) * 1000.0;
    double per_lat = sim_world_distance_m(&scene->world, r->position, north) * 1000.0;
    int count = 0;
    for (double s = from_m; s <= to_m; s += 5.0)
        for (double side = -15.0; side <= 15.0; side += 5.0) {
            double e = (s * r->east_mps + side * r->north_mps) / speed;
            double n = (s * r->north_mps - side * r->east_mps) / speed;
            struct geo_point at = {r->position.lat_deg + n / per_lat,
                                   r->position.lon_deg + e / per_lon};
            double g = sim_world_ground_amsl_m(&scene->world, at);
            ground = fmax(ground, g);
            surface = fmax(surface, surface_of(scene, at));
            sum += g;
            count++;
        }
    Drf__V1__Segment *s = &told->segments[i];
    drf__v1__segment__init(s);
    s->has_from_m = s->has_to_m = s->has_ground_max_amsl_m = s->has_ground_mean_amsl_m = 1;
    s->has_surface_max_amsl_m = s->has_unknown_ratio = s->has_clearance_min_m = 1;
    s->from_m = (float)from_m;
    s->to_m = (float)to_m;
    s->ground_max_amsl_m = (float)ground;
    s->ground_mean_amsl_m = (float)(sum / count);
    s->surface_max_amsl_m = (float)surface;
    double amsl = (double)told->height.aircraft_amsl_m;
    s->clearance_min_m = (float)(amsl + r->up_mps / speed * from_m - surface);
    told->segment_list[i] = s;
}

static void tell_ahead(const struct scene *scene, struct told *told)
{
    Drf__V1__LookAhead *a = &told->ahead;
    drf__v1__look_ahead__init(a);
    a->has_basis = a->has_length_m = a->has_half_width_m = a->has_half_width_end_m = 1;
    a->basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_VELOCITY;
    a->length_m = 675.0F;
    a->half_width_m = 5.0F;
    a->half_width_end_m = 18.5F;
    tell_segment(scene, told, 0, 0.0, 200.0);
    tell_segment(scene, told, 1, 200.0, 675.0);
    a->n_segments = SEGMENTS;
    a->segments = told->segment_list;
    told->context.look_ahead = a;
}

static Drf__V1__Quantity *tell_quantity(Drf__V1__Quantity *q, double value)
{
    drf__v1__quantity__init(q);
    q->has_value = 1;
    q->value = (float)value;
    return q;
}

static void tell_weather(const struct scene *scene, struct told *told)
{
    const struct sim_report *r = &scene->report;
    const struct sim_world *world = &scene->world;
    int64_t before = plan.epoch_utc_us, after = before + INT64_C(3600000000);
    Drf__V1__Wind *w = &told->wind;
    drf__v1__wind__init(w);
    w->has_wind_to_north_mps = w->has_wind_to_east_mps = w->has_wind_speed_mps = 1;
    w->has_lower_agl_m = w->has_upper_agl_m = w->has_wind_from_deg_true = 1;
    w->lower_agl_m = w->upper_agl_m = 100.0F; // nearest to 80 m
    double n = sim_world_weather(world, SIM_WIND_TO_NORTH, r->position, 100.0, r->utc_us);
    double e = sim_world_weather(world, SIM_WIND_TO_EAST, r->position, 100.0, r->utc_us);
    w->wind_to_north_mps = (float)n;
    w->wind_to_east_mps = (float)e;
    w->wind_speed_mps = (float)hypot(n, e);
    double from = atan2(-e, -n) * 57.29577951308232;
    w->wind_from_deg_true = (float)(from < 0 ? from + 360.0 : from);
    drf__v1__weather__init(&told->weather);
    told->weather.wind = w;
    told->weather.gust_mps = tell_quantity(
        &told->gust, sim_world_weather(world, SIM_GUST, r->position, 0, r->utc_us));
    told->weather.temperature_k =
        tell_quantity(&told->temperature,
                      sim_world_weather(world, SIM_TEMPERATURE, r->position, 0, r->utc_us));
    told->weather.visibility_m =
        tell_quantity(&told->visibility,
                      fmin(sim_world_weather(world, SIM_VISIBILITY, r->position, 0, before),
                           sim_world_weather(world, SIM_VISIBILITY, r->position, 0, after)));
    told->weather.precipitation_mps =
        tell_quantity(&told->precipitation, sim_world_weather_mean(world, SIM_PRECIPITATION,
                                                                   r->position, before, after));
    told->context.weather = &told->weather;
}

static void tell_obstacle(const struct scene *scene, const struct sim_obstacle *o,
                          double distance_m, Drf__V1__Obstacle *out)
{
    drf__v1__obstacle__init(out);
    bool vague = isnan(o->horizontal_acc_m);
    double vertical = vague ? 15.0 : o->vertical_acc_m;
    out->feature_id = (char *)(uintptr_t)o->id;
    out->has_lat_e7 = out->has_lon_e7 = out->has_distance_m = out->has_top_amsl_m = 1;
    out->has_published_agl_m = out->has_accuracy_assumed = out->has_vertical_acc95_m = 1;
    out->has_horizontal_acc95_m = 1;
    out->lat_e7 = (int32_t)lround(o->position.lat_deg * 1e7);
    out->lon_e7 = (int32_t)lround(o->position.lon_deg * 1e7);
    out->distance_m = (float)distance_m;
    out->published_agl_m = (float)o->agl_m;
    out->has_published_amsl_m = !isnan(o->amsl_m);
    out->published_amsl_m = (float)o->amsl_m;
    out->accuracy_assumed = vague;
    out->horizontal_acc95_m = (float)(vague ? 75.0 : o->horizontal_acc_m);
    out->vertical_acc95_m = (float)vertical;
    double top = sim_world_ground_amsl_m(&scene->world, o->position) + o->agl_m;
    out->top_amsl_m = (float)(fmax(top, isnan(o->amsl_m) ? top : o->amsl_m) + vertical);
}

static void tell_obstacles(const struct scene *scene, struct told *told)
{
    const struct sim_world *world = &scene->world;
    double last_m = -1.0, radius_m = 1500.0;
    size_t within = 0;
    for (size_t i = 0; i < world->obstacle_count; i++)
        if (sim_world_obstacle_distance_m(world, &world->obstacles[i], scene->report.position)
            <= radius_m)
            within++;
    for (size_t k = 0; k < OBSTACLES; k++) {
        const struct sim_obstacle *best = NULL;
        double best_m = 1e9;
        for (size_t i = 0; i < world->obstacle_count; i++) {
            double d = sim_world_obstacle_distance_m(world, &world->obstacles[i],
                                                     scene->report.position);
            if (d > last_m && d < best_m) {
                best_m = d;
                best = &world->obstacles[i];
            }
        }
        tell_obstacle(scene, best, best_m, &told->obstacles[k]);
        told->obstacle_list[k] = &told->obstacles[k];
        last_m = best_m;
    }
    assert_true(last_m < radius_m && within > OBSTACLES);
    told->context.n_obstacles = OBSTACLES;
    told->context.obstacles = told->obstacle_list;
    told->context.has_obstacle_radius_m = told->context.has_obstacles_left_out = 1;
    told->context.obstacle_radius_m = (float)radius_m;
    told->context.obstacles_left_out = (uint32_t)(within - OBSTACLES);
}

static void tell(const struct scene *scene, struct told *told)
{
    memset(told, 0, sizeof *told);
    Drf__V1__Context *c = &told->context;
    drf__v1__context__init(c);
    c->has_boot_id = c->has_seq = c->has_node_time_us = c->has_stale_after_ms = c->has_mode = 1;
    c->boot_id = 5;
    c->seq = 1;
    c->node_time_us = scene->report.utc_us + 2000;
    c->stale_after_ms = 2000;
    c->mode = DRF__V1__MODE__MODE_SIM;
    tell_height(scene, told);
    tell_ahead(scene, told);
    tell_weather(scene, told);
    tell_obstacles(scene, told);
}

static struct sim_witness_counts check(struct scene *scene, const struct told *told)
{
    struct sim_witness_counts counts = {0};
    sim_witness_check(&scene->witness, &scene->report, &told->context, 0, &counts);
    return counts;
}

static void assert_only_wrong(const struct sim_witness_counts *counts, enum sim_check a,
                              enum sim_check b)
{
    for (int i = 0; i < SIM_CHECK_COUNT; i++) {
        if (i == (int)a || i == (int)b)
            continue;
        if (counts->wrong[i] > 0)
            print_message("%s: %s\n", sim_check_name((enum sim_check)i), counts->sample[i]);
        assert_int_equal(counts->wrong[i], 0);
    }
    assert_true(counts->wrong[a] > 0);
    assert_true(counts->wrong[b] > 0);
}

// What sim_context_scan counts without unpacking.
static unsigned data_points(const Drf__V1__Context *context)
{
    unsigned points = 0;
    if (context->height != NULL)
        points += (context->height->has_ground_amsl_m ? 1U : 0)
                  + (context->height->has_surface_amsl_m ? 1U : 0);
    if (context->look_ahead != NULL)
        for (size_t i = 0; i < context->look_ahead->n_segments; i++) {
            const Drf__V1__Segment *s = context->look_ahead->segments[i];
            points += (s->has_ground_max_amsl_m ? 1U : 0) + (s->has_surface_max_amsl_m ? 1U : 0)
                      + (s->has_ground_mean_amsl_m ? 1U : 0);
        }
    const Drf__V1__Weather *w = context->weather;
    if (w != NULL && w->wind != NULL && w->wind->has_wind_to_north_mps)
        points += 2;
    if (w != NULL) {
        const Drf__V1__Quantity *const q[] = {
            w->gust_mps,      w->temperature_k, w->visibility_m, w->precipitation_mps,
            w->ceiling_agl_m, w->dew_point_k,   w->qnh_pa,       w->convection_ratio};
        for (size_t i = 0; i < sizeof q / sizeof q[0]; i++)
            points += q[i] != NULL && q[i]->has_value ? 1U : 0;
    }
    for (size_t i = 0; i < context->n_obstacles; i++)
        points += (context->obstacles[i]->has_top_amsl_m ? 1U : 0)
                  + (context->obstacles[i]->has_published_amsl_m ? 1U : 0)
                  + (context->obstacles[i]->has_published_agl_m ? 1U : 0);
    return points;
}

static void check__an_honest_context__finds_nothing(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    tell(&scene, &told);
    struct sim_witness_counts counts = check(&scene, &told);
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        if (counts.wrong[i] > 0)
            print_message("%s: %s\n", sim_check_name((enum sim_check)i), counts.sample[i]);
    assert_int_equal(sim_witness_counts_wrong(&counts), 0);
    assert_int_equal(counts.waiting, 0);
    // ground, surface; 3 a segment; wind 2; 4 scalars; obstacles top, AGL and some AMSL
    unsigned points = data_points(&told.context);
    assert_in_range(points, 2 + 6 + 6 + 8, 2 + 6 + 6 + 12);
    // The same without unpacking it, and no byte less is a message.
    uint8_t bytes[4096];
    told.context.has_telemetry_seq = told.context.has_pushed = told.context.has_shed = 1;
    told.context.telemetry_seq = 7;
    told.context.pushed = 1;
    told.context.shed = 10;
    size_t size = drf__v1__context__pack(&told.context, bytes);
    struct sim_context_head head;
    assert_true(sim_context_scan(bytes, size, &head));
    assert_int_equal(head.data_points, points);
    assert_int_equal(head.boot_id, told.context.boot_id);
    assert_int_equal(head.seq, told.context.seq);
    assert_int_equal(head.telemetry_seq, 7);
    assert_int_equal(head.shed, 10);
    assert_true(head.pushed);
    assert_false(sim_context_scan(bytes, size - 1, &head));
    assert_false(sim_context_scan(bytes, 0, &head));
    close_scene(&scene);
}

static void check__classic_errors__are_caught(void **state)
{
    (void)state;
    static const struct {
        enum sim_corruption corruption;
        enum sim_check caught, also;
    } cases[] = {
        {SIM_CORRUPT_WIND_SIGN, SIM_CHECK_WIND, SIM_CHECK_WIND},
        {SIM_CORRUPT_DATUM, SIM_CHECK_AGL, SIM_CHECK_AIRCRAFT},
    };
    struct scene scene;
    open_scene(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct told told;
        tell(&scene, &told);
        sim_corrupt_context(cases[i].corruption, scene.witness.geoid, scene.report.position,
                            &told.context);
        struct sim_witness_counts counts = check(&scene, &told);
        // A forgotten geoid also shows in the clearance ahead and in the choice of the wind's
        // level, which the receiver left alone.
        counts.wrong[SIM_CHECK_CLEARANCE] = 0;
        if (cases[i].corruption == SIM_CORRUPT_DATUM)
            counts.wrong[SIM_CHECK_WIND] = 0;
        assert_only_wrong(&counts, cases[i].caught, cases[i].also);
    }
    close_scene(&scene);
}

// Into the middle of the void; an honest node knows the aircraft's height and nothing below it.
static void tell_void(struct scene *scene, struct told *told)
{
    scene->report.position = scene->world.void_center;
    scene->report.north_mps = scene->report.east_mps = 0.0;
    scene->report.wgs84_m = 400.0;
    tell(scene, told);
    Drf__V1__Height *h = &told->height;
    h->has_agl_m = h->has_ground_amsl_m = h->has_surface_amsl_m = h->has_clearance_m = 0;
    h->has_clearance_low_m = h->has_agl_basis = 0;
    h->agl_reason = h->ground_reason = h->surface_reason = DRF__V1__REASON__REASON_SOURCE_VOID;
    Drf__V1__Segment *s = &told->segments[0];
    drf__v1__segment__init(s);
    s->has_from_m = s->has_to_m = s->has_unknown_ratio = 1;
    s->to_m = 150.0F;
    s->unknown_ratio = 1.0F;
    told->ahead.basis = DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_DISC;
    told->ahead.length_m = told->ahead.half_width_m = told->ahead.half_width_end_m = 150.0F;
    told->ahead.n_segments = 1;
    told->weather.wind = NULL;
}

static void check__over_the_void__absent_is_right_and_zero_is_invented(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    tell_void(&scene, &told);
    struct sim_witness_counts counts = check(&scene, &told);
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        if (counts.wrong[i] > 0)
            print_message("%s: %s\n", sim_check_name((enum sim_check)i), counts.sample[i]);
    assert_int_equal(sim_witness_counts_wrong(&counts), 0);

    sim_corrupt_context(SIM_CORRUPT_ZERO_FILL, scene.witness.geoid, scene.report.position,
                        &told.context);
    counts = check(&scene, &told);
    assert_true(counts.wrong[SIM_CHECK_INVENTED] >= 3);
    close_scene(&scene);
}

static void check__a_value_off_by_more_than_its_tolerance__is_named(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    double ground_tol = scene.witness.tolerance.ground_m;
    assert_true(ground_tol < 0.6); // a tolerance that finds half a metre or so

    tell(&scene, &told);
    told.height.ground_amsl_m += (float)(ground_tol + 0.05);
    struct sim_witness_counts counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_GROUND, SIM_CHECK_GROUND);

    tell(&scene, &told);
    told.gust.value += (float)(scene.witness.weather_tolerance[SIM_GUST] + 0.05);
    counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_GUST, SIM_CHECK_GUST);

    tell(&scene, &told);
    told.temperature.value -= 273.15F; // Celsius for Kelvin
    counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_TEMPERATURE, SIM_CHECK_TEMPERATURE);

    tell(&scene, &told);
    told.wind.lower_agl_m = told.wind.upper_agl_m = 10.0F; // the wrong level's name
    counts = check(&scene, &told);
    assert_true(counts.wrong[SIM_CHECK_WIND] > 0);

    tell(&scene, &told);
    told.segments[1].from_m = 230.0F; // a gap in the corridor
    counts = check(&scene, &told);
    assert_true(counts.wrong[SIM_CHECK_SEGMENTS] > 0);

    tell(&scene, &told);
    told.segments[1].ground_max_amsl_m -= 30.0F; // a hill overlooked
    counts = check(&scene, &told);
    assert_true(counts.wrong[SIM_CHECK_AHEAD] > 0);

    tell(&scene, &told);
    told.context.mode = DRF__V1__MODE__MODE_LIVE;
    counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_ENVELOPE, SIM_CHECK_ENVELOPE);
    close_scene(&scene);
}

static void check__obstacles__must_be_all_there_and_where_they_are(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    tell(&scene, &told);
    told.context.obstacles_left_out = 0; // concealed
    struct sim_witness_counts counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_OBSTACLES, SIM_CHECK_OBSTACLES);

    tell(&scene, &told);
    told.context.obstacles++; // the nearest one dropped, its place in the count kept
    told.context.n_obstacles--;
    told.context.obstacles_left_out++;
    counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_OBSTACLES, SIM_CHECK_OBSTACLES);

    tell(&scene, &told);
    told.obstacles[0].top_amsl_m -= 20.0F;
    counts = check(&scene, &told);
    assert_only_wrong(&counts, SIM_CHECK_OBSTACLES, SIM_CHECK_OBSTACLES);

    tell(&scene, &told);
    char nobody[] = "99-999999";
    told.obstacles[2].feature_id = nobody;
    counts = check(&scene, &told);
    assert_true(counts.wrong[SIM_CHECK_INVENTED] > 0);
    close_scene(&scene);
}

static void check__absent_values__wait_only_until_the_layer_was_complete(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    tell(&scene, &told);
    told.height.has_ground_amsl_m = told.height.has_agl_m = 0;
    told.height.ground_reason = told.height.agl_reason = DRF__V1__REASON__REASON_CATCHING_UP;
    told.weather.wind = NULL;
    drf__v1__layer_state__init(&told.layer);
    told.layer.has_layer = told.layer.has_reason = 1;
    told.layer.layer = DRF__V1__LAYER__LAYER_GROUND;
    told.layer.reason = DRF__V1__REASON__REASON_CATCHING_UP;
    told.layer_list[0] = &told.layer;
    told.context.n_layer_states = 1;
    told.context.layer_states = told.layer_list;
    struct sim_witness_counts counts = check(&scene, &told);
    assert_int_equal(counts.waiting, 2); // ground and AGL; no AGL, so no wind is expected
    assert_int_equal(counts.wrong[SIM_CHECK_MISSING], 0);

    told.context.n_layer_states = 0; // now it says complete
    counts = check(&scene, &told);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.wrong[SIM_CHECK_MISSING], 2);

    told.context.n_layer_states = 1; // and cannot take that back in the same life
    counts = check(&scene, &told);
    assert_int_equal(counts.wrong[SIM_CHECK_MISSING], 2);
    told.context.boot_id++;
    counts = check(&scene, &told);
    assert_int_equal(counts.wrong[SIM_CHECK_MISSING], 0);
    close_scene(&scene);
}

// The world has an obstacle beside the drone that no node can read.
static void check__a_refused_obstacle__is_hidden_by_a_feed_that_is_down(void **state)
{
    (void)state;
    struct scene scene;
    struct told told;
    open_scene(&scene);
    struct geo_point at = scene.report.position;
    scene.world.plan.refused = 1;
    scene.world.refused[0] = (struct sim_refused){
        .id = "sim-refused-1", .box = {at.lon_deg, at.lat_deg, at.lon_deg, at.lat_deg}};
    tell(&scene, &told);
    struct sim_witness_counts counts = check(&scene, &told);
    assert_int_equal(counts.wrong[SIM_CHECK_REFUSED],
                     2); // obstacles and surface, both complete

    drf__v1__layer_state__init(&told.layer);
    told.layer.has_layer = told.layer.has_reason = 1;
    told.layer.layer = DRF__V1__LAYER__LAYER_OBSTACLE;
    told.layer.reason = DRF__V1__REASON__REASON_FEED_DOWN;
    told.layer_list[0] = &told.layer;
    told.context.n_layer_states = 1;
    told.context.layer_states = told.layer_list;
    counts = check(&scene, &told);
    assert_int_equal(counts.wrong[SIM_CHECK_REFUSED], 1); // the surface
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__an_honest_context__finds_nothing),
        cmocka_unit_test(check__classic_errors__are_caught),
        cmocka_unit_test(check__over_the_void__absent_is_right_and_zero_is_invented),
        cmocka_unit_test(check__a_value_off_by_more_than_its_tolerance__is_named),
        cmocka_unit_test(check__obstacles__must_be_all_there_and_where_they_are),
        cmocka_unit_test(check__absent_values__wait_only_until_the_layer_was_complete),
        cmocka_unit_test(check__a_refused_obstacle__is_hidden_by_a_feed_that_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
