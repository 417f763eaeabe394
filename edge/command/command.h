// edge/command/command.h - the subcommands of drf-edge and their options.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_COMMAND_H
#define EDGE_COMMAND_H

#include <stdbool.h>

#include "edge/config/config.h"

// Exit codes: 0 done, 1 it could not be done, 2 used wrongly.
struct edge_command {
    const char *name;
    int (*run)(int argc, char **argv); // arguments after the name
    const char *usage;                 // after the name; NULL: not shown
    const char *help;
};

extern const struct edge_command edge_commands[]; // a NULL name ends them

const struct edge_command *edge_command_find(const char *name); // NULL: none
void edge_command_help(const struct edge_command *command);
void edge_command_list(void);

// The value after `--name` (also `--name=value`) among the arguments, NULL if it is not there.
const char *edge_option(int argc, char **argv, const char *name);
bool edge_flag(int argc, char **argv, const char *name);
// True if every argument is one of `options` (with a value) or `flags`, both lists of "a b c";
// else complains.
bool edge_options_known(int argc, char **argv, const char *options, const char *flags);

// Files that the process makes from now on: not readable by others (0640 at most).
void edge_command_keep_private(void);

// Reads the file of --config; complains when that cannot be done.
DRF_MUST_CHECK enum drf_status edge_command_load(int argc, char **argv, struct drf_config *out);

int edge_command_run(int argc, char **argv);
int edge_command_check(int argc, char **argv);
int edge_command_deadletters(int argc, char **argv);
int edge_command_catalog(int argc, char **argv);
// Reads the file after --config; says what is wrong with it.
DRF_MUST_CHECK enum drf_status edge_command_load(int argc, char **argv, struct drf_config *out);
// check with --feed and --file: a dry run of a provider's message.
int edge_command_dry_run(int argc, char **argv, const struct drf_config *config);
int edge_command_config(int argc, char **argv);
int edge_command_import(int argc, char **argv);
int edge_command_accept(int argc, char **argv);
int edge_command_migrate(int argc, char **argv);
int edge_command_export(int argc, char **argv);
int edge_command_info(int argc, char **argv);
int edge_command_digest(int argc, char **argv);
int edge_command_replay(int argc, char **argv);
int edge_command_lockstep(int argc, char **argv);
int edge_command_try(int argc, char **argv);     // edge/trial/
int edge_command_support(int argc, char **argv); // edge/trial/

#endif
