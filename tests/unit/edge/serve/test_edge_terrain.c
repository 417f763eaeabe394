// SPDX-License-Identifier: Apache-2.0
// What edge/serve/terrain.h promises: echoes, order, rounding, what is left out and why,
// progress.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/terrain.pb-c.h"
#include "geo/cells.h"
#include "tests/support/serve_scene.h"

enum { ROW_NORTH = 1040, COL_WEST = 2270 };

static struct fusion_tile tiles[64 * 64];
static uint16_t level_ground[GEO_CELLS_COUNT];

// 100.25 m everywhere but in one tile of level 12.
static void make_ground(struct scene *scene)
{
    for (int i = 0; i < GEO_CELLS_COUNT; i++)
        level_ground[i] = 4401;
    for (uint32_t i = 0; i < 64 * 64; i++) {
        tiles[i] = (struct fusion_tile){
            .tile = {.col = COL_WEST + i % 64, .row = ROW_NORTH + i / 64, .level = 12},
            .known = GEO_CELLS_COUNT,
            .cells = level_ground};
        scene->tiles[i] = &tiles[i];
    }
}

static struct scene *open_over_level_ground(void)
{
    struct scene *scene = scene_open(100);
    make_ground(scene);
    scene_root(scene, NULL, 0);
    scene_step(scene);
    return scene;
}

static Drf__V1__Reply *reply_of(const struct scene *scene, const char *id)
{
    const struct scene_message *last = scene_last(scene, id, "reply");
    assert_non_null(last);
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, last->size, last->bytes);
    assert_non_null(reply);
    return reply;
}

static Drf__V1__Terrain *terrain_of(const struct scene_message *message)
{
    assert_non_null(message);
    Drf__V1__Terrain *terrain = drf__v1__terrain__unpack(NULL, message->size, message->bytes);
    assert_non_null(terrain);
    return terrain;
}

static void ask(struct scene *scene, const char *id, Drf__V1__TerrainRequest *terrain,
                Drf__V1__PreloadRequest *preload)
{
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    char correlation[] = "c-1";
    request.correlation = correlation;
    request.terrain = terrain;
    request.preload = preload;
    (void)scene_pack(scene, id, "request", &request.base);
    scene_step(scene);
}

static void request__three_tiles__echoes_and_rounds_up(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    SCENE_SET(&terrain, lat_e7, 436500001);
    SCENE_SET(&terrain, lon_e7, -793800003);
    SCENE_SET(&terrain, grid_spacing_m, 30);
    SCENE_SET(&terrain, mask, UINT64_C(1) | UINT64_C(1) << 8 | UINT64_C(1) << 55);
    ask(scene, "d-1", &terrain, NULL);
    Drf__V1__Terrain *got = terrain_of(scene_last(scene, "d-1", "terrain"));
    assert_int_equal(scene_last(scene, "d-1", "terrain")->out.qos, 1);
    assert_int_equal(got->n_data, 3);
    assert_int_equal(got->n_unavailable, 0);
    assert_string_equal(got->correlation, "c-1");
    const uint32_t bits[] = {0, 8, 55};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got->data[i]->lat_e7, 436500001);
        assert_int_equal(got->data[i]->lon_e7, -793800003);
        assert_int_equal(got->data[i]->grid_spacing_m, 30);
        assert_int_equal(got->data[i]->grid_bit, bits[i]);
        assert_int_equal(got->data[i]->n_height_amsl_m, 16);
        for (size_t k = 0; k < 16; k++)
            assert_int_equal(got->data[i]->height_amsl_m[k], 101);
    }
    drf__v1__terrain__free_unpacked(got, NULL);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, 1);
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

static void request__over_unknown_ground__lists_tiles_with_the_reason(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    for (uint32_t i = 0; i < 64 * 64; i++)
        if (tiles[i].tile.col * 180.0 / 4096 - 180 > -79.37) // east of there nothing is known
            scene->tiles[i] = NULL;
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    SCENE_SET(&terrain, lat_e7, 436500000);
    SCENE_SET(&terrain, lon_e7, -793800000);
    SCENE_SET(&terrain, grid_spacing_m, 100);
    ask(scene, "d-1", &terrain, NULL);
    Drf__V1__Terrain *got = terrain_of(scene_last(scene, "d-1", "terrain"));
    assert_int_equal(got->n_data + got->n_unavailable, 56);
    assert_true(got->n_data > 0 && got->n_unavailable > 0);
    for (size_t i = 0; i < got->n_unavailable; i++) {
        assert_int_equal(got->unavailable[i]->reason, FUSION_REASON_NO_DATA);
        for (size_t k = 0; k < got->n_data; k++)
            assert_true(got->data[k]->grid_bit != got->unavailable[i]->grid_bit);
    }
    for (size_t k = 0; k < got->n_data; k++) // no post of what is sent lies over there
        assert_true(-79.38 + (got->data[k]->grid_bit % 8 * 4 + 3) * 100 / 80550.0 < -79.364);
    drf__v1__terrain__free_unpacked(got, NULL);
    scene_close(scene);
}

