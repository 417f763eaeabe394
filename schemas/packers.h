// schemas/packers.h - generated functions that pack messages.
// SPDX-License-Identifier: Apache-2.0
//
// For what is packed often: the library looks at each field of a descriptor twice, whether set
// or not. The bytes are the same as its own. Plain functions, no allocation. Messages that were
// unpacked keep unknown fields, which are not packed here.
#ifndef SCHEMAS_PACKERS_H
#define SCHEMAS_PACKERS_H

#include <stdint.h>

#include "drf/v1/context.pb-c.h"

// Packs the fields of these numbers, first to last, so that the last byte lies before `end`,
// into at most what lies between; up to DRF_PACKER_SLACK of it may be left unused, and what
// lies before the first byte may be overwritten. The pieces of a message in the order of their
// numbers are the message. Returns the first byte; NULL: no room.
enum { DRF_PACKER_SLACK = 1024 };
uint8_t *drf_pack_context(const Drf__V1__Context *message, uint32_t first, uint32_t last,
                          uint8_t *begin, uint8_t *end);

#endif
