// sim/experiment/made_by.h - which programs make the runs of an experiment.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_EXPERIMENT_MADE_BY_H
#define SIM_EXPERIMENT_MADE_BY_H

enum { SIM_MADE_BY_SIZE = 320 };

// This program and the node's, a line each: its name, version (of this one) and the SHA-256 of
// its file: a version number does not tell builds apart. A file that can be run and not read
// is `unreadable`.
void sim_made_by(const char *node_program, char out[static SIM_MADE_BY_SIZE]);

#endif
