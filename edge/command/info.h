// edge/command/info.h - `drf-edge info`: contents of a store, as text or JSON.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_INFO_H
#define EDGE_INFO_H

#include <stdio.h>

#include "edge/command/store_reader.h"
#include "fusion/store/store.h"
#include "geo/status.h"

// Of a store opened for reading; beside a running node.
DRF_MUST_CHECK enum drf_status edge_info_table(struct fusion_store *store, const char *path,
                                               FILE *out);
// With the catalogue as ProtoJSON, as the node publishes it (schemas/drf/v1/node.proto), where
// the store was folded.
DRF_MUST_CHECK enum drf_status edge_info_json(struct edge_store_reader *reader,
                                              const char *path, FILE *out);

// The catalogue of a folded store: sources, their layers, areas, accuracy, and the stored
// statistics. DRF_ERR_ABSENT: there is nothing to show.
DRF_MUST_CHECK enum drf_status edge_info_catalog(struct edge_store_reader *reader, FILE *out);
DRF_MUST_CHECK enum drf_status edge_info_catalog_json(struct edge_store_reader *reader,
                                                      FILE *out);

// What was live and was lost with its topic, by feed: a line each; as JSON {"feed":count,...}.
DRF_MUST_CHECK enum drf_status edge_info_missing(struct fusion_store *store, bool json,
                                                 FILE *out);

#endif
