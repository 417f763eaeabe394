// sim/tape/tape_mqtt.h - one MQTT v5 client: everything it hears, and messages as recorded.
// SPDX-License-Identifier: Apache-2.0
//
// Clean start, session expiry 0; a lost connection is made again after a second, and counted,
// because what was sent meanwhile was not heard. One thread; on_message runs inside the step.
#ifndef SIM_TAPE_MQTT_H
#define SIM_TAPE_MQTT_H

#include "schemas/recording_write.h"

enum { SIM_TAPE_FILTERS_MAX = 32 };

struct sim_tape_mqtt_options {
    const char *host;
    unsigned port;
    const char *user, *password; // NULL: none
    const char *const *filters;  // topics with + and #, borrowed until close
    size_t filter_count;
    void (*on_message)(void *context, const struct drf_recorded_mqtt *message);
    void *context;
};

struct sim_tape_mqtt;

// DRF_ERR_NOMEM. It connects in the steps.
DRF_MUST_CHECK enum drf_status sim_tape_mqtt_open(const struct sim_tape_mqtt_options *options,
                                                  struct sim_tape_mqtt **out);
void sim_tape_mqtt_close(struct sim_tape_mqtt *tape); // NULL is fine

// Waits up to wait_ms for the socket, reads and writes.
void sim_tape_mqtt_step(struct sim_tape_mqtt *tape, int wait_ms);

// Connected, and all filters accepted.
bool sim_tape_mqtt_ready(const struct sim_tape_mqtt *tape);

// DRF_ERR_AGAIN: not connected, or a thousand messages wait already. DRF_ERR_RANGE: refused.
DRF_MUST_CHECK enum drf_status sim_tape_mqtt_publish(struct sim_tape_mqtt *tape,
                                                     const struct drf_recorded_mqtt *message);

struct sim_tape_mqtt_count {
    uint64_t published, confirmed; // QoS 0: written to the socket
    uint64_t refused;              // the broker's answer; see error
    uint64_t connections_lost;
    bool denied;     // the broker refuses the account or a filter: waiting does not help
    char error[128]; // the last one, "" for none
};
const struct sim_tape_mqtt_count *sim_tape_mqtt_count(const struct sim_tape_mqtt *tape);

#endif
