// SPDX-License-Identifier: Apache-2.0
// Any text: either refused, or a topic that is written back the same and holds ids of the
// contract.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/mqtt/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[EDGE_TOPIC_SIZE];
    if (size >= sizeof text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    struct edge_topic topic;
    if (edge_topic_parse(EDGE_TOPIC_ROOT_LIVE, text, &topic) != DRF_OK)
        return 0;
    if (!edge_id_valid(topic.id, strlen(topic.id)))
        abort();
    bool names_region = topic.kind == EDGE_TOPIC_STATE || topic.kind == EDGE_TOPIC_HEARTBEAT
                        || topic.kind == EDGE_TOPIC_REPLY;
    if (names_region != edge_id_valid(topic.region, strlen(topic.region)))
        abort();
    char back[EDGE_TOPIC_SIZE];
    size_t length = edge_topic_format(EDGE_TOPIC_ROOT_LIVE, topic.kind, topic.id,
                                      names_region ? topic.region : "r", back);
    if (topic.kind == EDGE_TOPIC_QUERY) // formats the reply topic
        back[length - strlen("/reply")] = '\0';
    if (strcmp(back, text) != 0)
        abort();
    return 0;
}
