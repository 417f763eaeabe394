// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness_parts.h"

static const double shortest_m = 150.0, course_mps = 1.0; // schemas/client.md, look-ahead

double sim_way_half_m(const struct sim_way *way, double time_s)
{
    return way->base_m + way->growth_mps * fmin(time_s, way->time_max_s);
}

double sim_way_disc_m(const struct sim_way *way, double time_s)
{
    return way->base_m + (way->growth_mps + way->speed_mps) * fmin(time_s, way->time_max_s);
}

double sim_way_climbed_m(const struct sim_way *way, double time_s)
{
    return way->climb_mps * fmin(time_s, way->time_max_s);
}

struct sim_plane sim_way_at(const struct sim_way *way, double along_m)
{
    return (struct sim_plane){way->start.east_m + along_m * way->unit_east,
                              way->start.north_m + along_m * way->unit_north};
}

int sim_severity_of(double time_s)
{
    return time_s <= 15.0 ? SIM_WARNING : time_s <= 45.0 ? SIM_CAUTION : SIM_INFO;
}

struct sim_way sim_way_of(const struct sim_witness *witness, const struct sim_report *report,
                          const Drf__V1__Context *context)
{
    const struct sim_wish wish = sim_wish_of(report->drone);
    const struct sim_world *world = witness->world;
    struct sim_way way = {
        .start = sim_world_plane(world, report->position),
        .speed_mps = hypot(report->north_mps, report->east_mps),
        .climb_mps = report->up_mps,
        .base_m = wish.radius_m + report->horizontal_acc_m,
        .growth_mps = report->velocity_acc_mps,
        .time_max_s = wish.look_ahead_s,
    };
    way.length_m = fmax(fmax(way.speed_mps * wish.look_ahead_s, wish.stopping_m), shortest_m);
    bool plan = context->look_ahead != NULL
                && context->look_ahead->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    if (plan || fabs(way.speed_mps - course_mps) < 0.01) {
        way.kind = SIM_WAY_UNDECIDED;
    } else if (way.speed_mps < course_mps) {
        way.kind = SIM_WAY_DISC;
        way.length_m = fmax(way.length_m, sim_way_half_m(&way, way.time_max_s));
    } else {
        way.kind = SIM_WAY_COURSE;
        // The plane's metres are a sphere's, the way's are the ellipsoid's.
        struct geo_point at = report->position, north = at, east = at;
        north.lat_deg += 0.001;
        east.lon_deg += 0.001;
        way.unit_east = report->east_mps / way.speed_mps * world->m_per_lon_deg * 0.001
                        / sim_world_distance_m(world, at, east);
        way.unit_north = report->north_mps / way.speed_mps * world->m_per_lat_deg * 0.001
                         / sim_world_distance_m(world, at, north);
    }
    return way;
}
