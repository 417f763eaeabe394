// SPDX-License-Identifier: Apache-2.0
// What edge/serve/patch.h promises, with a receiver that holds what it was sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/patch.pb-c.h"
#include "fusion/context/patch.h"
#include "geo/cells.h"
#include "tests/support/patch_decode.h"
#include "tests/support/serve_scene.h"

enum { HELD = 8, ROW_NORTH = 1040, COL_WEST = 2270 };

static struct fusion_tile tiles[64 * 64];
static uint16_t cells[4][GEO_CELLS_COUNT];

// Hills everywhere; the same four tiles over and over.
static void make_ground(struct scene *scene)
{
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < GEO_CELLS_COUNT; i++)
            cells[k][i] = (uint16_t)(4400 + 100 * k + 40 * sin(i / 256 * 0.05)
                                     + 30 * cos(i % 256 * 0.07));
    for (uint32_t i = 0; i < 64 * 64; i++) {
        tiles[i] = (struct fusion_tile){
            .tile = {.col = COL_WEST + i % 64, .row = ROW_NORTH + i / 64, .level = 12},
            .known = GEO_CELLS_COUNT,
            .cells = cells[i % 2 + i / 64 % 2 * 2]};
        scene->tiles[i] = &tiles[i];
    }
}

static uint16_t truth(uint32_t column, uint32_t row_from_south)
{
    uint32_t row = 4096 * 256 - 1 - row_from_south;
    uint32_t tile = (row / 256 - ROW_NORTH) * 64 + column / 256 - COL_WEST;
    return tiles[tile].cells[row % 256 * 256 + column % 256];
}

struct held {
    uint32_t seq;
    struct fusion_patch_window patch_window;
    uint16_t ground[FUSION_PATCH_WINDOW_CELLS_MAX], surface[FUSION_PATCH_WINDOW_CELLS_MAX];
};

struct receiver {
    uint32_t last, keys, patches, offered;
    uint64_t bytes, key_bytes, points;
    struct held held[HELD];
};

static struct receiver *fresh(void)
{
    struct receiver *receiver = calloc(1, sizeof *receiver);
    assert_non_null(receiver);
    return receiver;
}

static void take(struct receiver *r, const struct scene_message *message)
{
    Drf__V1__Patch *p = drf__v1__patch__unpack(NULL, message->size, message->bytes);
    assert_non_null(p);
    assert_true(p->seq > r->last);
    assert_int_equal(p->columns, p->rows);
    struct held *to = &r->held[p->seq % HELD];
    struct patch_base base = {.cells = NULL};
    uint64_t news;
    const struct held *from = &r->held[p->base_seq % HELD];
    if (p->base_seq > 0) {
        assert_int_equal(from->seq, p->base_seq);
        base = (struct patch_base){from->patch_window, from->ground};
    } else {
        r->keys++;
        r->key_bytes = message->size;
    }
    to->seq = p->seq;
    to->patch_window = (struct fusion_patch_window){.west = p->west_cell,
                                                    .south = p->south_cell,
                                                    .side = (uint16_t)p->columns,
                                                    .level = (uint8_t)p->level};
    assert_true(fusion_patch_window_valid(to->patch_window));
    assert_int_equal(patch_decode(p->ground.data, p->ground.len, to->patch_window, &base, NULL,
                                  to->ground, &news),
                     DRF_OK);
    base.cells = p->base_seq > 0 ? from->surface : NULL;
    assert_int_equal(patch_decode(p->surface.data, p->surface.len, to->patch_window, &base,
                                  to->ground, to->surface, &news),
                     DRF_OK);
    for (uint32_t i = 0; i < p->columns * p->columns; i++) {
        uint16_t want = truth(p->west_cell + i % p->columns, p->south_cell + i / p->columns);
        if (to->ground[i] != want || to->surface[i] != want)
            fail_msg("cell %u of patch %u: %u %u, is %u", i, p->seq, to->ground[i],
                     to->surface[i], want);
    }
    r->last = p->seq;
    r->patches++;
    r->bytes += message->size;
    r->points += p->data_points;
    drf__v1__patch__free_unpacked(p, NULL);
}

