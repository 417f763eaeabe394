// SPDX-License-Identifier: Apache-2.0
// Values that follow from a configuration and are not written in it.
#include "edge/config/config.h"

struct geo_bounds drf_config_keep(const struct drf_config *config)
{
    return edge_bounds_widen(config->region.bounds,
                             config->margin_m + config->limits.look_ahead_max_m);
}

static const char *root_of(uint32_t mode)
{
    return mode == DRF_MODE_LIVE ? "drf/v1" : "drf-test/v1";
}

const char *drf_config_topic_root(const struct drf_config *config)
{
    return root_of(config->output_mode);
}

const char *drf_config_input_root(const struct drf_config *config)
{
    return root_of(config->mode);
}
