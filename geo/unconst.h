// geo/unconst.h - the cast that removes const from a pointer.
// SPDX-License-Identifier: Apache-2.0
//
// Two uses are right: the owner of a part that readers see as constant writes or frees it, and
// a library takes a pointer without const though it only reads. Every other use is an error.
#ifndef GEO_UNCONST_H
#define GEO_UNCONST_H

#include <stdint.h>

// A void pointer to the same address.
#define GEO_UNCONST(pointer)                                                                   \
    ((void *)(uintptr_t)(const void *)(pointer)) // NOLINT(performance-no-int-to-ptr)

#endif
