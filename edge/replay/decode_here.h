// edge/replay/decode_here.h - decodes messages in this process, at once.
// SPDX-License-Identifier: Apache-2.0
//
// In service, decoders are sandboxed children (edge/decoder/child.h), for bytes come from
// strangers. Here they come from a recording or a simulation that the user gave.
#ifndef EDGE_DECODE_HERE_H
#define EDGE_DECODE_HERE_H

#include "edge/ingest/ingest.h"

struct edge_decode_here;

DRF_MUST_CHECK enum drf_status edge_decode_here_open(struct edge_decode_here **out); // NOMEM
void edge_decode_here_close(struct edge_decode_here *decoder); // NULL is fine
struct edge_decoder_port edge_decode_here_port(struct edge_decode_here *decoder);

#endif
