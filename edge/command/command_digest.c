// SPDX-License-Identifier: Apache-2.0
// digest: the same answer for the same data, whoever gives it.
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/store_reader.h"
#include "edge/config/layer.h"
#include "fusion/digest/content.h"
#include "geo/utc.h"

struct digests {
    uint8_t of[FUSION_LAYER_COUNT + 1][32]; // FUSION_LAYER_COUNT: over all
    int first, last;
};

static enum drf_status take(struct edge_store_reader *reader, bool truth, struct digests *out)
{
    enum drf_status status = DRF_OK;
    for (int layer = out->first; layer <= out->last && status == DRF_OK; layer++)
        status =
            truth ? fusion_store_digest(reader->store, (enum fusion_layer)layer, out->of[layer])
                  : fusion_content_digest(reader->root, reader->at_utc_us,
                                          (enum fusion_layer)layer, out->of[layer]);
    return status;
}

static void print_hex(const uint8_t digest[static 32])
{
    for (size_t i = 0; i < 32; i++)
        printf("%02x", digest[i]);
}

static void print(const struct digests *digests, bool json)
{
    for (int layer = digests->first; layer <= digests->last; layer++) {
        if (json)
            printf("%s\"%s\":\"", layer == digests->first ? "{" : ",", edge_layer_name(layer));
        print_hex(digests->of[layer]);
        if (json)
            printf("\"%s", layer == digests->last ? "}\n" : "");
        else
            printf("  %s\n", edge_layer_name(layer));
    }
}

int edge_command_digest(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "store at layer", "json truth"))
        return 2;
    const char *at = edge_option(argc, argv, "at"), *layer = edge_option(argc, argv, "layer");
    const bool truth = edge_flag(argc, argv, "truth");
    struct digests digests = {.first = FUSION_LAYER_GROUND, .last = FUSION_LAYER_COUNT};
    if (layer)
        digests.first = digests.last = edge_layer_parse(layer);
    int64_t at_utc_us = INT64_MIN;
    if (digests.first == 0) {
        fprintf(stderr, "drf-edge: --layer: one of " EDGE_LAYER_NAMES ", all\n");
        return 2;
    }
    if (at && geo_utc_parse(at, strlen(at), &at_utc_us) != DRF_OK) {
        fprintf(stderr, "drf-edge: --at: 2004-12-09T12:00:00Z is the form\n");
        return 2;
    }
    struct edge_store_reader reader = {0};
    enum drf_status status =
        edge_store_reader_open(edge_option(argc, argv, "store"), stderr, &reader);
    if (status == DRF_OK && !truth)
        status = edge_store_reader_fold(&reader, at_utc_us, stderr);
    if (status == DRF_OK) {
        status = take(&reader, truth, &digests);
        if (status == DRF_OK)
            print(&digests, edge_flag(argc, argv, "json"));
        else
            fprintf(stderr, "drf-edge: %s\n", fusion_store_error(reader.store));
    }
    edge_store_reader_close(&reader);
    return status == DRF_OK ? 0 : 1;
}
