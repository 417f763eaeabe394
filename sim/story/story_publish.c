// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host/options.h"
#include "sim/story/story_impl.h"
#include "sim/world/obstacle_write.h"

static const int64_t zone_lasts_us = 120000000;

// CloudEvents 1.0, Kafka protocol binding, binary mode; then our own.
static enum drf_status send(struct sim_publisher *publisher, int64_t now_utc_us,
                            const char *type, const char *key, const char *value, size_t size)
{
    char id[160], time[SIM_TIME_TEXT_SIZE];
    sim_time_format(now_utc_us, time);
    snprintf(id, sizeof id, "%s@%s", key, time);
    const struct sim_header headers[] = {
        {"ce_specversion", "1.0"},
        {"ce_type", type},
        {"ce_source", "drf-sim"},
        {"ce_id", id},
        {"ce_time", time},
        {"content-type", value != NULL ? "application/geo+json" : NULL},
        {"drf_mode", "SIM"},
        {"drf_delivery", "features"},
    };
    return sim_publisher_send(publisher, key, value, size, headers,
                              sizeof headers / sizeof headers[0]);
}

enum drf_status story_withdraw(struct sim_story *story)
{
    enum drf_status status =
        send(story->cranes, story->now_utc_us, "drf.obstacle", STORY_CRANE_ID, NULL, 0);
    if (status == DRF_OK)
        status = send(story->zones, story->now_utc_us, "drf.zone", STORY_ZONE_ID, NULL, 0);
    return status;
}

enum drf_status story_send_obstacle(struct sim_story *story,
                                    const struct sim_obstacle *obstacle)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return DRF_ERR_NOMEM;
    sim_obstacle_write_feature(story->world, obstacle, file);
    enum drf_status status = DRF_ERR_NOMEM;
    if (fclose(file) == 0)
        status =
            send(story->cranes, story->now_utc_us, "drf.obstacle", obstacle->id, text, size);
    free(text);
    return status;
}

enum drf_status story_send_zone(struct sim_story *story, const struct sim_zone *zone)
{
    char *text = NULL, until[SIM_TIME_TEXT_SIZE];
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return DRF_ERR_NOMEM;
    sim_time_format(story->now_utc_us + zone_lasts_us, until);
    fprintf(file,
            "{\"type\":\"Feature\",\"id\":\"%s\",\"properties\":{\"name\":\"Fire brigade\","
            "\"restriction\":\"PROHIBITED\",\"reason\":\"EMERGENCY\",\"lower_agl_m\":0,"
            "\"upper_amsl_m\":%.1f,\"until\":\"%s\",\"drf_mode\":\"SIM\"},"
            "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[",
            zone->id, zone->upper_amsl_m, until);
    for (size_t i = 0; i <= zone->count; i++)
        fprintf(file, "%s[%.9f,%.9f]", i > 0 ? "," : "",
                zone->vertices[i % zone->count].lon_deg,
                zone->vertices[i % zone->count].lat_deg);
    fputs("]]}}", file);
    enum drf_status status = DRF_ERR_NOMEM;
    if (fclose(file) == 0)
        status = send(story->zones, story->now_utc_us, "drf.zone", zone->id, text, size);
    free(text);
    return status;
}

bool story_accepted(struct sim_publisher *publisher)
{
    return sim_publisher_finish(publisher, 1) == DRF_OK;
}
