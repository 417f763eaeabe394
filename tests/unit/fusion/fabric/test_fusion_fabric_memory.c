// SPDX-License-Identifier: Apache-2.0
// What the fabric does when an allocation fails: a status, never a crash, and a node that
// starts again and reads the same messages ends with the same content.
//
// DRF_FULL=1: every allocation instead of every 37th.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fabric.h"
#include "tests/support/heap.h"

#ifdef HEAP_OURS

enum { MESSAGES = 6, TOWERS = 12 };

struct history {
    struct geo_record_builder builders[MESSAGES];
    struct geo_record records[MESSAGES];
    struct fusion_message messages[MESSAGES];
    uint8_t expected[32];
};

static struct geo_obstacle tower(int number)
{
    struct geo_bounds keep = spot_keep();
    struct geo_obstacle obstacle = {
        .position = {keep.south_deg + (keep.north_deg - keep.south_deg) * (number + 1) / 20,
                     keep.west_deg + (keep.east_deg - keep.west_deg) * (number + 1) / 20},
        .agl_m = 50 + number,
        .horizontal_acc95_m = 5,
        .vertical_acc95_m = 3,
        .flags = GEO_OBSTACLE_HAS_AGL,
        .geometry = GEO_GEOMETRY_POINT,
        .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "t-%02d", number);
    return obstacle;
}

static void terrain(struct history *history, int at, size_t first, int height, int64_t time_us)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    struct geo_record_builder *builder = &history->builders[at];
    spot_raster(builder, FUSION_LAYER_GROUND, 2);
    for (size_t i = 0; i < 2; i++) {
        for (int c = 0; c < GEO_CELLS_COUNT; c++)
            cells[c] = spot_cell(height + (c % 97));
        spot_cells(builder, first + i, cells);
    }
    history->records[at] = spot_record(builder);
    history->messages[at] = spot_message("dtm-a", "dtm-a", "r", time_us, (uint8_t)at);
}

static void towers(struct history *history, int at, int64_t time_us)
{
    struct geo_record_builder *builder = &history->builders[at];
    geo_record_builder_init(builder, 1 << 20);
    for (int i = 0; i < TOWERS; i++) {
        struct geo_obstacle one = tower(i);
        assert_int_equal(geo_record_add(builder, GEO_ITEM_OBSTACLE, &one, sizeof one, NULL, 0),
                         DRF_OK);
    }
    history->records[at] = spot_record(builder);
    history->messages[at] = spot_message("obs", "obs", "many", time_us, (uint8_t)at);
}

// Ground, towers on it, one of them withdrawn, other ground, an edition, the ground withdrawn.
static void make_history(struct history *history)
{
    terrain(history, 0, 0, 100, 1);
    towers(history, 1, 2);
    history->messages[2] = spot_message("obs", "obs", "t-03", 3, 2);
    history->messages[2].tombstone = true;
    terrain(history, 3, 1, 300, 4);
    towers(history, 4, 5);
    history->messages[4].edition = "e";
    history->messages[4].edition_part = history->messages[4].edition_parts = 1;
    terrain(history, 5, 2, 200, 6);
    for (int i = 0; i < MESSAGES; i++)
        history->messages[i].offset = i;
}

static enum drf_status apply(struct spot *spot, const struct history *history, int at)
{
    struct fusion_job *job = NULL;
    enum fusion_outcome outcome;
    enum drf_status status =
        fusion_job_open(spot->fabric, &history->messages[at], history->records[at], &job);
    if (status == DRF_OK)
        while ((status = fusion_job_step(job, &outcome)) == DRF_ERR_AGAIN)
            ;
    fusion_job_close(job);
    return status;
}

