// edge/command/info.h - `drf-edge info`: what is in a store, for people and for programs.
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
// With the catalogue as ProtoJSON of what the node publishes (schemas/drf/v1/node.proto), where
// the reading was folded.
DRF_MUST_CHECK enum drf_status edge_info_json(struct edge_store_reader *reader,
                                              const char *path, FILE *out);

// The catalogue, from a reading that was folded: who says what, where, how well, and how they
// behaved as the node kept account. DRF_ERR_ABSENT: there is nothing to show.
DRF_MUST_CHECK enum drf_status edge_info_catalog(struct edge_store_reader *reader, FILE *out);
DRF_MUST_CHECK enum drf_status edge_info_catalog_json(struct edge_store_reader *reader,
                                                      FILE *out);

#endif
