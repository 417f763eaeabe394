// SPDX-License-Identifier: Apache-2.0
// One smooth surface published at three postings, 30 arc-seconds over all, a third of an
// arc-second over a part and a hundred-thousandth of a degree (1.1 m) under an inset, as real
// GeoTIFFs. What is right is known from its formula; how wrong a cell may be, from its
// derivatives.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/context/patch_window.h"
#include "fusion/digest/content.h"
#include "fusion/root/corridor.h"
#include "fusion/root/sample.h"
#include "tests/support/fabric.h"
#include "tests/support/smooth.h"

struct place {
    struct spot spot;
    struct geo_record_builder builders[KINDS];
    struct geo_record records[KINDS];
};

static void open_with(struct spot *spot, const struct fusion_feed *feeds, size_t feed_count,
                      const struct geo_inset *insets, size_t inset_count)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = {.path = spot->path,
                                         .keep = spot_keep(),
                                         .level = SPOT_LEVEL,
                                         .insets = insets,
                                         .inset_count = inset_count,
                                         .region_id = "sim-spot",
                                         .mode = 4,
                                         .pending_max_bytes = 256U << 20,
                                         .fault = &fault};
    if (fusion_store_open(&config, &spot->store) != DRF_OK)
        fail_msg("store: %s", fault.text);
    struct fusion_fabric_config fabric = {.keep = spot_keep(),
                                          .level = SPOT_LEVEL,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = feeds,
                                          .feed_count = feed_count};
    assert_int_equal(fusion_fabric_open(&fabric, spot->store, &spot->fabric), DRF_OK);
    spot->root = NULL;
}

static void reopen(struct spot *spot)
{
    spot_close(spot);
    const struct geo_inset inset = campus();
    open_with(spot, spot_feeds, SPOT_FEEDS, &inset, 1);
}

static void begin(struct spot *spot)
{
    spot_begin(spot);
    reopen(spot);
}

static void publish(struct spot *spot, const struct place *place, int kind, int64_t time_us)
{
    struct fusion_message message = spot_message(sources[kind].feed, sources[kind].feed,
                                                 sources[kind].key, time_us, (uint8_t)kind);
    assert_int_equal(spot_apply(spot, &message, place->records[kind]), FUSION_APPLIED);
}

static void withdraw(struct spot *spot, int kind, int64_t time_us)
{
    struct fusion_message message = spot_message(sources[kind].feed, sources[kind].feed,
                                                 sources[kind].key, time_us, (uint8_t)kind);
    message.tombstone = true;
    assert_int_equal(spot_apply(spot, &message, (struct geo_record){0}), FUSION_APPLIED);
}

static int decode_all(void **state)
{
    static struct place place;
    const struct geo_inset inset = campus();
    for (int kind = 0; kind < KINDS; kind++) {
        struct bytes file = tiff_of(kind);
        struct geo_decode_params params = ground_params();
        params.keep = spot_keep();
        params.vertical_acc95_m = sources[kind].acc95_m;
        params.insets[params.inset_count++] = inset;
        struct geo_record built;
        struct geo_note why = {0};
        geo_record_builder_init(&place.builders[kind], 256U << 20);
        if (geo_decode(&params, file.data, file.size, &place.builders[kind], &why) != DRF_OK)
            fail_msg("decode: %s", why.text);
        assert_int_equal(geo_record_finish(&place.builders[kind], &built), DRF_OK);
        assert_int_equal(geo_record_validate(built.bytes, built.size, &place.records[kind]),
                         DRF_OK);
        free(file.data);
    }
    *state = &place;
    return 0;
}

static int close_all(void **state)
{
    struct place *place = *state;
    for (int kind = 0; kind < KINDS; kind++)
        geo_record_builder_close(&place->builders[kind]);
    return 0;
}

