// SPDX-License-Identifier: Apache-2.0
// Any bytes: each field that comes out is a message of its own, which framed again gives itself
// and nothing else; and the walk ends.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/grib/grib_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_alone(struct geo_grib_bytes field)
{
    struct geo_grib_frame frame;
    struct geo_grib_bytes again;
    struct geo_note why;
    geo_grib_frame_open(&frame, field.bytes, field.size, 10000);
    if (geo_grib_frame_next(&frame, &again, &why) != DRF_OK || again.size != field.size
        || memcmp(again.bytes, field.bytes, field.size) != 0)
        abort();
    if (geo_grib_frame_next(&frame, &again, &why) != DRF_ERR_ABSENT)
        abort();
    geo_grib_frame_close(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct geo_grib_frame frame;
    struct geo_grib_bytes field;
    geo_grib_frame_open(&frame, data, size, 10000);
    for (size_t steps = 0;; steps++) {
        struct geo_note why = {.code = GEO_REFUSAL_NONE};
        enum drf_status status = geo_grib_frame_next(&frame, &field, &why);
        if (status == DRF_ERR_ABSENT)
            break;
        if (steps > size || (status != DRF_OK && why.code == GEO_REFUSAL_NONE))
            abort();
        if (status == DRF_OK)
            check_alone(field);
    }
    geo_grib_frame_close(&frame);
    return 0;
}
