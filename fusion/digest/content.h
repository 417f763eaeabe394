// fusion/digest/content.h - SHA-256 over what a root shows, layer by layer.
// SPDX-License-Identifier: Apache-2.0
//
// Two roots that show drones the same have the same digest, however their data arrived: in any
// order, divided into any messages, repeated, or with an interruption. Therefore it covers no
// version, key, id, issue time or data time of terrain. Of ground and surface: the cells with
// the name, licence and accuracy of the source of each. Of obstacles and zones: what their
// source says of them and what the node computes from it; of zones and alerts only those that
// are not over. Of weather: the fields shown and the stations that are not over. Of each layer:
// the boxes of what was refused, that are not over. Layers that a root does not carry are
// empty.
#ifndef FUSION_CONTENT_H
#define FUSION_CONTENT_H

#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/status.h"

// As of `at` (INT64_MIN: nothing is over): what was over then may be deleted by now or not.
// FUSION_LAYER_COUNT: over the digests of all layers. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_content_digest(const struct fusion_root *root,
                                                     int64_t at_utc_us, enum fusion_layer layer,
                                                     uint8_t out[static 32]);

#endif
