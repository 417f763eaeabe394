// SPDX-License-Identifier: Apache-2.0
// Blocks as ArduPilot makes them: the expected corners come from the arithmetic of its
// Location class and AP_Terrain::calculate_grid_info(), single precision, worked apart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fusion/context/terrain.h"
#include "fusion/root/sample.h"
#include "tests/support/scene.h"

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};

// In single precision throughout, as on an autopilot without double.
static void autopilot_corner(int32_t lat, int32_t lon, int spacing, int32_t *out_lat,
                             int32_t *out_lon)
{
    const float m = 0.011131884502145034F, inverse = 89.83204953368922F;
    int32_t lat0 = (int32_t)floor(lat / 1e7) * 10000000;
    int32_t lon0 = (int32_t)floor(lon / 1e7) * 10000000;
    float scale = cosf((float)((lat + lat0) / 2) * 1.7453292519943296e-9F);
    float north = (float)(lat - lat0) * m, east = (float)(lon - lon0) * m * scale;
    uint32_t x = (uint32_t)(north / (float)spacing) / 24;
    uint32_t y = (uint32_t)(east / (float)spacing) / 28;
    int32_t by_lat = (int32_t)((float)(x * 24) * (float)spacing * inverse);
    float at = cosf((float)(lat0 + by_lat / 2) * 1.7453292519943296e-9F);
    *out_lat = lat0 + by_lat;
    *out_lon = lon0 + (int32_t)((float)(y * 28) * (float)spacing * inverse / at);
}

static void block__anywhere__has_the_corner_that_an_autopilot_asks_for(void **state)
{
    (void)state;
    uint32_t random = 12345;
    int far = 0;
    for (int i = 0; i < 100000; i++) {
        random = random * 1664525U + 1013904223U;
        int32_t lat = (int32_t)(random % 1400000000U) - 700000000;
        random = random * 1664525U + 1013904223U;
        int32_t lon = (int32_t)(random % 3590000000U - 1795000000U);
        int spacing = i % 3 == 0 ? 30 : 100;
        int32_t want_lat, want_lon;
        autopilot_corner(lat, lon, spacing, &want_lat, &want_lon);
        struct fusion_terrain_block block =
            fusion_terrain_block_at((struct fusion_e7){lat, lon}, (uint16_t)spacing);
        // A place within a millimetre of a border may fall on either side in single precision.
        bool same_block = labs((long)block.corner.lat - want_lat) < 10000
                          && labs((long)block.corner.lon - want_lon) < 10000;
        far += !same_block;
        if (same_block
            && hypot((double)block.corner.lat - want_lat,
                     ((double)block.corner.lon - want_lon) * cos(lat * 1.7453292519943296e-9))
                   > 2.3) // 2.5 cm
            fail_msg("%d %d: corner %d %d, an autopilot asks for %d %d", lat, lon,
                     block.corner.lat, block.corner.lon, want_lat, want_lon);
    }
    assert_true(far < 40);
}

static uint16_t slope(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    return (uint16_t)(6000 - row % 4096 % 1000 + column % 4096 % 1000);
}

static uint16_t hole(void *context, uint32_t row, uint32_t column)
{
    return row % 7 == 0 && column % 9 == 0 ? GEO_CELL_UNKNOWN : slope(context, row, column);
}

static void tile__known_ground__is_rounded_up_north_by_four_plus_east(void **state)
{
    (void)state;
    struct scene *scene = scene_open(centre, slope, NULL, NULL);
    const struct fusion_terrain_block block = {.corner = {436500000, -793800000},
                                               .spacing_m = 10};
    for (unsigned bit = 0; bit < FUSION_TERRAIN_TILES; bit++) {
        struct fusion_terrain_tile tile = fusion_terrain_read(&scene->root, block, bit);
        assert_true(tile.known);
        for (unsigned i = 0; i < FUSION_TERRAIN_POSTS; i++) {
            double north_m = 10.0 * (bit / 8 * 4 + i / 4),
                   east_m = 10.0 * (bit % 8 * 4 + i % 4);
            struct geo_point at = {43.65 + north_m / 111318.845,
                                   -79.38
                                       + east_m / 111318.845 / cos(43.65 * 0.017453292519943)};
            double ground_m = fusion_sample_ground(&scene->root, at).amsl_m;
            assert_true(tile.heights_amsl_m[i] >= ground_m - 0.1);
            assert_true(tile.heights_amsl_m[i] < ground_m + 1.1);
        }
    }
    scene_close(scene);
}

