// SPDX-License-Identifier: Apache-2.0
// Mistakes in a configuration: all at once, each with its line, key, value and what was meant.
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
#include "edge/config/understood.h"

#define LEAST                                                                                  \
    "region:\n"                                                                                \
    "  id: niagara\n"                                                                          \
    "  bounds: [-80, 43, -79, 44.5]\n"                                                         \
    "node:\n"                                                                                  \
    "  id: edge-1\n"                                                                           \
    "store:\n"                                                                                 \
    "  path: region.gpkg\n"

static struct drf_config_error error; // 17 KB

static enum drf_status parse(const char *text)
{
    struct drf_config config = {.feed_count = 0};
    enum drf_status status =
        drf_config_parse(text, strlen(text), "/nonexistent", &error, &config);
    if (status == DRF_OK)
        drf_config_close(&config);
    return status;
}

static void mistake(size_t index, unsigned line, const char *words)
{
    assert_true(index < error.count);
    const struct drf_config_mistake *one = &error.mistakes[index];
    if (one->line != line || strstr(one->text, words) == NULL)
        print_error("mistake %zu is in line %u: %s\n", index, one->line, one->text);
    assert_int_equal(one->line, line);
    assert_non_null(strstr(one->text, words));
}

static void only(const char *text, unsigned line, const char *words)
{
    assert_int_not_equal(parse(text), DRF_OK);
    if (error.count != 1)
        print_error("%zu mistakes; second: %s\n", error.count, error.mistakes[1].text);
    assert_int_equal(error.count, 1);
    mistake(0, line, words);
}

static void parse__of_many_mistakes__tells_all_in_the_order_of_lines(void **state)
{
    (void)state;
    assert_int_equal(parse("region:\n"
                           "  id: a/b\n"           // 2
                           "  bounds: [0, 0, 1]\n" // 3
                           "node:\n"
                           "  mode: LVIE\n"                // 5; 4: no id
                           "store: {path: p, levle: 12}\n" // 6
                           "mqttt: {}\n"                   // 7
                           "mqtt:\n"
                           "  port: 70000\n" // 9
                           "  tls: yes\n"    // 10
                           "kafka:\n"
                           "  bootstap.servers: a\n" // 12
                           "feeds:\n"
                           "  - {name: a, topik: t, kind: zone}\n"                // 14
                           "  - {name: b, topic: u, kind: wether}\n"              // 15
                           "  - text\n"                                           // 16
                           "  - {name: c, topic: v, kind: zone, format: dof}\n"), // 17
                     DRF_ERR_RANGE);
    static const struct {
        unsigned line;
        const char *words;
    } expected[] = {
        {2, "region.id: letters, digits"},
        {3, "region.bounds: four numbers, [west, south, east, north], not a list"},
        {4, "node.id: missing"},
        {5, "node.mode: one of LIVE, TEST, REPLAY, SIM, not 'LVIE'; did you mean 'LIVE'?"},
        {6, "did you mean 'level'?"},
        {7, "unknown section 'mqttt'; allowed: region, node,"},
        {9, "mqtt.port: 70000 is not allowed; from 1 to 65535"},
        {10, "mqtt.tls: true or false, without quotes, not 'yes'"},
        {12, "did you mean 'bootstrap.servers'?"},
        {14, "feeds.a: unknown key 'topik'; allowed: name, topic,"},
        {15, "feeds.b.kind: one of terrain, obstacle, weather"},
        {16, "feeds[3]: each entry is a mapping of keys to values, not 'text'"},
        {17, "format dof does not belong to this kind"},
    };
    const size_t count = sizeof expected / sizeof expected[0];
    for (size_t i = 0; i < error.count; i++)
        if (error.count != count)
            print_error("%u: %s\n", error.mistakes[i].line, error.mistakes[i].text);
    assert_int_equal(error.count, count);
    for (size_t i = 0; i < count; i++)
        mistake(i, expected[i].line, expected[i].words);
    assert_int_equal(error.line, 2);
    assert_string_equal(error.text, error.mistakes[0].text);
}

static void parse__of_more_mistakes_than_fit__counts_them(void **state)
{
    (void)state;
    char text[8000] = LEAST "limits:\n";
    size_t length = strlen(text);
    for (int i = 0; i < DRF_MISTAKES_MAX + 7; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "  nokey%d: 1\n", i);
    assert_int_equal(parse(text), DRF_ERR_SYNTAX);
    assert_int_equal(error.count, DRF_MISTAKES_MAX + 7);
    mistake(DRF_MISTAKES_MAX - 1, 8 + DRF_MISTAKES_MAX, "unknown key");
    FILE *out = tmpfile();
    assert_non_null(out);
    drf_config_error_print("x.yaml", &error, out);
    char last[200] = "";
    rewind(out);
    while (fgets(last, sizeof last, out) != NULL) {
    }
    assert_string_equal(last, "x.yaml: and 7 more mistakes\n");
    fclose(out);
}

