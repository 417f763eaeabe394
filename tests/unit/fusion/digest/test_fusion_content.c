// SPDX-License-Identifier: Apache-2.0
// The digest of the content: over what drones are told, not over how it came.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/digest/content.h"
#include "fusion/store/store_info.h"
#include "tests/support/fabric.h"

struct digests {
    uint8_t of[FUSION_LAYER_COUNT + 1][32];
};

static struct digests digests_at(const struct fusion_root *root, int64_t at_utc_us)
{
    struct digests digests = {0};
    for (int layer = 1; layer <= FUSION_LAYER_COUNT; layer++)
        assert_int_equal(
            fusion_content_digest(root, at_utc_us, (enum fusion_layer)layer, digests.of[layer]),
            DRF_OK);
    return digests;
}

static struct digests digests_of(const struct fusion_root *root)
{
    return digests_at(root, INT64_MIN);
}

static bool same(const struct digests *a, const struct digests *b, enum fusion_layer layer)
{
    return memcmp(a->of[layer], b->of[layer], 32) == 0;
}

// Heights that differ from tile to tile, `odd` at one cell of the second.
static void fill(size_t tile, double odd_m, uint16_t cells[static GEO_CELLS_COUNT])
{
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = i % 97 == 5 ? GEO_CELL_UNKNOWN : spot_cell(100.0 + (double)(tile + i % 50));
    if (tile == 1)
        cells[1234] = spot_cell(odd_m);
}

// Tiles [first, last] in one message.
static void ground(struct spot *spot, const char *source, const char *key, int64_t time_us,
                   size_t first, size_t last, double odd_m)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 3.0);
    for (size_t tile = first; tile <= last; tile++) {
        fill(tile, odd_m, cells);
        spot_cells(&builder, tile, cells);
    }
    struct fusion_message message =
        spot_message("dtm-a", source, key, time_us, (uint8_t)(first + 1));
    (void)spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
}

static void mast(struct spot *spot, const char *id, double agl_m, double north_deg)
{
    struct geo_bounds at = geo_tile_bounds(spot_tile(0));
    struct geo_obstacle obstacle = {
        .position = {at.south_deg + 0.01 + north_deg, at.west_deg + 0.01},
        .agl_m = agl_m,
        .horizontal_acc95_m = 20,
        .vertical_acc95_m = 3,
        .flags = GEO_OBSTACLE_HAS_AGL,
        .geometry = GEO_GEOMETRY_POINT,
        .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "%s", id);
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1U << 20);
    assert_int_equal(
        geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0),
        DRF_OK);
    struct fusion_message message = spot_message("obs", "obs", id, 1000000, 9);
    (void)spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
}

static void content__rechunked_and_reordered__is_the_same(void **state)
{
    (void)state;
    struct spot whole, cut;
    spot_begin(&whole);
    ground(&whole, "dtm-a", "whole", 1000000, 0, 5, 300);
    mast(&whole, "one", 50, 0);
    mast(&whole, "two", 90, 0.0004);
    const struct digests wanted = digests_of(spot_settle(&whole));

    spot_begin(&cut);
    mast(&cut, "two", 90, 0.0004);
    ground(&cut, "dtm-a", "part 3", 3000000, 4, 5, 300);
    ground(&cut, "dtm-a", "part 1", 2000000, 0, 1, 300);
    ground(&cut, "dtm-a", "part 1", 2000000, 0, 1, 300);
    (void)spot_settle(&cut);
    ground(&cut, "dtm-a", "part 2", 1500000, 2, 3, 300);
    mast(&cut, "one", 50, 0);
    mast(&cut, "one", 50, 0);
    const struct digests got = digests_of(spot_settle(&cut));
    for (int layer = 1; layer <= FUSION_LAYER_COUNT; layer++)
        assert_true(same(&wanted, &got, (enum fusion_layer)layer));
    assert_false(memcmp(got.of[FUSION_LAYER_GROUND], got.of[FUSION_LAYER_SURFACE], 32) == 0);
    spot_end(&whole);
    spot_end(&cut);
}

static void content__another_height_source_or_obstacle__is_another(void **state)
{
    (void)state;
    struct digests of[4];
    for (int i = 0; i < 4; i++) {
        struct spot spot;
        spot_begin(&spot);
        ground(&spot, i == 2 ? "dtm-a/other" : "dtm-a", "whole", 1000000, 0, 5,
               i == 1 ? 300.25 : 300);
        mast(&spot, "one", i == 3 ? 50.5 : 50, 0);
        of[i] = digests_of(spot_settle(&spot));
        spot_end(&spot);
    }
    assert_false(same(&of[0], &of[1], FUSION_LAYER_GROUND));
    assert_false(same(&of[0], &of[1], FUSION_LAYER_SURFACE));
    assert_true(same(&of[0], &of[1], FUSION_LAYER_WEATHER));
    assert_false(same(&of[0], &of[2], FUSION_LAYER_GROUND));
    assert_true(same(&of[0], &of[3], FUSION_LAYER_GROUND));
    assert_false(same(&of[0], &of[3], FUSION_LAYER_OBSTACLE));
    for (int i = 1; i < 4; i++)
        assert_false(same(&of[0], &of[i], FUSION_LAYER_COUNT));
}

static void content__read_back_beside_the_writer__is_the_same(void **state)
{
    (void)state;
    struct spot spot;
    spot_begin(&spot);
    ground(&spot, "dtm-a", "whole", 1000000, 0, 5, 300);
    mast(&spot, "one", 50, 0);
    const struct digests wanted = digests_of(spot_settle(&spot));
    assert_int_equal(fusion_fabric_commit(spot.fabric, 2000000), DRF_OK);

    struct fusion_store *store;
    struct fusion_store_config config = {.path = spot.path, .read_only = true};
    assert_int_equal(fusion_store_open(&config, &store), DRF_OK);
    assert_int_equal(fusion_store_hold(store), DRF_OK);
    // What is committed from now on does not show.
    ground(&spot, "dtm-a", "whole", 3000000, 0, 5, 301);
    assert_int_equal(fusion_fabric_commit(spot.fabric, 4000000), DRF_OK);
    struct geo_bounds keep;
    assert_int_equal(fusion_store_keep(store, &keep), DRF_OK);
    const struct geo_bounds told = spot_keep();
    assert_memory_equal(&keep, &told, sizeof keep);
    assert_int_equal(fusion_store_as_of(store), 2000000);
    struct spot reader = {.store = store};
    struct fusion_fabric_config fabric = {.keep = keep, .level = fusion_store_level(store)};
    assert_int_equal(fusion_fabric_open(&fabric, store, &reader.fabric), DRF_OK);
    const struct digests got = digests_of(spot_settle(&reader));
    for (int layer = 1; layer <= FUSION_LAYER_COUNT; layer++)
        assert_true(same(&wanted, &got, (enum fusion_layer)layer));
    spot_close(&reader);
    spot_end(&spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content__rechunked_and_reordered__is_the_same),
        cmocka_unit_test(content__another_height_source_or_obstacle__is_another),
        cmocka_unit_test(content__read_back_beside_the_writer__is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