static size_t check_tile(const struct fusion_tile *tile, unsigned published, size_t told[KINDS])
{
    const struct geo_bounds box = geo_tile_bounds(tile->tile);
    const double side = (box.north_deg - box.south_deg) / 256.0;
    size_t known = 0;
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
        const double west = box.west_deg + i % 256 * side,
                     north = box.north_deg - i / 256 * side;
        const struct geo_bounds cell = {west, north - side, west + side, north};
        bool sure;
        const int best = best_of(cell, published, &sure);
        if (fusion_tile_cell(tile, i) == GEO_CELL_UNKNOWN) {
            assert_int_equal(best, -1);
            continue;
        }
        known++;
        const int kind = kind_of(fusion_tile_source(tile, i));
        assert_true((published & (1U << kind)) != 0);
        if (sure || kind < best)
            assert_int_equal(kind, best);
        told[kind]++;
        const double off_m = geo_cell_m(fusion_tile_cell(tile, i))
                             - analytic_m(north - side / 2.0, west + side / 2.0);
        if (fabs(off_m) > bound_m(kind, side))
            fail_msg("cell %u of %u/%u/%u by %s is off by %g m, %g allowed", i,
                     tile->tile.level, tile->tile.col, tile->tile.row, sources[kind].key, off_m,
                     bound_m(kind, side));
    }
    return known;
}

// Every cell of every level; told: how many each source says, of the region and of the inset.
static void check_all(const struct fusion_root *root, unsigned published, size_t told[2][KINDS])
{
    memset(told, 0, 2 * sizeof told[0]);
    for (size_t i = 0; i < SPOT_TILES; i++)
        assert_int_equal(check_tile(root->ground[i], published, told[0]), GEO_CELLS_COUNT);
    assert_int_equal(root->inset_count, 1);
    assert_string_equal(root->insets[0].name, "campus");
    const struct fusion_extent tiles = root->insets[0].tiles;
    assert_int_equal(tiles.first.level, FINE_LEVEL);
    assert_int_equal(tiles.columns, 3);
    assert_int_equal(tiles.rows, 2);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(check_tile(root->insets[0].ground[i], published, told[1]),
                         GEO_CELLS_COUNT);
        assert_ptr_equal(root->insets[0].surface[i], root->insets[0].ground[i]);
    }
}

static void digest_of(const struct spot *spot, uint8_t content[static 32],
                      uint8_t truth[static 32])
{
    assert_int_equal(fusion_content_digest(spot->root, INT64_MIN, FUSION_LAYER_COUNT, content),
                     DRF_OK);
    assert_int_equal(fusion_store_digest(spot->store, FUSION_LAYER_COUNT, truth), DRF_OK);
}

static void surface__published_at_three_postings__is_best_everywhere(void **state)
{
    struct spot spot;
    size_t told[2][KINDS];
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    check_all(spot_settle(&spot), 7, told);
    for (int level = 0; level < 2; level++) {
        assert_true(told[level][MEDIUM] > 10000);
        assert_true(told[level][FINE] > 100);
    }
    assert_true(told[0][COARSE] > 100000);
    assert_true(told[1][FINE] > 2U * GEO_CELLS_COUNT); // of six tiles
    spot_end(&spot);
}

static void source__withdrawn__leaves_no_trace(void **state)
{
    struct spot spot, never;
    size_t told[2][KINDS];
    uint8_t content[2][32], truth[32];
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    (void)spot_settle(&spot);
    withdraw(&spot, FINE, 2000000);
    check_all(spot_settle(&spot), 1 << COARSE | 1 << MEDIUM, told);
    assert_int_equal(told[0][FINE] + told[1][FINE], 0);
    digest_of(&spot, content[0], truth);
    begin(&never);
    publish(&never, *state, COARSE, 1000000);
    publish(&never, *state, MEDIUM, 1000001);
    (void)spot_settle(&never);
    digest_of(&never, content[1], truth);
    assert_memory_equal(content[0], content[1], 32);
    withdraw(&spot, COARSE, 2000000);
    withdraw(&spot, MEDIUM, 2000000);
    (void)spot_settle(&spot);
    for (size_t i = 0; i < 6; i++)
        assert_null(spot.root->insets[0].ground[i]);
    spot_end(&never);
    spot_end(&spot);
}

