// SPDX-License-Identifier: Apache-2.0
// The configuration: every kind of mistake is refused with its line and what is allowed
// instead.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/config/config.h"
#include "fusion/root/root.h"

// The least that is accepted; tests append to it from line 8 on.
#define LEAST                                                                                  \
    "region:\n"                                                                                \
    "  id: niagara\n"                                                                          \
    "  bounds: [-80, 43, -79, 44.5]\n"                                                         \
    "node:\n"                                                                                  \
    "  id: edge-1\n"                                                                           \
    "store:\n"                                                                                 \
    "  path: region.gpkg\n"

static enum drf_status parse(const char *text, struct drf_config_error *error,
                             struct drf_config *out)
{
    *error = (struct drf_config_error){0};
    return drf_config_parse(text, strlen(text), "/etc/drf", error, out);
}

static void refused(const char *text, enum drf_status status, unsigned line, const char *words)
{
    struct drf_config_error error;
    struct drf_config config;
    enum drf_status got = parse(text, &error, &config);
    if (got != status || error.line != line || !strstr(error.text, words))
        print_error("got status %s, line %u: %s\n", drf_status_name(got), error.line,
                    error.text);
    assert_int_equal(got, status);
    assert_int_equal(error.line, line);
    assert_non_null(strstr(error.text, words));
}

static void parse__of_the_least__fills_in_the_documented_defaults(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST, &error, &config), DRF_OK);
    assert_string_equal(config.region_id, "niagara");
    assert_string_equal(config.node_id, "edge-1");
    assert_int_equal(config.mode, DRF_MODE_LIVE);
    assert_int_equal(config.region.count, 4);
    assert_true(config.margin_m == 2000.0);
    assert_string_equal(config.store_path, "/etc/drf/region.gpkg");
    assert_int_equal(config.level, 12);
    assert_true(config.raster_accuracy_max_m == 175.0);
    assert_int_equal(config.tombstone_keep_s, 30 * 86400);
    assert_int_equal(config.limits.telemetry_age_max_us, 2000000);
    assert_int_equal(config.limits.telemetry_ahead_max_us, 500000);
    assert_int_equal(config.limits.pending_max_bytes, 64 << 20);
    assert_string_equal(config.mqtt.client_id, "drf-edge-niagara-edge-1");
    assert_int_equal(config.mqtt.port, 1883);
    assert_string_equal(config.region_address, "");
    assert_int_equal(config.region_priority, 0);
    assert_int_equal(config.feed_count, 0);
    assert_string_equal(drf_config_topic_root(&config), "drf/v1");
    drf_config_close(&config);
}

static void parse__of_feeds__takes_what_is_said_and_the_rest_by_kind(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST "feeds:\n"
                                 "  - name: dem\n"
                                 "    topic: terrain.dem\n"
                                 "    kind: terrain\n"
                                 "    surface: dsm\n"
                                 "    priority: -3\n"
                                 "    vertical_datum: EGM2008\n"
                                 "    vertical_acc95_m: 4.5\n"
                                 "  - {name: dof, topic: obstacles, kind: obstacle}\n"
                                 "  - {name: eta, topic: wx, kind: weather, valid_for_s: 60}\n",
                           &error, &config),
                     DRF_OK);
    assert_int_equal(config.feed_count, 3);
    assert_int_equal(config.feeds[0].format, GEO_FORMAT_TERRAIN);
    assert_int_equal(config.feeds[0].layer, FUSION_LAYER_SURFACE);
    assert_int_equal(config.feeds[0].urgent, 0);
    assert_int_equal(config.feeds[0].priority, -3);
    assert_true(config.feeds[0].vertical_acc95_m == 4.5);
    assert_int_equal(config.feeds[1].format, GEO_FORMAT_DOF);
    assert_int_equal(config.feeds[1].layer, FUSION_LAYER_OBSTACLE);
    assert_int_equal(config.feeds[1].urgent, 1);
    assert_true(config.feeds[1].default_horizontal_acc95_m == 75.0);
    assert_true(config.feeds[1].default_vertical_acc95_m == 15.0);
    assert_int_equal(config.feeds[2].format, GEO_FORMAT_GRIB);
    assert_int_equal(config.feeds[2].valid_for_us, 60000000);
    assert_int_equal(config.feeds[2].mode, DRF_MODE_LIVE);
    drf_config_close(&config);
}

