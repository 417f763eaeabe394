// SPDX-License-Identifier: Apache-2.0
// Any bytes as tests/support/fuzz_decoder.h says, each record with a zone in it, in our own
// members and by a mapping of a provider's.
#include "geo/format/zone/zone_geojson.h"
#include "tests/support/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params own = {.keep = {-180, -90, 180, 90}};
    struct geo_decode_params mapped = own;
    mapped.zone_fields = (struct geo_zone_fields){
        .mapped = 1,
        .times = size % 4,
        .name = "NAME",
        .restriction = "TYPE_CODE",
        .words = {{"R", GEO_ZONE_PROHIBITED}},
        .lower = "LOWER_VAL",
        .lower_unit = "LOWER_UOM",
        .lower_reference = "a.b",
        .upper = "3000",
        .upper_unit = "FT",
        .upper_reference = "AGL",
        .no_limit = "-9998",
        .radius = "R",
        .from = "FROM",
        .until = "UNTIL",
        .data_time = "T",
    };
    struct geo_record_builder builders[2];
    fuzz_decode_twice(geo_zone_geojson_decode, &own, GEO_ITEM_ZONE, data, size, builders);
    fuzz_decode_twice(geo_zone_geojson_decode, &mapped, GEO_ITEM_ZONE, data, size, builders);
    return 0;
}
