// SPDX-License-Identifier: Apache-2.0
// What others are told over Kafka, as edge/serve/others/publish.h and schemas/traffic.md say.
// Values are read back with jansson, not with the node's own code.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "edge/kafka/publisher.h"
#include "tests/support/serve_scene.h"

enum { TOLD_MAX = 256 };

// A Kafka that keeps what it is given.
struct told {
    char topic[64], key[64], source[80], id[120], mode[16], time[48];
    json_t *value;
};
struct broker {
    struct told told[TOLD_MAX];
    size_t count;
    bool full;
};

static void header(const struct edge_kafka_record *record, const char *name, char *out,
                   size_t room)
{
    out[0] = '\0';
    for (size_t i = 0; i < record->header_count; i++)
        if (strcmp(record->headers[i].name, name) == 0)
            (void)snprintf(out, room, "%.*s", (int)record->headers[i].size,
                           record->headers[i].value);
}

static enum drf_status take(void *self, const struct edge_kafka_record *record)
{
    struct broker *broker = self;
    if (broker->full)
        return DRF_ERR_FULL;
    assert_true(broker->count < TOLD_MAX);
    struct told *told = &broker->told[broker->count++];
    (void)snprintf(told->topic, sizeof told->topic, "%s", record->topic);
    (void)snprintf(told->key, sizeof told->key, "%.*s", (int)record->key_size, record->key);
    header(record, "ce_source", told->source, sizeof told->source);
    header(record, "ce_id", told->id, sizeof told->id);
    header(record, "ce_time", told->time, sizeof told->time);
    header(record, "drf_mode", told->mode, sizeof told->mode);
    told->value = json_loadb((const char *)record->value, record->value_size, 0, NULL);
    assert_non_null(told->value);
    return DRF_OK;
}

static struct scene *open_scene(struct broker *broker)
{
    *broker = (struct broker){.count = 0};
    struct scene *scene = scene_open(10);
    struct drf_publish_config *publish = &scene->config.publish;
    (void)snprintf(publish->tracks_topic, sizeof publish->tracks_topic, "drf.tracks.t");
    (void)snprintf(publish->catalog_topic, sizeof publish->catalog_topic, "drf.catalog");
    (void)snprintf(publish->advisories_topic, sizeof publish->advisories_topic, "drf.adv");
    publish->tracks_every_us = SCENE_SECOND;
    edge_serve_use_publisher(scene->serve,
                             (struct edge_publisher){.self = broker, .send = take});
    return scene;
}

static void close_scene(struct scene *scene, struct broker *broker)
{
    for (size_t i = 0; i < broker->count; i++)
        json_decref(broker->told[i].value);
    scene_close(scene);
}

static size_t count(const struct broker *broker, const char *topic)
{
    size_t count = 0;
    for (size_t i = 0; i < broker->count; i++)
        count += strcmp(broker->told[i].topic, topic) == 0;
    return count;
}

static const struct told *last(const struct broker *broker, const char *topic)
{
    for (size_t i = broker->count; i > 0; i--)
        if (strcmp(broker->told[i - 1].topic, topic) == 0)
            return &broker->told[i - 1];
    fail();
    return NULL;
}

static void report(struct scene *scene, uint32_t seq, int32_t lat_e7)
{
    Drf__V1__Telemetry m = scene_report(scene, seq);
    m.lat_e7 = lat_e7;
    (void)scene_pack(scene, "d-1", "telemetry", &m.base);
    scene_step(scene);
}

