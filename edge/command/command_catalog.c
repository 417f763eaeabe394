// SPDX-License-Identifier: Apache-2.0
// `drf-edge catalog`: what the nodes of a fabric offer. The topic is read once; of each key,
// REGION/NODE, the last message counts, and a tombstone takes it out. Values are the nodes' own
// ProtoJSON of Catalog, and are printed as they are with --json.
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/plain_number.h"
#include "edge/command/topic_reader.h"
#include "edge/host/clock.h"
#include "fusion/root/root.h"
#include "geo/mode.h"

#define DEFAULT_TOPIC "drf.catalog"

enum { OLD_S = 180, AGE_SIZE = 48, LAYERS = FUSION_LAYER_COUNT };

struct fabric {
    json_t *nodes; // an object: the catalogue under its key
    uint64_t unreadable;
    int64_t now_utc_us;
};

static void take(void *context, const struct edge_message *message)
{
    struct fabric *fabric = context;
    char key[128];
    if (message->key == NULL || message->key_size == 0 || message->key_size >= sizeof key
        || memchr(message->key, '/', message->key_size) == NULL
        || memchr(message->key, '\0', message->key_size) != NULL) {
        fabric->unreadable++;
        return;
    }
    (void)snprintf(key, sizeof key, "%.*s", (int)message->key_size, (const char *)message->key);
    if (message->value == NULL) {
        (void)json_object_del(fabric->nodes, key);
        return;
    }
    json_t *value = json_loadb((const char *)message->value, message->value_size, 0, NULL);
    if (!json_is_object(value) || json_object_set(fabric->nodes, key, value) != 0)
        fabric->unreadable++;
    json_decref(value);
}

// 64-bit numbers of ProtoJSON are texts. INT64_MIN: absent.
static int64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_string(value))
        return strtoll(json_string_value(value), NULL, 10);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : INT64_MIN;
}

static const char *text_of(const json_t *object, const char *name, const char *absent)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && text[0] != '\0' ? text : absent;
}

static double age_s(const struct fabric *fabric, int64_t utc_us)
{
    return fmax((double)(fabric->now_utc_us - utc_us) * 1e-6, 0.0);
}

static const char *age_text(const struct fabric *fabric, int64_t utc_us,
                            char out[static AGE_SIZE])
{
    static const struct {
        double s;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    if (utc_us == INT64_MIN)
        return "unknown";
    double age = age_s(fabric, utc_us);
    size_t i = 0;
    while (i < 3 && age < 2 * units[i].s)
        i++;
    (void)snprintf(out, AGE_SIZE, "%.0f %s", floor(age / units[i].s), units[i].name);
    return out;
}

static void print_source(const struct fabric *fabric, const json_t *source)
{
    static const char *const layers[LAYERS] = {"unknown", "ground", "surface", "obstacle",
                                               "weather", "zone",   "traffic", "alert"};
    char data[AGE_SIZE], heard[AGE_SIZE], number[EDGE_PLAIN_NUMBER_SIZE];
    int64_t layer = number_of(source, "layer");
    bool geoid = layer == INT64_MIN || layer == 0;
    printf("  %-9s %s, licence %s\n",
           geoid            ? "geoid"
           : layer < LAYERS ? layers[layer]
                            : layers[0],
           text_of(source, "source", "?"), text_of(source, "licence", "not stated"));
    if (!geoid)
        printf("            data %s old, heard %s ago",
               age_text(fabric, number_of(source, "data_time_us"), data),
               age_text(fabric, number_of(source, "received_us"), heard));
    static const struct {
        const char *name, *says;
    } numbers[] = {{"vertical_acc95_m", "height within"},
                   {"horizontal_acc95_m", "place within"},
                   {"posting_m", "points every"}};
    const char *before = geoid ? "            " : ", ";
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json_t *value = json_object_get(source, numbers[i].name);
        if (!json_is_number(value))
            continue;
        printf("%s%s %s m", before, numbers[i].says,
               edge_plain_number(json_number_value(value), 4, number));
        before = ", ";
    }
    printf("\n");
    static const char *const edges[] = {"south_lat_e7", "west_lon_e7", "north_lat_e7",
                                        "east_lon_e7"};
    int64_t at[4];
    bool covers = true;
    for (size_t i = 0; i < 4; i++) {
        at[i] = number_of(source, edges[i]);
        covers = covers && at[i] != INT64_MIN;
    }
    if (covers)
        printf("            covers %.5f %.5f to %.5f %.5f (south west, north east)\n",
               (double)at[0] * 1e-7, (double)at[1] * 1e-7, (double)at[2] * 1e-7,
               (double)at[3] * 1e-7);
}

