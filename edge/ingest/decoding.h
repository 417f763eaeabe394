// edge/ingest/decoding.h - decoder parameters of a message, from its feed and its envelope.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_DECODING_H
#define EDGE_DECODING_H

#include "edge/decoder/child.h"
#include "edge/kafka/envelope.h"

// The same for a message in service and for a dry run.
void edge_decoding_params(const struct drf_config *config, size_t feed,
                          const struct edge_envelope *envelope, struct geo_decode_params *out);

// What the node itself adds to a record that came back: where its stations stand, and
// the areas of its codes. `room` is
// emptied, and holds the record from then on where there was something to add.
void edge_decoding_complete(const struct drf_config *config, size_t feed,
                            struct geo_record_builder *room, struct edge_decoded *decoded);

#endif
