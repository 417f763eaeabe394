// SPDX-License-Identifier: Apache-2.0
// Answers to a drone's requests: terrain blocks (schemas/terrain.md) and landing sites
// (schemas/advisories.md). The posts of a block and the nine points of a landing site are
// computed again from the request. Slope and roughness are those of a least-squares plane
// through the nine true heights; the bounds follow from how far the tolerance of each height
// can move them. A severity is checked against the least and the greatest that the bounds
// allow.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/earth.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"
#include "sim/witness/witness_truth.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    WEATHER = DRF__V1__LAYER__LAYER_WEATHER,
    PLACES = 9
};

static const double guard_m = 1.0, vague_m = 175.0;

// Least and greatest distance inside the published data over the posts of a tile.
static void cover_of(const struct sim_witness *witness, const struct sim_terrain_asked *asked,
                     uint32_t bit, struct geo_point posts[static SIM_TERRAIN_POSTS],
                     double *least_m)
{
    *least_m = HUGE_VAL;
    for (uint32_t k = 0; k < SIM_TERRAIN_POSTS; k++) {
        int32_t lat_e7, lon_e7;
        uint32_t north = bit / 8 * 4 + k / 4, east = bit % 8 * 4 + k % 4;
        sim_terrain_offset(asked->lat_e7, asked->lon_e7, (double)(north * asked->spacing_m),
                           (double)(east * asked->spacing_m), &lat_e7, &lon_e7);
        posts[k] = (struct geo_point){.lat_deg = lat_e7 * 1e-7, .lon_deg = lon_e7 * 1e-7};
        *least_m = fmin(*least_m, sim_world_covered_m(witness->world, posts[k]));
    }
}

static void check_tile(struct sim_witness *witness, const struct sim_terrain_asked *asked,
                       const Drf__V1__TerrainData *d, struct sim_witness_counts *counts)
{
    const struct sim_height_tolerance *t = &witness->tolerance;
    bool good = d->lat_e7 == asked->lat_e7 && d->lon_e7 == asked->lon_e7
                && d->grid_spacing_m == asked->spacing_m && d->grid_bit < SIM_TERRAIN_TILES
                && (asked->mask >> d->grid_bit & 1) != 0
                && d->n_height_amsl_m == SIM_TERRAIN_POSTS;
    sim_witness_counts_note(counts, SIM_CHECK_TERRAIN, good,
                            "tile %u at %d %d, %u m, %zu heights: not what was asked for",
                            d->grid_bit, d->lat_e7, d->lon_e7, d->grid_spacing_m,
                            d->n_height_amsl_m);
    if (!good)
        return;
    struct geo_point posts[SIM_TERRAIN_POSTS];
    double least_m;
    cover_of(witness, asked, d->grid_bit, posts, &least_m);
    if (least_m < -t->edge_m)
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "tile %u has a post %.0f m from all data", d->grid_bit,
                                -least_m);
    for (uint32_t k = 0; k < SIM_TERRAIN_POSTS; k++) {
        double true_m = sim_world_ground_amsl_m(witness->world, posts[k]);
        bool edge = sim_world_covered_m(witness->world, posts[k]) < t->edge_m;
        double tol_m = t->ground_m + (edge ? t->step_m : 0.0), got_m = d->height_amsl_m[k];
        // Rounded up: never lower than the ground, and less than a metre higher.
        sim_witness_counts_note(counts, SIM_CHECK_TERRAIN,
                                got_m >= true_m - tol_m && got_m < true_m + 1.0 + tol_m,
                                "tile %u post %u: %.0f m, true %.2f +- %.2f, rounded up",
                                d->grid_bit, k, got_m, true_m, tol_m);
        counts->data_points++;
    }
}

void sim_witness_terrain(struct sim_witness *witness, const struct sim_terrain_asked *asked,
                         const Drf__V1__Terrain *terrain, struct sim_witness_counts *counts)
{
    uint64_t seen = 0;
    bool twice = false;
    for (size_t i = 0; i < terrain->n_data; i++) {
        uint64_t bit = UINT64_C(1) << (terrain->data[i]->grid_bit & 63U);
        twice = twice || (seen & bit) != 0;
        seen |= bit;
        check_tile(witness, asked, terrain->data[i], counts);
    }
    for (size_t i = 0; i < terrain->n_unavailable; i++) {
        const Drf__V1__TerrainUnavailable *u = terrain->unavailable[i];
        uint64_t bit = UINT64_C(1) << (u->grid_bit & 63U);
        twice = twice || (seen & bit) != 0;
        seen |= bit;
        struct geo_point posts[SIM_TERRAIN_POSTS];
        double least_m;
        cover_of(witness, asked, u->grid_bit, posts, &least_m);
        if (least_m > witness->tolerance.edge_m)
            sim_witness_missing(witness, GROUND, u->reason, "a terrain tile", counts);
    }
    sim_witness_counts_note(counts, SIM_CHECK_TERRAIN, seen == asked->mask && !twice,
                            "tiles %llx asked for, %llx answered%s",
                            (unsigned long long)asked->mask, (unsigned long long)seen,
                            twice ? ", one twice" : "");
}

