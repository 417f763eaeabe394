// SPDX-License-Identifier: Apache-2.0
// Any bytes as tests/support/fuzz_decoder.h says, each record with an alert in it or
// unreadable; with codes, which go when the areas of a table take their place.
#include "geo/format/alert/area_table.h"
#include "geo/format/alert/cap.h"
#include "tests/support/fuzz_decoder.h"

static const char table_text[] =
    "{\"features\":[{\"properties\":{\"c\":\"048453\"},\"geometry\":{\"type\":\"Polygon\","
    "\"coordinates\":[[[8,50],[9,50],[9,51],[8,50]]]}}]}";

static void place(struct geo_record_builder *decoded, struct geo_bounds keep)
{
    struct geo_area_table *table = NULL;
    struct geo_record_builder placed;
    struct geo_record record, valid;
    struct geo_note why;
    geo_record_builder_init(&placed, 1 << 22);
    if (geo_area_table_open((const uint8_t *)table_text, sizeof table_text - 1, "c", "SAME",
                            &table, &why)
            != DRF_OK
        || geo_record_finish(decoded, &record) != DRF_OK)
        abort();
    if (geo_area_table_place(table, keep, record, &placed, &why) == DRF_OK
        && (geo_record_finish(&placed, &record) != DRF_OK
            || geo_record_validate(record.bytes, record.size, &valid) != DRF_OK
            || fuzz_holds(valid, GEO_ITEM_AREA_CODES)))
        abort();
    geo_record_builder_close(&placed);
    geo_area_table_close(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90}};
    const struct geo_decode_params coded = {
        .keep = {8, 50, 9, 51}, .geocode_name = "SAME", .geocode_others = "UGC"};
    struct geo_record_builder builders[2], one;
    struct geo_note why;
    fuzz_decode_twice(geo_cap_decode, &params, GEO_ITEM_ZONE, data, size, builders);
    geo_record_builder_init(&one, 1 << 20);
    if (geo_cap_decode(&coded, data, size, &one, &why) == DRF_OK)
        place(&one, coded.keep);
    geo_record_builder_close(&one);
    return 0;
}
