// SPDX-License-Identifier: Apache-2.0
// A dry run of a provider's messages: the same envelope, child and validation as in service,
// told in words and on a map; a refusal names the line. This program is its own decoder child.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/decoder/child_main.h"
#include "edge/sample/dry_run.h"

static const char config_text[] = "region: {id: niagara, bounds: [-80, 43, -79, 44]}\n"
                                  "node: {id: n}\n"
                                  "store: {path: unused}\n"
                                  "feeds:\n"
                                  "  - {name: dof, topic: obstacles, kind: obstacle}\n"
                                  "  - {name: cranes, topic: cranes, kind: obstacle, format: "
                                  "geojson_obstacles}\n";

// A tower of the FAA's at 43 30 N 079 30 W.
#define TOWER(id, agl)                                                                         \
    id " O US NY SOMEWHERE        43 30 00.00N 079 30 00.00W TOWER              1 " agl        \
       " 00900 R 1 A M 1999AEA01234OE A 2015074 "

struct told {
    bool good;
    char text[8192];
};

static struct told tell(size_t feed, const char *value, const char *header, const char *said)
{
    struct drf_config config;
    struct drf_config_error error;
    assert_int_equal(
        drf_config_parse(config_text, sizeof config_text - 1, NULL, &error, &config), DRF_OK);
    struct edge_message message = {
        .feed = feed,
        .topic = "t",
        .value = (const uint8_t *)value,
        .value_size = value ? strlen(value) : 0,
        .key = (const uint8_t *)"k",
        .key_size = 1,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = 1700000000000,
    };
    if (header)
        message.headers[message.header_count++] =
            (struct edge_header){.name = header, .value = said, .size = strlen(said)};
    struct edge_dry_run dry_run;
    assert_int_equal(edge_dry_run_read(&config, &message, &dry_run), DRF_OK);
    struct told told = {0};
    FILE *out = fmemopen(told.text, sizeof told.text, "w");
    told.good = edge_dry_run_report(&config, &message, &dry_run, false, out);
    (void)fclose(out);
    edge_dry_run_close(&dry_run);
    drf_config_close(&config);
    return told;
}

static void says(const struct told *told, const char *words)
{
    if (!strstr(told->text, words))
        print_error("no '%s' in:\n%s\n", words, told->text);
    assert_non_null(strstr(told->text, words));
}

static void sample__of_a_good_message__is_accepted_and_drawn(void **state)
{
    (void)state;
    struct told told = tell(0, TOWER("36-000001", "00300"), "ce_time", "2024-02-18T00:00:00Z");
    assert_true(told.good);
    says(&told, "accepted");
    says(&told, "2024-02-18T00:00:00Z (ce_time)");
    says(&told, "obstacles: 1 (0 withdrawn)");
    // In the middle of the map: 32 columns of a line are before it.
    const char *mark = strstr(told.text, "..o..");
    assert_non_null(mark);
    while (*mark != '|' && mark > told.text)
        mark--;
    assert_int_equal(strcspn(mark + 1, "o"), 32);
}

static void sample__with_a_bad_line__names_it_and_is_not_all_good(void **state)
{
    (void)state;
    struct told told = tell(
        0, TOWER("36-000001", "00300") "\r\n" TOWER("36-000002", "  3x0") "\r\n", NULL, NULL);
    assert_false(told.good);
    says(&told, "refused: FORMAT at 2:");
    says(&told, "obstacles: 1 ");
    says(&told, "total: 2 = 1 in the region + 0 around it, kept + 0 outside, passed over + 1 "
                "refused");
}

static void sample__that_is_refused__says_why_and_where(void **state)
{
    (void)state;
    struct told told = tell(1, "{\"type\": \"Feature\",\n \"id\": NaN}", NULL, NULL);
    assert_false(told.good);
    says(&told, "refused: FORMAT");
    says(&told, "line 2");
    told = tell(1, "{}", "drf_mode", "SIM");
    assert_false(told.good);
    says(&told, "refused: MODE");
}

static void sample__that_is_refused_at_a_known_place__says_that_it_is_marked(void **state)
{
    (void)state;
    struct told told =
        tell(1,
             "{\"type\":\"Feature\",\"id\":\"m\",\"properties\":{\"agl_m\":\"high\"},"
             "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-79.5,43.5]}}",
             NULL, NULL);
    assert_false(told.good);
    says(&told, "refused, but its place is known");
    says(&told, "UNREADABLE: 1;");
    assert_null(strstr(told.text, "accepted"));
}

// cases/obstacles/o_swapped.json of the real data: 8 E 50.5 N, its coordinates exchanged.
static void sample__all_of_it_outside__says_so_loudly(void **state)
{
    (void)state;
    static const char *const crane =
        "{\"type\":\"Feature\",\"id\":\"m\",\"properties\":{\"agl_m\":30},"
        "\"geometry\":{\"type\":\"Point\",\"coordinates\":[%s]}}";
    char text[256];
    (void)snprintf(text, sizeof text, crane, "43.5, -79.5");
    struct told told = tell(1, text, NULL, NULL);
    assert_false(told.good);
    says(&told, "ALL of it lies OUTSIDE the region");
    says(&told, "EXCHANGED 1 would lie inside");
    (void)snprintf(text, sizeof text, crane, "8.0, 50.5");
    told = tell(1, text, NULL, NULL);
    assert_false(told.good);
    says(&told, "ALL of it lies OUTSIDE the region");
    assert_null(strstr(told.text, "EXCHANGED"));
    (void)snprintf(text, sizeof text, crane, "-79.5, 43.5");
    told = tell(1, text, NULL, NULL);
    assert_true(told.good);
    assert_null(strstr(told.text, "OUTSIDE"));
}

static void sample__that_says_when_it_was_issued__tells_it(void **state)
{
    (void)state;
    static const char file[] = "  CURRENCY DATE = 02/18/24\r\n" TOWER("36-000001", "00300");
    struct told told = tell(0, file, NULL, NULL);
    assert_true(told.good);
    says(&told, "issued    2024-02-18T00:00:00Z");
    told = tell(0, TOWER("36-000001", "00300"), "drf_time_basis", "file");
    says(&told, "a file's time of change");
    assert_null(strstr(told.text, "issued "));
}

static void sample__of_a_tombstone__says_what_it_withdraws(void **state)
{
    (void)state;
    struct told told = tell(0, NULL, NULL, NULL);
    assert_true(told.good);
    says(&told, "tombstone");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "decode-child") == 0)
        return edge_child_main(argc - 2, argv + 2, geo_decode);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample__of_a_good_message__is_accepted_and_drawn),
        cmocka_unit_test(sample__with_a_bad_line__names_it_and_is_not_all_good),
        cmocka_unit_test(sample__that_is_refused__says_why_and_where),
        cmocka_unit_test(sample__that_is_refused_at_a_known_place__says_that_it_is_marked),
        cmocka_unit_test(sample__all_of_it_outside__says_so_loudly),
        cmocka_unit_test(sample__that_says_when_it_was_issued__tells_it),
        cmocka_unit_test(sample__of_a_tombstone__says_what_it_withdraws),
    };
    return cmocka_run_group_tests_name("edge/dry_run", tests, NULL, NULL);
}
