// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/fleet_options.h"

#include <stdio.h>
#include <string.h>

#include "sim/host/options.h"

enum { DRONES_MAX = 20000 };

static const char *refuse_order(const struct sim_fleet_options *order, const char *name,
                                enum sim_break *breaking)
{
    if (order->mqtt == NULL || order->region == NULL || order->world == NULL)
        return "--mqtt, --region and --world are needed";
    if (strncmp(order->region, "sim", 3) != 0)
        return "a simulated fleet flies only in regions whose name begins with sim";
    if (strcmp(order->root, "drf/v1") == 0)
        return "a simulated fleet never speaks under drf/v1, the root of live aircraft";
    if (order->drones < 1 || order->drones > DRONES_MAX || order->rate_hz < 0.1
        || order->rate_hz > 20.0 || order->seconds < 0.1 || order->level > 22)
        return "--drones is 1 to 20000, --rate 0.1 to 20, --seconds at least 0.1, --level to "
               "22";
    if (order->patch_side != 0 && order->patch_side != 64 && order->patch_side != 128
        && order->patch_side != 256)
        return "--patch is 64, 128 or 256";
    if (order->track_s < 0.05)
        return "--track-every is at least 0.05";
    if (order->patch_rate_hz < 0.01 || order->patch_rate_hz > 10.0 || order->lose_percent < 0.0
        || order->lose_percent > 90.0)
        return "--patch-rate is 0.01 to 10, --lose-patches 0 to 90";
    if (!(order->verify_ratio >= 0.0 && order->verify_ratio <= 1.0))
        return "--verify is 0 to 1";
    if (strlen(order->prefix) < 1 || strlen(order->prefix) > 24 || strlen(order->root) > 60)
        return "--prefix has 1 to 24 characters, --root at most 60";
    for (int i = 0; i < SIM_BREAKS; i++)
        if (strcmp(name, sim_break_names[i]) == 0) {
            *breaking = (enum sim_break)i;
            return NULL;
        }
    return "--break is wind-sign, datum, zero-fill, advisory-lost, advisory-false, patch-shift "
           "or terrain-down";
}

int sim_fleet_options_read(int argc, char **argv, struct sim_fleet_options *out)
{
    struct sim_fleet_options order = {.drones = 50,
                                      .seconds = 30.0,
                                      .rate_hz = 5.0,
                                      .plans = 3,
                                      .traffic_topic = "demo.traffic",
                                      .flybys = 8,
                                      .request_s = 8.0,
                                      .patch_rate_hz = 1.0,
                                      .verify_ratio = 1.0,
                                      .track_s = 1.0,
                                      .cranes = "demo.obstacles",
                                      .zones = "demo.zones",
                                      .level = 12,
                                      .root = "drf-test/v1",
                                      .prefix = "coffee"};
    const char *name = "none"; // of the error to make
    const struct sim_option options[] = {
        {"mqtt", SIM_OPTION_TEXT, &order.mqtt, "HOST:PORT", "of the broker"},
        {"region", SIM_OPTION_TEXT, &order.region, "NAME", "the node's; begins with sim"},
        {"world", SIM_OPTION_TEXT, &order.world, "DIR", "that drf-sim world made"},
        {"drones", SIM_OPTION_COUNT, &order.drones, "N", "default 50"},
        {"seconds", SIM_OPTION_REAL, &order.seconds, "S", "default 30"},
        {"rate", SIM_OPTION_REAL, &order.rate_hz, "HZ", "reports a second each (default 5)"},
        {"users", SIM_OPTION_TEXT, &order.users, "FILE", "name:password lines"},
        {"prefix", SIM_OPTION_TEXT, &order.prefix, "NAME", "drones are NAME-01 ... (coffee)"},
        {"report", SIM_OPTION_TEXT, &order.report, "FILE", "JSON"},
        {"tracks", SIM_OPTION_TEXT, &order.tracks, "FILE", "where they flew, CSV"},
        {"level", SIM_OPTION_COUNT, &order.level, "Z", "of the node's tiles (default 12)"},
        {"root", SIM_OPTION_TEXT, &order.root, "TOPIC", "default drf-test/v1"},
        {"patch", SIM_OPTION_COUNT, &order.patch_side, "CELLS",
         "asks for patches: 64, 128 or 256"},
        {"patch-rate", SIM_OPTION_REAL, &order.patch_rate_hz, "HZ", "of patches (default 1)"},
        {"lose-patches", SIM_OPTION_REAL, &order.lose_percent, "PERCENT", "dropped on arrival"},
        {"key-frames", SIM_OPTION_FLAG, &order.key_frames, NULL,
         "patches are never acknowledged"},
        {"metrics", SIM_OPTION_TEXT, &order.metrics, "HOST:PORT",
         "of the node's HTTP: lays what it counts beside what is missing"},
        {"requests", SIM_OPTION_REAL, &order.request_s, "S",
         "between a verified drone's questions, terrain and landing in turn (default 8, 0: "
         "none)"},
        {"plans", SIM_OPTION_COUNT, &order.plans, "N",
         "one drone of so many files plans and flies by them (default 3, 0: none; a story has "
         "none)"},
        {"traffic", SIM_OPTION_TEXT, &order.traffic, "HOST:PORT",
         "publishes aircraft that pass the drones to this Kafka"},
        {"traffic-topic", SIM_OPTION_TEXT, &order.traffic_topic, "TOPIC",
         "of tracks (demo.traffic)"},
        {"flybys", SIM_OPTION_COUNT, &order.flybys, "N", "at a time, at most 64 (default 8)"},
        {"verify", SIM_OPTION_REAL, &order.verify_ratio, "RATIO",
         "of the drones that are checked against the world, 0 to 1 (default 1)"},
        {"track-every", SIM_OPTION_REAL, &order.track_s, "S", "of the tracks (default 1)"},
        {"advisories", SIM_OPTION_TEXT, &order.advisories, "FILE", "what they were told, CSV"},
        {"react", SIM_OPTION_FLAG, &order.react, NULL,
         "drones act on what they are told: climb, leave a zone, hold when it is silent"},
        {"story", SIM_OPTION_TEXT, &order.story, "HOST:PORT",
         "a crane, a zone, a killed node, a porch, through this Kafka; implies --react"},
        {"story-obstacles", SIM_OPTION_TEXT, &order.cranes, "TOPIC",
         "of GeoJSON obstacles (demo.obstacles)"},
        {"story-zones", SIM_OPTION_TEXT, &order.zones, "TOPIC",
         "of GeoJSON zones (demo.zones)"},
        {"story-node", SIM_OPTION_TEXT, &order.node_pid, "FILE",
         "holds the process id of the node that is killed"},
        {"break", SIM_OPTION_TEXT, &name, "ERROR",
         "wind-sign, datum, zero-fill, advisory-lost, advisory-false, patch-shift or\n"
         "                             terrain-down, in the receiver's copies"},
    };
    const struct sim_usage usage = {
        "fleet --mqtt HOST:PORT --region NAME --world DIR [OPTION...]",
        "Flies delivery drones through a world, each a real MQTT client, and checks every "
        "value\n"
        "of every context against the truth. Exit code 1 if one was wrong.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    order.react = order.react || order.story != NULL;
    const char *refusal = refuse_order(&order, name, &order.breaking);
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim fleet: %s\n", refusal);
        return 2;
    }
    *out = order;
    return -1;
}