struct range {
    double low, high;
};

struct site {
    struct sim_witness *witness;
    const struct sim_landing_asked *asked;
    bool known, unknown; // every place surely is, one surely is not
    struct range slope_deg, roughness_m, canopy_m, gust_mps;
    unsigned obstacles_low, obstacles_high;
    int possible, certain; // severity
};

static void weigh(struct site *s, struct range value, double caution, double warning)
{
    s->possible = sim_severity_worse(s->possible, value.high > warning   ? SIM_WARNING
                                                  : value.high > caution ? SIM_CAUTION
                                                                         : SIM_INFO);
    s->certain = sim_severity_worse(s->certain, value.low > warning   ? SIM_WARNING
                                                : value.low > caution ? SIM_CAUTION
                                                                      : SIM_INFO);
}

// A plane of least squares through nine places, at least 15 m out.
static void survey(struct site *s)
{
    const struct sim_world *world = s->witness->world;
    const struct sim_height_tolerance *t = &s->witness->tolerance;
    double step_m = fmax(s->asked->radius_m, 15.0), ground_m[PLACES];
    struct geo_point at = s->asked->position, north = at, east = at;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    double per_lat_m = sim_world_distance_m(world, at, north) * 1000.0;
    double per_lon_m = sim_world_distance_m(world, at, east) * 1000.0;
    double sum = 0.0, by_east = 0.0, by_north = 0.0, tol_m = t->ground_m;
    s->canopy_m = (struct range){0.0, 0.0};
    s->known = true;
    for (int i = 0; i < PLACES; i++) {
        int column = i % 3 - 1, row = i / 3 - 1;
        struct geo_point place = {.lat_deg = at.lat_deg + row * step_m / per_lat_m,
                                  .lon_deg = at.lon_deg + column * step_m / per_lon_m};
        double covered_m = sim_world_covered_m(world, place), low_m, high_m;
        s->known = s->known && covered_m > t->edge_m;
        s->unknown = s->unknown || covered_m < -t->edge_m;
        ground_m[i] = sim_world_ground_amsl_m(world, place);
        sim_witness_surface(s->witness, place, &low_m, &high_m);
        s->canopy_m.low = fmax(s->canopy_m.low, low_m - ground_m[i] - tol_m);
        s->canopy_m.high = fmax(s->canopy_m.high, high_m - ground_m[i] + tol_m);
        sum += ground_m[i];
        by_east += column * ground_m[i] / 6.0;
        by_north += row * ground_m[i] / 6.0;
    }
    double rough_m = 0.0, rise_m = hypot(by_east, by_north);
    for (int i = 0; i < PLACES; i++) {
        int column = i % 3 - 1, row = i / 3 - 1;
        double off_m = ground_m[i] - sum / PLACES - by_east * column - by_north * row;
        rough_m = fmax(rough_m, fabs(off_m));
    }
    // Errors of the nine heights move each gradient by their mean, a residual by four of them.
    s->slope_deg.low = atan(fmax(rise_m - 1.42 * tol_m, 0.0) / step_m) * GEO_DEG_PER_RAD - 0.01;
    s->slope_deg.high = atan((rise_m + 1.42 * tol_m) / step_m) * GEO_DEG_PER_RAD + 0.01;
    s->roughness_m = (struct range){fmax(rough_m - 4 * tol_m, 0.0), rough_m + 4 * tol_m};
}

static void survey_obstacles(struct site *s)
{
    const struct sim_world *world = s->witness->world;
    double near_m = s->asked->radius_m + 15.0;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        bool vague = isnan(o->horizontal_acc_m);
        double far_m = sim_world_obstacle_distance_m(world, o, s->asked->position) - near_m;
        if (o->presence == SIM_HIDDEN
            || far_m - (vague ? vague_m : o->horizontal_acc_m) > guard_m)
            continue;
        s->obstacles_high++;
        s->possible =
            sim_severity_worse(s->possible, far_m <= guard_m ? SIM_WARNING : SIM_CAUTION);
        if (o->presence != SIM_STANDS || far_m - (vague ? 0.0 : o->horizontal_acc_m) > -guard_m)
            continue;
        s->obstacles_low++;
        s->certain =
            sim_severity_worse(s->certain, far_m <= -guard_m ? SIM_WARNING : SIM_CAUTION);
    }
}

