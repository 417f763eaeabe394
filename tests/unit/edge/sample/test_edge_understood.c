// SPDX-License-Identifier: Apache-2.0
// Each item as the node understood it: values with units, limits in metres, periods, corners,
// assumptions, totals that add up. What is expected was read from the files' own text (feet,
// knots, columns of the DOF) or by other programs (GDAL, eccodes, avwx), never by this node.
// This program is its own decoder child.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/decoder/child_main.h"
#include "edge/sample/dry_run.h"
#include "tests/support/real_data.h"

enum { TEXT = 1 << 23 };

struct told {
    bool good;
    char *text;
};

// `feed` is the feed's YAML, without its name and topic.
static struct told tell_bytes(const char *bounds, const char *feed, const uint8_t *bytes,
                              size_t size, const char *time, bool all)
{
    struct drf_config config;
    struct drf_config_error error;
    char yaml[1024];
    int length = snprintf(yaml, sizeof yaml,
                          "region: {id: r, bounds: [%s]}\nnode: {id: n, mode: TEST}\n"
                          "store: {path: unused}\nfeeds:\n  - {name: f, topic: t, %s}\n",
                          bounds, feed);
    if (drf_config_parse(yaml, (size_t)length, NULL, &error, &config) != DRF_OK)
        fail_msg("the configuration is refused: %s", error.text);
    struct edge_message message = {
        .topic = "t",
        .value = bytes,
        .value_size = size,
        .key = (const uint8_t *)"k",
        .key_size = 1,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = 1700000000000,
        .headers[0] = {.name = "ce_time", .value = time, .size = time ? strlen(time) : 0},
        .header_count = time != NULL,
    };
    struct edge_dry_run dry_run;
    assert_int_equal(edge_dry_run_read(&config, &message, &dry_run), DRF_OK);
    struct told told = {.text = calloc(1, TEXT)};
    assert_non_null(told.text);
    FILE *out = fmemopen(told.text, TEXT - 1, "w");
    told.good = edge_dry_run_report(&config, &message, &dry_run, all, out);
    (void)fclose(out);
    edge_dry_run_close(&dry_run);
    drf_config_close(&config);
    // Wrapped for people: read here as one line.
    for (char *at = told.text; (at = strstr(at, ",\n      ")) != NULL;)
        memmove(at + 1, at + 7, strlen(at + 7) + 1);
    return told;
}

static struct told tell_file(const char *bounds, const char *feed, const char *file,
                             const char *time, bool all)
{
    size_t size = 0;
    uint8_t *bytes = real_data(file, &size);
    if (bytes == NULL)
        skip();
    struct told told = tell_bytes(bounds, feed, bytes, size, time, all);
    free(bytes);
    return told;
}

static void says(const struct told *told, const char *words)
{
    if (strstr(told->text, words) == NULL)
        fail_msg("no '%s' in:\n%.6000s", words, told->text);
}

static void says_not(const struct told *told, const char *words)
{
    if (strstr(told->text, words) != NULL)
        fail_msg("'%s' in:\n%.6000s", words, told->text);
}

static size_t count(const struct told *told, const char *words)
{
    size_t found = 0;
    for (const char *at = told->text; (at = strstr(at, words)) != NULL; at += strlen(words))
        found++;
    return found;
}

// The number in front of `words` in the total.
static unsigned long total(const struct told *told, const char *words)
{
    const char *line = strstr(told->text, "total: ");
    const char *at = line != NULL ? strstr(line, words) : NULL;
    if (at == NULL) {
        fail_msg("no '%s' in the total of:\n%.6000s", words, told->text);
        return 0;
    }
    while (at > line && (at[-1] == ' ' || (at[-1] >= '0' && at[-1] <= '9')))
        at--;
    return strtoul(at, NULL, 10);
}

#define NIAGARA "-80, 43, -79, 44"
#define DOF "kind: obstacle, format: dof"

