// SPDX-License-Identifier: Apache-2.0
#include "sim/world/world.h"

#include <math.h>
#include <stdlib.h>

#include "geo/earth.h"

const double sim_wind_level_agl_m[SIM_WIND_LEVELS] = {10.0, 100.0};

// cos() without libm, so that the plane is the same everywhere.
static double cosine_deg(double deg) { return sim_sine(deg / 360.0 + 0.25); }

static struct sim_spectrum make_ground(uint64_t seed)
{
    return sim_spectrum_make(&(struct sim_spectrum_plan){.seed = seed ^ 0x67726f756e64,
                                                         .mean = 260.0,
                                                         .amplitude = 140.0,
                                                         .wavelength_min_m = 600.0,
                                                         .count = 14,
                                                         .growth = 1});
}

// On a calm day over open country, where there are clearings to land in.
static struct sim_spectrum make_canopy(uint64_t seed, bool calm)
{
    return sim_spectrum_make(&(struct sim_spectrum_plan){.seed = seed ^ 0x63616e6f7079,
                                                         .mean = calm ? 3.0 : 9.0,
                                                         .amplitude = calm ? 3.0 : 8.5,
                                                         .wavelength_min_m = 300.0,
                                                         .count = 10,
                                                         .growth = 1});
}

static void make_weather(struct sim_world *world)
{
    // A usual day and a calm one, on which no limit of sim/flight/drone_limits.c is reached up
    // to 120 m above ground.
    static const struct {
        double mean, amplitude;
    } days[2][SIM_WEATHER_COUNT] = {{
                                        [SIM_WIND_TO_EAST] = {4.5, 2.5},
                                        [SIM_WIND_TO_NORTH] = {-3.5, 2.5},
                                        [SIM_GUST] = {11.0, 3.5},
                                        [SIM_TEMPERATURE] = {284.0, 6.0},
                                        [SIM_VISIBILITY] = {14000.0, 7000.0},
                                        [SIM_PRECIPITATION] = {2.5e-7, 2.2e-7},
                                    },
                                    {
                                        [SIM_WIND_TO_EAST] = {2.2, 0.9},
                                        [SIM_WIND_TO_NORTH] = {-1.8, 0.9},
                                        [SIM_GUST] = {6.5, 1.2},
                                        [SIM_TEMPERATURE] = {284.0, 6.0},
                                        [SIM_VISIBILITY] = {26000.0, 6000.0},
                                        [SIM_PRECIPITATION] = {2.5e-8, 2.2e-8},
                                    }};
    for (uint64_t i = 0; i < SIM_WEATHER_COUNT; i++) {
        world->weather[i] = sim_spectrum_make(
            &(struct sim_spectrum_plan){.seed = world->plan.seed ^ (0x776561746865 + (i << 48)),
                                        .mean = days[world->plan.calm][i].mean,
                                        .amplitude = days[world->plan.calm][i].amplitude,
                                        .wavelength_min_m = 18000.0,
                                        .count = 8,
                                        .period_min_s = 12 * 3600.0,
                                        .period_max_s = 48 * 3600.0});
        world->weather_rough[i] = sim_spectrum_roughness(&world->weather[i]);
    }
}

static bool plausible(const struct sim_world_plan *plan)
{
    return fabs(plan->center.lat_deg) <= 70.0 && fabs(plan->center.lon_deg) <= 179.0
           && plan->size_km >= 1.0 && plan->size_km <= 100.0 && plan->hours >= 1
           && plan->hours <= 48 && plan->posting_arcsec >= 0.1 && plan->posting_arcsec <= 60.0
           && plan->weather_step_deg >= 0.002 && plan->weather_step_deg <= 0.2
           && plan->void_radius_m >= 0.0 && plan->void_radius_m < 200.0 * plan->size_km
           && plan->refused <= SIM_REFUSED_MAX && plan->towers <= SIM_OBSTACLES_MAX
           && plan->cranes <= SIM_OBSTACLES_MAX && plan->buildings <= SIM_OBSTACLES_MAX;
}

