// SPDX-License-Identifier: Apache-2.0
// Any text as an argument of the live page: refused, or in its range; a tile that is taken has
// one name only, the text it was read from. Any bytes as a geometry of the store: refused, or
// written as JSON in which every bracket ends.
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/view/argument.h"
#include "edge/view/features.h"

static void check_arguments(const char *text)
{
    double value = 0.0;
    struct geo_bounds box;
    enum fusion_layer layer;
    struct geo_tile tile;
    if (edge_argument_number(text, -90.0, 90.0, &value) == DRF_OK)
        assert(isfinite(value) && fabs(value) <= 90.0);
    if (edge_argument_box(text, &box) == DRF_OK)
        assert(box.south_deg < box.north_deg && fabs(box.west_deg) <= 180.0
               && fabs(box.east_deg) <= 180.0 && box.south_deg >= -90.0
               && box.north_deg <= 90.0);
    if (edge_argument_tile(text, &layer, &tile) == DRF_OK) {
        char name[64];
        assert(geo_tile_valid(tile));
        (void)snprintf(name, sizeof name, "%s/%u/%u/%u",
                       layer == FUSION_LAYER_GROUND ? "ground" : "surface",
                       (unsigned)tile.level, (unsigned)tile.row, (unsigned)tile.col);
        assert(strcmp(name, text) == 0);
    }
    if (edge_argument_has_tag(text, "\"abc\""))
        assert(strstr(text, "\"abc\"") != NULL || strchr(text, '*') != NULL);
    (void)edge_argument_accepts(text, "gzip");
}

static void check_geometry(const uint8_t *data, size_t size)
{
    struct edge_json_text json = {.bytes = NULL};
    if (edge_features_geometry(data, size, &json) == DRF_OK) {
        int depth = 0;
        assert(!json.failed && json.length > 0);
        for (size_t i = 0; i < json.length; i++) {
            if (json.bytes[i] == '{' || json.bytes[i] == '[')
                depth++;
            else if (json.bytes[i] == '}' || json.bytes[i] == ']')
                depth--;
            assert(depth > 0 || i + 1 == json.length);
        }
        assert(depth == 0);
    }
    edge_json_text_close(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_arguments(text);
    check_geometry(data, size);
    free(text);
    return 0;
}
