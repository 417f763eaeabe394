// tests/support/fuzz_decoder.h - what any bytes may make of a decoder: refused with a reason,
// or a record that validates, with an item of the wanted kind in it or an unreadable one, and
// the same record when decoded again.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_FUZZ_DECODER_H
#define TESTS_SUPPORT_FUZZ_DECODER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum drf_status (*fuzz_decode_fn)(const struct geo_decode_params *params,
                                          const uint8_t *bytes, size_t size,
                                          struct geo_record_builder *out, struct geo_note *why);

static bool fuzz_holds(struct geo_record record, enum geo_item_kind wanted)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == wanted || item.kind == GEO_ITEM_UNREADABLE)
            return true;
    return false;
}

static struct geo_record fuzz_decode_once(fuzz_decode_fn decode,
                                          const struct geo_decode_params *params,
                                          enum geo_item_kind wanted, const uint8_t *data,
                                          size_t size, struct geo_record_builder *builder)
{
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    struct geo_record built, valid;
    geo_record_builder_init(builder, 1 << 20);
    enum drf_status status = decode(params, data, size, builder, &why);
    if (geo_record_finish(builder, &built) != DRF_OK
        || geo_record_validate(built.bytes, built.size, &valid) != DRF_OK)
        abort();
    bool silent = status != DRF_OK && status != DRF_ERR_FULL && why.code == GEO_REFUSAL_NONE;
    // What was refused and is known to lie here is data too.
    bool held = fuzz_holds(valid, wanted) || fuzz_holds(valid, GEO_ITEM_UNREADABLE);
    if (silent || (status == DRF_OK && !held))
        abort();
    return built;
}

// `builders` are the caller's, who may be jumped back to from the midst of it.
static void fuzz_decode_twice(fuzz_decode_fn decode, const struct geo_decode_params *params,
                              enum geo_item_kind wanted, const uint8_t *data, size_t size,
                              struct geo_record_builder builders[static 2])
{
    struct geo_record first =
        fuzz_decode_once(decode, params, wanted, data, size, &builders[0]);
    struct geo_record again =
        fuzz_decode_once(decode, params, wanted, data, size, &builders[1]);
    if (first.size != again.size || memcmp(first.bytes, again.bytes, first.size) != 0)
        abort();
    geo_record_builder_close(&builders[0]);
    geo_record_builder_close(&builders[1]);
}

#endif
