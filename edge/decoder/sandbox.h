// edge/decoder/sandbox.h - restricts this process with seccomp, Landlock and rlimits.
// SPDX-License-Identifier: Apache-2.0
//
// Cannot be undone. Afterwards the process can compute, allocate up to its limit, read
// descriptor 0, write descriptors 0 and 2, and open the installed data of GDAL, PROJ and
// ecCodes for reading. It cannot create sockets, processes, threads or executable memory, or
// change a file. Where the kernel has no Landlock, other files that the user may read can still
// be opened.
#ifndef EDGE_SANDBOX_H
#define EDGE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/status.h"

// `memory_bytes` of address space (not under a sanitizer, which needs all of it). *landlocked:
// whether files are confined too. DRF_ERR_RANGE: the kernel refuses to confine; the process
// must not go on.
DRF_MUST_CHECK enum drf_status edge_sandbox_enter(uint64_t memory_bytes, bool *landlocked);

#endif