static void ask(struct scene *scene, const char *id, uint32_t side, double rate_hz,
                uint32_t link_bytes_per_s)
{
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SCENE_SET(&profile, patch, 1);
    SCENE_SET(&profile, patch_cells, side);
    SCENE_SET(&profile, patch_rate_hz, (float)rate_hz);
    if (link_bytes_per_s > 0)
        SCENE_SET(&profile, link_bytes_per_s, link_bytes_per_s);
    (void)scene_pack(scene, id, "profile", &profile.base);
    scene_step(scene);
}

struct flight {
    int32_t seconds, east_e7; // a second
    bool seeing;
    bool losing; // one patch in twenty never arrives
};

// Flies at 5 reports a second and takes every patch.
static void fly(struct scene *scene, struct receiver *r, const struct flight *flight)
{
    static uint32_t seq;
    for (int32_t i = 0; i < flight->seconds * 5; i++) {
        Drf__V1__Telemetry report = scene_report(scene, ++seq);
        Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
        report.lon_e7 += flight->east_e7 / 5 * i;
        SCENE_SET(&seen, boot_id, SCENE_BOOT_ID);
        Drf__V1__Context *context = NULL;
        const struct scene_message *last = scene_last(scene, "d-1", "context");
        if (last != NULL)
            context = drf__v1__context__unpack(NULL, last->size, last->bytes);
        SCENE_SET(&seen, context_seq, context != NULL ? context->seq : 0);
        SCENE_SET(&seen, patch_seq, flight->seeing ? r->last : 0);
        if (context != NULL)
            drf__v1__context__free_unpacked(context, NULL);
        report.seen = &seen;
        scene_clear(scene);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene_step(scene);
        scene_run(scene, 200 * SCENE_MS);
        for (size_t k = 0; k < scene->sent_count; k++)
            if (scene_is(&scene->sent[k], "d-1", "patch")
                && (++r->offered % 20 != 0 || !flight->losing))
                take(r, &scene->sent[k]);
    }
}

static struct scene *open_over_hills(void)
{
    struct scene *scene = scene_open(10);
    make_ground(scene);
    scene_root(scene, NULL, 0);
    scene_step(scene);
    return scene;
}

static void patch__not_asked_for__is_not_sent(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    fly(scene, r, &(struct flight){.seconds = 3, .seeing = true});
    assert_int_equal(r->patches, 0);
    free(r);
    scene_close(scene);
}

static void patch__seen__is_a_key_frame_every_ten_seconds_and_changes_between(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 64, 5.0, 0);
    fly(scene, r, &(struct flight){.seconds = 60, .east_e7 = 1800, .seeing = true});
    assert_in_range(r->patches, 299, 301);
    assert_in_range(r->keys, 6, 7);
    assert_true(r->bytes < r->key_bytes * r->patches / 10); // all key frames, a tenth of it
    assert_int_equal(scene_metric(scene, EDGE_METRIC_PATCHES, 0), r->patches);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_PATCH_KEYS, 0), r->keys);
    free(r);
    scene_close(scene);
}

static void patch__one_in_twenty_lost__is_exact_all_the_same(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 128, 5.0, 0);
    fly(scene, r,
        &(struct flight){.seconds = 60, .east_e7 = 2000, .seeing = true, .losing = true});
    assert_in_range(r->patches, 284, 286);
    assert_in_range(r->keys, 5, 8); // losses cost no key frame
    free(r);
    scene_close(scene);
}

static void patch__never_seen__is_always_a_key_frame(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 64, 1.0, 0);
    fly(scene, r, &(struct flight){.seconds = 10, .seeing = false});
    assert_in_range(r->patches, 10, 11);
    assert_int_equal(r->keys, r->patches);
    assert_int_equal(r->points, (uint64_t)r->patches * 2 * 64 * 64);
    free(r);
    scene_close(scene);
}

static void patch__cells_change_under_it__brings_their_blocks(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 64, 5.0, 0);
    fly(scene, r, &(struct flight){.seconds = 2, .seeing = true});
    uint64_t bytes = r->bytes;
    uint32_t keys = r->keys;
    for (int i = 0; i < GEO_CELLS_COUNT; i += 1009) // here and there in every tile
        for (int k = 0; k < 4; k++)
            cells[k][i] = (uint16_t)(cells[k][i] + 80);
    scene_root(scene, NULL, 0); // and nobody says where
    fly(scene, r, &(struct flight){.seconds = 1, .seeing = true});
    assert_int_equal(r->keys, keys);
    assert_true(r->bytes > bytes);
    free(r);
    scene_close(scene);
}

