// edge/mqtt/properties_mqtt.h - MQTT v5 properties of outgoing and incoming messages.
// SPDX-License-Identifier: Apache-2.0
//
// The property lists of messages without correlation data are made once and used for all of
// them.
#ifndef EDGE_PROPERTIES_MQTT_H
#define EDGE_PROPERTIES_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/link.h"
#include "geo/status.h"

struct mqtt5__property; // the library's mosquitto_property

struct edge_properties {
    struct mqtt5__property *lasting[2], *expiring[2]; // Protocol Buffers, JSON
    uint32_t expiring_s;
};

// DRF_ERR_NOMEM; close it all the same.
DRF_MUST_CHECK enum drf_status edge_properties_open(struct edge_properties *properties);
void edge_properties_close(struct edge_properties *properties);

// Those of an outgoing message, until the next call; NULL: no memory. What was made for this
// message alone is in *own, to be freed by the caller.
const struct mqtt5__property *edge_properties_of(struct edge_properties *properties,
                                                 const struct edge_outgoing *message,
                                                 struct mqtt5__property **own);

// What came in with a message: to be freed.
struct edge_properties_in {
    char *content_type, *response_topic; // NULL: absent
    void *correlation;
    uint16_t correlation_size;
};
struct edge_properties_in edge_properties_read(const struct mqtt5__property *list);
void edge_properties_free(struct edge_properties_in *in);

#endif