static void print(const struct fabric *fabric)
{
    const char *key;
    const json_t *catalog;
    json_object_foreach((json_t *)fabric->nodes, key, catalog)
    {
        char age[AGE_SIZE];
        int64_t time_utc_us = number_of(catalog, "node_time_us");
        int64_t mode = number_of(catalog, "mode");
        const json_t *sources = json_object_get(catalog, "sources");
        bool old = time_utc_us == INT64_MIN || age_s(fabric, time_utc_us) > OLD_S;
        printf("%s: %s, said %s ago%s, %zu sources\n", key,
               drf_mode_name(mode > 0 ? (uint32_t)mode : 0), age_text(fabric, time_utc_us, age),
               old ? " (OLD: is it running?)" : "", json_array_size(sources));
        for (size_t i = 0; i < json_array_size(sources); i++)
            print_source(fabric, json_array_get(sources, i));
    }
    if (json_object_size(fabric->nodes) == 0)
        printf("no node has said what it offers\n");
}

static void print_json(const struct fabric *fabric)
{
    const char *key;
    json_t *catalog, *all = json_array();
    json_object_foreach(fabric->nodes, key, catalog)
    {
        const char *slash = strchr(key, '/');
        int64_t time_utc_us = number_of(catalog, "node_time_us");
        json_t *one = json_pack("{s:s%, s:s, s:O}", "region", key, (size_t)(slash - key),
                                "node", slash + 1, "catalog", catalog);
        if (one != NULL && time_utc_us != INT64_MIN)
            (void)json_object_set_new(one, "age_s", json_real(age_s(fabric, time_utc_us)));
        (void)json_array_append_new(all, one);
    }
    (void)json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(all);
}

static int run(const struct drf_config *config, const char *topic, bool json)
{
    struct fabric fabric = {.nodes = json_object(),
                            .now_utc_us = edge_clock_now((struct edge_clock){0}).utc_us};
    if (fabric.nodes == NULL)
        return 1;
    bool good = edge_topic_read(config, topic, take, &fabric);
    if (good && json)
        print_json(&fabric);
    else if (good)
        print(&fabric);
    if (fabric.unreadable > 0)
        (void)fprintf(stderr, "drf-edge: %" PRIu64 " messages are no catalogues of nodes\n",
                      fabric.unreadable);
    json_decref(fabric.nodes);
    return good ? 0 : 1;
}

int edge_command_catalog(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "config kafka topic", "json"))
        return 2;
    const char *broker = edge_option(argc, argv, "kafka");
    const char *topic = edge_option(argc, argv, "topic");
    const char *path = edge_option(argc, argv, "config");
    if ((broker == NULL) == (path == NULL)) {
        (void)fprintf(stderr, "drf-edge: catalog: --kafka HOST:PORT or --config FILE\n");
        return 2;
    }
    bool json = edge_flag(argc, argv, "json");
    if (broker != NULL) {
        char name[] = "bootstrap.servers", *value = strdup(broker);
        struct drf_kafka_setting setting = {.name = name, .value = value};
        const struct drf_config config = {.kafka = &setting, .kafka_count = 1};
        int code =
            value != NULL ? run(&config, topic != NULL ? topic : DEFAULT_TOPIC, json) : 1;
        free(value);
        return code;
    }
    struct drf_config config;
    if (edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    if (topic == NULL)
        topic = config.publish.catalog_topic[0] != '\0' ? config.publish.catalog_topic
                                                        : DEFAULT_TOPIC;
    int code = run(&config, topic, json);
    drf_config_close(&config);
    return code;
}
