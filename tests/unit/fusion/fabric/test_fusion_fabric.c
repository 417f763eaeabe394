// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric/fabric.h promises, one test per promise. Heights are round numbers: the
// expected ones are sums made by hand.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/root/sample.h"
#include "tests/support/fabric_scene.h"

static const struct fusion_obstacle *first_shown(const struct fusion_root *root)
{
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        if (root->features[i] != NULL)
            return root->features[i]->obstacles[0];
    return NULL;
}

static void top__is_ground_plus_height_plus_accuracy(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    assert_int_equal(put_obstacle(spot, &o, NULL, 1), FUSION_APPLIED);
    const struct fusion_root *root = spot_settle(spot);
    const struct fusion_obstacle *shown = first_shown(root);
    assert_true(shown->top_known && shown->foot_known);
    assert_height(shown->top_amsl_m, 163);
    assert_height(shown->foot_amsl_m, 100);
    assert_height(surface_m(root, 0, MIDDLE), 163);
    assert_height(surface_m(root, 0, MIDDLE + 2), 100); // 5 m around: its own cell only
    assert_int_equal(spot_flags(root->surface[0], MIDDLE),
                     FUSION_SURFACE_GROUND | FUSION_SURFACE_OBSTACLE);
    assert_string_equal(spot_source(root->surface[0], MIDDLE)->source, "obs");
}

static void top__published_below_the_ground__stands_on_the_ground(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 200, 0, 0);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    o.amsl_m = 150;
    o.flags |= GEO_OBSTACLE_HAS_AMSL;
    put_obstacle(spot, &o, NULL, 1);
    const struct fusion_root *root = spot_settle(spot);
    assert_height(first_shown(root)->top_amsl_m, 263);
    assert_height(first_shown(root)->obstacle->amsl_m, 150); // the source's own word stays
}

static void top__over_unknown_ground__is_the_published_height_or_unknown(void **state)
{
    struct spot *spot = *state;
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    put_obstacle(spot, &o, NULL, 1);
    const struct fusion_root *root = spot_settle(spot);
    assert_false(first_shown(root)->top_known);
    assert_null(root->surface[0]);

    o.amsl_m = 150;
    o.flags |= GEO_OBSTACLE_HAS_AMSL;
    put_obstacle(spot, &o, NULL, 2);
    root = spot_settle(spot);
    assert_false(first_shown(root)->foot_known);
    assert_height(first_shown(root)->top_amsl_m, 153);
    assert_height(surface_m(root, 0, MIDDLE), 153);
    assert_int_equal(spot_flags(root->surface[0], MIDDLE), FUSION_SURFACE_OBSTACLE);
    assert_int_equal(root->surface[0]->known, 1);
}

static void top__follows_the_ground__on_every_tile_it_touches(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "low", 1, 100, 0, 0);
    put_flat(spot, "dtm-b", "high", 1, 140, 1, 1);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 128)); // on the edge of both
    put_obstacle(spot, &o, NULL, 1);
    const struct fusion_root *root = spot_settle(spot);
    assert_height(first_shown(root)->top_amsl_m, 203);
    assert_height(surface_m(root, 0, 128 * 256 + 255), 203);
    assert_height(surface_m(root, 1, 128 * 256), 203);

    put_flat(spot, "dtm-b", "high", 2, 300, 1, 1); // the other tile rises: both surfaces do
    root = spot_settle(spot);
    assert_height(surface_m(root, 0, 128 * 256 + 255), 363);
    struct fusion_message gone = spot_message("dtm-b", "dtm-b", "high", 3, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    root = spot_settle(spot);
    assert_null(root->ground[1]);
    assert_height(surface_m(root, 0, 128 * 256 + 255), 163);
}