static enum drf_status settle(struct spot *spot)
{
    const struct fusion_root *root = NULL;
    enum drf_status status;
    while ((status = fusion_fabric_fold(spot->fabric)) == DRF_ERR_AGAIN)
        ;
    if (status == DRF_OK)
        status = fusion_fabric_publish(spot->fabric, &root);
    if (status == DRF_OK && root)
        fusion_fabric_acknowledge(spot->fabric, root->epoch);
    if (status == DRF_OK)
        status = fusion_fabric_commit(spot->fabric, 1000);
    if (status == DRF_OK)
        while ((status = fusion_fabric_render(spot->fabric)) == DRF_ERR_AGAIN)
            ;
    return status;
}

// A feed read again: the ground stays, the towers are gone from it.
static enum drf_status resynchronise(struct spot *spot, const struct history *history)
{
    size_t forgotten;
    bool again = false;
    enum drf_status status = fusion_fabric_resync_begin(spot->fabric, "obs", false, false);
    if (status == DRF_OK)
        status = apply(spot, history, 2);
    if (status == DRF_OK)
        while ((status = fusion_fabric_resync_sweep(spot->fabric, "obs", &forgotten, &again))
               == DRF_ERR_AGAIN)
            ;
    return status;
}

static enum drf_status live(struct spot *spot, const struct history *history)
{
    enum drf_status status = DRF_OK;
    for (int i = 0; i < MESSAGES && status == DRF_OK; i++) {
        status = apply(spot, history, i);
        if (status == DRF_OK && i % 2 == 1)
            status = settle(spot);
    }
    if (status == DRF_OK)
        status = resynchronise(spot, history);
    return status == DRF_OK ? settle(spot) : status;
}

static void digest(struct spot *spot, uint8_t out[static 32])
{
    assert_int_equal(fusion_store_digest(spot->store, FUSION_LAYER_COUNT, out), DRF_OK);
}

// A life with the n-th allocation failing, what the node commits at its end, and another life
// that reads everything again.
static void live_with_failure(struct history *history, long n)
{
    struct spot spot;
    uint8_t ended[32];
    spot_begin(&spot);
    heap_failed = false;
    heap_until_failure = n;
    enum drf_status status = live(&spot, history);
    heap_until_failure = -1;
    if (status != DRF_OK && status != DRF_ERR_NOMEM && status != DRF_ERR_STORE)
        fail_msg("allocation %ld: status %s", n, drf_status_name(status));
    status = fusion_fabric_commit(spot.fabric, 2000); // may refuse: a message stands half
    assert_true(status == DRF_OK || status == DRF_ERR_STORE);
    spot_close(&spot);
    spot_open(&spot);
    assert_int_equal(live(&spot, history), DRF_OK);
    digest(&spot, ended);
    assert_memory_equal(ended, history->expected, sizeof ended);
    spot_close(&spot);
    spot_open(&spot);
    digest(&spot, ended);
    assert_memory_equal(ended, history->expected, sizeof ended);
    spot_end(&spot);
}

static void allocation__any_fails__is_a_status_and_a_restart_ends_the_same(void **state)
{
    (void)state;
    static struct history history;
    struct spot spot;
    make_history(&history);
    spot_begin(&spot);
    assert_int_equal(live(&spot, &history), DRF_OK);
    digest(&spot, history.expected);
    spot_end(&spot);
    long n = 0;
    bool full = getenv("DRF_FULL") != NULL; // NOLINT(concurrency-mt-unsafe)
    do {
        live_with_failure(&history, n);
        n += full ? 1 : 37;
    } while (heap_failed);
    print_message("  %ld allocations\n", n);
    assert_true(n > 200);
    for (int i = 0; i < MESSAGES; i++)
        if (i != 2)
            geo_record_builder_close(&history.builders[i]);
}

#else

static void allocation__any_fails__is_a_status_and_a_restart_ends_the_same(void **state)
{
    (void)state;
    print_message("skipped: the sanitizer has the allocator\n");
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation__any_fails__is_a_status_and_a_restart_ends_the_same),
    };
    return cmocka_run_group_tests_name("fusion/fabric_memory", tests, NULL, NULL);
}
