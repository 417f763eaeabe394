// edge/decoder/sandbox.h - restricts this process with seccomp, Landlock and rlimits.
// SPDX-License-Identifier: Apache-2.0
//
// Cannot be undone. Afterwards the process can compute, allocate up to its limit, read
// descriptor 0, write descriptors 0 and 2, and open the installed data of GDAL, PROJ and
// ecCodes for reading: by Landlock, or where the kernel has none, through the node
// (edge/decoder/data_file.h). It cannot create sockets, processes, threads or executable
// memory, or change a file.
#ifndef EDGE_SANDBOX_H
#define EDGE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/status.h"

// `memory_bytes` of address space (not under a sanitizer, which needs all of it). *landlocked:
// by Landlock, else through descriptor EDGE_DATA_FD, which must be that socket. DRF_ERR_RANGE:
// the kernel refuses to confine; the process must not go on.
DRF_MUST_CHECK enum drf_status edge_sandbox_enter(uint64_t memory_bytes, bool *landlocked);

// Whether this kernel has Landlock, and it is switched on.
bool edge_sandbox_landlock(void);

#endif