// The file has 14,401 records, 808 of them inside the cell. Line 40 of the file:
// CA-000051 O CA NIAGARA FALLS 43 05 06.00N 079 04 47.00W TOWER 1 00495 01130 L 1 D M 1982011
static void obstacles__of_a_national_file__are_told_in_metres_and_add_up(void **state)
{
    (void)state;
    struct told told = tell_file(NIAGARA, DOF, "obstacles/Canada.Dat", NULL, false);
    const unsigned long outside = total(&told, "outside, passed over");
    says(&told, "total: 14401 = 808 in the region + ");
    assert_int_equal(808 + total(&told, "around it") + outside + total(&told, "refused"),
                     14401);
    // 495 ft, 1130 ft; accuracy 1 is 20 ft, D is 50 ft.
    says(&told,
         "obstacle CA-000051, TOWER, at 43.08500 N 79.07972 W, height 150.9 m, top 344.4 "
         "m AMSL, known to +- 6.1 m across, +- 15.2 m high, verified, lighting L, "
         "marking M, data of 1982-01-11");
    // Accuracy 9 and I: the feed's default stands for it, and is said to.
    says(&told, "assumed: accuracy of its position: the feed's default_horizontal_acc95_m");
    assert_int_equal(count(&told, "\n  obstacle "), 20);
    says(&told, "14381 more, --all shows them");
    free(told.text);

    told = tell_file(NIAGARA, DOF, "obstacles/Canada.Dat", NULL, true);
    assert_int_equal(count(&told, "\n  obstacle "), 14401);
    assert_int_equal(count(&told, "outside what the node keeps"), outside);
    says_not(&told, "--all shows");
    free(told.text);
}

// A box in New York State holds no Canadian obstacle; CA-000051 stands 2.8 km west of it, and
// is kept for the look-ahead.
static void obstacles__around_the_region_only__are_told_loudly(void **state)
{
    (void)state;
    struct told told =
        tell_file("-79.045, 43.083, -79.035, 43.087", DOF, "obstacles/Canada.Dat", NULL, true);
    assert_true(told.good);
    says(&told, "total: 14401 = 0 in the region + ");
    assert_true(total(&told, "around it") > 0);
    assert_int_equal(total(&told, "around it") + total(&told, "outside"), 14401);
    says(&told, "obstacle CA-000051, TOWER, at 43.08500 N 79.07972 W, height 150.9 m");
    says(&told, "WARNING: NOTHING of it lies inside the region");
    free(told.text);
}

// eccodes: 181 bands; 2.85 C, gust 5 m/s, u and v -4 and +1 along the grid at the point nearest
// to Toronto, 280.279 E. Precipitation is an accumulation over hours 12 to 24 of 12 Z.
static void fields__of_a_model__are_told_with_units_and_times(void **state)
{
    (void)state;
    struct told told = tell_file(NIAGARA, "kind: weather", "weather/eta.grb", NULL, true);
    assert_true(told.good);
    says(&told, "field temperature, 2 m above the ground, run of 2004-12-08T12:00:00Z, for "
                "2004-12-09T12:00:00Z");
    says(&told, "nearest the middle of the region 276.00 K (2.85 C) at 43.54666 N 79.72063 W");
    says(&told, "wind along the grid's x axis, drones get it turned to true north, 10 m above "
                "the ground");
    says(&told, "nearest the middle of the region -4.00 m/s");
    says(&told, "nearest the middle of the region 5.00 m/s"); // the gust
    says(&told, "field precipitation, accumulation, at the surface, run of "
                "2004-12-08T12:00:00Z, from 2004-12-09T00:00:00Z, until 2004-12-09T12:00:00Z");
    says(&told, "assumed: heights of a pressure layer in the standard atmosphere");
    says(&told, "total: 181 = ");
    assert_int_equal(total(&told, "taken") + total(&told, "skipped"), 181);
    assert_int_equal(count(&told, "\n  field "), total(&told, "taken"));
    free(told.text);
}