static void check_number(const char *name, bool has, double value, struct range range,
                         struct sim_witness_counts *counts)
{
    if (has)
        sim_witness_counts_note(
            counts, SIM_CHECK_LANDING, value >= range.low && value <= range.high,
            "%s %.2f, true %.2f to %.2f", name, value, range.low, range.high);
}

static bool lists(const Drf__V1__Landing *landing, uint32_t layer)
{
    for (size_t i = 0; i < landing->n_unknown; i++)
        if (landing->unknown[i] == layer)
            return true;
    return false;
}

static void check_unknown(const struct site *s, const Drf__V1__Landing *landing,
                          struct sim_witness_counts *counts)
{
    // An answer has no reasons. While a layer is not complete, or its feed is away, its numbers
    // may be there and the layer be listed all the same: there may be more.
    bool whole = s->witness->complete[GROUND];
    bool listed = lists(landing, GROUND) && !(whole && s->witness->listed[GROUND]);
    if (s->known && (listed || !landing->has_slope_deg)) {
        counts->waiting += !whole;
        if (whole)
            sim_witness_missing(s->witness, GROUND, 0, "the ground of a landing place", counts);
    }
    if (s->unknown)
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED,
                                lists(landing, GROUND) && !landing->has_slope_deg
                                    && !landing->has_roughness_m && !landing->has_canopy_m,
                                "a slope of %.2f over nothing", (double)landing->slope_deg);
    sim_witness_counts_note(counts, SIM_CHECK_LANDING,
                            (lists(landing, GROUND) || landing->has_slope_deg)
                                && (!whole || !listed || !landing->has_slope_deg)
                                && lists(landing, WEATHER) == !landing->has_gust_mps
                                && (lists(landing, SURFACE) || landing->has_canopy_m),
                            "what is absent is not listed as unknown, or the other way round");
}

void sim_witness_landing(struct sim_witness *witness, const struct sim_landing_asked *asked,
                         const struct sim_drone_limits *limits, int64_t utc_us,
                         const Drf__V1__Landing *landing, struct sim_witness_counts *counts)
{
    struct site s = {
        .witness = witness, .asked = asked, .possible = SIM_INFO, .certain = SIM_INFO};
    survey(&s);
    bool whole =
        witness->complete[GROUND] && witness->complete[SURFACE] && witness->complete[OBSTACLE];
    check_unknown(&s, landing, counts);
    if (!whole) {
        counts->waiting++;
        return;
    }
    if (landing->has_slope_deg) {
        weigh(&s, s.slope_deg, 5.0, 12.0);
        weigh(&s, s.roughness_m, 1.0, 3.0);
        check_number("slope", true, (double)landing->slope_deg, s.slope_deg, counts);
        check_number("roughness", landing->has_roughness_m, (double)landing->roughness_m,
                     s.roughness_m, counts);
    }
    if (landing->has_canopy_m) {
        weigh(&s, s.canopy_m, 1.0, 3.0);
        check_number("canopy", true, (double)landing->canopy_m, s.canopy_m, counts);
    }
    survey_obstacles(&s);
    sim_witness_counts_note(counts, SIM_CHECK_LANDING,
                            landing->obstacles >= s.obstacles_low
                                && landing->obstacles <= s.obstacles_high,
                            "%u obstacles about the landing place, true %u to %u",
                            landing->obstacles, s.obstacles_low, s.obstacles_high);
    double tol = witness->weather_tolerance[SIM_GUST] + 0.01;
    double gust = sim_world_weather(witness->world, SIM_GUST, asked->position, 0, utc_us);
    s.gust_mps = (struct range){gust - tol, gust + tol};
    check_number("gust", landing->has_gust_mps, (double)landing->gust_mps, s.gust_mps, counts);
    if (landing->has_gust_mps && !isnan(limits->gust_max_mps))
        weigh(&s, s.gust_mps, limits->gust_max_mps, limits->gust_max_mps);
    if (landing->n_unknown > 0) {
        s.possible = sim_severity_worse(s.possible, SIM_CAUTION);
        s.certain = sim_severity_worse(s.certain, SIM_CAUTION);
    }
    if (witness->world->zone_count > 0) // a zone nearby may be a reason against landing
        s.possible = SIM_WARNING;
    sim_witness_counts_note(
        counts, SIM_CHECK_LANDING,
        (int)landing->severity >= s.possible && (int)landing->severity <= s.certain,
        "severity %u, true %d to %d (slope %.1f, canopy %.1f, %u obstacles, %zu "
        "unknown)",
        landing->severity, s.possible, s.certain, (double)landing->slope_deg,
        (double)landing->canopy_m, landing->obstacles, landing->n_unknown);
}
