// sim/fleet/fleet_options.h - command line options of `drf-sim fleet`.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_FLEET_OPTIONS_H
#define SIM_FLEET_OPTIONS_H

#include "sim/fleet/receive.h"

struct sim_fleet_options {
    const char *mqtt, *region, *world, *users, *report, *tracks, *root, *prefix;
    uint64_t drones, level;
    uint64_t seed;
    bool seed_given; // else the world's
    double seconds, rate_hz, request_s;
    uint64_t patch_side;
    double patch_rate_hz, lose_percent, verify_ratio;
    bool key_frames, react, streams;
    const char *metrics, *advisories, *story, *cranes, *zones, *node_pid;
    double track_s;
    const char *traffic, *traffic_topic;
    uint64_t flybys;
    uint64_t plans; // one drone of so many files plans; 0: none does
    enum sim_corruption corruption;
};

// Reads the command line. Negative: run; else the exit code, the reason has been printed.
int sim_fleet_options_read(int argc, char **argv, struct sim_fleet_options *out);

#endif