static void parse__of_kafka_settings__keeps_librdkafkas_own_names(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST "kafka:\n"
                                 "  bootstrap.servers: a:9092,b:9092\n"
                                 "  security.protocol: sasl_ssl\n",
                           &error, &config),
                     DRF_OK);
    assert_int_equal(config.kafka_count, 2);
    assert_string_equal(config.kafka[0].name, "bootstrap.servers");
    assert_string_equal(config.kafka[0].value, "a:9092,b:9092");
    drf_config_close(&config);
}

static void parse__of_a_log_as_one_word__is_its_format(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST "log: json\n", &error, &config), DRF_OK);
    assert_int_equal(config.log_format, DRF_LOG_JSON);
    assert_int_equal(config.log_level, DRF_LOG_INFO);
    drf_config_close(&config);
    refused(LEAST "log: jsn\n", DRF_ERR_RANGE, 8, "did you mean 'json'");
}

static void parse__of_an_unknown_key__names_its_line_and_what_is_allowed(void **state)
{
    (void)state;
    refused(LEAST "mqtt:\n  host: broker\n  prot: 1883\n", DRF_ERR_SYNTAX, 10,
            "mqtt: unknown key 'prot'; allowed: host, port,");
    refused(LEAST "mqttt:\n  host: x\n", DRF_ERR_SYNTAX, 8, "unknown section 'mqttt'");
    refused(LEAST "feeds:\n  - name: a\n    topic: b\n    kind: terrain\n    prio: 1\n",
            DRF_ERR_SYNTAX, 12, "unknown key 'prio'; allowed: name, topic,");
}

static void parse__of_a_wrong_type__names_its_line(void **state)
{
    (void)state;
    refused(LEAST "mqtt:\n  port: often\n", DRF_ERR_SYNTAX, 9, "port: must be a number");
    refused(LEAST "mqtt:\n  port: \"1883\"\n", DRF_ERR_SYNTAX, 9, "without quotes");
    refused(LEAST "mqtt:\n  port: 18.5\n", DRF_ERR_SYNTAX, 9, "whole number");
    refused(LEAST "mqtt:\n  port: 0x75b\n", DRF_ERR_SYNTAX, 9, "must be a number");
    refused(LEAST "mqtt:\n  port: .inf\n", DRF_ERR_SYNTAX, 9, "must be a number");
    refused(LEAST "mqtt:\n  port: 1e400\n", DRF_ERR_SYNTAX, 9, "must be a number");
    refused(LEAST "mqtt:\n  tls: yes\n", DRF_ERR_SYNTAX, 9, "true or false");
    refused(LEAST "mqtt:\n  host: [a, b]\n", DRF_ERR_SYNTAX, 9, "must be text");
    refused(LEAST "mqtt:\n  host:\n", DRF_ERR_SYNTAX, 9, "must be text");
    refused(LEAST "mqtt: 5\n", DRF_ERR_SYNTAX, 8, "must be a mapping");
    refused(LEAST "feeds: {name: x}\n", DRF_ERR_SYNTAX, 8, "must be a list");
    refused(LEAST "feeds:\n  - terrain\n", DRF_ERR_SYNTAX, 9, "mapping");
    refused("- a\n- b\n", DRF_ERR_SYNTAX, 1, "must be a mapping");
}

static void parse__of_a_value_out_of_range__names_the_range(void **state)
{
    (void)state;
    refused(LEAST "mqtt:\n  port: 70000\n", DRF_ERR_RANGE, 9,
            "70000 is not allowed; from 1 to 65535");
    refused(LEAST "mqtt:\n  port: -1\n", DRF_ERR_RANGE, 9, "from 1 to 65535");
    refused(LEAST "  level: 30\n", DRF_ERR_RANGE, 8, "from 8 to 15");
    // 59 x 26 degrees: 0.044 degrees a tile at level 12, half of it at 13
    refused("region: {id: a, bounds: [-125, 24, -66, 50]}\nnode: {id: n}\n"
            "store: {path: p, level: 13}\n",
            DRF_ERR_RANGE, 1,
            "at most 1048576 can be kept: a smaller region, or store.level 12");
    // 180 x 120 degrees: 0.176 degrees a tile at level 10
    refused("region: {id: a, bounds: [-90, -60, 90, 60]}\nnode: {id: n}\nstore: {path: p}\n",
            DRF_ERR_RANGE, 1, "a smaller region, or store.level 10");
    refused("region:\n  id: a/b\n  bounds: [0, 0, 1, 1]\nnode: {id: n}\nstore: {path: p}\n",
            DRF_ERR_RANGE, 2, "letters, digits");
    refused("region:\n  id: a\n  bounds: [0, 0, 1, 1]\nnode:\n  id: n\n  mode: REAL\n"
            "store: {path: p}\n",
            DRF_ERR_RANGE, 6, "mode: one of LIVE, TEST, REPLAY, SIM");
    refused("region: {id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bounds: [0, 0, 1, 1]}\n"
            "node: {id: n}\nstore: {path: p}\n",
            DRF_ERR_RANGE, 1, "at most 36 bytes");
}

