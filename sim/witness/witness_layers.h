// sim/witness/witness_layers.h - which layers the node has called complete.
// SPDX-License-Identifier: Apache-2.0
//
// A layer is complete from the first context of a boot that does not list it on. From then on
// the node may not excuse a missing value of that layer by saying that it is incomplete, until
// it restarts (another boot_id). Of each node of the region by itself.
#ifndef SIM_WITNESS_LAYERS_H
#define SIM_WITNESS_LAYERS_H

#include "sim/witness/witness.h"

// Takes the states that a context lists, and sets witness->complete for its time.
void sim_witness_layers_learn(struct sim_witness *witness, const Drf__V1__Context *context,
                              int64_t arrival_mono_us);
// Whether the node says that this layer is incomplete.
bool sim_witness_said_incomplete(const Drf__V1__Context *context, uint32_t layer);
// Whether it says so and may, to excuse a value that is not there.
bool sim_witness_incomplete(const struct sim_witness *witness, const Drf__V1__Context *context,
                            uint32_t layer);
// A value that should be there is not: counted as waiting if the node gives a reason that it
// may give, as shed if it says that it left values out, else as missing.
void sim_witness_missing(struct sim_witness *witness, uint32_t layer, uint32_t reason,
                         const char *what, struct sim_witness_counts *counts);

#endif
