// SPDX-License-Identifier: Apache-2.0
// Any text: either refused with a line of text for people, or a configuration that keeps its
// own bounds and is freed whole. No file is read: the names in it count from a folder that is
// none.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/config.h"

static void require(int truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct drf_config_error error = {0};
    struct drf_config config;
    if (drf_config_parse((const char *)data, size, "/nonexistent", &error, &config) != DRF_OK) {
        require(error.text[0] != '\0' && memchr(error.text, '\0', sizeof error.text) != NULL);
        return 0;
    }
    require(config.feed_count <= DRF_FEEDS_MAX && config.region.count >= 3);
    require(drf_mode_accepts(config.mode, config.mode));
    struct geo_bounds keep = drf_config_keep(&config);
    require(keep.south_deg <= config.region.bounds.south_deg
            && keep.north_deg >= config.region.bounds.north_deg);
    for (size_t i = 0; i < config.feed_count; i++)
        require(config.feeds[i].topic[0] != '\0' && config.feeds[i].name[0] != '\0');
    drf_config_close(&config);
    return 0;
}
