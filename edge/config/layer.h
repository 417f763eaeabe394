// edge/config/layer.h - names of the layers, for command lines and output.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_LAYER_H
#define EDGE_LAYER_H

#define EDGE_LAYER_NAMES "ground, surface, obstacle, weather, zone, traffic, alert"

// "all" for FUSION_LAYER_COUNT.
const char *edge_layer_name(int layer);
int edge_layer_parse(const char *name); // 0: none of them

#endif
