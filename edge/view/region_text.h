// edge/view/region_text.h - what the page must know of the node once: /v1/region.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_REGION_TEXT_H
#define EDGE_REGION_TEXT_H

#include <stdint.h>

#include "edge/config/config.h"
#include "edge/view/json_text.h"

struct edge_region_tiles { // stored; below 0: not known
    int64_t ground, surface;
};

// Everything but the count of tiles, ending within the object.
void edge_region_text_begin(const struct drf_config *config, uint64_t boot_id,
                            struct edge_json_text *json);
void edge_region_text_end(struct edge_region_tiles tiles, struct edge_json_text *json);

#endif