static void parse__of_a_key_twice__is_refused_where_it_is_repeated(void **state)
{
    (void)state;
    refused(LEAST "mqtt:\n  port: 1\n  host: a\n  port: 2\n", DRF_ERR_SYNTAX, 11,
            "key 'port' appears twice, first in line 9");
    refused(LEAST "node:\n  id: x\n", DRF_ERR_SYNTAX, 8, "twice, first in line 4");
}

static void parse__without_a_required_key__says_which(void **state)
{
    (void)state;
    refused("region:\n  bounds: [0, 0, 1, 1]\nnode: {id: n}\nstore: {path: p}\n",
            DRF_ERR_SYNTAX, 1, "region.id: missing");
    refused("region: {id: r, bounds: [0, 0, 1, 1]}\nnode: {id: n}\n", DRF_ERR_SYNTAX, 1,
            "store.path: missing");
    refused(LEAST "feeds:\n  - name: a\n    kind: terrain\n", DRF_ERR_SYNTAX, 9,
            "topic: missing");
}

static void parse__of_what_is_no_yaml__names_the_line(void **state)
{
    (void)state;
#define ADDRESS(text)                                                                          \
    "region: {id: a, bounds: [0, 0, 1, 1], address: \"" text                                   \
    "\"}\nnode: {id: n}\nstore: {path: p}\n"
    static const char *const no_addresses[] = {
        ADDRESS("mqtt.example"),    ADDRESS(":1883"),       ADDRESS("mqtt.example:"),
        ADDRESS("mqtt.example:0"),  ADDRESS("m:65536"),     ADDRESS("m:18x3"),
        ADDRESS("mqtt://m:1883"),   ADDRESS("2001:db8::1"), ADDRESS("a b:1883"),
        ADDRESS("2001:db8::1:1883")};
    for (size_t i = 0; i < sizeof no_addresses / sizeof no_addresses[0]; i++)
        refused(no_addresses[i], DRF_ERR_RANGE, 1, "region.address: ");
    refused("region:\n  id: a\n bounds: [\n", DRF_ERR_SYNTAX, 3, "not YAML");
    refused("", DRF_ERR_SYNTAX, 0, "empty");
    refused(LEAST "---\nmore: 1\n", DRF_ERR_SYNTAX, 9, "second YAML document");
}

static void parse__of_a_region__refuses_shapes_that_are_none(void **state)
{
    (void)state;
#define REGION(text) "node: {id: n}\nstore: {path: p}\nregion:\n  id: r\n  " text "\n"
    refused(REGION("bounds: [1, 0, 0, 1]"), DRF_ERR_RANGE, 5, "west < east");
    refused(REGION("bounds: [0, 0, 1]"), DRF_ERR_SYNTAX, 5, "four numbers");
    refused(REGION("bounds: [0, 0, 1, 91]"), DRF_ERR_RANGE, 5, "bounds");
    refused(REGION("margin_m: 1"), DRF_ERR_SYNTAX, 3, "exactly one of bounds, polygon");
    refused(REGION("polygon: {type: Point, coordinates: [0, 0]}"), DRF_ERR_SYNTAX, 5,
            "GeoJSON Polygon");
    refused(REGION("polygon: {type: Polygon, coordinates: [[[0, 0], [1, 1], [1, 0], [0, 1]]]}"),
            DRF_ERR_RANGE, 5, "crosses itself");
    refused(REGION("polygon: {type: Polygon, coordinates: [[[0, 0], [1, 95], [1, 0]]]}"),
            DRF_ERR_RANGE, 5, "off the globe");
    refused(REGION("polygon: {type: Polygon, coordinates: [[[0,0],[9,0],[9,9],[0,0]],"
                   "[[1,1],[2,1],[2,2],[1,1]]]}"),
            DRF_ERR_RANGE, 5, "without holes");
    refused(REGION("polygon_file: none.geojson"), DRF_ERR_ABSENT, 5,
            "/etc/drf/none.geojson cannot be read");
}

