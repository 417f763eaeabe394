// sim/experiment/in_flight.h - messages that are on their way, in the order of their arrival.
// SPDX-License-Identifier: Apache-2.0
//
// Of two that arrive at one instant the one that was sent first comes first. Owns copies. Grows
// with what is on its way; one thread.
#ifndef SIM_IN_FLIGHT_H
#define SIM_IN_FLIGHT_H

#include "schemas/recording_write.h"

enum { SIM_PARCEL_HEADERS_MAX = 16 };

struct sim_parcel {
    int64_t arrival_mono_us, sent_mono_us;
    uint64_t number; // in the order of sending
    size_t drone;    // of an MQTT message
    bool is_kafka;
    struct drf_recorded_mqtt mqtt; // one of both
    struct drf_recorded_kafka kafka;
    struct drf_recorded_header headers[SIM_PARCEL_HEADERS_MAX];
};

struct sim_in_flight {
    struct sim_parcel **heap;
    size_t count, room;
    uint64_t sent;
};

// What the parcel points to is copied. DRF_ERR_NOMEM. DRF_ERR_RANGE: too many headers.
DRF_MUST_CHECK enum drf_status sim_in_flight_send(struct sim_in_flight *in_flight,
                                                  const struct sim_parcel *parcel);
// The next to arrive; NULL: none. Until the next call.
const struct sim_parcel *sim_in_flight_first(const struct sim_in_flight *in_flight);
// When; INT64_MAX: none.
int64_t sim_in_flight_mono_us(const struct sim_in_flight *in_flight);
void sim_in_flight_drop(struct sim_in_flight *in_flight); // the first
void sim_in_flight_close(struct sim_in_flight *in_flight);

#endif