static void number_tiles(uint64_t first)
{
    for (uint32_t i = 0; i < 64 * 64; i++)
        tiles[i].number = first + i;
}

// As a node's tiles are: a window of the same tiles is not read again, one of others is.
static void patch__of_numbered_tiles__is_what_the_root_shows(void **state)
{
    (void)state;
    for (int seeing = 0; seeing < 2; seeing++) {
        struct scene *scene = open_over_hills();
        struct receiver *r = fresh();
        const struct flight flight = {.seconds = 15, .east_e7 = 9000, .seeing = seeing == 1};
        number_tiles(2);
        scene_root(scene, NULL, 0);
        ask(scene, "d-1", 64, 5.0, 0);
        for (int round = 0; round < 2; round++) // the second time over windows that it knows
            fly(scene, r, &flight);
        const uint64_t points = r->points, patches = r->patches;
        for (int i = 0; i < GEO_CELLS_COUNT; i += 1009)
            for (int k = 0; k < 4; k++)
                cells[k][i] = (uint16_t)(cells[k][i] + 80);
        number_tiles(2 + 64 * 64);
        scene_root(scene, NULL, 0);
        for (int round = 0; round < 2; round++)
            fly(scene, r, &flight);
        assert_true(r->patches >= patches + 149);
        assert_true(r->points > points);
        free(r);
        scene_close(scene);
    }
}

static void patch__thin_link__is_shed_before_contexts_and_told(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 256, 5.0, 4000);
    size_t contexts = 0, shed = 0;
    for (int second = 0; second < 10; second++) {
        fly(scene, r, &(struct flight){.seconds = 1, .seeing = false});
        contexts += scene_count(scene, "d-1", "context");
        const struct scene_message *last = scene_last(scene, "d-1", "context");
        assert_non_null(last);
        Drf__V1__Context *context = drf__v1__context__unpack(NULL, last->size, last->bytes);
        shed += (context->shed & 1) != 0;
        drf__v1__context__free_unpacked(context, NULL);
    }
    assert_true(contexts >= 9); // fly() keeps the last fifth of a second
    assert_true(shed >= 8);
    assert_true(r->bytes <= 4000 * 10);
    assert_true(scene_metric(scene, EDGE_METRIC_SHED, EDGE_SHED_PATCH) > 0);
    free(r);
    scene_close(scene);
}

static void patch__link_backed_up__waits_and_nothing_is_counted_as_sent(void **state)
{
    (void)state;
    struct scene *scene = open_over_hills();
    struct receiver *r = fresh();
    ask(scene, "d-1", 64, 5.0, 0);
    Drf__V1__Telemetry report = scene_report(scene, 100000);
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene->room = 1; // the context
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "patch"), 0);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_PATCHES, 0), 0);
    scene->room = SIZE_MAX;
    scene_run(scene, 50 * SCENE_MS);
    assert_int_equal(scene_count(scene, "d-1", "patch"), 1);
    take(r, scene_last(scene, "d-1", "patch"));
    assert_int_equal(r->last, 1);
    free(r);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patch__not_asked_for__is_not_sent),
        cmocka_unit_test(patch__seen__is_a_key_frame_every_ten_seconds_and_changes_between),
        cmocka_unit_test(patch__one_in_twenty_lost__is_exact_all_the_same),
        cmocka_unit_test(patch__never_seen__is_always_a_key_frame),
        cmocka_unit_test(patch__cells_change_under_it__brings_their_blocks),
        cmocka_unit_test(patch__of_numbered_tiles__is_what_the_root_shows),
        cmocka_unit_test(patch__thin_link__is_shed_before_contexts_and_told),
        cmocka_unit_test(patch__link_backed_up__waits_and_nothing_is_counted_as_sent),
    };
    return cmocka_run_group_tests_name("edge/patch", tests, NULL, NULL);
}
