// SPDX-License-Identifier: Apache-2.0
// Any bytes as tests/support/fuzz_decoder.h says, each record with a station in it.
#include "geo/format/report/urep.h"
#include "tests/support/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .message_utc_us = 1648584000000000};
    struct geo_record_builder builders[2];
    fuzz_decode_twice(geo_urep_decode, &params, GEO_ITEM_STATION, data, size, builders);
    return 0;
}
