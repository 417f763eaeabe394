// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused with a reason, or a record that validates, with an alert in it, and the
// same record when decoded again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/cap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool sound(const struct geo_record record)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == GEO_ITEM_ZONE)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90}};
    struct geo_record_builder builders[2];
    struct geo_record built[2], valid;
    for (int i = 0; i < 2; i++) {
        struct geo_note why = {.code = GEO_REFUSAL_NONE};
        geo_record_builder_init(&builders[i], 1 << 20);
        enum drf_status status = geo_cap_decode(&params, data, size, &builders[i], &why);
        if (geo_record_finish(&builders[i], &built[i]) != DRF_OK
            || geo_record_validate(built[i].bytes, built[i].size, &valid) != DRF_OK)
            abort();
        bool silent =
            status != DRF_OK && status != DRF_ERR_FULL && why.code == GEO_REFUSAL_NONE;
        if (silent || (status == DRF_OK && !sound(valid)))
            abort();
    }
    if (built[0].size != built[1].size
        || memcmp(built[0].bytes, built[1].bytes, built[0].size) != 0)
        abort();
    geo_record_builder_close(&builders[0]);
    geo_record_builder_close(&builders[1]);
    return 0;
}
