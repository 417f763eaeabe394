// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/age.h"

#include <math.h>

static double seconds(int64_t us) { return (double)us / 1e6; }

// Under the age's line between two instants, of an update made then.
static double area(int64_t made_us, int64_t from_us, int64_t to_us)
{
    return (seconds(from_us - made_us) + seconds(to_us - made_us)) / 2
           * seconds(to_us - from_us);
}

enum drf_status sim_age_of(const struct sim_update *updates, size_t count, int64_t end_us,
                           struct sim_numbers *peaks, struct sim_age *out)
{
    struct sim_age age = {.window_s = seconds(end_us - updates[0].received_us),
                          .most_s = seconds(updates[0].received_us - updates[0].made_us),
                          .negative = updates[0].received_us < updates[0].made_us};
    int64_t made_us = updates[0].made_us, from_us = updates[0].received_us;
    for (size_t i = 1; i < count; i++) {
        const struct sim_update *update = &updates[i];
        age.negative += update->received_us < update->made_us;
        if (update->made_us <= made_us) {
            age.late++;
            continue;
        }
        double peak_s = seconds(update->received_us - made_us);
        enum drf_status status = sim_numbers_add(peaks, peak_s);
        if (status != DRF_OK)
            return status;
        age.most_s = fmax(age.most_s, peak_s);
        age.integral_s2 += area(made_us, from_us, update->received_us);
        made_us = update->made_us;
        from_us = update->received_us;
    }
    age.integral_s2 += area(made_us, from_us, end_us);
    age.most_s = fmax(age.most_s, seconds(end_us - made_us));
    *out = age;
    return DRF_OK;
}