static void parse__of_a_mistyped_required_key__does_not_call_it_missing_too(void **state)
{
    (void)state;
    only(LEAST "feeds:\n  - {nmae: a, topic: t, kind: zone}\n", 9, "did you mean 'name'?");
    only("region: {id: a, bounds: [0, 0, 1, 1]}\nnode: {id: n}\nstore: {paht: p}\n", 3,
         "did you mean 'path'?");
}

static void parse__of_a_key_of_another_section__says_which(void **state)
{
    (void)state;
    only(LEAST "http:\n  drones_max: 5\n", 9, "did you mean 'limits.drones_max'?");
}

static void parse__of_bounds_in_another_order__names_the_probable_ones(void **state)
{
    (void)state;
#define BOUNDS(text) "node: {id: n}\nstore: {path: p}\nregion:\n  id: r\n  bounds: " text "\n"
    // Latitude first, where it shows: a latitude off the globe.
    only(BOUNDS("[43, -120.5, 44, -119.5]"), 5, "did you mean [-120.5, 43, -119.5, 44]?");
    only(BOUNDS("[52, 103, 53, 104]"), 5, "did you mean [103, 52, 104, 53]?");
    // East and west, or north and south, exchanged.
    only(BOUNDS("[-79, 43, -80, 44]"), 5, "did you mean [-80, 43, -79, 44]?");
    only(BOUNDS("[-80, 44, -79, 43]"), 5, "did you mean [-80, 43, -79, 44]?");
    // West, east, south, north.
    only(BOUNDS("[7, 179, 8, 9]"), 5, "[7, 179, 8, 9] is no box: west < east");
    // Nothing of it makes a box.
    assert_int_not_equal(parse(BOUNDS("[500, 0, 501, 1]")), DRF_OK);
    assert_null(strstr(error.text, "did you mean"));
    only(BOUNDS("[0, 0, 1, 1]\ninsets:\n  - {name: a, level: 16, bounds: [0.4, 0.5, 0.3, "
                "0.4]}"),
         7, "insets.a.bounds: [0.4, 0.5, 0.3, 0.4] is no box");
    only("node: {id: n}\nstore: {path: p}\nregion:\n  id: r\n  polygon: {type: Polygon, "
         "coordinates: [[[43, -120], [43, -119], [44, -119]]]}\n",
         5, "did you mean [-120, 43]?");
}

static void parse__of_a_reference_that_is_none__is_refused_with_what_was_meant(void **state)
{
    (void)state;
#define DATUM(text) LEAST "feeds:\n  - {name: d, topic: t, kind: terrain, " text "}\n"
    only(DATUM("vertical_datum: EGM69"), 9, "feeds.d.vertical_datum: 'EGM69' is not known");
    only(DATUM("vertical_datum: NAVD 88"), 9, "did you mean 'NAVD88'?");
    only(DATUM("vertical_datum: \"5773\""), 9, "did you mean 'EPSG:5773'?");
    only(DATUM("vertical_datum: \"EPSG:26917\""), 9, "vertical_datum: 'EPSG:26917'");
    only(DATUM("crs: \"EPSG:99999\""), 9, "feeds.d.crs: 'EPSG:99999' is no reference system");
    only(DATUM("crs: \"26917\""), 9, "did you mean 'EPSG:26917'?");
    assert_int_equal(parse(DATUM("crs: \"EPSG:26917\", vertical_datum: \"EPSG:5703\"")),
                     DRF_OK);
    assert_int_equal(parse(DATUM("vertical_datum: EGM2008")), DRF_OK);
}

static void parse__of_a_directory_as_store__is_refused(void **state)
{
    (void)state;
    only("region: {id: a, bounds: [0, 0, 1, 1]}\nnode: {id: n}\nstore:\n  path: /tmp\n", 4,
         "store.path: '/tmp' is a directory; a file is wanted, such as '/tmp/region.gpkg'");
    only("region: {id: a, bounds: [0, 0, 1, 1]}\nnode: {id: n}\nstore:\n  path: none/\n", 4,
         "is a directory");
}

static void parse__of_a_certificate_that_is_not_there__names_it(void **state)
{
    (void)state;
    only(LEAST "mqtt:\n  tls: true\n  ca_file: ca.pem\n", 10,
         "mqtt.ca_file: /nonexistent/ca.pem cannot be read: No such file");
    only(LEAST "kafka:\n  ssl.ca.location: /nonexistent/ca.pem\n", 9,
         "ssl.ca.location: '/nonexistent/ca.pem' cannot be read: No such file");
}

