// edge/mqtt/cause_mqtt.h - why there is no MQTT connection, from what libmosquitto reports.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CAUSE_MQTT_H
#define EDGE_CAUSE_MQTT_H

#include <stdbool.h>

struct mosquitto;

enum { EDGE_MQTT_CAUSE_SIZE = 160 };

struct edge_mqtt_cause {
    bool tls;          // the connection is to be encrypted
    bool resolving;    // the address is not known yet
    bool answered;     // the broker accepted the connection
    const char *error; // what a TLS error meant, static; NULL: none
};

// A line that the library logged as an error of this connection.
void edge_mqtt_cause_take(struct edge_mqtt_cause *cause, struct mosquitto *client,
                          const char *line);

// The word for what a call of the library returned, with errno after it.
const char *edge_mqtt_cause_of(int returned, int error);

// "TLS: its certificate has expired" and its like. `refusal`: the broker's word in CONNACK, or
// NULL; `why`: the library's or the system's word for how it ended.
void edge_mqtt_cause_format(const struct edge_mqtt_cause *cause, const char *refusal,
                            const char *why, char out[static EDGE_MQTT_CAUSE_SIZE]);

#endif
