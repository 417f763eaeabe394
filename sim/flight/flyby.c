// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/flyby.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/host/options.h"

static const double meet_s = 30.0;
static const int64_t report_us = 1000000, told_us = 50000000, silent_us = 25000000;

struct sim_flyby_feed {
    struct sim_flybys flybys;
    const struct sim_world *world;
    struct sim_feed_port port;
    uint64_t made;
};

static double since_s(const struct sim_flyby *flyby, int64_t utc_us)
{
    return (double)(utc_us - flyby->from_utc_us) * 1e-6;
}

struct sim_plane sim_flyby_at(const struct sim_flyby *flyby, int64_t utc_us)
{
    double t = since_s(flyby, utc_us);
    return (struct sim_plane){flyby->from.east_m + flyby->east_mps * t,
                              flyby->from.north_m + flyby->north_mps * t};
}

double sim_flyby_amsl_m(const struct sim_flyby *flyby, int64_t utc_us)
{
    return flyby->amsl_m + flyby->up_mps * since_s(flyby, utc_us);
}

struct sim_flyby sim_flyby_make(uint64_t number, const struct sim_world *world,
                                const struct sim_flight *flight, int64_t utc_us)
{
    static const double beside_m[] = {0.0, 25.0, 45.0, 80.0, 300.0};
    static const double above_m[] = {0.0, 10.0, 25.0, 60.0};
    uint64_t state = world->plan.seed ^ (number * UINT64_C(0x9E3779B97F4A7C15));
    double turn = sim_random_between(&state, 0.0, 1.0);
    double speed_mps = sim_random_between(&state, 15.0, 60.0);
    double east = sim_sine(turn), north = sim_sine(turn + 0.25);
    double aside_m = beside_m[number % 5];
    struct sim_plane meet = {flight->at.east_m + flight->east_mps * meet_s - north * aside_m,
                             flight->at.north_m + flight->north_mps * meet_s + east * aside_m};
    struct sim_flyby flyby = {
        .from = {meet.east_m - east * speed_mps * meet_s,
                 meet.north_m - north * speed_mps * meet_s},
        .east_mps = east * speed_mps,
        .north_mps = north * speed_mps,
        .up_mps = number % 3 == 0 ? sim_random_between(&state, -2.0, 2.0) : 0.0,
        .horizontal_acc_m = sim_random_between(&state, 5.0, 30.0),
        .altitude_acc_m = sim_random_between(&state, 3.0, 20.0),
        .from_utc_us = utc_us,
        .told_utc_us = utc_us - report_us,
    };
    flyby.amsl_m =
        flight->amsl_m + flight->up_mps * meet_s + above_m[number % 4] - flyby.up_mps * meet_s;
    snprintf(flyby.id, sizeof flyby.id, "flyby-%u", (unsigned)(number % 1000000000));
    return flyby;
}

enum drf_status sim_flyby_feed_open(const struct sim_feed_port *port, size_t count,
                                    const struct sim_world *world, struct sim_flyby_feed **out)
{
    struct sim_flyby_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return DRF_ERR_NOMEM;
    feed->world = world;
    feed->port = *port;
    feed->flybys.count = count < SIM_FLYBYS_MAX ? count : SIM_FLYBYS_MAX;
    *out = feed;
    return DRF_OK;
}

void sim_flyby_feed_close(struct sim_flyby_feed *feed) { free(feed); }

const struct sim_flybys *sim_flyby_feed_list(const struct sim_flyby_feed *feed)
{
    return &feed->flybys;
}

// The first place whose last one has been silent for so long that it is forgotten everywhere;
// as many as there are: none.
static size_t vacant(const struct sim_flyby_feed *feed, int64_t utc_us)
{
    size_t i = 0;
    while (i < feed->flybys.count && feed->flybys.list[i].id[0] != '\0'
           && utc_us - feed->flybys.list[i].told_utc_us <= silent_us)
        i++;
    return i;
}

bool sim_flyby_feed_wants(const struct sim_flyby_feed *feed, int64_t utc_us)
{
    return vacant(feed, utc_us) < feed->flybys.count;
}

void sim_flyby_feed_send(struct sim_flyby_feed *feed, const struct sim_flight *flight,
                         int64_t utc_us)
{
    size_t place = vacant(feed, utc_us);
    if (place < feed->flybys.count)
        feed->flybys.list[place] = sim_flyby_make(++feed->made, feed->world, flight, utc_us);
}

// Ellipsoid or AMSL in turn; velocities are the ellipsoid's.
static int write(const struct sim_flyby *flyby, const struct sim_world *world,
                 struct sim_geoid *geoid, int64_t utc_us, char *text, size_t size)
{
    struct geo_point at = sim_world_point(world, sim_flyby_at(flyby, utc_us));
    struct geo_point north = at, east = at;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    double per_north = sim_world_distance_m(world, at, north) / (world->m_per_lat_deg * 0.001);
    double per_east = sim_world_distance_m(world, at, east) / (world->m_per_lon_deg * 0.001);
    bool ellipsoid = flyby->id[6] % 2 == 0;
    double height_m =
        sim_flyby_amsl_m(flyby, utc_us) + (ellipsoid ? sim_geoid_m(geoid, at) : 0);
    return snprintf(text, size,
                    "{\"traffic_id\":\"%s\",\"lat_e7\":%ld,\"lon_e7\":%ld,"
                    "\"data_time_us\":\"%lld\",\"%s\":%.3f,\"altitude_acc95_m\":%.3f,"
                    "\"velocity_north_mps\":%.4f,\"velocity_east_mps\":%.4f,"
                    "\"velocity_up_mps\":%.4f,\"horizontal_acc95_m\":%.3f}",
                    flyby->id, lround(at.lat_deg * 1e7), lround(at.lon_deg * 1e7),
                    (long long)utc_us, ellipsoid ? "alt_wgs84_m" : "alt_amsl_m", height_m,
                    flyby->altitude_acc_m, flyby->north_mps * per_north,
                    flyby->east_mps * per_east, flyby->up_mps, flyby->horizontal_acc_m);
}

static enum drf_status publish(struct sim_flyby_feed *feed, const struct sim_flyby *flyby,
                               struct sim_geoid *geoid, int64_t utc_us)
{
    char text[512], id[96], time[SIM_TIME_TEXT_SIZE];
    int size = write(flyby, feed->world, geoid, utc_us, text, sizeof text);
    sim_time_format(utc_us, time);
    snprintf(id, sizeof id, "%s@%s", flyby->id, time);
    const struct sim_header headers[] = {
        {"ce_specversion", "1.0"}, {"ce_type", "drf.track"},
        {"ce_source", "drf-sim"},  {"ce_id", id},
        {"ce_time", time},         {"content-type", "application/json"},
        {"drf_mode", "SIM"},
    };
    return feed->port.send(feed->port.context, flyby->id, text, (size_t)size, headers,
                           sizeof headers / sizeof headers[0]);
}

void sim_flyby_feed_step(struct sim_flyby_feed *feed, struct sim_geoid *geoid, int64_t utc_us)
{
    for (size_t i = 0; i < feed->flybys.count; i++) {
        struct sim_flyby *flyby = &feed->flybys.list[i];
        if (flyby->id[0] == '\0' || utc_us - flyby->from_utc_us > told_us
            || utc_us - flyby->told_utc_us < report_us)
            continue;
        if (publish(feed, flyby, geoid, utc_us) == DRF_OK)
            flyby->told_utc_us = utc_us;
    }
}
