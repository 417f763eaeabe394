// SPDX-License-Identifier: Apache-2.0
// Kafka as the ingest step sees it: recorded on the way, or from a recording. In a replay a
// message is copied, for it is held over many steps, and freed when it is given back.
#include "edge/ingest/feed_impl.h"

#include <stdlib.h>

#include "edge/ingest/message_record.h"

void edge_feeds_use_inputs(struct edge_feeds *feeds, struct edge_inputs *inputs)
{
    feeds->inputs = inputs;
}

static bool recorded(const struct edge_feeds *feeds)
{
    return edge_inputs_replays(feeds->inputs) && !edge_inputs_free(feeds->inputs);
}

enum drf_status feed_port_start(struct edge_feeds *feeds, size_t index, int32_t partition,
                                int64_t offset)
{
    return (enum drf_status)edge_inputs_value(
        feeds->inputs, EDGE_INPUT_FEED_START,
        recorded(feeds) ? DRF_OK
                        : feeds->port.start(feeds->port.self, index, partition, offset));
}

void feed_port_stop(struct edge_feeds *feeds, size_t index, int32_t partition)
{
    if (!recorded(feeds))
        feeds->port.stop(feeds->port.self, index, partition);
}

enum edge_kafka_event feed_port_next(struct edge_feeds *feeds, size_t index,
                                     struct edge_message *out)
{
    struct edge_inputs *inputs = feeds->inputs;
    if (!recorded(feeds)) {
        enum edge_kafka_event event = feeds->port.next(feeds->port.self, index, out);
        if (edge_inputs_records(inputs)) {
            (void)edge_inputs_value(inputs, EDGE_INPUT_FEED_EVENT, event);
            if (event != EDGE_KAFKA_NOTHING)
                edge_message_record_put(inputs, index, event, out);
        }
        return event;
    }
    enum edge_kafka_event event = (enum edge_kafka_event)edge_inputs_value(
        inputs, EDGE_INPUT_FEED_EVENT, EDGE_KAFKA_NOTHING);
    struct edge_recorded_message message;
    if (event == EDGE_KAFKA_NOTHING)
        return EDGE_KAFKA_NOTHING;
    enum drf_status status = edge_message_record_take(inputs, &message);
    if (status != DRF_OK || message.feed != index || message.event != event) {
        if (status == DRF_OK)
            free(message.message.handle);
        edge_inputs_differ(inputs, "a message of another feed was recorded here");
        return EDGE_KAFKA_NOTHING;
    }
    *out = message.message;
    if (event != EDGE_KAFKA_MESSAGE) {
        free(out->handle);
        out->handle = NULL;
        out->topic = feeds->config->feeds[index].topic;
    }
    return event;
}

void feed_port_release(struct edge_feeds *feeds, struct edge_message *message)
{
    if (!recorded(feeds)) {
        feeds->port.release(feeds->port.self, message);
        return;
    }
    free(message->handle);
    message->handle = NULL;
}
