// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/reader/issued.h"
#include "tests/support/real_data.h"

static int64_t issued(enum geo_format format, const char *text)
{
    int64_t utc_us = -1;
    bool known = geo_issued_read(format, (const uint8_t *)text, strlen(text), &utc_us);
    assert_int_equal(known, utc_us != -1);
    return utc_us;
}

// date -u -d '2024-02-18' +%s
#define FEBRUARY_18 INT64_C(1708214400000000)

static void issued__of_an_obstacle_file__is_its_currency_date(void **state)
{
    (void)state;
    assert_true(issued(GEO_FORMAT_DOF, "  CURRENCY DATE = 02/18/24\r\nx") == FEBRUARY_18);
    assert_true(issued(GEO_FORMAT_DOF, "CURRENCY DATE = 02/18/24") == FEBRUARY_18);
    static const char *const none[] = {
        "",
        "  CURRENCY DATE = 18/02/24\n",
        "  CURRENCY DATE = 2/18/24\n",
        "  CURRENCY DATE = \n",
        "\n  CURRENCY DATE = 02/18/24\n",
        "36-020752 O US NY NEW YORK",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_true(issued(GEO_FORMAT_DOF, none[i]) == -1);
    size_t size;
    int64_t utc_us;
    uint8_t *bytes = real_data("obstacles/04-AZ.Dat", &size);
    if (bytes == NULL)
        skip();
    assert_true(geo_issued_read(GEO_FORMAT_DOF, bytes, size, &utc_us));
    assert_true(utc_us == FEBRUARY_18);
    free(bytes);
}

static void issued__of_zones_and_notices__is_what_they_say(void **state)
{
    (void)state;
    assert_true(issued(GEO_FORMAT_ED269, "{\"createdAt\":\"2024-02-18T01:00:00+01:00\","
                                         "\"UASZoneList\":[]}")
                == FEBRUARY_18);
    assert_true(issued(GEO_FORMAT_ED318, "{\"metadata\":{\"issued\":\"2024-02-18T00:00:00Z\"}}")
                == FEBRUARY_18);
    assert_true(issued(GEO_FORMAT_GCN, "{\"alert_datetime\":\"2024-02-18T00:00:00Z\"}")
                == FEBRUARY_18);
    assert_true(issued(GEO_FORMAT_ED269, "{\"createdAt\":\"yesterday\"}") == -1);
    assert_true(issued(GEO_FORMAT_ED269, "[]") == -1);
    assert_true(issued(GEO_FORMAT_ED269, "{") == -1);
    assert_true(issued(GEO_FORMAT_TERRAIN, "{\"createdAt\":\"2024-02-18T00:00:00Z\"}") == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issued__of_an_obstacle_file__is_its_currency_date),
        cmocka_unit_test(issued__of_zones_and_notices__is_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
