// sim/command/command.h - the subcommands of drf-sim.
// SPDX-License-Identifier: Apache-2.0
//
// Each takes its own argv (argv[0] is its name) and returns an exit code: 0 done, 1 failed or
// found an error, 2 wrong arguments.
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

struct sim_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

int sim_broker_run(int argc, char **argv);
int sim_world_run(int argc, char **argv);
int sim_publish_run(int argc, char **argv);
int sim_topics_run(int argc, char **argv);
int sim_fleet_run(int argc, char **argv);
int sim_experiment_command(int argc, char **argv);
int sim_map_run(int argc, char **argv);
int sim_record_run(int argc, char **argv);
int sim_play_run(int argc, char **argv);
int sim_measure_run(int argc, char **argv);
int sim_compare_run(int argc, char **argv);

#endif
