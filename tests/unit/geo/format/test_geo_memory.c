// SPDX-License-Identifier: Apache-2.0
// Each allocation of a decoder fails once: the message is refused as a whole, nothing
// is taken in part and nothing leaks. Not under a sanitizer, whose allocator it is
// then.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/obstacle/dof.h"
#include "geo/format/obstacle/geojson.h"
#include "geo/format/zone/ed269.h"
#include "geo/format/zone/ed318.h"
#include "geo/format/zone/zone_geojson.h"
#include "tests/support/heap.h"

#ifdef HEAP_OURS

static const char dof[] =
    "36-020752 O US NY NEW YORK         40 31 25.30N 074 12 52.90W TOWER              1 00058 "
    "00088 N 5 D N 2010AEA01654OE A 2010134 \nbad line\n";

static const char geojson[] =
    "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"a\","
    "\"properties\":{\"agl_m\":1,\"kind\":\"crane\",\"x\":[1.5,null,true]},\"geometry\":"
    "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[0,1],[0,0]]]}},7]}";

#define RING "[[[0,0],[1,0],[0,1],[0,0]]]"

static const char zones[] =
    "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"a\","
    "\"properties\":{\"schedule\":[{\"day\":\"MON\",\"start\":\"01:00Z\"}]},\"geometry\":"
    "{\"type\":\"Polygon\",\"coordinates\":" RING "}},7]}";

static const char ed269[] =
    "{\"UASZoneList\":[{\"identifier\":\"A\",\"applicability\":[{\"permanent\":\"YES\"}],"
    "\"geometry\":[{\"horizontalProjection\":{\"type\":\"Polygon\",\"coordinates\":" RING
    "}}]}]}";

static const char ed318[] =
    "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":"
    "{\"identifier\":\"A\",\"type\":\"USPACE\"},\"geometry\":{\"type\":\"Polygon\","
    "\"coordinates\":" RING "}}]}";

typedef enum drf_status (*decoder)(const struct geo_decode_params *, const uint8_t *, size_t,
                                   struct geo_record_builder *, struct geo_note *);

static enum drf_status decode(decoder run, const char *text, long fail_at)
{
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .default_horizontal_acc95_m = 75,
                                             .default_vertical_acc95_m = 15};
    struct geo_record_builder builder;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    long before = heap_blocks;
    heap_until_failure = fail_at;
    geo_record_builder_init(&builder, 1 << 20);
    enum drf_status status = run(&params, (const uint8_t *)text, strlen(text), &builder, &why);
    geo_record_builder_close(&builder);
    heap_until_failure = -1;
    assert_int_equal(heap_blocks, before);
    return status;
}

// `or_else` is another status that the decoder's library may take a lack of memory for.
static void fail_each(decoder run, const char *text, enum drf_status or_else)
{
    assert_int_equal(decode(run, text, -1), DRF_OK);
    long at = 0;
    for (enum drf_status status = DRF_ERR_NOMEM; status != DRF_OK; at++) {
        heap_failed = false;
        status = decode(run, text, at);
        if (status != DRF_OK && status != DRF_ERR_NOMEM && status != or_else)
            fail_msg("allocation %ld: status %d", at, (int)status);
        // A note that did not fit may be left out of a record only by refusing it all.
        if (status == DRF_OK)
            assert_false(heap_failed);
    }
    assert_true(at > 1);
}

static void dof__any_allocation_fails__is_refused_for_memory(void **state)
{
    (void)state;
    fail_each(geo_dof_decode, dof, DRF_ERR_NOMEM);
}

static void geojson__any_allocation_fails__is_refused_for_memory(void **state)
{
    (void)state;
    fail_each(geo_geojson_decode, geojson, DRF_ERR_SYNTAX);
}

static void zones__any_allocation_fails__is_refused_for_memory(void **state)
{
    (void)state;
    fail_each(geo_zone_geojson_decode, zones, DRF_ERR_SYNTAX);
    fail_each(geo_ed269_decode, ed269, DRF_ERR_SYNTAX);
    fail_each(geo_ed318_decode, ed318, DRF_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones__any_allocation_fails__is_refused_for_memory),
        cmocka_unit_test(dof__any_allocation_fails__is_refused_for_memory),
        cmocka_unit_test(geojson__any_allocation_fails__is_refused_for_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) { return 0; }
#endif
