// sim/measure/age.h - age of information at a receiver: how old is the newest it has.
// SPDX-License-Identifier: Apache-2.0
//
// At time t the age is t - u(t), where u(t) is the time at which the newest update that has
// been received by t was made (Kaul, Yates, Gruteser, Real-Time Status: How Often Should One
// Update?, IEEE INFOCOM 2012). It grows by one second a second and falls when a newer update
// comes; an older one that comes late changes nothing. The mean is over time, from the first
// reception to the end of the window. A peak is the age just before it falls (Costa, Codreanu,
// Ephremides, Age of Information With Packet Management, IEEE ISIT 2014).
#ifndef SIM_AGE_H
#define SIM_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/measure/numbers.h"

struct sim_update {
    int64_t received_us, made_us;
};

struct sim_age {
    double integral_s2, window_s; // their ratio is the mean age
    double most_s;                // the greatest age in the window, its end included
    size_t late;                  // updates that were not newer than what was there
    size_t negative;              // received before they were made, by the two clocks
};

// `updates`, at least one, are in the order of reception, received_us not falling; end_us is
// not before the last. Peaks are added to `peaks`. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_age_of(const struct sim_update *updates, size_t count,
                                          int64_t end_us, struct sim_numbers *peaks,
                                          struct sim_age *out);

#endif
