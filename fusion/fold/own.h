// fusion/fold/own.h - the writable side of what readers see as constant.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_OWN_H
#define FUSION_OWN_H

#include <stdint.h>

// Only for a part that its caller allocated and is the only one to write or free.
static inline void *fusion_own(const void *part)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): removes const, the address stays
    return (void *)(uintptr_t)part;
}

#endif
