// SPDX-License-Identifier: Apache-2.0
// A schema registry's frame is stepped over and what is no frame is left alone. The bytes
// follow Confluent's published wire format, not this code: magic 0, id in four bytes, and for
// Protobuf zigzag varint indexes (0 alone stands for [0]).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/config/framing.h"
#include "geo/format/decode.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void opens(enum edge_framing framing, uint32_t format, const uint8_t *bytes, size_t size,
                  const char *document)
{
    struct geo_note why = {0};
    struct edge_framed out = {0};
    enum drf_status status = edge_framing_strip(framing, format, bytes, size, &why, &out);
    if (status != DRF_OK)
        print_error("%s\n", why.text);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(out.size, strlen(document));
    assert_memory_equal(out.bytes, document, out.size);
}

static void refuses(enum edge_framing framing, const uint8_t *bytes, size_t size,
                    enum geo_refusal_code code)
{
    struct geo_note why = {0};
    struct edge_framed out = {.size = 77};
    assert_int_not_equal(
        edge_framing_strip(framing, GEO_FORMAT_GEOJSON_OBSTACLES, bytes, size, &why, &out),
        DRF_OK);
    assert_int_equal(why.code, code);
    assert_true(why.text[0] != '\0');
    assert_int_equal(out.size, 77);
}

static void strip__of_framed_json__gives_the_document(void **state)
{
    (void)state;
    const uint32_t json = GEO_FORMAT_GEOJSON_OBSTACLES;
    opens(EDGE_FRAMING_AUTO, json, BYTES("\0\0\0\x30\x39{\"a\":1}"), "{\"a\":1}");
    opens(EDGE_FRAMING_AUTO, json, BYTES("\0\0\0\0\1\n {}"), "\n {}");
    opens(EDGE_FRAMING_CONFLUENT, json, BYTES("\0\xff\xff\xff\xff{}"), "{}");
}

static void strip__of_framed_protobuf__gives_the_field_of_the_message(void **state)
{
    (void)state;
    const uint32_t json = GEO_FORMAT_GEOJSON_OBSTACLES;
    // Message [0], [1, 0] and [2]; a BytesValue {value: "{}"} is 0a 02 7b 7d.
    opens(EDGE_FRAMING_AUTO, json, BYTES("\0\0\0\0\1\0\x0a\x02{}"), "{}");
    opens(EDGE_FRAMING_AUTO, json, BYTES("\0\0\0\0\1\x04\x02\0\x0a\x02{}"), "{}");
    opens(EDGE_FRAMING_CONFLUENT_PROTOBUF, json, BYTES("\0\0\0\0\1\x02\x04\x0a\x02{}"), "{}");
}

static void strip__of_what_is_not_framed__leaves_it_alone(void **state)
{
    (void)state;
    opens(EDGE_FRAMING_AUTO, GEO_FORMAT_GEOJSON_OBSTACLES, BYTES("{}"), "{}");
    struct geo_note why;
    struct edge_framed out;
    assert_int_equal(edge_framing_strip(EDGE_FRAMING_NONE, GEO_FORMAT_DOF,
                                        BYTES("\0\0\0\0\1{}"), &why, &out),
                     DRF_OK);
    assert_int_equal(out.size, 7);
}

static void strip__of_raw_heights__takes_sea_level_for_data(void **state)
{
    (void)state;
    struct geo_note why;
    struct edge_framed out;
    static const uint8_t heights[8] = {0, 0, 0, 1, 0, 2, 0, 3};
    for (uint32_t format = GEO_FORMAT_UNKNOWN + 1; format < GEO_FORMAT_COUNT; format++) {
        if (format != GEO_FORMAT_HGT && format != GEO_FORMAT_TERRAIN)
            continue;
        assert_int_equal(
            edge_framing_strip(EDGE_FRAMING_AUTO, format, heights, sizeof heights, &why, &out),
            DRF_OK);
        assert_ptr_equal(out.bytes, heights);
        assert_int_equal(out.size, sizeof heights);
    }
    assert_int_equal(edge_framing_strip(EDGE_FRAMING_CONFLUENT, GEO_FORMAT_HGT, heights,
                                        sizeof heights, &why, &out),
                     DRF_OK);
    assert_ptr_equal(out.bytes, heights + 5);
}

static void strip__of_a_damaged_frame__is_refused(void **state)
{
    (void)state;
    refuses(EDGE_FRAMING_CONFLUENT, BYTES("{}"), GEO_REFUSAL_ENVELOPE);
    refuses(EDGE_FRAMING_AUTO, BYTES("\0\0\0\1"), GEO_REFUSAL_ENVELOPE);
    refuses(EDGE_FRAMING_AUTO, BYTES("\0\0\0\0\1"), GEO_REFUSAL_EMPTY);
    const enum edge_framing protobuf = EDGE_FRAMING_CONFLUENT_PROTOBUF;
    refuses(protobuf, BYTES("\0\0\0\0\1\0"), GEO_REFUSAL_EMPTY);
    refuses(protobuf, BYTES("\0\0\0\0\1\x04\x02"), GEO_REFUSAL_ENVELOPE);       // cut
    refuses(protobuf, BYTES("\0\0\0\0\1\x01\x0a\x02{}"), GEO_REFUSAL_ENVELOPE); // count -1
    refuses(protobuf, BYTES("\0\0\0\0\1\x7e\x0a\x02{}"), GEO_REFUSAL_ENVELOPE); // 63 indexes
    refuses(protobuf, BYTES("\0\0\0\0\1\0\x12\x02{}"), GEO_REFUSAL_ENVELOPE);   // field 2
    refuses(protobuf, BYTES("\0\0\0\0\1\0\x0a\x03{}"), GEO_REFUSAL_ENVELOPE);   // too long
    refuses(protobuf, BYTES("\0\0\0\0\1\0\x0a\x02{}\x12\0"), GEO_REFUSAL_ENVELOPE); // one more
    refuses(protobuf, BYTES("\0\0\0\0\1\0\x0a\xff\xff\xff\xff\xff\xff\x01"),
            GEO_REFUSAL_ENVELOPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strip__of_framed_json__gives_the_document),
        cmocka_unit_test(strip__of_framed_protobuf__gives_the_field_of_the_message),
        cmocka_unit_test(strip__of_what_is_not_framed__leaves_it_alone),
        cmocka_unit_test(strip__of_raw_heights__takes_sea_level_for_data),
        cmocka_unit_test(strip__of_a_damaged_frame__is_refused),
    };
    return cmocka_run_group_tests_name("edge/framing", tests, NULL, NULL);
}