static void tile__one_unknown_post__is_not_known_and_says_why(void **state)
{
    (void)state;
    struct scene *scene = scene_open(centre, hole, NULL, NULL);
    const struct fusion_terrain_block block = {.corner = {436500000, -793800000},
                                               .spacing_m = 10};
    unsigned unknown = 0;
    for (unsigned bit = 0; bit < FUSION_TERRAIN_TILES; bit++) {
        struct fusion_terrain_tile tile = fusion_terrain_read(&scene->root, block, bit);
        unknown += !tile.known;
        assert_true(tile.known || tile.reason == FUSION_REASON_NO_DATA);
    }
    assert_in_range(unknown, 1, 20);
    const struct fusion_terrain_block away = {.corner = {100000000, 100000000},
                                              .spacing_m = 100};
    struct fusion_terrain_tile tile = fusion_terrain_read(&scene->root, away, 0);
    assert_false(tile.known);
    assert_int_equal(tile.reason, FUSION_REASON_OUT_OF_REGION);
    scene_close(scene);
}

static bool held(const struct fusion_terrain_blocks *blocks, struct fusion_e7 place)
{
    struct fusion_e7 corner = fusion_terrain_block_at(place, blocks->spacing_m).corner;
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->corners[i].lat == corner.lat && blocks->corners[i].lon == corner.lon)
            return true;
    return false;
}

static void cover__box_over_a_degree__holds_every_place_of_it(void **state)
{
    (void)state;
    static struct fusion_e7 corners[512];
    struct fusion_terrain_blocks blocks = {.room = 512, .corners = corners, .spacing_m = 100};
    const struct fusion_e7 low = {438800000, -791200000}, high = {441200000, -788500000};
    assert_true(fusion_terrain_cover_box(low, high, &blocks));
    for (int i = 0; i <= 200; i++)
        for (int j = 0; j <= 200; j++) {
            struct fusion_e7 at = {low.lat + (high.lat - low.lat) / 200 * i,
                                   low.lon + (high.lon - low.lon) / 200 * j};
            if (!held(&blocks, at))
                fail_msg("%d %d is in no block", at.lat, at.lon);
        }
    blocks = (struct fusion_terrain_blocks){.room = 10, .corners = corners, .spacing_m = 100};
    assert_false(fusion_terrain_cover_box(low, high, &blocks));
    assert_int_equal(blocks.count, 10);
}

static void cover__line_over_the_date_line__holds_its_margin(void **state)
{
    (void)state;
    static struct fusion_e7 corners[512];
    struct fusion_terrain_blocks blocks = {.room = 512, .corners = corners, .spacing_m = 100};
    const struct fusion_e7 from = {-169000000, 1799000000}, to = {-171500000, -1798500000};
    assert_true(fusion_terrain_cover_line(from, to, 500.0, &blocks));
    assert_in_range(blocks.count, 10, 120);
    for (int i = 0; i <= 1000; i++) {
        int64_t lon = from.lon + INT64_C(2500000) * i / 1000;
        struct fusion_e7 at = {from.lat - 2500 * i,
                               (int32_t)(lon > 1800000000 ? lon - 3600000000 : lon)};
        assert_true(held(&blocks, at));
        assert_true(held(&blocks, fusion_terrain_offset(at, 499.0, 0.0)));
        assert_true(held(&blocks, fusion_terrain_offset(at, 0.0, -499.0)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block__anywhere__has_the_corner_that_an_autopilot_asks_for),
        cmocka_unit_test(tile__known_ground__is_rounded_up_north_by_four_plus_east),
        cmocka_unit_test(tile__one_unknown_post__is_not_known_and_says_why),
        cmocka_unit_test(cover__box_over_a_degree__holds_every_place_of_it),
        cmocka_unit_test(cover__line_over_the_date_line__holds_its_margin),
    };
    return cmocka_run_group_tests_name("fusion/terrain", tests, NULL, NULL);
}
