// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/others/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/mode.h"
#include "geo/utc.h"

enum drf_status edge_publish_open(struct edge_publish **out)
{
    struct edge_publish *publish = calloc(1, sizeof *publish);
    if (publish == NULL)
        return DRF_ERR_NOMEM;
    *out = publish;
    return DRF_OK;
}

void edge_publish_close(struct edge_publish *publish) { free(publish); }

static const char *const types[] = {[EDGE_PUBLISH_TRACK] = "drf.v1.track",
                                    [EDGE_PUBLISH_ADVISORY] = "drf.v1.advisory",
                                    [EDGE_PUBLISH_CATALOG] = "drf.v1.catalog"};

static const char *topic_of(const struct drf_config *config, enum edge_publish_kind kind)
{
    return kind == EDGE_PUBLISH_TRACK      ? config->publish.tracks_topic
           : kind == EDGE_PUBLISH_ADVISORY ? config->publish.advisories_topic
                                           : config->publish.catalog_topic;
}

bool edge_publish_wanted(const struct drf_config *config, enum edge_publish_kind kind)
{
    return topic_of(config, kind)[0] != '\0';
}

bool edge_publish_any(const struct drf_config *config)
{
    return edge_publish_wanted(config, EDGE_PUBLISH_TRACK)
           || edge_publish_wanted(config, EDGE_PUBLISH_ADVISORY)
           || edge_publish_wanted(config, EDGE_PUBLISH_CATALOG);
}

enum { TIME_SIZE = 48 };

static void format_time(int64_t utc_us, char out[static TIME_SIZE])
{
    struct geo_utc_fields at = geo_utc_to_fields(utc_us);
    (void)snprintf(out, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", at.year, at.month,
                   at.day, at.hour, at.minute, at.second, (int)(utc_us % 1000000));
}

// The port: recorded, or from a recording.
static enum drf_status hand_over(struct edge_publish *publish, const struct edge_publish_by *by,
                                 const struct edge_kafka_record *kafka_record)
{
    const struct edge_publisher *publisher = &publish->publisher;
    bool replays = edge_inputs_replays(by->inputs) || publisher->send == NULL;
    enum drf_status status = (enum drf_status)edge_inputs_value(
        by->inputs, EDGE_INPUT_PUBLISH,
        replays ? DRF_OK : publisher->send(publisher->self, kafka_record));
    if (status != DRF_OK)
        return status;
    char topic[DRF_TEXT_SIZE + 8];
    (void)snprintf(topic, sizeof topic, "kafka/%s", kafka_record->topic);
    edge_inputs_output(
        by->inputs,
        &(struct edge_output){
            .topic = topic,
            .payload = {.bytes = kafka_record->value, .size = kafka_record->value_size},
            .correlation = {.bytes = kafka_record->key, .size = kafka_record->key_size}});
    return DRF_OK;
}

void edge_publish_send(struct edge_publish *publish, const struct edge_publish_by *by,
                       enum edge_publish_kind kind, const char *key, size_t size)
{
    char source[2 * DRF_ID_SIZE + 1], id[2 * DRF_ID_SIZE + 48], time[TIME_SIZE];
    const char *mode = drf_mode_name(by->config->output_mode);
    (void)snprintf(source, sizeof source, "%s/%s", by->config->region_id, by->config->node_id);
    (void)snprintf(id, sizeof id, "%s/%" PRIu64 "/%" PRIu64, source, by->boot_id,
                   publish->count + 1);
    format_time(by->now.utc_us, time);
#define HEADER(name, text)                                                                     \
    {                                                                                          \
        name, text, strlen(text)                                                               \
    }
    const struct edge_header headers[] = {
        HEADER("ce_specversion", "1.0"),
        HEADER("ce_type", types[kind]),
        HEADER("ce_source", source),
        HEADER("ce_id", id),
        HEADER("ce_time", time),
        HEADER("drf_mode", mode),
        HEADER("content-type", "application/json"),
    };
#undef HEADER
    const char *under = key != NULL ? key : source;
    const struct edge_kafka_record kafka_record = {
        .topic = topic_of(by->config, kind),
        .key = (const uint8_t *)under,
        .key_size = strlen(under),
        .value = publish->text,
        .value_size = size,
        .headers = headers,
        .header_count = sizeof headers / sizeof headers[0],
    };
    publish->count++;
    bool sent = hand_over(publish, by, &kafka_record) == DRF_OK;
    edge_metrics_add(by->metrics, sent ? EDGE_METRIC_PUBLISHED : EDGE_METRIC_PUBLISH_DROPS, 0,
                     0, 1);
}
