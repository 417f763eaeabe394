// SPDX-License-Identifier: Apache-2.0
// Any bytes as tests/support/fuzz_decoder.h says, each record with a track in it.
#include "geo/format/traffic/tracks.h"
#include "tests/support/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {
        .keep = {-180, -90, 180, 90},
        .default_horizontal_acc95_m = 75,
        .default_vertical_acc95_m = 15,
    };
    struct geo_record_builder builders[2];
    fuzz_decode_twice(geo_tracks_decode, &params, GEO_ITEM_TRACK, data, size, builders);
    return 0;
}
