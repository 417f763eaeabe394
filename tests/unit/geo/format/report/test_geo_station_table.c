// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/report/station_table.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))
#define HAS(s, flag) (((s)->flags & GEO_STATION_##flag) != 0)

enum { STATIONS_MAX = 8, NOTES_MAX = 8 };

struct decoded {
    struct geo_note why;
    struct geo_record_builder builder;
    struct geo_record record;
    const struct geo_station *stations[STATIONS_MAX];
    const struct geo_note *notes[NOTES_MAX];
    size_t count, note_count;
};

static void list(struct decoded *d)
{
    size_t cursor = 0;
    struct geo_item item;
    d->count = d->note_count = 0;
    while (geo_record_next(d->record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_STATION && d->count < STATIONS_MAX)
            d->stations[d->count++] = item.payload;
        if (item.kind == GEO_ITEM_NOTE && d->note_count < NOTES_MAX)
            d->notes[d->note_count++] = item.payload;
    }
}

// Observations of these stations, as a decoder hands them on: without a place.
static void open_of(struct decoded *d, const char *const *ids, size_t count)
{
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        struct geo_station station = {.observed_utc_us = 1};
        memcpy(station.id, ids[i], strlen(ids[i]));
        assert_int_equal(
            geo_record_add(&d->builder, GEO_ITEM_STATION, &station, sizeof station, NULL, 0),
            DRF_OK);
    }
    assert_int_equal(geo_record_finish(&d->builder, &d->record), DRF_OK);
}

static void close_it(struct decoded *d) { geo_record_builder_close(&d->builder); }

#define TABLE                                                                                  \
    "id,lat,lon,elevation_m\r\n# London\r\nEGLL,51.4775,-0.4614,25.3\r\n\r\n"                  \
    "\"EGKK\", 51.1481 , -0.1903 ,\nKJFK,40.6398,-73.7789,4\n"

static void table__csv_and_geojson__place_stations(void **state)
{
    (void)state;
    static const char *const tables[] = {
        TABLE, "{\"type\":\"FeatureCollection\",\"features\":["
               "{\"type\":\"Feature\",\"id\":\"EGLL\",\"properties\":{\"elevation_m\":25.3},"
               "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-0.4614,51.4775]}},"
               "{\"type\":\"Feature\",\"properties\":{\"id\":\"EGKK\"},"
               "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-0.1903,51.1481]}},"
               "{\"type\":\"Feature\",\"id\":\"KJFK\",\"properties\":{\"elevation_m\":4},"
               "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-73.7789,40.6398]}}]}"};
    uint64_t hashes[2];
    for (size_t i = 0; i < 2; i++) {
        struct geo_station_table *table;
        struct geo_note why;
        assert_int_equal(
            geo_station_table_open((const uint8_t *)tables[i], strlen(tables[i]), &table, &why),
            DRF_OK);
        hashes[i] = geo_station_table_hash(table);
        struct decoded d, placed = {.count = 0};
        open_of(&d, (const char *const[]){"EGLL", "EGKK", "KJFK", "LFPG"}, 4);
        geo_record_builder_init(&placed.builder, 1 << 20);
        assert_int_equal(geo_station_table_place(table, (struct geo_bounds){-2, 50, 2, 53},
                                                 d.record, &placed.builder, &placed.why),
                         DRF_OK);
        struct geo_record built;
        assert_int_equal(geo_record_finish(&placed.builder, &built), DRF_OK);
        assert_int_equal(geo_record_validate(built.bytes, built.size, &placed.record), DRF_OK);
        list(&placed);
        assert_int_equal(placed.count, 3);
        const struct geo_station *s = placed.stations[0];
        assert_true(HAS(s, PLACED) && HAS(s, HAS_ELEVATION) && !HAS(s, OUTSIDE));
        assert_near(s->position.lat_deg, 51.4775, 0);
        assert_near(s->position.lon_deg, -0.4614, 0);
        assert_near(s->elevation_amsl_m, 25.3, 0);
        assert_false(HAS(placed.stations[1], HAS_ELEVATION));
        assert_true(HAS(placed.stations[2], OUTSIDE));
        assert_int_equal(placed.note_count, 2);
        assert_int_equal(placed.notes[0]->code, GEO_REFUSAL_GEOREFERENCE);
        assert_non_null(strstr(placed.notes[0]->text, "LFPG"));
        assert_int_equal(placed.notes[1]->code, GEO_REFUSAL_IGNORED);
        close_it(&placed);
        close_it(&d);
        geo_station_table_close(table);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

static void table__broken__says_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } tables[] = {{"EGLL,51,0,10\nEGKK,51\n", 2},
                  {"EGLL,91,0,10\n", 1},
                  {"EGLL,51,0,10\nEGLL,52,0,10", 2},
                  {"EGLL,51,x,10\n", 1},
                  {",51,0,10\n", 1},
                  {"EGLL,nan,0,10\n", 1},
                  {"{\"features\":[{\"id\":\"A\"}]}", 1}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct geo_station_table *table;
        struct geo_note why;
        assert_int_not_equal(geo_station_table_open((const uint8_t *)tables[i].text,
                                                    strlen(tables[i].text), &table, &why),
                             DRF_OK);
        assert_int_equal(why.position, tables[i].line);
    }
}

static void table__none_known__refuses_the_message(void **state)
{
    (void)state;
    struct geo_station_table *table;
    struct geo_note why;
    assert_int_equal(
        geo_station_table_open((const uint8_t *)TABLE, strlen(TABLE), &table, &why), DRF_OK);
    struct decoded d;
    open_of(&d, (const char *const[]){"LFPG"}, 1);
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_not_equal(geo_station_table_place(table, (struct geo_bounds){-2, 50, 2, 53},
                                                 d.record, &builder, &why),
                         DRF_OK);
    assert_int_equal(why.code, GEO_REFUSAL_GEOREFERENCE);
    geo_record_builder_close(&builder);
    close_it(&d);
    geo_station_table_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__csv_and_geojson__place_stations),
        cmocka_unit_test(table__broken__says_the_line),
        cmocka_unit_test(table__none_known__refuses_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
