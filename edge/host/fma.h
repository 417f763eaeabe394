// edge/host/fma.h - whether the C library's functions use fused multiply-add here.
// SPDX-License-Identifier: Apache-2.0
//
// glibc chooses sin, exp, log and their like by processor; with fused multiply-add their last
// bit differs. Our own code never uses it (-ffp-contract=off).
#ifndef EDGE_FMA_H
#define EDGE_FMA_H

#include <stdbool.h>

bool edge_fma_used(void);  // as this process was started
bool edge_fma_there(void); // the processor has it

// Starts this program anew with the same arguments and the C library's tunable that switches it
// off. Returns only when that cannot be done, or is done already.
void edge_fma_start_without(char **argv);

#endif