static void source__of_higher_priority__wins_though_coarser(void **state)
{
    struct spot spot;
    begin(&spot);
    spot_close(&spot);
    const struct geo_inset inset = campus();
    struct fusion_feed feeds[SPOT_FEEDS];
    memcpy(feeds, spot_feeds, sizeof feeds);
    feeds[1].priority = 6; // dtm-b, the medium one
    open_with(&spot, feeds, SPOT_FEEDS, &inset, 1);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    const struct fusion_root *root = spot_settle(&spot);
    for (size_t i = 0; i < 6; i++) { // the inset lies inside the medium source
        const struct fusion_tile *tile = root->insets[0].ground[i];
        assert_int_equal(tile->source_count, 1);
        assert_int_equal(kind_of(tile->sources[0]), MEDIUM);
    }
    spot_end(&spot);
}

static void store__opened_again__holds_the_same(void **state)
{
    struct spot spot;
    uint8_t content[2][32], truth[2][32];
    size_t told[2][KINDS];
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    (void)spot_settle(&spot);
    digest_of(&spot, content[0], truth[0]);
    assert_int_equal(fusion_fabric_commit(spot.fabric, 5000000), DRF_OK);
    spot_render(&spot);
    reopen(&spot);
    check_all(spot_settle(&spot), 7, told);
    digest_of(&spot, content[1], truth[1]);
    assert_memory_equal(content[0], content[1], 32);
    assert_memory_equal(truth[0], truth[1], 32);
    // A reader has no configuration: the file says what its insets are.
    spot_close(&spot);
    spot_open_as(&spot, true);
    (void)spot_settle(&spot);
    digest_of(&spot, content[1], truth[1]);
    assert_memory_equal(content[0], content[1], 32);
    spot_end(&spot);
}

static void order__shuffled_doubled_and_interrupted__gives_the_same_digest(void **state)
{
    static const int orders[][KINDS] = {{COARSE, MEDIUM, FINE},
                                        {FINE, MEDIUM, COARSE},
                                        {MEDIUM, FINE, COARSE},
                                        {FINE, COARSE, MEDIUM}};
    uint8_t content[2][32], truth[2][32];
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct spot spot;
        begin(&spot);
        for (int k = 0; k < KINDS; k++) {
            publish(&spot, *state, orders[i][k], 1000000 + orders[i][k]);
            if (i == 2 && k == 1) { // it ends, and another goes on
                assert_int_equal(fusion_fabric_commit(spot.fabric, 5000000), DRF_OK);
                reopen(&spot);
            }
            if (i == 3)
                (void)spot_settle(&spot);
        }
        (void)spot_settle(&spot);
        digest_of(&spot, content[i > 0], truth[i > 0]);
        if (i > 0) {
            assert_memory_equal(content[0], content[1], 32);
            assert_memory_equal(truth[0], truth[1], 32);
        }
        spot_end(&spot);
    }
}

// Whoever asks for a height gets the inset's inside, the region's outside.
static void sample__inside_and_outside__is_answered_by_the_finest(void **state)
{
    struct spot spot;
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    const struct fusion_root *root = spot_settle(&spot);
    const struct geo_bounds fine = extent_of(FINE);
    const struct geo_point in = {(fine.south_deg + fine.north_deg) / 2,
                                 (fine.west_deg + fine.east_deg) / 2};
    const struct geo_point out = {in.lat_deg, in.lon_deg + 0.03};
    struct fusion_sample sample = fusion_sample_ground(root, in);
    assert_int_equal(sample.level, FINE_LEVEL);
    assert_int_equal(kind_of(sample.source), FINE);
    assert_true(fabs(sample.amsl_m - analytic_m(in.lat_deg, in.lon_deg)) < 0.2);
    sample = fusion_sample_surface(root, in);
    assert_int_equal(sample.level, FINE_LEVEL);
    sample = fusion_sample_ground(root, out);
    assert_int_equal(sample.level, SPOT_LEVEL);
    sample = fusion_sample_surface(root, out);
    assert_int_equal(sample.level, SPOT_LEVEL);
    spot_end(&spot);
}