enum drf_status sim_world_open(const struct sim_world_plan *plan, struct sim_world *out)
{
    if (!plausible(plan))
        return DRF_ERR_RANGE;
    struct sim_world world = {.plan = *plan};
    world.m_per_lat_deg = GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG;
    world.m_per_lon_deg = world.m_per_lat_deg * cosine_deg(plan->center.lat_deg);
    double half_m = plan->size_km * 500.0;
    struct geo_point south_west = sim_world_point(&world, (struct sim_plane){-half_m, -half_m});
    struct geo_point north_east = sim_world_point(&world, (struct sim_plane){half_m, half_m});
    world.box = (struct geo_bounds){.west_deg = south_west.lon_deg,
                                    .south_deg = south_west.lat_deg,
                                    .east_deg = north_east.lon_deg,
                                    .north_deg = north_east.lat_deg};
    world.void_center =
        sim_world_point(&world, (struct sim_plane){0.32 * 2 * half_m, -0.28 * 2 * half_m});
    world.ground = make_ground(plan->seed);
    world.canopy = make_canopy(plan->seed, plan->calm);
    world.ground_rough = sim_spectrum_roughness(&world.ground);
    struct sim_roughness canopy = sim_spectrum_roughness(&world.canopy);
    world.surface_rough = world.ground_rough;
    if (plan->surface) {
        world.surface_rough.slope_east += canopy.slope_east;
        world.surface_rough.slope_north += canopy.slope_north;
        world.surface_rough.slope += canopy.slope;
        world.surface_rough.curve_east += canopy.curve_east;
        world.surface_rough.curve_north += canopy.curve_north;
    }
    make_weather(&world);
    enum drf_status status = sim_world_place_obstacles(&world);
    if (status == DRF_OK)
        *out = world;
    return status;
}

void sim_world_close(struct sim_world *world)
{
    free(world->obstacles);
    world->obstacles = NULL;
    world->obstacle_count = 0;
}

struct sim_plane sim_world_plane(const struct sim_world *world, struct geo_point point)
{
    return (struct sim_plane){
        .east_m = (point.lon_deg - world->plan.center.lon_deg) * world->m_per_lon_deg,
        .north_m = (point.lat_deg - world->plan.center.lat_deg) * world->m_per_lat_deg};
}

struct geo_point sim_world_point(const struct sim_world *world, struct sim_plane plane)
{
    return (struct geo_point){
        .lat_deg = world->plan.center.lat_deg + plane.north_m / world->m_per_lat_deg,
        .lon_deg = world->plan.center.lon_deg + plane.east_m / world->m_per_lon_deg};
}

// WGS 84 by the mid-latitude radii of curvature: within 1e-6 of the geodesic at these ranges.
double sim_world_distance_m(const struct sim_world *world, struct geo_point a,
                            struct geo_point b)
{
    (void)world;
    double mid_deg = 0.5 * (a.lat_deg + b.lat_deg);
    double s = sim_sine(mid_deg / 360.0);
    double w2 = 1.0 - SIM_ECCENTRICITY2 * s * s;
    double meridian_m = SIM_MERIDIAN_RADIUS_M / (w2 * sqrt(w2));
    double normal_m = GEO_EARTH_SEMI_MAJOR_M / sqrt(w2);
    double north_m = (b.lat_deg - a.lat_deg) * GEO_RAD_PER_DEG * meridian_m;
    double east_m = (b.lon_deg - a.lon_deg) * GEO_RAD_PER_DEG * normal_m * cosine_deg(mid_deg);
    return sqrt(north_m * north_m + east_m * east_m);
}

