// tests/bench/bench_geo_shift.c - CPU of decoding a cell of one degree in another datum.
// SPDX-License-Identifier: Apache-2.0
//
// A DTED cell of level 0 (121 x 121 posts, 34 kB) makes 37 million cells at level 12. In WGS 72
// each of them is shifted; the reference is the same posts in WGS 84, decoded in the same run.
#include <stdio.h>
#include <time.h>

#include "tests/support/rasters.h"

enum { SIDE = 121, POSTS = SIDE * SIDE };

static double cpu_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double decode_s(const char *crs, const double *values, double size_deg)
{
    const struct raster_spec spec = {
        SIDE, SIDE,      {-80, size_deg / SIDE, 0, 44, 0, -size_deg / SIDE},
        crs,  GDT_Int16, .posts = true};
    struct bytes file = make_tiff(&spec, values);
    struct geo_decode_params params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    struct geo_record_builder builder;
    struct geo_note why;
    geo_record_builder_init(&builder, params.record_max_bytes);
    double begin_s = cpu_s();
    if (geo_decode(&params, file.data, file.size, &builder, &why) != DRF_OK) {
        (void)fprintf(stderr, "bench_geo_shift: %s\n", why.text);
        exit(1);
    }
    double spent_s = cpu_s() - begin_s;
    geo_record_builder_close(&builder);
    free(file.data);
    return spent_s;
}

int main(int argc, char **argv)
{
    static double values[POSTS];
    const bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    const double size_deg = (small ? 0.1 : 1.0) * SIDE / (SIDE - 1), goal_s = 2;
    for (int i = 0; i < POSTS; i++)
        values[i] = floor(200 + 100 * sin(i % SIDE * 0.2) * cos(i / SIDE * 0.17));
    double reference_s = decode_s("EPSG:4326", values, size_deg);
    double value_s = decode_s("EPSG:4322", values, size_deg);
    (void)printf(
        "{\"bench\":\"shift\",\"value\":%.3f,\"unit\":\"s of CPU\",\"reference\":\"the "
        "same posts in WGS 84\",\"reference_value\":%.3f,\"ratio\":%.3f,\"reach\":\"%g "
        "s\",\"met\":%s}\n",
        value_s, reference_s, value_s / reference_s, goal_s,
        value_s <= goal_s ? "true" : "false");
    return 0;
}
