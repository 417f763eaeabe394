// tests/bench/bench_fusion_zones.c - what grows with the number of zones, and what does not.
// SPDX-License-Identifier: Apache-2.0
//
// Zones of 100 m to 1.5 km over 110 km x 78 km: none, 1,000 and 23,000, in four places denser
// than elsewhere. A context, a question about a point, a judged landing place (processor time
// of this thread, the median of five runs); one zone more, entered and published, the longest
// of a hundred, and the publication of all at once; memory. One JSON line each.
#include <malloc.h>

#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"
#include "fusion/context/landing.h"
#include "fusion/context/point.h"
#include "fusion/fabric/zone_set.h"
#include "tests/bench/region.h"

enum { AIRCRAFT = 500, RUNS = 5, STEPS = 100, COUNTS = 3 };
#define NOW_US INT64_C(1700000000000000)

struct zones {
    struct region *region;
    struct fusion_provenance *provenances;
    struct fusion_retired retired;
    struct fusion_zone_set *set;
    const struct fusion_source *source;
    uint64_t random;
    int64_t next_id;
};

static double share(struct zones *zones)
{
    return (double)(region_random(&zones->random) % 1000003) / 1000003;
}

static void add(struct zones *zones)
{
    struct geo_bounds box = zones->region->root.keep;
    double y = share(zones), x = share(zones);
    if (zones->next_id % 4 == 0) { // about a town
        y = 0.25 + 0.5 * (double)(zones->next_id / 4 % 2) + 0.05 * (y - 0.5);
        x = 0.25 + 0.5 * (double)(zones->next_id / 8 % 2) + 0.05 * (x - 0.5);
    }
    struct geo_zone zone = {.restriction = GEO_ZONE_REQ_AUTHORISATION, .volume_count = 1};
    struct geo_zone_volume volume = {
        .shape = GEO_ZONE_CIRCLE,
        .upper = {.m = 120.0, .reference = GEO_ZONE_AGL},
        .centre = {box.south_deg + (box.north_deg - box.south_deg) * y,
                   box.west_deg + (box.east_deg - box.west_deg) * x},
        .radius_m = 100.0 + 1400.0 * pow(share(zones), 4.0)};
    (void)snprintf(zone.id, sizeof zone.id, "ZONE%06u",
                   (unsigned)region_random(&zones->random) % 1000000);
    const struct geo_zone_view view = {.zone = &zone, .volumes = &volume};
    if (fusion_zone_set_add(zones->set, zones->next_id++, NOW_US, &view, zones->source)
        != DRF_OK)
        abort();
}

static double thread_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

// A publication of all that is new, with what it retires.
static double publish_us(struct zones *zones)
{
    struct fusion_root *root = &zones->region->root;
    struct fusion_zones_shown shown;
    double began_us = thread_us();
    if (fusion_zone_set_publish(zones->set, &shown) != DRF_OK)
        abort();
    root->zones = shown.buckets;
    root->zones_all = shown.all;
    fusion_retired_acknowledge(&zones->retired, ++zones->retired.epoch);
    return thread_us() - began_us;
}

static struct fusion_fix fix_of(struct zones *zones, size_t i)
{
    uint64_t random = 7 + i;
    (void)region_random(&random);
    struct geo_bounds box = zones->region->root.keep;
    double y = 0.1 + 0.8 * (double)(region_random(&random) % 100003) / 100003;
    double x = 0.1 + 0.8 * (double)(region_random(&random) % 100003) / 100003;
    return (struct fusion_fix){
        .position = {box.south_deg + (box.north_deg - box.south_deg) * y,
                     box.west_deg + (box.east_deg - box.west_deg) * x},
        .time_utc_us = NOW_US,
        .horizontal_acc95_m = 3.0,
        .amsl = {true, 250.0, 4.0},
        .velocity_known = true,
        .velocity_north_mps = (double)(i % 17) - 8,
        .velocity_east_mps = 15.0,
    };
}

enum what { CONTEXT, POINT, LANDING };