double sim_world_ring_m(const struct sim_world *world, const struct geo_point *ring,
                        size_t count, struct sim_plane at)
{
    double best_m = HUGE_VAL;
    bool inside = false;
    struct sim_plane a = sim_world_plane(world, ring[count - 1]);
    for (size_t i = 0; i < count; i++) {
        struct sim_plane b = sim_world_plane(world, ring[i]);
        best_m = fmin(best_m, sim_plane_segment_m(a, b, at, NULL));
        if ((a.north_m > at.north_m) != (b.north_m > at.north_m)
            && at.east_m < a.east_m
                               + (b.east_m - a.east_m) * (at.north_m - a.north_m)
                                     / (b.north_m - a.north_m))
            inside = !inside;
        a = b;
    }
    return inside ? -best_m : best_m;
}

double sim_world_ground_amsl_m(const struct sim_world *world, struct geo_point point)
{
    struct sim_plane p = sim_world_plane(world, point);
    return sim_spectrum_at(&world->ground, p.east_m, p.north_m, 0.0);
}

double sim_world_surface_amsl_m(const struct sim_world *world, struct geo_point point)
{
    struct sim_plane p = sim_world_plane(world, point);
    double ground = sim_spectrum_at(&world->ground, p.east_m, p.north_m, 0.0);
    if (!world->plan.surface)
        return ground;
    return ground + sim_spectrum_at(&world->canopy, p.east_m, p.north_m, 0.0);
}

double sim_world_wind_growth(double agl_m)
{
    double height_m = agl_m < 10.0 ? 10.0 : agl_m > 300.0 ? 300.0 : agl_m;
    return 1.0 + 0.006 * (height_m - 10.0);
}

// The wind grows and veers with height.
static void wind_at(const struct sim_world *world, struct sim_plane p, double agl_m, double t_s,
                    double *to_east_mps, double *to_north_mps)
{
    double east = sim_spectrum_at(&world->weather[SIM_WIND_TO_EAST], p.east_m, p.north_m, t_s);
    double north =
        sim_spectrum_at(&world->weather[SIM_WIND_TO_NORTH], p.east_m, p.north_m, t_s);
    double growth = sim_world_wind_growth(agl_m);
    double veer = (growth - 1.0) / 9.0; // cycles: 21.6 degrees at 100 m
    double s = sim_sine(veer), c = sim_sine(veer + 0.25);
    *to_east_mps = growth * (c * east + s * north);
    *to_north_mps = growth * (c * north - s * east);
}

double sim_world_weather(const struct sim_world *world, enum sim_weather_kind kind,
                         struct geo_point point, double agl_m, int64_t utc_us)
{
    struct sim_plane p = sim_world_plane(world, point);
    double t_s = (double)(utc_us - world->plan.epoch_utc_us) * 1e-6;
    if (kind != SIM_WIND_TO_EAST && kind != SIM_WIND_TO_NORTH)
        return sim_spectrum_at(&world->weather[kind], p.east_m, p.north_m, t_s);
    double to_east_mps, to_north_mps;
    wind_at(world, p, agl_m, t_s, &to_east_mps, &to_north_mps);
    return kind == SIM_WIND_TO_EAST ? to_east_mps : to_north_mps;
}

double sim_world_weather_mean(const struct sim_world *world, enum sim_weather_kind kind,
                              struct geo_point point, int64_t from_utc_us, int64_t until_utc_us)
{
    struct sim_plane p = sim_world_plane(world, point);
    double from_s = (double)(from_utc_us - world->plan.epoch_utc_us) * 1e-6;
    double until_s = (double)(until_utc_us - world->plan.epoch_utc_us) * 1e-6;
    return sim_spectrum_mean(&world->weather[kind], p.east_m, p.north_m, from_s, until_s);
}

double sim_world_covered_m(const struct sim_world *world, struct geo_point point)
{
    struct sim_plane p = sim_world_plane(world, point);
    double half_m = world->plan.size_km * 500.0;
    double inside_m = half_m - fmax(fabs(p.east_m), fabs(p.north_m));
    if (world->plan.void_radius_m > 0.0) {
        struct sim_plane v = sim_world_plane(world, world->void_center);
        double from_void_m = hypot(p.east_m - v.east_m, p.north_m - v.north_m);
        inside_m = fmin(inside_m, from_void_m - world->plan.void_radius_m);
    }
    return inside_m;
}