// The border of two sources lies 1,195 m east of the corner (level 12 at 79.3652 W): posts 110
// m apart are the better one's up to the eleventh, 1,100 m, and the other's from the twelfth.
static void request__over_two_sources__says_whose_each_tile_is_and_how_old(void **state)
{
    (void)state;
    static struct fusion_source west = {.source = "dem/west",
                                        .vertical_acc95_m = 2.0,
                                        .data_time_utc_us = INT64_C(1600000000000000)};
    static struct fusion_source east = {
        .source = "dem/east", .vertical_acc95_m = 12.0, .data_time_utc_us = INT64_MIN};
    static const struct fusion_source *const of_west[] = {&west}, *const of_east[] = {&east};
    static const struct fusion_kind kind = {0};
    struct scene *scene = open_over_level_ground();
    for (uint32_t i = 0; i < 64 * 64; i++) {
        tiles[i].sources = tiles[i].tile.col >= 2290 ? of_east : of_west;
        tiles[i].source_count = tiles[i].kind_count = 1;
        tiles[i].kinds = &kind;
    }
    Drf__V1__TerrainRequest terrain = DRF__V1__TERRAIN_REQUEST__INIT;
    SCENE_SET(&terrain, lat_e7, 436500000);
    SCENE_SET(&terrain, lon_e7, -793800000);
    SCENE_SET(&terrain, grid_spacing_m, 110);
    ask(scene, "d-1", &terrain, NULL);
    Drf__V1__Terrain *got = terrain_of(scene_last(scene, "d-1", "terrain"));
    assert_int_equal(got->n_data, 56);
    assert_string_equal(got->source, "dem/west");
    assert_true(got->has_data_time_us && got->data_time_us == west.data_time_utc_us);
    for (size_t i = 0; i < got->n_data; i++) {
        const Drf__V1__TerrainData *data = got->data[i];
        uint32_t column = data->grid_bit % 8;
        assert_int_equal(data->has_mixed && data->mixed, column == 2); // posts 8 to 11
        assert_false(data->has_data_time_us);
        if (column < 2)
            assert_null(data->source);
        else
            assert_string_equal(data->source, "dem/east");
    }
    drf__v1__terrain__free_unpacked(got, NULL);
    scene_close(scene);
}

static Drf__V1__PreloadRequest box(int32_t side_e7)
{
    Drf__V1__PreloadRequest preload = DRF__V1__PRELOAD_REQUEST__INIT;
    SCENE_SET(&preload, south_lat_e7, 436500000);
    SCENE_SET(&preload, west_lon_e7, -793800000);
    SCENE_SET(&preload, north_lat_e7, 436500000 + side_e7);
    SCENE_SET(&preload, east_lon_e7, -793800000 + side_e7);
    SCENE_SET(&preload, grid_spacing_m, 100);
    return preload;
}

static void preload__area__comes_whole_with_progress(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    Drf__V1__PreloadRequest preload = box(1000000);
    ask(scene, "d-1", NULL, &preload);
    scene_run(scene, 10 * SCENE_SECOND);
    size_t count = scene_count(scene, "d-1", "terrain");
    assert_in_range(count, 20, 60);
    uint32_t loaded = 0;
    for (size_t i = 0; i < scene->sent_count; i++) {
        if (!scene_is(&scene->sent[i], "d-1", "terrain"))
            continue;
        Drf__V1__Terrain *got = terrain_of(&scene->sent[i]);
        loaded += (uint32_t)got->n_data;
        assert_int_equal(got->loaded, loaded);
        assert_int_equal(got->loaded + got->pending + got->unavailable_count, count * 56);
        drf__v1__terrain__free_unpacked(got, NULL);
    }
    assert_int_equal(loaded, count * 56);
    scene_close(scene);
}

static void preload__newer_request__takes_its_place(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    Drf__V1__PreloadRequest large = box(2000000), small = box(1000);
    ask(scene, "d-1", NULL, &large);
    scene_run(scene, 200 * SCENE_MS);
    size_t before = scene_count(scene, "d-1", "terrain");
    ask(scene, "d-1", NULL, &small);
    scene_run(scene, 5 * SCENE_SECOND);
    size_t after = scene_count(scene, "d-1", "terrain") - before;
    assert_in_range(after, 1, 4);
    Drf__V1__Terrain *got = terrain_of(scene_last(scene, "d-1", "terrain"));
    assert_int_equal(got->pending, 0);
    drf__v1__terrain__free_unpacked(got, NULL);
    scene_close(scene);
}

