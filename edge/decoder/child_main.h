// edge/decoder/child_main.h - main function of a decoder child: `drf-edge decode-child`.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CHILD_MAIN_H
#define EDGE_CHILD_MAIN_H

#include <stddef.h>
#include <stdint.h>

#include "geo/format/decode.h"

typedef enum drf_status (*edge_child_decode_fn)(const struct geo_decode_params *params,
                                                const uint8_t *bytes, size_t size,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

// Loads the decoders, enters the sandbox, and decodes what comes on descriptor 0 until that is
// closed. arguments: MEMORY_BYTES. Returns the exit code.
int edge_child_main(int argc, char **argv, edge_child_decode_fn decode);

#endif
