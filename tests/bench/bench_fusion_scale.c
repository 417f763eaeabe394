// tests/bench/bench_fusion_scale.c - what a context costs as the region and its obstacles grow.
// SPDX-License-Identifier: Apache-2.0
//
// A thousand aircraft over the part of the region that has obstacles; as many obstacles to the
// square kilometre however many there are. Processor time of this thread, the median of five
// runs; one JSON line a range, whose value is the dearest over the cheapest.
#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"
#include "tests/bench/region.h"

enum { AIRCRAFT = 1000, RUNS = 5 };
#define NOW_US INT64_C(1700000000000000)

static double cost_us(struct region *region)
{
    struct fusion_builder *builder;
    static struct fusion_context context;
    if (fusion_builder_open(&builder) != DRF_OK)
        abort();
    struct geo_bounds box = region->settled;
    struct fusion_aircraft *fleet = region_room(AIRCRAFT, sizeof *fleet);
    uint64_t random = 7;
    for (int i = 0; i < AIRCRAFT; i++) {
        double y = 0.1 + 0.8 * (double)(region_random(&random) % 100003) / 100003;
        double x = 0.1 + 0.8 * (double)(region_random(&random) % 100003) / 100003;
        fleet[i].limits = fusion_limits_default();
        fleet[i].fix = (struct fusion_fix){
            .position = {box.south_deg + (box.north_deg - box.south_deg) * y,
                         box.west_deg + (box.east_deg - box.west_deg) * x},
            .time_utc_us = NOW_US,
            .horizontal_acc95_m = 3.0,
            .amsl = {true, 250.0, 4.0},
            .velocity_known = true,
            .velocity_north_mps = i % 17 - 8,
            .velocity_east_mps = 15.0,
        };
    }
    double costs[RUNS];
    for (int run = -1; run < RUNS; run++) {
        int64_t began_us = region_cpu_us();
        for (int round = 0; round < 5; round++)
            for (int i = 0; i < AIRCRAFT; i++)
                fusion_context_build(builder, &region->root, &fleet[i], NOW_US, &context);
        if (run >= 0)
            costs[run] = (double)(region_cpu_us() - began_us) / (5.0 * AIRCRAFT);
    }
    free(fleet);
    fusion_builder_close(builder);
    return region_median(costs, RUNS);
}

static void say(const char *what, const char *range, const double *costs, size_t count)
{
    double low = costs[0], high = costs[0];
    for (size_t i = 1; i < count; i++) {
        low = fmin(low, costs[i]);
        high = fmax(high, costs[i]);
    }
    (void)printf(
        "{\"bench\":\"scale_%s\",\"value\":%.2f,\"unit\":\"us/"
        "context\",\"reference\":\"cheapest of "
        "%s\",\"reference_value\":%.2f,\"ratio\":%.3f,\"reach\":2.0,\"met\":%s,\"us_each\":[",
        what, high, range, low, high / low, high < 2.0 * low ? "true" : "false");
    for (size_t i = 0; i < count; i++)
        (void)printf("%s%.2f", i > 0 ? "," : "", costs[i]);
    (void)puts("]}");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    double costs[4];
    static const size_t obstacles[] = {100, 1000, 10000, 100000};
    for (size_t i = 0; i < 4; i++) {
        struct region *region =
            small ? region_open(4, 4, obstacles[i] / 32, (double)obstacles[i] / 100000)
                  : region_open(32, 16, obstacles[i], (double)obstacles[i] / 100000);
        costs[i] = cost_us(region);
        region_close(region);
    }
    say("obstacles", small ? "3 to 3,125 obstacles" : "100 to 100,000 obstacles at one density",
        costs, 4);
    static const uint32_t sides[][2] = {{8, 4}, {16, 8}, {32, 16}, {64, 32}};
    for (size_t i = 0; i < (small ? 2 : 4); i++) {
        size_t places = (size_t)sides[i][0] * sides[i][1];
        struct region *region = region_open(sides[i][0], sides[i][1], 20 * places, 1.0);
        costs[i] = cost_us(region);
        region_close(region);
    }
    say("tiles", small ? "64 to 256 tiles" : "64 to 4,096 tiles", costs, small ? 2 : 4);
    return 0;
}
