// SPDX-License-Identifier: Apache-2.0
// What `drf-sim publish` takes, under which names, and how text and notices become messages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/reader/format.h"
#include "sim/publish/json_split.h"
#include "sim/publish/provide.h"
#include "sim/publish/text_split.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

static void kind__every_format_of_a_feed__is_known_by_its_name(void **state)
{
    (void)state;
    for (int f = GEO_FORMAT_UNKNOWN + 1; f < GEO_FORMAT_COUNT; f++) {
        enum sim_file_kind kind;
        const char *name = geo_format_name((enum geo_format)f);
        if (!sim_file_kind_find(name, &kind))
            fail_msg("no kind is named '%s'", name);
        // The hint names it.
        assert_non_null(strstr(sim_file_kind_hint("?"), name));
    }
}

static void kind__names_of_earlier_versions__go_on_working(void **state)
{
    (void)state;
    enum sim_file_kind old, new;
    assert_true(sim_file_kind_find("geojson", &old));
    assert_true(sim_file_kind_find("geojson_obstacles", &new));
    assert_int_equal(old, new);
    assert_true(sim_file_kind_find("zone", &old));
    assert_true(sim_file_kind_find("ed269", &new));
    assert_int_equal(old, new);
}

static void kind__the_kind_of_a_feed__is_told_its_formats(void **state)
{
    (void)state;
    enum sim_file_kind kind;
    assert_false(sim_file_kind_find("weather", &kind));
    assert_non_null(strstr(sim_file_kind_hint("weather"), "grib, metar and urep"));
    assert_non_null(strstr(sim_file_kind_hint("alert"), "cap and gcn"));
    assert_non_null(strstr(sim_file_kind_hint("traffic"), "readsb and tracks"));
    assert_non_null(strstr(sim_file_kind_hint("obstacle"), "dof and geojson_obstacles"));
}

static void kind__of_terrain__is_told_by_the_first_bytes_or_the_name(void **state)
{
    (void)state;
    const enum sim_file_kind terrain = SIM_FILE_TERRAIN;
    assert_int_equal(sim_file_kind_of(terrain, "a.bin", BYTES("UHL10790000W")), SIM_FILE_DTED);
    assert_int_equal(sim_file_kind_of(terrain, "a.dt0", BYTES("II*")), SIM_FILE_GEOTIFF);
    assert_int_equal(sim_file_kind_of(terrain, "N43W080.HGT", BYTES("..")), SIM_FILE_HGT);
    assert_int_equal(sim_file_kind_of(SIM_FILE_DOF, "N43W080.hgt", BYTES("UHL1")),
                     SIM_FILE_DOF);
}

static void report__of_few_bytes__is_one_message_and_else_cut_between_reports(void **state)
{
    (void)state;
    static const char bulletin[] = "SAUK31 EGRR 281050\nMETAR EGLL 281050Z 24010KT 9999=\n"
                                   "METAR EGKK 281050Z 24010KT\n     9999=\n";
    struct sim_batch batch = {0};
    assert_int_equal(sim_report_split("uk", BYTES(bulletin), 1000, &batch), DRF_OK);
    assert_int_equal(batch.count, 1);
    assert_string_equal(batch.messages[0].key, "uk");
    sim_batch_close(&batch);

    assert_int_equal(sim_report_split("uk", BYTES(bulletin), 70, &batch), DRF_OK);
    assert_int_equal(batch.count, 2);
    assert_string_equal(batch.messages[1].key, "uk/part-2");
    assert_int_equal(batch.messages[0].value[batch.messages[0].size - 1], '=');
    assert_non_null(memmem(batch.messages[1].value, batch.messages[1].size, "EGKK", 4));
    assert_non_null(memmem(batch.messages[1].value, batch.messages[1].size, "9999=", 5));
    sim_batch_close(&batch);
    // One report is never cut in two.
    assert_int_equal(sim_report_split("uk", BYTES(bulletin), 20, &batch), DRF_ERR_FULL);
    sim_batch_close(&batch);
    assert_int_equal(sim_report_split("uk", BYTES(" \n"), 100, &batch), DRF_ERR_SYNTAX);
    assert_int_equal(sim_report_split("uk", BYTES("GRIB\x02..."), 100, &batch), DRF_ERR_SYNTAX);
    // NUL is no text, wherever it stands: such a file is binary, or in UTF-16.
    static const char *const with_nul[] = {"\0METAR=", "METAR\0EGLL=", "METAR EGLL=\0"};
    static const size_t sizes[] = {7, 11, 12};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            sim_report_split("uk", (const uint8_t *)with_nul[i], sizes[i], 100, &batch),
            DRF_ERR_SYNTAX);
    assert_int_equal(batch.count, 0);
    static const char marked[] = "\x01\r\r\n123\r\r\nMETAR EGLL=\r\r\n\x03";
    assert_int_equal(sim_report_split("uk", BYTES(marked), 100, &batch), DRF_OK);
    sim_batch_close(&batch);
}

static void report__without_ends__is_cut_in_front_of_a_line_of_its_own(void **state)
{
    (void)state;
    static const char cycle[] = "2026/11/28 10:50\nEGLL 281050Z 24010KT 9999\n     Q1010\n\n"
                                "2026/11/28 10:50\nEGKK 281050Z 24010KT 9999\n";
    struct sim_batch batch = {0};
    assert_int_equal(sim_report_split("c", BYTES(cycle), 70, &batch), DRF_OK);
    assert_int_equal(batch.count, 2);
    assert_non_null(memmem(batch.messages[0].value, batch.messages[0].size, "Q1010", 5));
    assert_memory_equal(batch.messages[1].value, "2026/11", 7);
    sim_batch_close(&batch);
}

