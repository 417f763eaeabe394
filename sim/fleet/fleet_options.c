// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/fleet_options.h"

#include <stdio.h>
#include <string.h>

#include "sim/host/options.h"

enum { DRONES_MAX = 20000 };

static const uint64_t no_seed = UINT64_MAX;

static const char *refusal_of(const struct sim_fleet_options *options, const char *name,
                              enum sim_corruption *corruption)
{
    if (options->mqtt == NULL || options->region == NULL || options->world == NULL)
        return "--mqtt, --region and --world are needed";
    if (strncmp(options->region, "sim", 3) != 0)
        return "a simulated fleet flies only in regions whose name begins with sim";
    if (strcmp(options->root, "drf/v1") == 0)
        return "a simulated fleet never publishes under drf/v1, the root of live aircraft";
    if (options->drones < 1 || options->drones > DRONES_MAX || options->rate_hz < 0.1
        || options->rate_hz > 20.0 || options->seconds < 0.1 || options->level > 22)
        return "--drones is 1 to 20000, --rate 0.1 to 20, --seconds at least 0.1, --level to "
               "22";
    if (options->patch_side != 0 && options->patch_side != 64 && options->patch_side != 128
        && options->patch_side != 256)
        return "--patch is 64, 128 or 256";
    if (options->track_s < 0.05)
        return "--track-every is at least 0.05";
    if (options->patch_rate_hz < 0.01 || options->patch_rate_hz > 10.0
        || options->lose_percent < 0.0 || options->lose_percent > 90.0)
        return "--patch-rate is 0.01 to 10, --lose-patches 0 to 90";
    if (!(options->verify_ratio >= 0.0 && options->verify_ratio <= 1.0))
        return "--verify is 0 to 1";
    if (strlen(options->prefix) < 1 || strlen(options->prefix) > 24
        || strlen(options->root) > 60)
        return "--prefix has 1 to 24 characters, --root at most 60";
    for (int i = 0; i < SIM_CORRUPTIONS; i++)
        if (strcmp(name, sim_corrupt_names[i]) == 0) {
            *corruption = (enum sim_corruption)i;
            return NULL;
        }
    return "--break is wind-sign, datum, zero-fill, advisory-lost, advisory-false, "
           "patch-shift, "
           "terrain-down or refused-lost";
}

int sim_fleet_options_read(int argc, char **argv, struct sim_fleet_options *out)
{
    struct sim_fleet_options options = {.drones = 50,
                                        .seed = no_seed,
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
    const struct sim_option table[] = {
        {"mqtt", SIM_OPTION_TEXT, &options.mqtt, "HOST:PORT", "of the broker"},
        {"region", SIM_OPTION_TEXT, &options.region, "NAME", "the node's; begins with sim"},
        {"world", SIM_OPTION_TEXT, &options.world, "DIR", "that drf-sim world made"},
        {"drones", SIM_OPTION_COUNT, &options.drones, "N", "default 50"},
        {"seconds", SIM_OPTION_REAL, &options.seconds, "S", "default 30"},
        {"rate", SIM_OPTION_REAL, &options.rate_hz, "HZ", "reports a second each (default 5)"},
        {"seed", SIM_OPTION_COUNT, &options.seed, "N",
         "of the flights (default: the world's); the same seed flies the same"},
        {"users", SIM_OPTION_TEXT, &options.users, "FILE", "name:password lines"},
        {"prefix", SIM_OPTION_TEXT, &options.prefix, "NAME", "drones are NAME-01 ... (coffee)"},
        {"report", SIM_OPTION_TEXT, &options.report, "FILE", "JSON"},
        {"tracks", SIM_OPTION_TEXT, &options.tracks, "FILE", "where they flew, CSV"},
        {"level", SIM_OPTION_COUNT, &options.level, "Z", "of the node's tiles (default 12)"},
        {"root", SIM_OPTION_TEXT, &options.root, "TOPIC", "default drf-test/v1"},
        {"patch", SIM_OPTION_COUNT, &options.patch_side, "CELLS",
         "requests patches: 64, 128 or 256"},
        {"patch-rate", SIM_OPTION_REAL, &options.patch_rate_hz, "HZ", "of patches (default 1)"},
        {"lose-patches", SIM_OPTION_REAL, &options.lose_percent, "PERCENT",
         "dropped on arrival"},
        {"key-frames", SIM_OPTION_FLAG, &options.key_frames, NULL,
         "patches are never acknowledged"},
        {"metrics", SIM_OPTION_TEXT, &options.metrics, "HOST:PORT",
         "of the node's HTTP: compares its counters with missing messages"},
        {"requests", SIM_OPTION_REAL, &options.request_s, "S",
         "between a verified drone's requests, terrain and landing in turn (default 8, 0: "
         "none)"},
        {"streams", SIM_OPTION_FLAG, &options.streams, NULL,
         "drones ask for the contexts of every node of the region: none may then be silent\n"
         "                             for longer than its last context holds"},
        {"plans", SIM_OPTION_COUNT, &options.plans, "N",
         "one drone of so many files plans and flies by them (default 3, 0: none; a story has "
         "none)"},
        {"traffic", SIM_OPTION_TEXT, &options.traffic, "HOST:PORT",
         "publishes aircraft that pass the drones to this Kafka"},
        {"traffic-topic", SIM_OPTION_TEXT, &options.traffic_topic, "TOPIC",
         "of tracks (demo.traffic)"},
        {"flybys", SIM_OPTION_COUNT, &options.flybys, "N", "at a time, at most 64 (default 8)"},
        {"verify", SIM_OPTION_REAL, &options.verify_ratio, "RATIO",
         "of the drones that are checked against the world, 0 to 1 (default 1)"},
        {"track-every", SIM_OPTION_REAL, &options.track_s, "S", "of the tracks (default 1)"},
        {"advisories", SIM_OPTION_TEXT, &options.advisories, "FILE",
         "received advisories, CSV"},
        {"react", SIM_OPTION_FLAG, &options.react, NULL,
         "drones react to advisories: climb, leave a zone, hold without contexts"},
        {"story", SIM_OPTION_TEXT, &options.story, "HOST:PORT",
         "a crane, a zone, a killed node, a porch, through this Kafka; implies --react"},
        {"story-obstacles", SIM_OPTION_TEXT, &options.cranes, "TOPIC",
         "of GeoJSON obstacles (demo.obstacles)"},
        {"story-zones", SIM_OPTION_TEXT, &options.zones, "TOPIC",
         "of GeoJSON zones (demo.zones)"},
        {"story-node", SIM_OPTION_TEXT, &options.node_pid, "FILE",
         "holds the process id of the node that is killed"},
        {"break", SIM_OPTION_TEXT, &name, "ERROR",
         "wind-sign, datum, zero-fill, advisory-lost, advisory-false, patch-shift,\n"
         "                             terrain-down or refused-lost, in the receiver's copies"},
    };
    const struct sim_usage usage = {
        "fleet --mqtt HOST:PORT --region NAME --world DIR [OPTION...]",
        "Flies delivery drones through a world, each a real MQTT client, and checks every "
        "value\n"
        "of every context against the truth. Exit code 1 if one was wrong.",
        table, sizeof table / sizeof table[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    options.react = options.react || options.story != NULL;
    const char *refusal = refusal_of(&options, name, &options.corruption);
    options.seed_given = options.seed != no_seed;
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim fleet: %s\n", refusal);
        return 2;
    }
    *out = options;
    return -1;
}