static void obstacle__inaccurate_or_a_balloon__does_not_raise_the_surface(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    struct geo_obstacle o = tower("vague", spot_point(0, 0.5, 0.5));
    o.horizontal_acc95_m = 176;
    put_obstacle(spot, &o, NULL, 1);
    struct geo_obstacle balloon = tower("balloon", spot_point(0, 9, 9));
    balloon.flags |= GEO_OBSTACLE_BALLOON;
    put_obstacle(spot, &balloon, NULL, 2);
    const struct fusion_root *root = spot_settle(spot);
    assert_ptr_equal(root->surface[0], root->ground[0]);
    assert_height(first_shown(root)->top_amsl_m, 163); // they have tops all the same
    assert_true(root->obstacle_reach_m >= 176);
}

static void obstacle__on_the_corner_of_buckets__is_in_each(void **state)
{
    struct spot *spot = *state;
    // Tile row 1056 and column 2292 begin buckets of level 11: the corner of four.
    struct geo_obstacle o = tower("a", spot_point(1, 128, 128));
    put_obstacle(spot, &o, NULL, 1);
    const struct fusion_root *root = spot_settle(spot);
    size_t holding = 0;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        holding += root->features[i] != NULL;
    assert_int_equal(holding, 4);
}

static void obstacle__withdrawn_by_any_word__leaves_nothing(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    put_obstacle(spot, &o, NULL, 1);
    o.flags |= GEO_OBSTACLE_WITHDRAWN;
    assert_int_equal(put_obstacle(spot, &o, NULL, 2), FUSION_APPLIED);
    const struct fusion_root *root = spot_settle(spot);
    assert_null(first_shown(root));
    assert_ptr_equal(root->surface[0], root->ground[0]);
    o.flags &= ~(uint32_t)GEO_OBSTACLE_WITHDRAWN;
    assert_int_equal(put_obstacle(spot, &o, NULL, 1), FUSION_SUPERSEDED); // comes late
    assert_int_equal(put_obstacle(spot, &o, NULL, 3), FUSION_APPLIED);
    struct fusion_message gone = spot_message("obs", "obs", "a", 4, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    assert_null(first_shown(spot_settle(spot)));
}

static void obstacle__outside__withdraws_what_was_inside_and_is_not_remembered(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    struct geo_obstacle far_away = tower("a", (struct geo_point){10, 120});
    far_away.flags |= GEO_OBSTACLE_OUTSIDE;
    assert_int_equal(put_obstacle(spot, &far_away, NULL, 1), FUSION_OUTSIDE);
    assert_int_equal(put_obstacle(spot, &o, NULL, 1), FUSION_APPLIED); // no trace of it
    assert_non_null(first_shown(spot_settle(spot)));
    assert_int_equal(put_obstacle(spot, &far_away, NULL, 2), FUSION_APPLIED);
    const struct fusion_root *root = spot_settle(spot);
    assert_null(first_shown(root));
    assert_ptr_equal(root->surface[0], root->ground[0]);
    assert_int_equal(put_obstacle(spot, &far_away, NULL, 2), FUSION_DUPLICATE);
    assert_int_equal(put_obstacle(spot, &o, NULL, 1), FUSION_SUPERSEDED); // comes late
    assert_int_equal(put_obstacle(spot, &o, NULL, 3), FUSION_APPLIED);    // it came back
    assert_non_null(first_shown(spot_settle(spot)));
}

static enum fusion_outcome put_part(struct spot *spot, const char *edition, uint32_t part,
                                    const char *id, int64_t time_us)
{
    struct geo_obstacle o = tower(id, spot_point(0, 0.5, 0.5));
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &o, sizeof o, NULL, 0),
                     DRF_OK);
    struct fusion_message message = spot_message("obs", "obs", edition, time_us, (uint8_t)part);
    message.edition = edition;
    message.edition_part = part;
    message.edition_parts = 2;
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static size_t count_shown(const struct fusion_root *root)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        count += root->features[i] == NULL ? 0 : root->features[i]->count;
    return count;
}