static void parse__of_a_region__takes_the_address_of_its_broker(void **state)
{
    (void)state;
    static const char *const addresses[] = {"mqtt.example:1883", "[2001:db8::1]:8883",
                                            "192.0.2.1:1"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char text[300];
        struct drf_config_error error;
        struct drf_config config;
        (void)snprintf(text, sizeof text,
                       "region: {id: a, bounds: [0, 0, 1, 1], priority: -2, address: \"%s\"}\n"
                       "node: {id: n}\nstore: {path: p}\n",
                       addresses[i]);
        assert_int_equal(parse(text, &error, &config), DRF_OK);
        assert_string_equal(config.region_address, addresses[i]);
        assert_int_equal(config.region_priority, -2);
        drf_config_close(&config);
    }
}

static void parse__of_a_polygon__turns_it_counter_clockwise(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(REGION("polygon: {\"type\": \"Feature\", \"properties\": {}, "
                                  "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": "
                                  "[[[0, 0], [0, 2], [3, 2], [0, 0]]]}}"),
                           &error, &config),
                     DRF_OK);
    assert_int_equal(config.region.count, 3);
    assert_true(config.region.ring[0].lon_deg == 3.0 && config.region.ring[0].lat_deg == 2.0);
    assert_true(config.region.bounds.east_deg == 3.0 && config.region.bounds.north_deg == 2.0);
    drf_config_close(&config);
}

static void parse__of_kafka_settings__refuses_what_librdkafka_or_the_node_does(void **state)
{
    (void)state;
    refused(LEAST "kafka:\n  bootstrap.servers: a\n  no.such.setting: 1\n", DRF_ERR_RANGE, 10,
            "no.such.setting");
    refused(LEAST "kafka:\n  fetch.wait.max.ms: soon\n", DRF_ERR_RANGE, 9, "fetch.wait.max.ms");
    refused(LEAST "kafka:\n  auto.offset.reset: latest\n", DRF_ERR_RANGE, 9,
            "set by the node itself");
}

static void parse__of_what_is_not_real__keeps_it_from_live_aircraft(void **state)
{
    (void)state;
    refused("region:\n  id: niagara\n  bounds: [0, 0, 1, 1]\nnode:\n  id: n\n  mode: SIM\n"
            "store: {path: p}\n",
            DRF_ERR_RANGE, 4, "SIM only in a region whose id begins with \"sim\"");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather, mode: SIM}\n", DRF_ERR_RANGE,
            9, "a LIVE node does not accept data of mode SIM");
}

static void parse__of_feeds_that_contradict__is_refused(void **state)
{
    (void)state;
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather, format: dof}\n",
            DRF_ERR_RANGE, 9, "format dof does not belong to this kind: one of grib");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather}\n"
                  "  - {name: a, topic: u, kind: weather}\n",
            DRF_ERR_RANGE, 10, "two feeds are named 'a'");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather}\n"
                  "  - {name: b, topic: t, kind: weather}\n",
            DRF_ERR_RANGE, 10, "read the same topic");
    refused(LEAST "feeds:\n  - {name: a, topic: t/x, kind: weather}\n", DRF_ERR_RANGE, 9,
            "topic of 'a'");
    refused(LEAST "dead_letters: {topic: t}\nfeeds:\n  - {name: a, topic: u, kind: weather}\n"
                  "  - {name: b, topic: t, kind: weather}\n",
            DRF_ERR_RANGE, 11, "'b' reads 't', which is dead_letters.topic");
    refused("dead_letters: {topic: t}\n" LEAST "feeds:\n  - {name: b, topic: t, kind: zone}\n",
            DRF_ERR_RANGE, 10, "dead letters need a topic of their own");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: obstacle, surface: dsm}\n",
            DRF_ERR_RANGE, 9, "surface belongs to terrain");
}