static const char *cap_key(const char *text, char key[static SIM_KEY_SIZE])
{
    struct sim_batch batch = {0};
    assert_int_equal(sim_cap_split("file", BYTES(text), &batch), DRF_OK);
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.messages[0].size, strlen(text));
    snprintf(key, SIM_KEY_SIZE, "%s", batch.messages[0].key);
    sim_batch_close(&batch);
    return key;
}

static void cap__goes_out_under_the_id_that_withdraws_it(void **state)
{
    (void)state;
    char key[SIM_KEY_SIZE];
    assert_string_equal(cap_key("<alert><identifier>a-1</identifier>"
                                "<sender> w@example.org </sender></alert>",
                                key),
                        "w@example.org,a-1");
    assert_string_equal(cap_key("<c:alert><c:identifier>1</c:identifier>"
                                "<c:sender>s</c:sender></c:alert>",
                                key),
                        "s,1");
    // What only a parser of XML could name goes under the file's name.
    assert_string_equal(cap_key("<alert><identifier>a&amp;b</identifier>"
                                "<sender>s</sender></alert>",
                                key),
                        "file");
    struct sim_batch batch = {0};
    assert_int_equal(sim_cap_split("file", BYTES("{}"), &batch), DRF_ERR_SYNTAX);
    int64_t utc_us;
    // date -u -d 2026-11-28T10:00:00+02:00 +%s
    assert_true(
        sim_cap_issued(BYTES("<alert><sent>2026-11-28T10:00:00+02:00</sent>"), &utc_us));
    assert_true(utc_us == INT64_C(1795852800000000));
    assert_false(sim_cap_issued(BYTES("<alert><sent>today</sent>"), &utc_us));
}

static void notice__goes_out_under_mission_and_id(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } rows[] = {
        {"{\"mission\":\"Fermi\",\"id\":[745121685]}", "Fermi/745121685"},
        {"{\"mission\":\"MAXI\",\"event_name\":[\"x\"],\"trigger_id\":\"t\"}", "MAXI/t"},
        {"{\"id\":[\"1\"]}", "file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_batch batch = {0};
        assert_int_equal(sim_json_notice("file", BYTES(rows[i].text), &batch), DRF_OK);
        assert_string_equal(batch.messages[0].key, rows[i].key);
        sim_batch_close(&batch);
    }
}

static void zones__of_every_root__go_out(void **state)
{
    (void)state;
    static const char *const roots[] = {"[{\"identifier\":\"A\"}]", "{\"UASZoneList\":[]}",
                                        "{\"items\":[]}", "{\"features\":[]}"};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        struct sim_batch batch = {0};
        assert_int_equal(sim_json_zones("f", BYTES(roots[i]), &batch), DRF_OK);
        assert_int_equal(batch.count, 1);
        sim_batch_close(&batch);
    }
}

static enum drf_status count_headers(void *context, const char *key, const void *value,
                                     size_t size, const struct sim_header *headers,
                                     size_t header_count)
{
    (void)key;
    (void)value;
    (void)size;
    char *text = context;
    text[0] = '\0';
    for (size_t i = 0; i < header_count; i++)
        if (strcmp(headers[i].name, "ce_type") == 0
            || strcmp(headers[i].name, "drf_delivery") == 0) {
            const size_t used = strlen(text);
            snprintf(text + used, 64 - used, "%s ", headers[i].value ? headers[i].value : "-");
        }
    return DRF_OK;
}

static void message__of_features__says_how_it_is_delivered_and_no_other(void **state)
{
    (void)state;
    static const struct {
        enum sim_file_kind kind;
        const char *said;
    } rows[] = {{SIM_FILE_CAP, "drf.alert features "},
                {SIM_FILE_SIGMET, "drf.zone features "},
                {SIM_FILE_METAR, "drf.weather - "},
                {SIM_FILE_READSB, "drf.traffic - "},
                {SIM_FILE_TERRAIN, "drf.terrain - "}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        const struct sim_provider provider = {
            .kind = rows[i].kind, .mode = "LIVE", .source = "s"};
        const struct sim_feed_port port = {.context = text, .send = count_headers};
        const struct sim_message message = {.key = "k"};
        assert_int_equal(sim_provider_send(&provider, &message, 1, 1,
                                           (struct sim_version_time){1, false}, &port),
                         DRF_OK);
        assert_string_equal(text, rows[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kind__every_format_of_a_feed__is_known_by_its_name),
        cmocka_unit_test(kind__names_of_earlier_versions__go_on_working),
        cmocka_unit_test(kind__the_kind_of_a_feed__is_told_its_formats),
        cmocka_unit_test(kind__of_terrain__is_told_by_the_first_bytes_or_the_name),
        cmocka_unit_test(report__of_few_bytes__is_one_message_and_else_cut_between_reports),
        cmocka_unit_test(report__without_ends__is_cut_in_front_of_a_line_of_its_own),
        cmocka_unit_test(cap__goes_out_under_the_id_that_withdraws_it),
        cmocka_unit_test(notice__goes_out_under_mission_and_id),
        cmocka_unit_test(zones__of_every_root__go_out),
        cmocka_unit_test(message__of_features__says_how_it_is_delivered_and_no_other),
    };
    return cmocka_run_group_tests_name("sim/provide", tests, NULL, NULL);
}