// GDAL: 75 to 460 m, 79 to 80 W, 43 to 44 N, posts 30 arc seconds apart (926.6 m of latitude).
static void terrain__is_told_with_its_limits_and_assumptions(void **state)
{
    (void)state;
    struct told told = tell_file(NIAGARA, "kind: terrain, format: dted, vertical_acc95_m: 10",
                                 "terrain/n43.dt0", NULL, false);
    assert_true(told.good);
    says(&told, "terrain: ground (DTM), 43.00000 N 80.00000 W to 44.00000 N 79.00000 W, lowest "
                "75.0 m AMSL, highest 460.0 m AMSL, posts apart 927 m");
    says(&told, "assumed: the accuracy: the feed's vertical_acc95_m");
    free(told.text);
    told = tell_file("8, 50, 9, 51", "kind: terrain, format: dted, vertical_acc95_m: 10",
                     "terrain/n43.dt0", NULL, false);
    assert_false(told.good);
    says(&told, "WARNING: NOTHING of it lies inside the region");
    free(told.text);
}

// The file's own JSON: 250 ft over ground; a circle of 3,000 m, Saturdays and Sundays.
static void zones__are_told_with_limits_periods_and_corners(void **state)
{
    (void)state;
    static const char *const file = "zones/ed269_geo-awareness-che-1.json";
    struct told told =
        tell_file("6, 46, 8, 48", "kind: zone, format: ed269", file, NULL, false);
    assert_true(told.good);
    says(&told, "zone CHE:Montreux Concert Area \"Sample protected area active during "
                "evening\", PROHIBITED, reason OTHER");
    says(&told, "circle, around 46.43076 N 6.91315 E, radius 3000.0 m, from 0.0 m above the "
                "ground, to 6259.0 m above the sea");
    says(&told, "in force, from 2022-06-15T09:00:00Z, until 2023-06-15T09:00:00Z, on SAT SUN, "
                "17:00-24:00 UTC");
    says(&told,
         "polygon of 5 corners, from 0.0 m above the ground, to 76.2 m above the ground, "
         "46.81886 N 7.31552 E, 46.70314 N 7.28256 E");
    says(&told, "always in force");
    says(&told, "total: 6 = 6 in the region");
    free(told.text);
    told = tell_file(NIAGARA, "kind: zone, format: ed269", file, NULL, false);
    assert_false(told.good);
    says(&told, "total: 6 = 0 in the region + 0 around it, kept + 6 outside, passed over");
    says(&told, "WARNING: ALL of it lies OUTSIDE the region");
    free(told.text);
}

static void stations_in(char path[static 64])
{
    snprintf(path, 64, "/tmp/test_edge_understood_XXXXXX");
    const int fd = mkstemp(path);
    static const char table[] = "EGLL,51.4775,-0.4614,25\nKJFK,40.6398,-73.7789,4\n";
    assert_true(fd >= 0);
    assert_int_equal(write(fd, table, sizeof table - 1), sizeof table - 1);
    close(fd);
}

static struct told tell_report(const char *report)
{
    char path[64], feed[160];
    stations_in(path);
    snprintf(feed, sizeof feed, "kind: weather, format: metar, stations: %s", path);
    struct told told = tell_bytes("-1, 51, 0, 52", feed, (const uint8_t *)report,
                                  strlen(report), "2026-11-28T11:00:00Z", false);
    unlink(path);
    return told;
}

// The groups as WMO No. 306 FM 15 has them; 11 kt are 5.66 m/s.
static void station__is_told_with_values_and_what_it_does_not_say(void **state)
{
    (void)state;
    struct told told = tell_report("METAR EGLL 281050Z AUTO 09011G25KT 9999 BKN004 10/M05 "
                                   "Q1016=");
    assert_true(told.good);
    says(&told, "station EGLL, at 51.47750 N 0.46140 W, elevation 25 m AMSL, observed "
                "2026-11-28T10:50:00Z, automatic, wind 5.7 m/s (11 kt) from 090 degrees true, "
                "gust 12.9 m/s, visibility at least 10000 m, ceiling 122 m above the station");
    says(&told, "temperature 10.0 C, dew point -5.0 C, QNH 1016.0 hPa");
    says(&told, "assumed: the month: that of the message's version; the place: from the feed's "
                "table of stations");
    free(told.text);
    // A ceiling may not be said, the speed is a lower bound.
    told = tell_report("METAR EGLL 281050Z 240P99KT 9999 FEW005 BKN01O 12/10 Q1010=");
    says(&told, "wind at least 50.9 m/s (99 kt) from 240");
    says(&told, "not known: ceiling");
    says_not(&told, "m above the station");
    // A group is a part of a report that is taken: it is not counted as one more.
    says(&told, "total: 1 = 1 in the region");
    says(&told, "parts of them skipped: 1");
    free(told.text);
    told = tell_report("METAR KJFK 281050Z 24010KT 9999 Q1010=");
    assert_false(told.good);
    says(&told, "total: 1 = 0 in the region + 0 around it, kept + 1 outside, passed over");
    says(&told, "WARNING: ALL of it lies OUTSIDE");
    free(told.text);
}

