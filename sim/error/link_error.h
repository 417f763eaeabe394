// sim/error/link_error.h - delay and loss of one direction of a link, message by message.
// SPDX-License-Identifier: Apache-2.0
//
// Loss in bursts by the two states of E. N. Gilbert (Capacity of a burst-noise channel, Bell
// System Technical Journal 39 (1960) 1253-1265) and E. O. Elliott (Estimates of error rates for
// codes on burst-noise channels, BSTJ 42 (1963) 1977-1997). The state moves once a message;
// the first is drawn from the stationary distribution. Stationary loss: (good_to_bad loss_bad +
// bad_to_good loss_good) / (good_to_bad + bad_to_good); mean stay in the bad state: 1 /
// bad_to_good messages.
//
// A message of QoS 0 that is lost is gone. One of QoS 1 is sent again after 1, 2, 4 ...
// seconds, at most 60 (RFC 6298, rules 2.1, 2.5 and 5.5), each time with another draw, for ten
// minutes.
#ifndef SIM_LINK_ERROR_H
#define SIM_LINK_ERROR_H

#include "sim/error/draw.h"
#include "sim/error/error_plan.h"

enum sim_link_way { SIM_LINK_UP, SIM_LINK_DOWN };

// Begin with zeros.
struct sim_link_error {
    bool bad;
    uint64_t tried;        // messages, each new try counted
    int64_t arrival_us[2]; // of the last message, of QoS 0 and of the others
};

// Whether a message that is sent now arrives, and when; those of a QoS arrive in their order.
// Without `plan->on` it arrives at once.
bool sim_link_error_pass(struct sim_link_error *link, const struct sim_link_plan *plan,
                         uint64_t seed, uint32_t drone, enum sim_link_way way, int qos,
                         int64_t sent_us, int64_t *arrival_us);

#endif
