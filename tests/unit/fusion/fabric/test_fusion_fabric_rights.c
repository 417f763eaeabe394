// SPDX-License-Identifier: Apache-2.0
// What a feed may say is its configuration's word, never the sender's.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fabric.h"

static void job__of_a_feed_without_the_right__is_refused(void **state)
{
    struct spot *spot = *state;
    // A surface model on a ground feed, and terrain on an obstacle feed.
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_SURFACE, 2);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", "k", 1, 7);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_REFUSED);
    message = spot_message("obs", "obs", "k", 1, 7);
    assert_int_equal(spot_apply(spot, &message, spot_record(&builder)), FUSION_REFUSED);
    geo_record_builder_close(&builder);
    struct fusion_job *job;
    message = spot_message("nobody", "nobody", "k", 1, 7);
    assert_int_equal(fusion_job_open(spot->fabric, &message, (struct geo_record){0}, &job),
                     DRF_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(job__of_a_feed_without_the_right__is_refused,
                                        spot_setup, spot_teardown),
    };
    return cmocka_run_group_tests_name("fusion/fabric_rights", tests, NULL, NULL);
}