static void edition__withdraws_only_when_complete__across_a_restart(void **state)
{
    struct spot *spot = *state;
    put_part(spot, "e1", 1, "a", 10);
    put_part(spot, "e1", 2, "b", 11);
    put_part(spot, "e2", 1, "a", 20);
    assert_int_equal(count_shown(spot_settle(spot)), 2);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    spot_close(spot);
    spot_open(spot);
    put_part(spot, "e2", 2, "c", 21); // b is not in it
    const struct fusion_root *root = spot_settle(spot);
    assert_int_equal(count_shown(root), 2);
    assert_string_equal(root->features[0]->obstacles[0]->obstacle->id, "a");
    assert_string_equal(root->features[0]->obstacles[1]->obstacle->id, "c");
    assert_int_equal(put_part(spot, "e1", 2, "b", 11), FUSION_DUPLICATE);
    assert_int_equal(count_shown(spot_settle(spot)), 2);
}

// A second edition of 120 obstacles n-000 to n-119, in two parts of which the first was read.
static struct geo_record many(struct geo_record_builder *builder)
{
    geo_record_builder_init(builder, 1 << 20);
    for (int i = 0; i < 120; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "n-%03d", i);
        struct geo_obstacle o = tower(id, spot_point(0, i, 0.5));
        assert_int_equal(geo_record_add(builder, GEO_ITEM_OBSTACLE, &o, sizeof o, NULL, 0),
                         DRF_OK);
    }
    return spot_record(builder);
}

static void job__cut_short_by_a_crash__is_finished_when_read_again(void **state)
{
    struct spot *spot = *state;
    put_part(spot, "e1", 1, "a", 10);
    put_part(spot, "e1", 2, "b", 11);
    put_part(spot, "e2", 1, "c", 20);
    struct geo_record_builder builder;
    struct geo_record record = many(&builder);
    struct fusion_message message = spot_message("obs", "obs", "e2", 21, 1);
    message.edition = "e2";
    message.edition_part = message.edition_parts = 2;
    message.offset = 7;
    for (int steps = 1; steps <= 5; steps++) { // each time a little farther, and committed
        struct fusion_job *job;
        enum fusion_outcome outcome;
        enum drf_status status = DRF_ERR_AGAIN;
        assert_int_equal(fusion_job_open(spot->fabric, &message, record, &job), DRF_OK);
        for (int i = 0; i < steps && status == DRF_ERR_AGAIN; i++)
            status = fusion_job_step(job, &outcome);
        assert_int_equal(fusion_fabric_commit(spot->fabric, steps), DRF_OK);
        fusion_job_close(job);
        char cluster[64];
        int64_t next = 0;
        assert_int_equal(fusion_store_offset(spot->store, "obs", 0, cluster, &next), DRF_OK);
        assert_int_equal(next == 8, status == DRF_OK); // the offset moves with the last
        assert_int_equal(steps == 5, status == DRF_OK);
        spot_close(spot);
        spot_open(spot);
        spot_fold(spot); // all that was there is back
    }
    geo_record_builder_close(&builder);
    assert_int_equal(spot_settle(spot)->epoch, 1);
    struct fusion_identity b = {"obs", "obs", "b"}, c = {"obs", "obs", "c"};
    struct fusion_version version;
    bool b_gone, c_gone;
    int64_t id;
    assert_int_equal(fusion_store_version(spot->store, b, &version, &b_gone, &id), DRF_OK);
    assert_int_equal(fusion_store_version(spot->store, c, &version, &c_gone, &id), DRF_OK);
    assert_true(b_gone);
    assert_false(c_gone);
}

static void job__with_damaged_cells__is_refused_and_changes_nothing(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    (void)spot_settle(spot);
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 2);
    const uint8_t noise[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct geo_cells_item item = {.tile = spot_tile(1), .blob_size = sizeof noise};
    assert_int_equal(
        geo_record_add(&builder, GEO_ITEM_CELLS, &item, sizeof item, noise, sizeof noise),
        DRF_OK);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "k", 2, 7);
    message.offset = 41;
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_REFUSED);
    geo_record_builder_close(&builder);
    const struct fusion_root *none;
    assert_int_equal(fusion_fabric_publish(spot->fabric, &none), DRF_OK);
    assert_null(none);
    char cluster[64];
    int64_t next;
    assert_int_equal(fusion_store_offset(spot->store, "dtm-a", 0, cluster, &next), DRF_OK);
    assert_int_equal(next, 42);
}