#define GCN "kind: alert, format: gcn"
#define SENT "2026-11-28T11:30:00Z"

static void alerts__are_told_with_severity_test_and_withdrawal(void **state)
{
    (void)state;
    struct told told =
        tell_file(NIAGARA, GCN, "alerts/gcn_superk_sn_alert.test.json", SENT, false);
    says(&told, ", INFO, a TEST, ");
    free(told.text);
    told = tell_file(NIAGARA, GCN, "alerts/gcn_swift_bat_Guano.Retraction.json", SENT, false);
    says(&told, "alert Swift/694215995, WITHDRAWN");
    says(&told, "alerts: 1 (1 withdrawn)");
    free(told.text);
    told = tell_file(NIAGARA, "kind: alert", "cases/cap/c_geocode65.xml", SENT, false);
    says(&told, "alert a@b.c,geocode65 \"H Flood\", WARNING, reason Flood");
    says(&told, "everywhere in the region");
    says(&told, "from 2026-11-28T10:58:33Z, until 2026-11-28T20:59:33Z");
    says(&told, "assumed: the area: it gives none that can be read");
    free(told.text);
    // 50.5 N 8 E, a square of 0.02 degrees.
    told = tell_file(NIAGARA, "kind: alert", "cases/cap/c_allclear.xml", SENT, false);
    assert_false(told.good);
    says(&told, "WARNING: ALL of it lies OUTSIDE");
    free(told.text);
}

// 2150 and 2000 ft, 120 kt eastward, 50.5 N 8 E; NACp 0 is 10 NM and worse.
static void aircraft__is_told_with_heights_and_what_is_assumed(void **state)
{
    (void)state;
    static const char *const file = "cases/traffic/t_nacp0.json";
    struct told told = tell_file("7, 50, 9, 51", "kind: traffic", file, NULL, false);
    assert_true(told.good);
    says(&told, "aircraft 3c6444 \"DLH123\", at 50.50000 N 8.00000 E");
    says(&told,
         "655.3 m over the ellipsoid, 609.6 m of pressure altitude, 61.7 m/s, course 090 "
         "degrees true");
    says(&told, "known to +- 18520 m across");
    says(&told, "unknown to its source");
    free(told.text);
    told = tell_file(NIAGARA, "kind: traffic", file, NULL, false);
    says(&told, "WARNING: NOTHING of it lies inside the region");
    free(told.text);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "decode-child") == 0)
        return edge_child_main(argc - 2, argv + 2, geo_decode);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(obstacles__of_a_national_file__are_told_in_metres_and_add_up),
        cmocka_unit_test(obstacles__around_the_region_only__are_told_loudly),
        cmocka_unit_test(fields__of_a_model__are_told_with_units_and_times),
        cmocka_unit_test(terrain__is_told_with_its_limits_and_assumptions),
        cmocka_unit_test(zones__are_told_with_limits_periods_and_corners),
        cmocka_unit_test(station__is_told_with_values_and_what_it_does_not_say),
        cmocka_unit_test(alerts__are_told_with_severity_test_and_withdrawal),
        cmocka_unit_test(aircraft__is_told_with_heights_and_what_is_assumed),
    };
    return cmocka_run_group_tests_name("edge/understood", tests, NULL, NULL);
}