static void parse__of_geocodes__reads_their_areas(void **state)
{
    (void)state;
    static const char table[] =
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":"
        "{\"FIPS\":\"48453\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
        "[[[0,0],[1,0],[1,1],[0,0]]]}}]}";
    char path[] = "/tmp/drf-codes-XXXXXX", text[600];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, table, strlen(table)), (ssize_t)strlen(table));
    close(fd);
#define GEOCODES LEAST "feeds:\n  - name: a\n    topic: t\n    kind: %s\n    geocodes: %s\n"
#define CODED(kind, format) (snprintf(text, sizeof text, GEOCODES, kind, format), text)
    char whole[300], wrong[300];
    (void)snprintf(whole, sizeof whole, "{file: %s, property: FIPS, name: SAME}", path);
    (void)snprintf(wrong, sizeof wrong, "{file: %s, property: GEOID, name: SAME}", path);
    struct drf_config_error error = {0};
    struct drf_config config;
    assert_int_equal(parse(CODED("alert", whole), &error, &config), DRF_OK);
    assert_int_equal(geo_area_table_count(config.feeds[0].areas), 1);
    assert_string_equal(config.feeds[0].geocodes.name, "SAME");
    drf_config_close(&config);
    refused(CODED("alert", wrong), DRF_ERR_SYNTAX, 12, "has a property GEOID");
    refused(CODED("zone", whole), DRF_ERR_RANGE, 12, "geocodes belong to format cap");
    refused(CODED("alert", "{file: none.json, property: FIPS, name: SAME}"), DRF_ERR_ABSENT, 12,
            "/etc/drf/none.json cannot be read");
    refused(CODED("alert", "{file: none.json, name: SAME}"), DRF_ERR_SYNTAX, 12, "property");
    refused(CODED("alert", "{file: none.json, property: A}"), DRF_ERR_SYNTAX, 12, "name");
    refused(CODED("alert", "{file: a, property: A, name: \"\"}"), DRF_ERR_RANGE, 12, "name");
    refused(CODED("alert", "{code: A}"), DRF_ERR_SYNTAX, 12, "code");
    (void)remove(path);
}

#define MAPPED(more)                                                                           \
    LEAST "feeds:\n  - name: sua\n    topic: t\n    kind: zone\n    fields:\n" more

static void parse__of_a_field_mapping__keeps_names_constants_and_words(void **state)
{
    (void)state;
    struct drf_config_error error = {0};
    struct drf_config config;
    assert_int_equal(parse(MAPPED("      id: GLOBAL_ID\n"
                                  "      restriction: TYPE_CODE\n"
                                  "      restriction_words: {R: PROHIBITED, MOA: INFORMATION}\n"
                                  "      upper: UPPER_VAL\n"
                                  "      upper_unit: FT\n"
                                  "      upper_reference: AGL\n"
                                  "      no_limit: \"-9998\"\n"
                                  "      times: unix_ms\n"),
                           &error, &config),
                     DRF_OK);
    const struct geo_zone_fields *fields = &config.feeds[0].zone_fields;
    assert_int_equal(fields->mapped, 1);
    assert_int_equal(fields->times, GEO_ZONE_TIMES_UNIX_MS);
    assert_string_equal(fields->id, "GLOBAL_ID");
    assert_string_equal(fields->upper_unit, "FT");
    assert_string_equal(fields->lower, "");
    assert_string_equal(fields->words[1].word, "MOA");
    assert_int_equal(fields->words[1].restriction, GEO_ZONE_INFORMATION);
    drf_config_close(&config);
    assert_int_equal(
        parse(LEAST "feeds:\n  - {name: a, topic: t, kind: zone}\n", &error, &config), DRF_OK);
    assert_int_equal(config.feeds[0].zone_fields.mapped, 0);
    drf_config_close(&config);
}

