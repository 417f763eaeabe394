// SPDX-License-Identifier: Apache-2.0
// export: what a store holds, for other programs.
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/export.h"
#include "edge/config/layer.h"
#include "fusion/root/root.h"

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

// "ground", or "ground_campus" with *inset "campus"; 0: neither.
static int parse_layer(const char *name, const char **inset)
{
    static const int layers[] = {FUSION_LAYER_GROUND, FUSION_LAYER_SURFACE};
    *inset = NULL;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const char *layer = edge_layer_name(layers[i]);
        const size_t length = strlen(layer);
        if (strncmp(name, layer, length) != 0)
            continue;
        if (name[length] == '\0')
            return layers[i];
        if (name[length] != '_')
            continue;
        *inset = name + length + 1;
        return layers[i];
    }
    return 0;
}

int edge_command_export(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "store out layer", "backup"))
        return 2;
    const char *store = edge_option(argc, argv, "store"), *out = edge_option(argc, argv, "out");
    const char *name = edge_option(argc, argv, "layer");
    const bool backup = edge_flag(argc, argv, "backup");
    if (!store || !out) {
        fprintf(stderr, "drf-edge: --store FILE and --out FILE are needed\n");
        return 2;
    }
    if (!name) {
        if (!ends_with(out, ".gpkg")) {
            fprintf(stderr, "drf-edge: --out FILE.gpkg, or --layer LAYER --out FILE.tif\n");
            return 2;
        }
        const bool good = backup ? edge_export_backup(store, out, stderr)
                                 : edge_export_gpkg(store, out, stderr);
        return good ? 0 : 1;
    }
    const char *inset;
    const int layer = parse_layer(name, &inset);
    if (backup || !ends_with(out, ".tif") || layer == 0) {
        fprintf(stderr, "drf-edge: --layer ground or surface, or of an inset ground_NAME or"
                        " surface_NAME, goes with --out FILE.tif\n");
        return 2;
    }
    return edge_export_tiff(store, layer, inset, out, stderr) ? 0 : 1;
}
