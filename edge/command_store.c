// SPDX-License-Identifier: Apache-2.0
// info and digest: what a store holds, read beside a running node.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "edge/command.h"
#include "fusion/store.h"

static const char *const layer_names[] = {"",        "ground", "surface", "obstacle",
                                          "weather", "zone",   "traffic", "alert"};

static enum drf_status open_store(int argc, char **argv, struct fusion_store **out)
{
    const char *path = edge_option(argc, argv, "store");
    if (!path) {
        fprintf(stderr, "drf-edge: --store FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = {.path = path, .read_only = true, .fault = &fault};
    enum drf_status status = fusion_store_open(&config, out);
    if (status != DRF_OK)
        fprintf(stderr, "drf-edge: %s: %s\n", path,
                fault.text[0] != '\0' ? fault.text : drf_status_name(status));
    return status;
}

static void format_time(int64_t utc_us, char out[static 32])
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm tm;
    if (utc_us == INT64_MIN || !gmtime_r(&seconds, &tm)
        || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, 32, "never");
}

struct source {
    const struct fusion_source *one; // of the newest record; interned, lives with the store
    uint64_t records;
};

struct sources {
    struct source *rows;
    size_t count, room;
};

static enum drf_status count_live(void *context, const struct fusion_live *live)
{
    struct sources *sources = context;
    for (size_t i = 0; i < sources->count; i++) {
        struct source *row = &sources->rows[i];
        if (strcmp(row->one->source, live->certificate->source) != 0)
            continue;
        row->records++;
        if (live->certificate->issue_utc_us > row->one->issue_utc_us)
            row->one = live->certificate;
        return DRF_OK;
    }
    if (sources->count == sources->room) {
        size_t room = sources->room * 2 + 16;
        struct source *rows = realloc(sources->rows, room * sizeof *rows);
        if (!rows)
            return DRF_ERR_NOMEM;
        sources->rows = rows;
        sources->room = room;
    }
    sources->rows[sources->count++] = (struct source){.one = live->certificate, .records = 1};
    return DRF_OK;
}

static enum drf_status count_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    (void)tile;
    uint64_t *tiles = context;
    tiles[layer]++;
    return DRF_OK;
}

static void print_sources(const struct sources *sources)
{
    printf("%-32s %8s %8s %9s %-20s %-20s %s\n", "source", "records", "priority", "acc95_m",
           "issued", "data time", "licence");
    for (size_t i = 0; i < sources->count; i++) {
        const struct fusion_source *one = sources->rows[i].one;
        char issued[32], data[32];
        format_time(one->issue_utc_us, issued);
        format_time(one->data_time_utc_us, data);
        printf("%-32s %8" PRIu64 " %8" PRId32 " %9.2f %-20s %-20s %s\n", one->source,
               sources->rows[i].records, one->priority, one->vertical_acc95_m, issued, data,
               one->licence[0] ? one->licence : "not stated");
    }
}

int edge_command_info(int argc, char **argv)
{
    struct fusion_store *store;
    if (!edge_options_known(argc, argv, "store", ""))
        return 2;
    if (open_store(argc, argv, &store) != DRF_OK)
        return 1;
    struct sources sources = {0};
    uint64_t tiles[FUSION_LAYER_COUNT] = {0};
    char written[32];
    struct stat file = {0};
    enum drf_status status = fusion_store_each_live(store, count_live, &sources);
    if (status == DRF_OK)
        status = fusion_store_each_tile(store, count_tile, tiles);
    if (status == DRF_OK) {
        format_time(fusion_store_as_of(store), written);
        const char *path = edge_option(argc, argv, "store");
        if (stat(path, &file) == 0)
            printf("file     %s, %.1f MB\n", path, (double)file.st_size / 1e6);
        printf("written  %s\n", written);
        for (size_t layer = 1; layer < FUSION_LAYER_COUNT; layer++)
            if (tiles[layer] > 0)
                printf("tiles    %s %" PRIu64 "\n", layer_names[layer], tiles[layer]);
        print_sources(&sources);
    } else {
        fprintf(stderr, "drf-edge: %s\n", fusion_store_error(store));
    }
    free(sources.rows);
    fusion_store_close(store);
    return status == DRF_OK ? 0 : 1;
}
