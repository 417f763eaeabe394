// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "schemas/recording_write.h"

static const struct {
    const char *place; // below which a topic stands
    const char *shape; // '+' is one level
    const char *schema;
} topics[] = {
    {"/drones/", "+/telemetry", "drf.v1.Telemetry"},
    {"/drones/", "+/profile", "drf.v1.Profile"},
    {"/drones/", "+/plan", "drf.v1.Plan"},
    {"/drones/", "+/request", "drf.v1.Request"},
    {"/drones/", "+/report", "drf.v1.Report"},
    {"/drones/", "+/context/+", "drf.v1.Context"},
    {"/drones/", "+/patch/+", "drf.v1.Patch"},
    {"/drones/", "+/advisory/+", "drf.v1.AdvisoryMessage"},
    {"/drones/", "+/reply/+", "drf.v1.Reply"},
    {"/drones/", "+/terrain/+", "drf.v1.Terrain"},
    {"/regions/", "+/nodes/+/heartbeat", "drf.v1.Heartbeat"},
    {"/regions/", "+/nodes/+/state", "drf.v1.NodeState"},
    {"/regions/", "+/nodes/+/catalog", "drf.v1.Catalog"},
    {"/regions/", "+/alerts", "drf.v1.Alerts"},
    {"/query/", "+", "drf.v1.Query"},
    {"/query/", "+/reply", "drf.v1.QueryReply"},
};

static bool fits(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++) {
        if (*shape == '+') {
            size_t level = strcspn(text, "/");
            if (level == 0)
                return false;
            text += level;
        } else if (*text++ != *shape) {
            return false;
        }
    }
    return *text == '\0';
}

const char *drf_topic_schema(const char *topic)
{
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        const char *place = strstr(topic, topics[i].place);
        if (place != NULL && fits(place + strlen(topics[i].place), topics[i].shape))
            return topics[i].schema;
    }
    return NULL;
}