static double cost_us(struct zones *zones, enum what what)
{
    static struct fusion_context context;
    static struct fusion_point point;
    struct fusion_landing landing;
    struct fusion_builder *builder;
    if (fusion_builder_open(&builder) != DRF_OK)
        abort();
    const struct fusion_root *root = &zones->region->root;
    double costs[RUNS];
    for (int run = -1; run < RUNS; run++) {
        double spent_us = 0.0;
        for (size_t i = 0; i < AIRCRAFT; i++) {
            struct fusion_aircraft aircraft = {.limits = fusion_limits_default(),
                                               .fix = fix_of(zones, i)};
            const struct fusion_point_ask ask = {.position = aircraft.fix.position,
                                                 .agl_m = 10.0,
                                                 .now_utc_us = NOW_US,
                                                 .radius_m = 2000.0};
            const struct fusion_landing_ask land = {.position = aircraft.fix.position,
                                                    .radius_m = 5.0,
                                                    .limits = &aircraft.limits,
                                                    .now_utc_us = NOW_US};
            double began_us = thread_us();
            if (what == CONTEXT)
                fusion_context_build(builder, root, &aircraft, NOW_US, &context);
            else if (what == POINT)
                fusion_point_ask(builder, root, &ask, &point);
            else
                fusion_landing_judge(builder, root, &land, &landing);
            spent_us += thread_us() - began_us;
        }
        if (run >= 0)
            costs[run] = spent_us / AIRCRAFT;
    }
    fusion_builder_close(builder);
    return region_median(costs, RUNS);
}

static void say(const char *what, const char *unit, const size_t *counts, const double *values,
                double reach, bool relative)
{
    double value = values[COUNTS - 1];
    double judged = relative ? value / values[0] : value;
    (void)printf("{\"bench\":\"zones_%s\",\"value\":%.2f,\"unit\":\"%s\","
                 "\"reference\":\"with none\",\"reference_value\":%.2f,\"ratio\":%.3f,"
                 "\"reach\":%.1f,\"met\":%s,\"each\":{",
                 what, value, unit, values[0], values[0] > 0.0 ? value / values[0] : 0.0, reach,
                 judged <= reach ? "true" : "false");
    for (size_t i = 0; i < COUNTS; i++)
        (void)printf("%s\"%zu\":%.2f", i > 0 ? "," : "", counts[i], values[i]);
    (void)puts("}}");
    (void)fflush(stdout);
}

struct found {
    double context_us[COUNTS], point_us[COUNTS], landing_us[COUNTS], one_us[COUNTS],
        all_us[COUNTS], bytes[COUNTS];
};

static void measure(size_t count, size_t at, bool small, struct found *found)
{
    struct zones zones = {.random = 88172645463325252U, .next_id = 1};
    zones.region = small ? region_open(4, 4, 100, 1.0) : region_open(32, 16, 10000, 1.0);
    zones.region->root.layer_fed[FUSION_LAYER_ZONE] = true;
    const struct fusion_source content = {.feed = "zones", .source = "zones"};
    if (fusion_provenance_open(&zones.provenances) != DRF_OK
        || fusion_provenance_acquire(zones.provenances, &content, &zones.source) != DRF_OK)
        abort();
    zones.retired.context = zones.provenances;
    if (fusion_zone_set_open(zones.region->root.buckets, zones.provenances, &zones.retired,
                             &zones.set)
        != DRF_OK)
        abort();
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < count; i++)
        add(&zones);
    found->all_us[at] = publish_us(&zones);
    found->bytes[at] = count > 0 ? (double)(mallinfo2().uordblks - before) / (double)count : 0;
    found->context_us[at] = cost_us(&zones, CONTEXT);
    found->point_us[at] = cost_us(&zones, POINT);
    found->landing_us[at] = cost_us(&zones, LANDING);
    for (int i = 0; i < (count > 0 ? STEPS : 0); i++) {
        double began_us = thread_us();
        add(&zones);
        double entered_us = thread_us() - began_us;
        found->one_us[at] = fmax(found->one_us[at], entered_us + publish_us(&zones));
    }
    fusion_zone_set_close(zones.set);
    fusion_retired_close(&zones.retired);
    fusion_provenance_release(zones.provenances, zones.source);
    fusion_provenance_close(zones.provenances);
    region_close(zones.region);
}

int main(int argc, char **argv)
{
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    static const size_t counts[COUNTS] = {0, 1000, 23000}, few[COUNTS] = {0, 10, 100};
    const size_t *used = small ? few : counts;
    static struct found found;
    for (size_t i = 0; i < COUNTS; i++)
        measure(used[i], i, small, &found);
    say("context", "us/context", used, found.context_us, 2.0, true);
    say("query", "us/answer", used, found.point_us, 30.0, false);
    say("landing", "us/place", used, found.landing_us, 30.0, false);
    say("one_more", "us, longest of 100", used, found.one_us, 5000.0, false);
    say("first_publish", "us", used, found.all_us, 5000.0, false);
    say("memory", "bytes/zone", used, found.bytes, 2048.0, false);
    return 0;
}
