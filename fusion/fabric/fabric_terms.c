// SPDX-License-Identifier: Apache-2.0
// What the configuration adds to the truth when it is folded. The store remembers it: a node
// with other terms renders everything again, and a reader without a configuration sees the
// store as it was last folded.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"

const struct fusion_feed *fabric_feed(const struct fusion_fabric *fabric, const char *name)
{
    for (size_t i = 0; i < fabric->feed_count; i++)
        if (strcmp(fabric->feeds[i].name, name) == 0)
            return &fabric->feeds[i];
    return NULL;
}

// The configuration decides the rights; for a feed that it no longer names,
// those that the store remembers.
struct fusion_weather_terms fabric_terms(const struct fusion_fabric *fabric, const char *feed,
                                         const struct fusion_source *stored)
{
    const struct fusion_feed *known = fabric_feed(fabric, feed);
    struct fusion_weather_terms terms = {0};
    if (known != NULL) {
        terms.priority = known->priority;
        terms.valid_for_us = known->valid_for_us;
        terms.max_gap_us = known->max_gap_us;
        memcpy(terms.licence, known->licence, sizeof terms.licence);
    } else if (stored != NULL) {
        terms.priority = stored->priority;
        memcpy(terms.licence, stored->licence, sizeof terms.licence);
    }
    return terms;
}

static const char value_name[] = "fold-terms";

struct terms_feed { // no padding, and nothing after a NUL: equal terms are equal bytes
    char name[32], licence[64];
    double vertical_acc95_m;
    int64_t layer, priority, valid_for_us, max_gap_us;
};

struct terms {
    double raster_accuracy_max_m;
    struct terms_feed feeds[];
};

enum { FEEDS_MAX = 256 };

static enum drf_status terms_of(const struct fusion_fabric *fabric,
                                double raster_accuracy_max_m, struct terms **out, size_t *size)
{
    *size = sizeof(struct terms) + fabric->feed_count * sizeof(struct terms_feed);
    struct terms *terms = calloc(1, *size);
    if (terms == NULL)
        return DRF_ERR_NOMEM;
    terms->raster_accuracy_max_m = raster_accuracy_max_m;
    for (size_t i = 0; i < fabric->feed_count; i++) {
        const struct fusion_feed *feed = &fabric->feeds[i];
        struct terms_feed *to = &terms->feeds[i];
        memcpy(to->name, feed->name, strlen(feed->name));
        memcpy(to->licence, feed->licence, strlen(feed->licence));
        to->vertical_acc95_m = feed->vertical_acc95_m;
        to->layer = feed->layer;
        to->priority = feed->priority;
        to->valid_for_us = feed->valid_for_us;
        to->max_gap_us = feed->max_gap_us;
    }
    *out = terms;
    return DRF_OK;
}

enum drf_status fabric_note_terms(struct fusion_fabric *fabric, double raster_accuracy_max_m,
                                  bool *changed)
{
    struct terms *terms;
    size_t size;
    enum drf_status status = terms_of(fabric, raster_accuracy_max_m, &terms, &size);
    if (status != DRF_OK)
        return status;
    size_t held_size = size;
    uint8_t *held = malloc(size);
    status = held == NULL ? DRF_ERR_NOMEM
                          : fusion_store_value(fabric->store, value_name, held, &held_size);
    bool same = status == DRF_OK && held_size == size && memcmp(held, terms, size) == 0;
    if (status == DRF_ERR_ABSENT || status == DRF_ERR_FULL)
        status = DRF_OK;
    // A reader of the store cannot write, and renders nothing.
    *changed = status == DRF_OK && !same
               && fusion_store_put_value(fabric->store, value_name, terms, size) == DRF_OK;
    free(held);
    free(terms);
    return status;
}

static bool feed_valid(const struct terms_feed *feed)
{
    return memchr(feed->name, '\0', sizeof feed->name) != NULL
           && memchr(feed->licence, '\0', sizeof feed->licence) != NULL && feed->layer > 0
           && feed->layer < FUSION_LAYER_COUNT && feed->priority >= INT32_MIN
           && feed->priority <= INT32_MAX && isfinite(feed->vertical_acc95_m);
}

static enum drf_status adopt(struct fusion_fabric *fabric, const struct terms *terms,
                             size_t count)
{
    struct fusion_feed *feeds = calloc(count + 1, sizeof *feeds);
    if (feeds == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct terms_feed *from = &terms->feeds[i];
        if (!feed_valid(from)) {
            free(feeds);
            return DRF_ERR_STORE;
        }
        feeds[i] = (struct fusion_feed){
            .layer = (enum fusion_layer)from->layer,
            .priority = (int32_t)from->priority,
            .vertical_acc95_m = from->vertical_acc95_m,
            .valid_for_us = from->valid_for_us,
            .max_gap_us = from->max_gap_us,
        };
        memcpy(feeds[i].name, from->name, sizeof feeds[i].name);
        memcpy(feeds[i].licence, from->licence, sizeof feeds[i].licence);
    }
    free(fabric->feeds);
    fabric->feeds = feeds;
    fabric->feed_count = count;
    return DRF_OK;
}

enum drf_status fabric_adopt_terms(struct fusion_fabric *fabric, double *raster_accuracy_max_m)
{
    size_t size = sizeof(struct terms) + FEEDS_MAX * sizeof(struct terms_feed);
    struct terms *terms = malloc(size);
    if (terms == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = fusion_store_value(fabric->store, value_name, terms, &size);
    if (status == DRF_OK) {
        size_t count = (size - sizeof *terms) / sizeof terms->feeds[0];
        bool whole =
            size >= sizeof *terms && size == sizeof *terms + count * sizeof terms->feeds[0];
        status = whole ? adopt(fabric, terms, count) : DRF_ERR_STORE;
        if (status == DRF_OK)
            *raster_accuracy_max_m = terms->raster_accuracy_max_m;
    }
    free(terms);
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

enum drf_status fusion_fabric_use_feeds(struct fusion_fabric *fabric,
                                        const struct fusion_feed *feeds, size_t feed_count)
{
    struct fusion_feed *copy = calloc(feed_count + 1, sizeof *copy);
    bool changed;
    if (copy == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < feed_count; i++)
        copy[i] = feeds[i];
    free(fabric->feeds);
    fabric->feeds = copy;
    fabric->feed_count = feed_count;
    fabric->changed = true; // what is configured is in the root
    // While records are loaded still, the end of that notes the terms.
    return fabric->records_loading
               ? DRF_OK
               : fabric_note_terms(fabric, fabric->raster_accuracy_max_m, &changed);
}

struct fusion_source fabric_provenance(const struct fusion_fabric *fabric,
                                       const struct fusion_message *message)
{
    struct fusion_weather_terms terms = fabric_terms(fabric, message->identity.feed, NULL);
    struct fusion_source made = {
        .priority = terms.priority,
        .issue_utc_us = message->version.time_utc_us,
        .data_time_utc_us = INT64_MIN, // each feature has its own
    };
    snprintf(made.feed, sizeof made.feed, "%s", message->identity.feed);
    snprintf(made.source, sizeof made.source, "%s", message->identity.source);
    memcpy(made.licence, terms.licence, sizeof made.licence);
    // Without the message's key: the feature is the same whichever message brought this
    // version.
    fusion_provenance_version("", message->version.time_utc_us, made.version);
    if (message->file_time)
        fusion_provenance_mark_file(made.version);
    return made;
}
