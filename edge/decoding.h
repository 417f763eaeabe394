// edge/decoding.h - what a decoder is told about a message, by its feed and its envelope.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_DECODING_H
#define EDGE_DECODING_H

#include "edge/envelope.h"

// The same for a message of a feed in service and for a provider's sample.
void edge_decoding_params(const struct drf_config *config, size_t feed,
                          const struct edge_envelope *envelope, struct geo_decode_params *out);

#endif
