// SPDX-License-Identifier: Apache-2.0
// Any bytes as tests/support/fuzz_decoder.h says, each record with an obstacle in it.
#include "geo/format/obstacle/geojson.h"
#include "tests/support/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {
        .keep = {-180, -90, 180, 90},
        .default_horizontal_acc95_m = 75,
        .default_vertical_acc95_m = 15,
    };
    struct geo_record_builder builders[2];
    struct geo_decode_params mapped = params;
    mapped.obstacle_fields = (struct geo_obstacle_fields){.mapped = 1,
                                                          .level_height_m = 4,
                                                          .kind = "kind",
                                                          .agl = "height",
                                                          .agl_unit = "unit",
                                                          .levels = "building:levels",
                                                          .elevation = "a.ele",
                                                          .elevation_unit = "FT",
                                                          .horizontal_acc = "acc",
                                                          .acc_unit = "M",
                                                          .no_value = "-9998"};
    fuzz_decode_twice(geo_geojson_decode, &params, GEO_ITEM_OBSTACLE, data, size, builders);
    fuzz_decode_twice(geo_geojson_decode, &mapped, GEO_ITEM_OBSTACLE, data, size, builders);
    return 0;
}
