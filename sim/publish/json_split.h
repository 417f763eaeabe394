// sim/publish/json_split.h - splits GeoJSON into Kafka messages of one feature.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_JSON_SPLIT_H
#define SIM_JSON_SPLIT_H

#include <stdbool.h>

#include "sim/publish/batch.h"

// Keyed by the feature's id, else properties.id, else its place in the list.
// DRF_ERR_SYNTAX: not strict JSON, or no FeatureCollection and no Feature.
DRF_MUST_CHECK enum drf_status sim_json_split(const char *stem, const uint8_t *bytes,
                                              size_t size, struct sim_batch *out);

// The same for zones: GeoJSON whose features have ids of their own is sent feature by feature,
// anything else (ED-269, ED-318, a list of NOTAMs) in one message under the key `stem`.
DRF_MUST_CHECK enum drf_status sim_json_zones(const char *stem, const uint8_t *bytes,
                                              size_t size, struct sim_batch *out);

// One message under the key `stem`. DRF_ERR_SYNTAX: not JSON.
DRF_MUST_CHECK enum drf_status sim_json_whole(const char *stem, const uint8_t *bytes,
                                              size_t size, struct sim_batch *out);
// A notice of GCN under the key `mission/id`, by which the node knows it; else `stem`.
DRF_MUST_CHECK enum drf_status sim_json_notice(const char *stem, const uint8_t *bytes,
                                               size_t size, struct sim_batch *out);

// When the document says that it was issued: metadata.issued (ED-318), createdAt (ED-269),
// alert_datetime (GCN).
bool sim_json_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us);

// True if the root, or the world.json beside `path` that lists it, carries the SIM mark.
bool sim_json_marked(const uint8_t *bytes, size_t size);
bool sim_json_listed(const char *path);

#endif
