// edge/view/features.h - obstacles, zones and stations of the store as GeoJSON (RFC 7946).
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_FEATURES_H
#define EDGE_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "edge/view/json_text.h"
#include "fusion/rendered/store_view.h"

enum { EDGE_FEATURES_MAX = 5000 };

// A FeatureCollection of what meets the box, EDGE_FEATURES_MAX at most: zones and stations
// first, then obstacles, the tallest where not all have room. "left_out" is how many have not.
// DRF_ERR_STORE, DRF_ERR_NOMEM: what was written is to be thrown away.
DRF_MUST_CHECK enum drf_status edge_features_write(struct fusion_store_view *store,
                                                   struct geo_bounds box,
                                                   struct edge_json_text *json);

// The geometry of a GeoPackage as one of GeoJSON. DRF_ERR_SYNTAX: it is none that a store has;
// *json may have a part of it.
DRF_MUST_CHECK enum drf_status edge_features_geometry(const uint8_t *bytes, size_t size,
                                                      struct edge_json_text *json);

#endif
