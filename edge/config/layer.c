// SPDX-License-Identifier: Apache-2.0
#include "edge/config/layer.h"

#include <string.h>

#include "fusion/root/root.h"

static const char *const names[FUSION_LAYER_COUNT + 1] = {
    "?", "ground", "surface", "obstacle", "weather", "zone", "traffic", "alert", "all"};

const char *edge_layer_name(int layer)
{
    return layer > 0 && layer <= FUSION_LAYER_COUNT ? names[layer] : names[0];
}

int edge_layer_parse(const char *name)
{
    for (int layer = 1; layer <= FUSION_LAYER_COUNT; layer++)
        if (strcmp(names[layer], name) == 0)
            return layer;
    return 0;
}
