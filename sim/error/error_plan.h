// sim/error/error_plan.h - the parameters of all errors; none has a default.
// SPDX-License-Identifier: Apache-2.0
//
// An error that is off leaves everything as it is. Of one that is on every parameter must be
// said: what fits depends on the receiver, the sky, the radio and the forecast, and a number
// that nobody chose would be an invention. The one constant is the time until a lost message
// of QoS 1 is sent again (sim/error/link_error.h), which RFC 6298 fixes.
#ifndef SIM_ERROR_PLAN_H
#define SIM_ERROR_PLAN_H

#include <stdbool.h>

// Standard deviations and a correlation time of a first-order Gauss-Markov process, and of
// white noise on top, per axis.
struct sim_gnss_plan {
    bool on;
    double horizontal_m, vertical_m, time_s, white_horizontal_m, white_vertical_m;
};

// The slow error of heights by pressure: a Gauss-Markov process too.
struct sim_barometer_plan {
    bool on;
    double drift_m, time_s;
};

// Forecast minus truth of each wind component: standard deviation, and the lengths in space and
// time over which its correlation falls to exp(-1/2).
struct sim_wind_plan {
    bool on;
    double speed_mps, length_km, time_s;
};

// Each direction of each drone's link: delay = delay_ms + an exponential one of mean jitter_ms;
// loss by two states, all four as probabilities per message.
struct sim_link_plan {
    bool on;
    double delay_ms, jitter_ms, good_to_bad, bad_to_good, loss_good, loss_bad;
};

// A report that the drone does not send, each by itself.
struct sim_reports_plan {
    bool on;
    double lost_ratio;
};

// The drone's clock minus UTC: standard deviations over the drones.
struct sim_clock_plan {
    bool on;
    double offset_s, drift_ppm;
};

struct sim_error_plan {
    struct sim_gnss_plan gnss;
    struct sim_barometer_plan barometer;
    struct sim_wind_plan wind;
    struct sim_link_plan link;
    struct sim_reports_plan reports;
    struct sim_clock_plan clock;
};

#endif
