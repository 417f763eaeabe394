// edge/wire/wire_source.h - an entry of the catalogue and of a query's sources, filled.
// SPDX-License-Identifier: Apache-2.0
//
// Private to edge/wire/*.c.
#ifndef EDGE_WIRE_SOURCE_H
#define EDGE_WIRE_SOURCE_H

#include "drf/v1/node.pb-c.h"
#include "edge/wire/wire.h"

// What is absent says why. Texts are borrowed.
void edge_wire_fill_source(Drf__V1__SourceEntry *out, const struct edge_wire_source *source);

// A provenance as such an entry: nothing is counted of it.
struct edge_wire_source edge_wire_source_of(const struct fusion_source *source,
                                            enum fusion_layer layer);

#endif