static void load__of_a_file_without_feeds__is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/drf-feeds-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, LEAST, strlen(LEAST)), (ssize_t)strlen(LEAST));
    struct drf_config config;
    assert_int_equal(drf_config_load(path, &error, &config), DRF_ERR_SYNTAX);
    assert_non_null(strstr(error.text, "feeds: missing"));
    assert_int_equal(write(fd, "feeds:\n", 7), 7);
    assert_int_equal(drf_config_load(path, &error, &config), DRF_ERR_SYNTAX);
    assert_int_equal(error.count, 1);
    assert_int_equal(write(fd, "  []\n", 5), 5); // none on purpose
    close(fd);
    assert_int_equal(drf_config_load(path, &error, &config), DRF_OK);
    drf_config_close(&config);
    (void)remove(path);
}

static void parse__of_kafka_values__says_what_is_allowed_and_keeps_secrets(void **state)
{
    (void)state;
    only(LEAST "kafka:\n  security.protocol: SASL_SLS\n", 9,
         "'SASL_SLS' is not accepted; allowed: plaintext, ssl, sasl_plaintext, sasl_ssl; did "
         "you mean sasl_ssl");
    only(LEAST "kafka:\n  fetch.wait.max.ms: soon\n", 9,
         "fetch.wait.max.ms: 'soon' is not accepted; allowed: 0 .. ");
    only(LEAST "mqtt:\n  password: [hush]\n", 9, "mqtt.password: must be text, not a list");
    char text[600];
    (void)snprintf(text, sizeof text, LEAST "mqtt:\n  password: %0200d\n", 7);
    only(text, 9, "mqtt.password: at most 127 bytes");
    assert_null(strstr(error.text, "0000000000"));
}

static struct drf_config taken(const char *text)
{
    struct drf_config config;
    enum drf_status status =
        drf_config_parse(text, strlen(text), "/nonexistent", &error, &config);
    if (status != DRF_OK)
        print_error("line %u: %s\n", error.line, error.text);
    assert_int_equal(status, DRF_OK);
    return config;
}