static void job__again_or_older__says_so_and_moves_the_offset(void **state)
{
    struct spot *spot = *state;
    assert_int_equal(put_flat(spot, "dtm-a", "k", 5, 100, 0, 0), FUSION_APPLIED);
    assert_int_equal(put_flat(spot, "dtm-a", "k", 5, 100, 0, 0), FUSION_DUPLICATE);
    assert_int_equal(put_flat(spot, "dtm-a", "k", 4, 300, 0, 0), FUSION_SUPERSEDED);
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE), 100);
}

static void open__over_a_store__says_loading_until_everything_is_folded(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 5);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    o.amsl_m = 120;
    o.flags |= GEO_OBSTACLE_HAS_AMSL;
    put_obstacle(spot, &o, NULL, 1);
    (void)spot_settle(spot);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    spot_close(spot);
    spot_open(spot);
    const struct fusion_root *root = spot_publish(spot);
    assert_int_equal(root->layer_state[FUSION_LAYER_GROUND], FUSION_REASON_LOADING);
    assert_int_equal(root->layer_state[FUSION_LAYER_SURFACE], FUSION_REASON_LOADING);
    assert_int_equal(fusion_sample_reason(root, FUSION_LAYER_GROUND, spot_point(0, 1, 1)),
                     FUSION_REASON_LOADING);
    assert_int_equal(root->layer_state[FUSION_LAYER_OBSTACLE], FUSION_REASON_LOADING);
    const struct fusion_obstacle *shown = first_shown(root);
    assert_true(shown == NULL
                || !shown->top_known); // 123 m would be too low: the ground is at 100
    fusion_fabric_layer_state(spot->fabric, FUSION_LAYER_GROUND, FUSION_REASON_CATCHING_UP);
    root = spot_settle(spot);
    assert_int_equal(root->layer_state[FUSION_LAYER_GROUND], FUSION_REASON_CATCHING_UP);
    assert_int_equal(root->layer_state[FUSION_LAYER_SURFACE], FUSION_REASON_NONE);
    assert_height(first_shown(root)->top_amsl_m, 163);
}

static void root__after_one_change__shares_the_rest_and_names_the_area(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 5);
    const struct fusion_root *root = spot_settle(spot);
    assert_int_equal(root->change_count > 0, 1);
    const struct fusion_tile *far = root->ground[5];
    uint64_t epoch = root->epoch;
    put_flat(spot, "dtm-c", "k", 1, 110, 0, 0);
    root = spot_settle(spot);
    assert_int_equal(root->epoch, epoch + 1);
    assert_ptr_equal(root->ground[5], far);
    struct geo_bounds b = geo_tile_bounds(spot_tile(0));
    double cell_deg = (b.east_deg - b.west_deg) / GEO_CELLS_SIDE; // heights between cells, too
    for (size_t i = 0; i < root->change_count; i++) {
        assert_true(root->changes[i].bounds.east_deg <= b.east_deg + cell_deg);
        assert_true(root->changes[i].bounds.south_deg >= b.south_deg - cell_deg);
    }
    const struct fusion_root *none;
    assert_int_equal(fusion_fabric_publish(spot->fabric, &none), DRF_OK);
    assert_null(none);
}

static void root__not_acknowledged__stays_whole_and_its_changes_are_carried_on(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    const struct fusion_root *old, *middle, *last;
    spot_fold(spot);
    assert_int_equal(fusion_fabric_publish(spot->fabric, &old), DRF_OK);
    fusion_fabric_acknowledge(spot->fabric, old->epoch);
    put_flat(spot, "dtm-a", "k", 2, 200, 0, 0);
    spot_fold(spot);
    assert_int_equal(fusion_fabric_publish(spot->fabric, &middle), DRF_OK);
    put_flat(spot, "dtm-a", "far", 1, 200, 5, 5);
    spot_fold(spot);
    assert_int_equal(fusion_fabric_publish(spot->fabric, &last), DRF_OK);
    assert_height(geo_cell_m(old->ground[0]->cells[0]), 100); // serve still reads it
    struct geo_bounds near = geo_tile_bounds(spot_tile(0));
    bool carried = false;
    for (size_t i = 0; i < last->change_count; i++)
        carried = carried || last->changes[i].bounds.west_deg <= near.west_deg;
    assert_true(carried);
    fusion_fabric_acknowledge(spot->fabric, last->epoch);
    assert_height(geo_cell_m(last->ground[0]->cells[0]), 200);
}

