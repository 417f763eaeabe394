// SPDX-License-Identifier: Apache-2.0
// The coding stays what it is: tests/data/golden_patch/ byte by byte; real terrain in under a
// byte a point. DRF_GOLDEN_WRITE=1 writes the files anew: a new `coding` number goes with it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fusion/context/patch.h"
#include "geo/format/terrain/raster.h"
#include "tests/support/golden_patch.h"
#include "tests/support/rasters.h"

static uint8_t coded[FUSION_PATCH_LAYER_MAX], golden[FUSION_PATCH_LAYER_MAX];

static void compare(int patch, const char *layer, size_t size)
{
    if (getenv("DRF_GOLDEN_WRITE") != NULL) {
        char path[80];
        (void)snprintf(path, sizeof path, "tests/data/golden_patch/%d.%s", patch + 1, layer);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(coded, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
    }
    assert_int_equal(golden_read(patch, layer, golden, sizeof golden), size);
    assert_memory_equal(coded, golden, size);
}

static void encode__golden_cells__gives_the_golden_bytes(void **state)
{
    (void)state;
    static uint16_t ground[GOLDEN_CELLS], surface[GOLDEN_CELLS];
    for (int patch = 0; patch < GOLDEN_PATCHES; patch++) {
        uint64_t news = patch == 1 ? 0 : UINT64_MAX;
        for (uint32_t i = 0; i < GOLDEN_CELLS; i++) {
            uint32_t column = i % 64, row = i / 64;
            uint32_t x = golden_west[patch] + column, y = golden_south[patch] + row;
            ground[i] = golden_ground(patch, x, y);
            surface[i] = golden_surface(patch, x, y);
            bool tower = x / 8 == 831 / 8 && y / 8 == 430 / 8;
            if (patch == 1 && (column >= 56 || row >= 48 || tower))
                news |= UINT64_C(1) << (row / 8 * 8 + column / 8);
        }
        size_t size = sizeof coded;
        assert_int_equal(fusion_patch_encode(ground, NULL, 64, news, coded, &size), DRF_OK);
        compare(patch, "ground", size);
        size = sizeof coded;
        assert_int_equal(fusion_patch_encode(surface, ground, 64, news, coded, &size), DRF_OK);
        compare(patch, "surface", size);
    }
}

// Windows of each tile of a real raster, without those that are not all known.
static void measure(const char *name, const char *label, struct geo_decode_params params)
{
    struct bytes file = read_real(name);
    if (file.data == NULL)
        skip();
    struct geo_note why;
    struct geo_record record;
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, params.record_max_bytes);
    assert_int_equal(geo_raster_decode(&params, file.data, file.size, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    static uint16_t tile[GEO_CELLS_COUNT], window[64 * 64];
    size_t cursor = 0;
    uint64_t bytes = 0, points = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        const struct geo_cells_item *head = item.payload;
        assert_int_equal(geo_cells_decode(geo_item_blob(&item), head->blob_size, tile), DRF_OK);
        for (uint32_t w = 0; w < 16; w++) {
            for (uint32_t i = 0; i < 64 * 64; i++)
                window[i] = tile[(255 - w / 4 * 64 - i / 64) * 256 + w % 4 * 64 + i % 64];
            size_t size = sizeof coded;
            assert_int_equal(fusion_patch_encode(window, NULL, 64, UINT64_MAX, coded, &size),
                             DRF_OK);
            bytes += size;
            points += 64 * 64;
        }
    }
    print_message("%s: %.3f bytes a point of ground\n", label, (double)bytes / (double)points);
    assert_true(points > 0 && bytes < points);
    geo_record_builder_close(&builder);
    free(file.data);
}

static void encode__real_terrain__takes_less_than_a_byte_a_point(void **state)
{
    (void)state;
    measure("terrain/n43.dt0", "DTED 0, Niagara", ground_params());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode__golden_cells__gives_the_golden_bytes),
        cmocka_unit_test(encode__real_terrain__takes_less_than_a_byte_a_point),
    };
    return cmocka_run_group_tests_name("fusion/patch", tests, NULL, NULL);
}
