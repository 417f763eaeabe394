// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric/fabric.h promises of a message being applied that is too large for one
// commit.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fabric.h"

// Cells that do not pack: of so many bytes that they are staged ahead of their record.
static struct geo_record rough(struct geo_record_builder *builder)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    assert_non_null(cells);
    uint32_t seed = 1;
    spot_raster(builder, GEO_RASTER_GROUND, 2);
    for (size_t tile = 0; tile < SPOT_TILES; tile++) {
        for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
            seed = seed * 1664525U + 1013904223U;
            cells[i] = (uint16_t)(seed >> 17);
        }
        spot_cells(builder, tile, cells);
    }
    free(cells);
    return spot_record(builder);
}

static enum drf_status some_steps(struct spot *spot, struct geo_record record, int steps)
{
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "rough", 5, 1);
    message.offset = 7;
    struct fusion_job *job;
    enum fusion_outcome outcome;
    enum drf_status status = DRF_ERR_AGAIN;
    assert_int_equal(fusion_job_open(spot->fabric, &message, record, &job), DRF_OK);
    for (int i = 0; i < steps && status == DRF_ERR_AGAIN; i++) {
        status = fusion_job_step(job, &outcome);
        assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    }
    fusion_job_close(job);
    return status;
}

static void job__of_a_large_raster__is_all_there_or_not_at_all_wherever_it_ends(void **state)
{
    (void)state;
    struct spot place, *spot = &place;
    spot_begin(spot);
    struct geo_record_builder builder;
    struct geo_record record = rough(&builder);
    uint8_t empty[32], now[32];
    assert_int_equal(fusion_store_digest(spot->store, FUSION_LAYER_COUNT, empty), DRF_OK);
    enum drf_status status = DRF_ERR_AGAIN;
    int steps = 0;
    while (status == DRF_ERR_AGAIN) {
        status = some_steps(spot, record, ++steps);
        char cluster[64];
        int64_t next = 0;
        spot_close(spot);
        spot_open(spot);
        assert_int_equal(fusion_store_offset(spot->store, "dtm-a", 0, cluster, &next),
                         status == DRF_OK ? DRF_OK : DRF_ERR_ABSENT);
        assert_int_equal(fusion_store_digest(spot->store, FUSION_LAYER_COUNT, now), DRF_OK);
        assert_int_equal(memcmp(now, empty, sizeof now) == 0, status != DRF_OK);
        const struct fusion_root *root = spot_settle(spot);
        for (size_t tile = 0; tile < SPOT_TILES; tile++)
            assert_int_equal(root->ground[tile] != NULL, status == DRF_OK);
    }
    assert_int_equal(status, DRF_OK);
    assert_true(steps > SPOT_TILES + 2); // each tile checked, some staged at a time, then whole
    spot_render(spot);
    struct fusion_message gone = spot_message("dtm-a", "dtm-a", "rough", 6, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    assert_int_equal(fusion_store_digest(spot->store, FUSION_LAYER_COUNT, now), DRF_OK);
    assert_memory_equal(now, empty, sizeof now);
    assert_null(spot_settle(spot)->ground[0]);
    spot_render(spot);
    geo_record_builder_close(&builder);
    spot_end(spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job__of_a_large_raster__is_all_there_or_not_at_all_wherever_it_ends),
    };
    return cmocka_run_group_tests_name("fusion/fabric_stage", tests, NULL, NULL);
}