static enum drf_status count_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    (void)layer;
    (void)tile;
    ++*(size_t *)context;
    return DRF_OK;
}

static enum drf_status count_id(void *context, int64_t id)
{
    (void)id;
    ++*(size_t *)context;
    return DRF_OK;
}

static size_t count_marks(struct spot *spot)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_dirty(spot->store, count_tile, &count), DRF_OK);
    assert_int_equal(fusion_store_each_stale(spot->store, count_id, &count), DRF_OK);
    return count;
}

static void render__of_everything__leaves_no_mark(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 5);
    struct geo_obstacle o = tower("a", spot_point(0, 0.5, 0.5));
    struct geo_obstacle p = tower("b", spot_point(0, 5.5, 0.5));
    put_obstacle(spot, &o, NULL, 1);
    put_obstacle(spot, &p, NULL, 1);
    spot_fold(spot);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    assert_int_equal(count_marks(spot), 14); // six tiles twice, two rows
    spot_render(spot);
    assert_int_equal(count_marks(spot), 0);
    o.flags |= GEO_OBSTACLE_WITHDRAWN;
    put_obstacle(spot, &o, NULL, 2);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 2), DRF_OK);
    spot_close(spot); // before its row was taken out
    spot_open(spot);
    assert_int_equal(count_marks(spot), 2); // the row, and the surface it stood on
    spot_settle(spot);
    spot_render(spot);
    assert_int_equal(count_marks(spot), 0);
}

static void open__with_another_priority__folds_and_renders_by_it(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    put_flat(spot, "dtm-c", "k", 1, 200, 0, 0); // of higher priority
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE), 200);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    spot_render(spot);
    fusion_fabric_close(spot->fabric);
    struct fusion_feed feeds[SPOT_FEEDS];
    memcpy(feeds, spot_feeds, sizeof feeds);
    feeds[0].priority = 10;
    struct fusion_fabric_config config = {.keep = spot_keep(),
                                          .level = SPOT_LEVEL,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = feeds,
                                          .feed_count = SPOT_FEEDS};
    assert_int_equal(fusion_fabric_open(&config, spot->store, &spot->fabric), DRF_OK);
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE), 100);
    assert_int_equal(count_marks(spot), 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, spot_setup, spot_teardown)
    const struct CMUnitTest tests[] = {
        CASE(top__is_ground_plus_height_plus_accuracy),
        CASE(top__published_below_the_ground__stands_on_the_ground),
        CASE(top__over_unknown_ground__is_the_published_height_or_unknown),
        CASE(top__follows_the_ground__on_every_tile_it_touches),
        CASE(obstacle__inaccurate_or_a_balloon__does_not_raise_the_surface),
        CASE(obstacle__on_the_corner_of_buckets__is_in_each),
        CASE(obstacle__outside__withdraws_what_was_inside_and_is_not_remembered),
        CASE(obstacle__withdrawn_by_any_word__leaves_nothing),
        CASE(edition__withdraws_only_when_complete__across_a_restart),
        CASE(job__cut_short_by_a_crash__is_finished_when_read_again),
        CASE(job__with_damaged_cells__is_refused_and_changes_nothing),
        CASE(job__again_or_older__says_so_and_moves_the_offset),
        CASE(open__over_a_store__says_loading_until_everything_is_folded),
        CASE(root__after_one_change__shares_the_rest_and_names_the_area),
        CASE(root__not_acknowledged__stays_whole_and_its_changes_are_carried_on),
        CASE(render__of_everything__leaves_no_mark),
        CASE(open__with_another_priority__folds_and_renders_by_it),
    };
    return cmocka_run_group_tests_name("fusion/fabric", tests, NULL, NULL);
}