// A patch is of one level: the inset's where its tiles hold the whole window.
static void window__around_a_drone__is_of_the_finest_level_that_holds_it(void **state)
{
    static struct fusion_patch_window_cells cells;
    struct spot spot;
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    const struct fusion_root *root = spot_settle(&spot);
    const struct geo_bounds first = geo_tile_bounds(root->insets[0].tiles.first);
    const double side = first.north_deg - first.south_deg, cell = side / 256.0;
    const struct geo_point in = {first.north_deg - side, first.west_deg + 1.5 * side};
    struct fusion_patch_window window = fusion_patch_window_finest(root, 128, in, NULL);
    assert_int_equal(window.level, FINE_LEVEL);
    fusion_patch_window_read(root, window, &cells);
    assert_int_equal(cells.ground_known, 128 * 128);
    for (uint32_t i = 0; i < 128 * 128; i += 97) {
        const double lat = (window.south + i / 128 + 0.5) * cell - 90.0;
        const double lon = (window.west + i % 128 + 0.5) * cell - 180.0;
        assert_true(fabs(geo_cell_m(cells.ground[i]) - analytic_m(lat, lon))
                    <= bound_m(MEDIUM, cell));
    }
    // Too wide for the inset's two rows, or too near its edge: the region's.
    window = fusion_patch_window_finest(root, 128,
                                        (struct geo_point){in.lat_deg, first.west_deg}, NULL);
    assert_int_equal(window.level, SPOT_LEVEL);
    fusion_patch_window_read(root, window, &cells);
    assert_int_equal(cells.ground_known, 128 * 128);
    // Coming from outside it must lie deeper than when it began inside, so it does not flap.
    const struct geo_point edge = {in.lat_deg, first.west_deg + 70 * cell};
    struct fusion_patch_window outside = window;
    assert_int_equal(fusion_patch_window_finest(root, 128, edge, NULL).level, FINE_LEVEL);
    assert_int_equal(fusion_patch_window_finest(root, 128, edge, &outside).level, SPOT_LEVEL);
    assert_int_equal(fusion_patch_window_finest(root, 128, in, &outside).level, FINE_LEVEL);
    spot_end(&spot);
}

static void inset__that_is_gone_or_moved__takes_its_cells_along(void **state)
{
    struct spot spot;
    uint8_t content[2][32], truth[2][32];
    struct geo_inset moved = campus();
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    (void)spot_settle(&spot);
    digest_of(&spot, content[0], truth[0]);
    assert_int_equal(fusion_fabric_commit(spot.fabric, 5000000), DRF_OK);
    spot_render(&spot);
    spot_close(&spot);
    // A part of it under another name: what the truth says of that part is still right.
    memset(moved.name, 0, sizeof moved.name);
    memcpy(moved.name, "yard", 4);
    moved.bounds.west_deg += 180.0 / (1 << FINE_LEVEL);
    open_with(&spot, spot_feeds, SPOT_FEEDS, &moved, 1);
    const struct fusion_root *root = spot_settle(&spot);
    assert_int_equal(root->insets[0].tiles.columns, 2);
    size_t told[KINDS] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(check_tile(root->insets[0].ground[i], 7, told), GEO_CELLS_COUNT);
    spot_close(&spot);
    // None at all, and then as it was: what was taken away does not come back by itself.
    open_with(&spot, spot_feeds, SPOT_FEEDS, NULL, 0);
    root = spot_settle(&spot);
    assert_int_equal(root->inset_count, 0);
    spot_close(&spot);
    reopen(&spot);
    root = spot_settle(&spot);
    for (size_t i = 0; i < 6; i++)
        assert_null(root->insets[0].ground[i]);
    // The node reads its feeds again then.
    assert_int_equal(fusion_fabric_resync_begin(spot.fabric, "dtm-a", true, false), DRF_OK);
    assert_int_equal(fusion_fabric_resync_begin(spot.fabric, "dtm-b", true, false), DRF_OK);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    (void)spot_settle(&spot);
    digest_of(&spot, content[1], truth[1]);
    assert_memory_equal(content[0], content[1], 32);
    assert_memory_equal(truth[0], truth[1], 32);
    spot_end(&spot);
}

