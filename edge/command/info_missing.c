// SPDX-License-Identifier: Apache-2.0
// What `info` says of features that were lost with their topic
// (fusion/fabric/fabric_missing.c), from the store alone.
#include <stdio.h>
#include <string.h>

#include "edge/command/info.h"

#define PREFIX "missing/"

struct count {
    FILE *out;
    bool json, begun;
    char feed[64];
    size_t count;
};

static void flush(struct count *count)
{
    if (count->count > 0 && count->json)
        (void)fprintf(count->out, "%s\"%s\":%zu", count->begun ? "," : "", count->feed,
                      count->count);
    else if (count->count > 0)
        (void)fprintf(
            count->out,
            "  feed %s: %zu obstacles, zones or alerts that were live are not in its topic "
            "any more and have not come again; the layer is incomplete\n",
            count->feed, count->count);
    count->begun = count->begun || count->count > 0;
    count->count = 0;
}

// By name: those of a feed follow one another.
static enum drf_status take(void *context, const char *name, const void *bytes, size_t size)
{
    struct count *count = context;
    char feed[sizeof count->feed] = "";
    (void)bytes, (void)size;
    const char *from = name + sizeof PREFIX - 1, *slash = strchr(from, '/');
    if (slash == NULL || (size_t)(slash - from) >= sizeof feed)
        return DRF_OK;
    memcpy(feed, from, (size_t)(slash - from));
    if (strcmp(feed, count->feed) != 0)
        flush(count);
    memcpy(count->feed, feed, sizeof feed);
    count->count++;
    return DRF_OK;
}

enum drf_status edge_info_missing(struct fusion_store *store, bool json, FILE *out)
{
    struct count count = {.out = out, .json = json};
    enum drf_status status = fusion_store_each_value(store, PREFIX, take, &count);
    flush(&count);
    return status;
}