static void preload__thin_link__is_paced_by_it(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, link_bytes_per_s, 10000);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    Drf__V1__PreloadRequest preload = box(1000000);
    ask(scene, "d-1", NULL, &preload);
    scene_run(scene, 4 * SCENE_SECOND);
    size_t bytes = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        bytes += scene_is(&scene->sent[i], "d-1", "terrain") ? scene->sent[i].size : 0;
    assert_in_range(bytes, 20000, 44000);
    scene_close(scene);
}

static void preload__with_patches_answers_and_contexts__all_of_it_keeps_the_budget(void **state)
{
    (void)state;
    enum { SECONDS = 60, BUDGET = 4000, OVERHEAD = 110 + 96, BLOCK = 4000 };
    struct scene *scene = open_over_level_ground();
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, link_bytes_per_s, BUDGET);
    SCENE_SET(&profile, rate_hz, 2.0F);
    SCENE_SET(&profile, patch, 1);
    SCENE_SET(&profile, patch_cells, 64);
    SCENE_SET(&profile, patch_rate_hz, 4.0F);
    SCENE_SET(&profile, ignore_seen, 1);
    (void)scene_pack(scene, "d-1", "profile", &profile.base);
    scene_step(scene);
    Drf__V1__PreloadRequest preload = box(2000000);
    ask(scene, "d-1", NULL, &preload);
    size_t bytes = 0, contexts = 0, terrain = 0;
    for (uint32_t i = 0; i < SECONDS * 2; i++) {
        Drf__V1__Telemetry report = scene_report(scene, i + 1);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        Drf__V1__TerrainRequest block = DRF__V1__TERRAIN_REQUEST__INIT;
        SCENE_SET(&block, lat_e7, 436500001);
        SCENE_SET(&block, lon_e7, -793800003);
        SCENE_SET(&block, grid_spacing_m, 30);
        SCENE_SET(&block, mask, (UINT64_C(1) << 56) - 1);
        ask(scene, "d-1", &block, NULL);
        scene_run(scene, 500 * SCENE_MS);
        for (size_t k = 0; k < scene->sent_count; k++)
            if (strstr(scene->sent[k].topic, "/d-1/") != NULL)
                bytes += scene->sent[k].size + OVERHEAD;
        contexts += scene_count(scene, "d-1", "context");
        terrain += scene_count(scene, "d-1", "terrain");
        scene_clear(scene);
    }
    assert_true(contexts >= SECONDS * 2 - 2); // what can wait does not take from them
    assert_true(terrain >= 10);
    assert_in_range(bytes, BUDGET * SECONDS * 7 / 10, BUDGET * (SECONDS + 1) + 2 * BLOCK);
    scene_close(scene);
}

static void preload__too_large_or_a_plan_not_held__is_refused(void **state)
{
    (void)state;
    struct scene *scene = open_over_level_ground();
    Drf__V1__PreloadRequest preload = box(20000000);
    ask(scene, "d-1", NULL, &preload);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, 3);
    assert_string_equal(reply->field_path, "preload");
    drf__v1__reply__free_unpacked(reply, NULL);
    Drf__V1__PreloadRequest along = DRF__V1__PRELOAD_REQUEST__INIT;
    char plan_id[] = "p-9";
    along.plan_id = plan_id;
    ask(scene, "d-1", NULL, &along);
    reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, 3);
    assert_string_equal(reply->field_path, "preload.plan_id");
    drf__v1__reply__free_unpacked(reply, NULL);
    assert_int_equal(scene_count(scene, "d-1", "terrain"), 0);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request__three_tiles__echoes_and_rounds_up),
        cmocka_unit_test(request__over_unknown_ground__lists_tiles_with_the_reason),
        cmocka_unit_test(request__over_two_sources__says_whose_each_tile_is_and_how_old),
        cmocka_unit_test(preload__area__comes_whole_with_progress),
        cmocka_unit_test(preload__newer_request__takes_its_place),
        cmocka_unit_test(preload__thin_link__is_paced_by_it),
        cmocka_unit_test(
            preload__with_patches_answers_and_contexts__all_of_it_keeps_the_budget),
        cmocka_unit_test(preload__too_large_or_a_plan_not_held__is_refused),
    };
    return cmocka_run_group_tests_name("edge/terrain", tests, NULL, NULL);
}