// A mast stands on the ground of the finest level and raises the surface of every level.
static void obstacle__in_an_inset__raises_both_levels(void **state)
{
    struct spot spot;
    begin(&spot);
    for (int kind = 0; kind < KINDS; kind++)
        publish(&spot, *state, kind, 1000000 + kind);
    const struct geo_bounds fine = extent_of(FINE);
    const struct geo_point at = {(fine.south_deg + fine.north_deg) / 2,
                                 (fine.west_deg + fine.east_deg) / 2};
    struct geo_obstacle mast = {.position = at,
                                .agl_m = 50,
                                .horizontal_acc95_m = 2,
                                .vertical_acc95_m = 1,
                                .flags = GEO_OBSTACLE_HAS_AGL,
                                .geometry = GEO_GEOMETRY_POINT,
                                .quantity = 1,
                                .id = "mast"};
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1U << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &mast, sizeof mast, NULL, 0),
                     DRF_OK);
    struct fusion_message message = spot_message("obs", "obs", "mast", 1000000, 9);
    assert_int_equal(spot_apply(&spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
    const struct fusion_root *root = spot_settle(&spot);
    const double top_m = analytic_m(at.lat_deg, at.lon_deg) + 51.0;
    struct fusion_sample there = fusion_sample_surface(root, at);
    assert_int_equal(there.level, FINE_LEVEL);
    assert_true(fabs(there.amsl_m - top_m) < 2.0);
    // 30 m away it no longer stands, where the region's cells of 19 m would still show it.
    const struct geo_point aside = {at.lat_deg + 0.00015, at.lon_deg};
    there = fusion_sample_surface(root, aside);
    assert_int_equal(there.level, FINE_LEVEL);
    assert_true(there.amsl_m < top_m - 40.0);
    // Over both the corridor knows it.
    for (int i = 0; i < 2; i++) {
        const struct fusion_outline outline =
            fusion_outline_disc(SPOT_LEVEL, i == 0 ? at : aside, 10.0);
        struct fusion_swath swath = fusion_swath_empty();
        fusion_swath_add(&swath, root, &outline);
        assert_int_equal(swath.surface_known, swath.cells);
        assert_true(i == 0 ? swath.surface_max_amsl_m > top_m - 2.0
                           : swath.surface_max_amsl_m < top_m - 40.0);
    }
    // Withdrawn it is gone from both.
    message.version.time_utc_us++;
    message.tombstone = true;
    assert_int_equal(spot_apply(&spot, &message, (struct geo_record){0}), FUSION_APPLIED);
    root = spot_settle(&spot);
    size_t told[2][KINDS];
    check_all(root, 7, told); // there the surface is the ground itself
    for (size_t i = 0; i < SPOT_TILES; i++)
        assert_ptr_equal(root->surface[i], root->ground[i]);
    spot_end(&spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surface__published_at_three_postings__is_best_everywhere),
        cmocka_unit_test(source__withdrawn__leaves_no_trace),
        cmocka_unit_test(source__of_higher_priority__wins_though_coarser),
        cmocka_unit_test(store__opened_again__holds_the_same),
        cmocka_unit_test(order__shuffled_doubled_and_interrupted__gives_the_same_digest),
        cmocka_unit_test(sample__inside_and_outside__is_answered_by_the_finest),
        cmocka_unit_test(window__around_a_drone__is_of_the_finest_level_that_holds_it),
        cmocka_unit_test(inset__that_is_gone_or_moved__takes_its_cells_along),
        cmocka_unit_test(obstacle__in_an_inset__raises_both_levels),
    };
    return cmocka_run_group_tests(tests, decode_all, close_all);
}
