// SPDX-License-Identifier: Apache-2.0
// drf-sim: makes a world, publishes its feeds, flies a fleet through it, checks what it is
// told.
#include <stdio.h>
#include <string.h>

#include "sim/command/command.h"

static const struct sim_command commands[] = {
    {"broker", "an embedded Kafka on a free port", sim_broker_run},
    {"world", "make a world and write the files providers would publish", sim_world_run},
    {"publish", "publish files to Kafka as their providers would", sim_publish_run},
    {"topics", "create the topics that do not exist yet", sim_topics_run},
    {"fleet", "fly drones through a world and check the messages they get", sim_fleet_run},
    {"experiment", "make runs on a simulated clock, for seeds and parameters",
     sim_experiment_command},
    {"map", "draw a store and the tracks of a fleet", sim_map_run},
    {"record", "write what goes over MQTT and Kafka into a recording", sim_record_run},
    {"play", "publish a recording again, marked REPLAY", sim_play_run},
    {"measure", "measure recordings: separation, advisories, age, bytes, latency",
     sim_measure_run},
    {"compare", "compare two recordings, or two folders of runs", sim_compare_run},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_commands(FILE *out)
{
    fprintf(out,
            "usage: drf-sim COMMAND [OPTION...]\n\n"
            "drf-sim: makes a world, publishes its feeds, flies a fleet through it and checks"
            "\nwhat the fleet is told.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\ndrf-sim COMMAND --help says more. Everything it makes is marked SIM: a live"
                 "\nnode refuses it.\n");
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("drf-sim %s\n", DRF_VERSION);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        print_commands(stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    print_commands(stderr);
    return 2;
}