static double number(const struct told *told, const char *name)
{
    const json_t *value = json_object_get(told->value, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void track__of_a_report__is_the_report_under_the_drones_id(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    Drf__V1__Telemetry m = scene_report(scene, 1);
    m.lat_e7 = 436512345;
    m.lon_e7 = -793812345;
    SCENE_SET(&m, alt_wgs84_m, 123.25F);
    SCENE_SET(&m, alt_wgs84_acc95_m, 4.0F);
    m.has_alt_amsl_m = 0;
    SCENE_SET(&m, velocity_north_mps, -3.5F);
    SCENE_SET(&m, velocity_east_mps, 12.0F);
    SCENE_SET(&m, velocity_up_mps, 0.5F);
    SCENE_SET(&m, horizontal_acc95_m, 2.5F);
    (void)scene_pack(scene, "d-1", "telemetry", &m.base);
    scene_step(scene);
    const struct told *told = last(&broker, "drf.tracks.t");
    assert_string_equal(told->key, "d-1");
    assert_string_equal(told->source, "sim-toronto/n1");
    assert_string_equal(told->mode, "SIM");
    assert_string_equal(told->time, "2026-09-21T14:13:21.000000Z"); // 1790000001 s
    assert_string_equal(json_string_value(json_object_get(told->value, "traffic_id")), "d-1");
    assert_true(number(told, "lat_e7") == 436512345 && number(told, "lon_e7") == -793812345);
    char time[32];
    (void)snprintf(time, sizeof time, "%lld", (long long)m.time_us);
    assert_string_equal(json_string_value(json_object_get(told->value, "data_time_us")), time);
    assert_true(number(told, "alt_wgs84_m") == 123.25);
    assert_true(number(told, "altitude_acc95_m") == 4.0);
    assert_true(number(told, "velocity_north_mps") == -3.5);
    assert_true(number(told, "velocity_east_mps") == 12.0);
    assert_true(number(told, "velocity_up_mps") == 0.5);
    assert_true(number(told, "horizontal_acc95_m") == 2.5);
    assert_null(json_object_get(told->value, "alt_amsl_m"));
    assert_null(json_object_get(told->value, "on_ground"));
    assert_null(json_object_get(told->value, "unconfirmed"));
    close_scene(scene, &broker);
}

static void track__of_five_reports_a_second__goes_once_a_second(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    for (uint32_t i = 1; i <= 50; i++) {
        report(scene, i, 436500000);
        scene_run(scene, INT64_C(200) * SCENE_MS);
    }
    assert_int_equal(count(&broker, "drf.tracks.t"), 10);
    assert_string_not_equal(broker.told[broker.count - 1].id, broker.told[0].id);
    close_scene(scene, &broker);
}

static void track__of_a_drone_beyond_the_margin__is_not_told(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    report(scene, 1, 450000000);
    assert_int_equal(count(&broker, "drf.tracks.t"), 0);
    close_scene(scene, &broker);
}

static void track__without_a_topic__is_not_told(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    scene->config.publish.tracks_topic[0] = '\0';
    report(scene, 1, 436500000);
    assert_int_equal(count(&broker, "drf.tracks.t") + count(&broker, ""), 0);
    close_scene(scene, &broker);
}

static void full_queue__drops_and_counts__and_contexts_go_on(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    broker.full = true;
    for (uint32_t i = 1; i <= 5; i++) {
        report(scene, i, 436500000);
        scene_pass(scene, SCENE_SECOND);
    }
    assert_int_equal(scene_count(scene, "d-1", "context"), 5);
    int64_t drops = edge_metrics_value(scene->metrics, EDGE_METRIC_PUBLISH_DROPS, 0, 0);
    assert_true(drops >= 5);
    broker.full = false;
    report(scene, 6, 436512345);
    const struct told *told = last(&broker, "drf.tracks.t");
    assert_int_equal(count(&broker, "drf.tracks.t"), 1); // the newest, and nothing older
    assert_true(number(told, "lat_e7") == 436512345);
    close_scene(scene, &broker);
}

static void catalog__as_on_mqtt__under_region_and_node(void **state)
{
    (void)state;
    struct broker broker;
    struct scene *scene = open_scene(&broker);
    scene_step(scene);
    const struct told *told = last(&broker, "drf.catalog");
    assert_string_equal(told->key, "sim-toronto/n1");
    assert_true(json_array_size(json_object_get(told->value, "sources")) > 0);
    size_t sent = 0;
    scene_run(scene, INT64_C(20) * SCENE_SECOND);
    for (size_t i = 0; i < scene->sent_count; i++)
        sent += strstr(scene->sent[i].topic, "/catalog") != NULL;
    assert_true(sent >= 1);
    assert_int_equal(count(&broker, "drf.catalog"), sent);
    close_scene(scene, &broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(track__of_a_report__is_the_report_under_the_drones_id),
        cmocka_unit_test(track__of_five_reports_a_second__goes_once_a_second),
        cmocka_unit_test(track__of_a_drone_beyond_the_margin__is_not_told),
        cmocka_unit_test(track__without_a_topic__is_not_told),
        cmocka_unit_test(full_queue__drops_and_counts__and_contexts_go_on),
        cmocka_unit_test(catalog__as_on_mqtt__under_region_and_node),
    };
    return cmocka_run_group_tests_name("edge/publish", tests, NULL, NULL);
}