static void define(const char *name, const char *value)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread
    assert_int_equal(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void parse__of_variables__puts_their_values_in(void **state)
{
    (void)state;
    define("DRF_TEST_HOST", "broker.example");
    define("DRF_TEST_PORT", "8883");
    define("DRF_TEST_EMPTY", "");
    define("DRF_TEST_TRICK", "a\n  password: b");
    define("DRF_TEST_NONE", NULL);
    struct drf_config config =
        taken(LEAST "  level: ${DRF_TEST_NONE:-13}\n"
                    "kafka:\n"
                    "  bootstrap.servers: \"${DRF_TEST_HOST}:9092,b:1\"\n"
                    "mqtt:\n"
                    "  host: ${DRF_TEST_HOST}\n"
                    "  port: \"${DRF_TEST_PORT}\"\n"
                    "  tls: ${DRF_TEST_EMPTY:-true}\n"
                    "  username: \"${DRF_TEST_EMPTY}\"\n"
                    "  password: a$${b}$c$\n"
                    "  client_id: ${DRF_TEST_TRICK}\n");
    assert_int_equal(config.level, 13);
    assert_string_equal(config.kafka[0].value, "broker.example:9092,b:1");
    assert_string_equal(config.mqtt.host, "broker.example");
    assert_int_equal(config.mqtt.port, 8883);
    assert_true(config.mqtt.tls);
    assert_string_equal(config.mqtt.username, "");
    assert_string_equal(config.mqtt.password, "a${b}$c$");
    assert_string_equal(config.mqtt.client_id, "a\n  password: b"); // one value, no other key
    drf_config_close(&config);
}

static void parse__of_a_variable_that_is_not_defined__is_refused(void **state)
{
    (void)state;
    define("DRF_TEST_NONE", NULL);
    only(LEAST "mqtt:\n  port: ${DRF_TEST_NONE}\n", 9,
         "port: ${DRF_TEST_NONE}: no such variable in the environment");
    only(LEAST "mqtt:\n  host: ${DRF TEST}\n", 9, "'${DRF TEST}': ${NAME} or ${NAME:-default}");
    only(LEAST "mqtt:\n  host: ${DRF_TEST\n", 9, "stands for a variable");
    only(LEAST "kafka:\n  bootstrap.servers: ${DRF_TEST_NONE}\n", 9, "no such variable");
}

static void parse__of_a_wrong_variable__does_not_print_its_value(void **state)
{
    (void)state;
    define("DRF_TEST_SECRET", "hush-hush");
    only(LEAST "mqtt:\n  port: ${DRF_TEST_SECRET}\n", 9,
         "mqtt.port: must be a number, without quotes, not '${DRF_TEST_SECRET}'");
    assert_null(strstr(error.text, "hush"));
    only(LEAST "kafka:\n  security.protocol: ${DRF_TEST_SECRET}\n", 9,
         "'${DRF_TEST_SECRET}' is not accepted; allowed: plaintext");
    assert_null(strstr(error.text, "hush"));
    only(LEAST "feeds:\n  - {name: a, topic: t, kind: \"${DRF_TEST_SECRET}\"}\n", 9,
         "feeds.a.kind: one of terrain");
    assert_null(strstr(error.text, "hush"));
}

// A recording is replayed where these variables are not, or are others.
static void recorded__text__holds_values_of_variables_and_no_secret(void **state)
{
    (void)state;
    define("DRF_TEST_ID", "null");
    define("DRF_TEST_LEVEL", "13");
    define("DRF_TEST_SECRET", "hush-hush");
    struct drf_config config = taken(
        "region: {id: \"${DRF_TEST_ID}\", bounds: [0, 0, 1, 1]}\n"
        "node: {id: n}\nstore: {path: p, level: \"${DRF_TEST_LEVEL}\"}\n"
        "mqtt: {password: \"${DRF_TEST_SECRET}\"}\n"
        "feeds:\n  - {name: a, topic: t, kind: zone, licence: \"$${DRF_TEST_SECRET}\"}\n");
    assert_null(strstr(config.text, "hush"));
    define("DRF_TEST_ID", NULL);
    define("DRF_TEST_LEVEL", "14");
    struct drf_config again;
    assert_int_equal(drf_config_parse_recorded(config.text, strlen(config.text), NULL, NULL, 0,
                                               &error, &again),
                     DRF_OK);
    assert_string_equal(again.region_id, "null");
    assert_int_equal(again.level, 13);
    assert_string_equal(again.feeds[0].licence, "${DRF_TEST_SECRET}");
    drf_config_close(&again);
    drf_config_close(&config);
}

static void understood__of_a_region__is_its_size_place_and_tiles(void **state)
{
    (void)state;
    char text[EDGE_UNDERSTOOD_SIZE];
    struct geo_bounds other;
    struct drf_config config =
        taken("region: {id: niagara, bounds: [-80, 43, -79, 44]}\nnode: {id: n}\n"
              "store: {path: p}\nfeeds:\n  - {name: a, topic: t, kind: zone}\n");
    edge_understood_format(&config, text);
    // 111.195 km a degree on the mean sphere; 7,000 m more make 28 by 26 tiles of 180/4096
    // degrees.
    assert_string_equal(text,
                        "81 x 111 km around 43.5 N 79.5 W, 728 tiles of level 12, 1 feed");
    const struct edge_understood_need need = edge_understood_need(&config);
    assert_int_equal(need.tiles, 728);
    assert_int_equal(need.memory_max_bytes, 728 * 2 * 131072);
    assert_false(edge_understood_exchanged(&config, &other));
    drf_config_close(&config);

    config = taken("region: {id: niagara, bounds: [43, -80, 44, -79]}\nnode: {id: n}\n"
                   "store: {path: p}\n");
    assert_true(edge_understood_exchanged(&config, &other));
    assert_true(other.west_deg == -80 && other.south_deg == 43 && other.east_deg == -79
                && other.north_deg == 44);
    drf_config_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__of_many_mistakes__tells_all_in_the_order_of_lines),
        cmocka_unit_test(parse__of_more_mistakes_than_fit__counts_them),
        cmocka_unit_test(parse__of_a_mistyped_required_key__does_not_call_it_missing_too),
        cmocka_unit_test(parse__of_a_key_of_another_section__says_which),
        cmocka_unit_test(parse__of_bounds_in_another_order__names_the_probable_ones),
        cmocka_unit_test(parse__of_a_reference_that_is_none__is_refused_with_what_was_meant),
        cmocka_unit_test(parse__of_a_directory_as_store__is_refused),
        cmocka_unit_test(parse__of_a_certificate_that_is_not_there__names_it),
        cmocka_unit_test(load__of_a_file_without_feeds__is_refused),
        cmocka_unit_test(parse__of_kafka_values__says_what_is_allowed_and_keeps_secrets),
        cmocka_unit_test(parse__of_variables__puts_their_values_in),
        cmocka_unit_test(parse__of_a_variable_that_is_not_defined__is_refused),
        cmocka_unit_test(parse__of_a_wrong_variable__does_not_print_its_value),
        cmocka_unit_test(recorded__text__holds_values_of_variables_and_no_secret),
        cmocka_unit_test(understood__of_a_region__is_its_size_place_and_tiles),
    };
    return cmocka_run_group_tests_name("edge/config mistakes", tests, NULL, NULL);
}
