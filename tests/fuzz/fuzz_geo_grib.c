// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused with a reason, or a record that validates, with a field in it, and the
// same record when decoded again.
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <eccodes.h>

#include "geo/grib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// ecCodes leaks on some damaged messages; the child that decodes them is replaced
// (geo/decode.h).
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libeccodes"; }

// ecCodes asserts on some damaged messages, which ends the child and refuses the message; here
// it ends the run of one input, so that what is ours goes on being looked at.
static jmp_buf way_out;
static void leave(const char *message)
{
    (void)message;
    longjmp(way_out, 1);
}

static bool sound(const struct geo_record record)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == GEO_ITEM_FIELD)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {
        .keep = {-180, -90, 180, 90},
        .pixels_max = 10000,
    };
    static struct geo_record_builder
        builders[2]; // static: what longjmp() leaves is still known
    struct geo_record built[2], valid;
    codes_set_codes_assertion_failed_proc(leave);
    if (setjmp(way_out) != 0) {
        geo_record_builder_close(&builders[0]);
        geo_record_builder_close(&builders[1]);
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        struct geo_note why = {.code = GEO_REFUSAL_NONE};
        geo_record_builder_init(&builders[i], 1 << 20);
        enum drf_status status = geo_grib_decode(&params, data, size, &builders[i], &why);
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
