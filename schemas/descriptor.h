// schemas/descriptor.h - the FileDescriptorSet of one message of schemas/drf/v1.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_DESCRIPTOR_H
#define SCHEMAS_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// What protoc made of the file that declares `message` ("drf.v1.Context") and of all it
// imports, and nothing else: whoever reads only that needs no more. malloc'ed, the caller's to
// free. DRF_ERR_ABSENT: there is no such message. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_descriptor_of(const char *message, uint8_t **out,
                                                 size_t *size);

#endif