static void parse__of_a_field_mapping__refuses_what_would_be_a_guess(void **state)
{
    (void)state;
    refused(MAPPED("      idd: X\n"), DRF_ERR_SYNTAX, 13, "unknown key 'idd'");
    refused(MAPPED("      upper: CEILING\n"), DRF_ERR_SYNTAX, 13, "upper needs upper_unit");
    refused(MAPPED("      upper: CEILING\n      upper_unit: FT\n"), DRF_ERR_SYNTAX, 13,
            "upper needs upper_reference");
    refused(MAPPED("      lower_unit: FT\n"), DRF_ERR_SYNTAX, 13, "nothing without lower");
    refused(MAPPED("      restriction: T\n      restriction_words: {A: FORBIDDEN}\n"),
            DRF_ERR_RANGE, 14, "'A': one of PROHIBITED");
    refused(MAPPED("      restriction: PROHIBITED\n      restriction_words: {A: USPACE}\n"),
            DRF_ERR_RANGE, 14, "names no attribute");
    refused(MAPPED("      restriction: T\n      restriction_words: [A]\n"), DRF_ERR_SYNTAX, 14,
            "restriction_words: must be a mapping");
    refused(MAPPED("      id: X\n      no_limit: none\n"), DRF_ERR_RANGE, 14,
            "no_limit: must be a number");
    refused(MAPPED("      times: soon\n"), DRF_ERR_RANGE, 13, "times: one of iso8601");
    refused(LEAST
            "feeds:\n  - {name: a, topic: t, kind: zone, format: ed269, fields: {id: X}}\n",
            DRF_ERR_RANGE, 9, "fields belong to the formats geojson_zones and");
}

#define OBSTACLES(more)                                                                        \
    LEAST "feeds:\n  - name: osm\n    topic: t\n    kind: obstacle\n"                          \
          "    format: geojson_obstacles\n    fields:\n" more

static void parse__of_an_obstacle_mapping__keeps_it_and_refuses_a_guess(void **state)
{
    (void)state;
    struct drf_config_error error = {0};
    struct drf_config config;
    assert_int_equal(parse(OBSTACLES("      kind: building\n"
                                     "      agl: height\n"
                                     "      agl_unit: M\n"
                                     "      levels: \"building:levels\"\n"
                                     "      level_height_m: 4\n"),
                           &error, &config),
                     DRF_OK);
    const struct geo_obstacle_fields *fields = &config.feeds[0].obstacle_fields;
    assert_true(fields->mapped == 1);
    assert_int_equal(config.feeds[0].zone_fields.mapped, 0);
    assert_string_equal(fields->agl, "height");
    assert_string_equal(fields->levels, "building:levels");
    assert_true(fields->level_height_m > 3.999 && fields->level_height_m < 4.001);
    drf_config_close(&config);

    refused(OBSTACLES("      upper: X\n"), DRF_ERR_SYNTAX, 14, "unknown key 'upper'");
    refused(OBSTACLES("      agl: X\n"), DRF_ERR_SYNTAX, 14, "agl needs its unit");
    refused(OBSTACLES("      kind: X\n"), DRF_ERR_SYNTAX, 14, "one of agl, amsl and levels");
    refused(OBSTACLES("      levels: X\n"), DRF_ERR_SYNTAX, 14, "belong together");
    refused(OBSTACLES("      agl: X\n      agl_unit: M\n      vertical_acc: Y\n"),
            DRF_ERR_SYNTAX, 14, "accuracy needs its unit");
    refused(OBSTACLES("      agl: X\n      agl_unit: M\n      amsl_unit: M\n"), DRF_ERR_SYNTAX,
            14, "says nothing without amsl");
}

static void parse__of_values__reads_a_void_and_production_statuses(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST "feeds:\n"
                                 "  - {name: d, topic: a, kind: terrain, nodata: -9999}\n"
                                 "  - {name: w, topic: b, kind: weather, nodata: 9999.5,\n"
                                 "     production_status: [2, 192]}\n"
                                 "  - {name: e, topic: c, kind: weather}\n",
                           &error, &config),
                     DRF_OK);
    assert_true(config.feeds[0].has_nodata && config.feeds[0].nodata == -9999);
    assert_true(config.feeds[1].has_nodata && config.feeds[1].nodata == 9999.5);
    assert_int_equal(config.feeds[1].production_statuses[0], 4);
    assert_int_equal(config.feeds[1].production_statuses[24], 1);
    assert_false(config.feeds[2].has_nodata);
    assert_int_equal(config.feeds[2].production_statuses[0], 0);
    drf_config_close(&config);
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: zone, nodata: 0}\n", DRF_ERR_RANGE, 9,
            "nodata belongs to terrain and grib only");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather, nodata: none}\n",
            DRF_ERR_SYNTAX, 9, "nodata: must be a number");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: terrain, production_status: [2]}\n",
            DRF_ERR_RANGE, 9, "production_status belongs to grib only");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather, production_status: 2}\n",
            DRF_ERR_SYNTAX, 9, "production_status: a list of numbers");
    refused(LEAST "feeds:\n  - {name: a, topic: t, kind: weather, production_status: [2.5]}\n",
            DRF_ERR_RANGE, 9, "whole numbers, 1 to 254");
}

static void load__of_a_file_that_is_not_there__says_so(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(drf_config_load("/nonexistent/x.yaml", &error, &config), DRF_ERR_ABSENT);
    assert_non_null(strstr(error.text, "No such file"));
}

static void defaults__as_printed__parse_to_the_defaults(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    drf_config_print_defaults(file);
    fclose(file);
    struct drf_config_error error = {0};
    struct drf_config printed, least;
    enum drf_status status = drf_config_parse(text, size, "/etc/drf", &error, &printed);
    if (status != DRF_OK)
        print_error("line %u: %s\n%s", error.line, error.text, text);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(parse(LEAST, &error, &least), DRF_OK);
    assert_memory_equal(&printed.limits, &least.limits, sizeof least.limits);
    assert_int_equal(printed.feed_count, 1);
    drf_config_close(&printed);
    drf_config_close(&least);
    free(text);
}

static void keep__of_a_region__is_wider_by_margin_and_look_ahead(void **state)
{
    (void)state;
    struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse(LEAST "limits:\n  look_ahead_max_m: 9120\n", &error, &config),
                     DRF_OK);
    struct geo_bounds keep = drf_config_keep(&config);
    // 2,000 + 9,120 m is a tenth of a degree of latitude within half a percent.
    assert_true(keep.south_deg < 42.9005 && keep.south_deg > 42.8995);
    assert_true(keep.west_deg < -80.1400 && keep.west_deg > -80.1415); // 0.1 / cos(44.6)
    drf_config_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__of_the_least__fills_in_the_documented_defaults),
        cmocka_unit_test(parse__of_feeds__takes_what_is_said_and_the_rest_by_kind),
        cmocka_unit_test(parse__of_kafka_settings__keeps_librdkafkas_own_names),
        cmocka_unit_test(parse__of_a_log_as_one_word__is_its_format),
        cmocka_unit_test(parse__of_an_unknown_key__names_its_line_and_what_is_allowed),
        cmocka_unit_test(parse__of_a_wrong_type__names_its_line),
        cmocka_unit_test(parse__of_a_value_out_of_range__names_the_range),
        cmocka_unit_test(parse__of_a_key_twice__is_refused_where_it_is_repeated),
        cmocka_unit_test(parse__without_a_required_key__says_which),
        cmocka_unit_test(parse__of_what_is_no_yaml__names_the_line),
        cmocka_unit_test(parse__of_a_region__refuses_shapes_that_are_none),
        cmocka_unit_test(parse__of_a_region__takes_the_address_of_its_broker),
        cmocka_unit_test(parse__of_a_polygon__turns_it_counter_clockwise),
        cmocka_unit_test(parse__of_kafka_settings__refuses_what_librdkafka_or_the_node_does),
        cmocka_unit_test(parse__of_what_is_not_real__keeps_it_from_live_aircraft),
        cmocka_unit_test(parse__of_feeds_that_contradict__is_refused),
        cmocka_unit_test(parse__of_geocodes__reads_their_areas),
        cmocka_unit_test(parse__of_a_field_mapping__keeps_names_constants_and_words),
        cmocka_unit_test(parse__of_a_field_mapping__refuses_what_would_be_a_guess),
        cmocka_unit_test(parse__of_an_obstacle_mapping__keeps_it_and_refuses_a_guess),
        cmocka_unit_test(parse__of_values__reads_a_void_and_production_statuses),
        cmocka_unit_test(load__of_a_file_that_is_not_there__says_so),
        cmocka_unit_test(defaults__as_printed__parse_to_the_defaults),
        cmocka_unit_test(keep__of_a_region__is_wider_by_margin_and_look_ahead),
    };
    return cmocka_run_group_tests_name("edge/config", tests, NULL, NULL);
}
