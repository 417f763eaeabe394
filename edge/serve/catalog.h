// edge/serve/catalog.h - the source catalogue: one entry for each source of a root.
// SPDX-License-Identifier: Apache-2.0
//
// Texts are borrowed from the root and the configuration. The cost is one look at each tile,
// not at each obstacle.
#ifndef EDGE_CATALOG_H
#define EDGE_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/handoff/source_stats.h"
#include "edge/wire/wire.h"
#include "fusion/root/root.h"

enum {
    EDGE_CATALOG_MAX = 97, // the geoid is one
    EDGE_CATALOG_LEFT_MAX = 256
};

struct edge_catalog {
    size_t count;
    size_t left_out; // sources beyond EDGE_CATALOG_MAX; at EDGE_CATALOG_LEFT_MAX: or more
    uint64_t left[EDGE_CATALOG_LEFT_MAX]; // their digests, each once
    char errors[EDGE_CATALOG_MAX]
               [sizeof(((struct edge_source_stats_view *)0)->error)]; // of `entries`
    struct edge_wire_source entries[EDGE_CATALOG_MAX];
};

// The geoid first, then sources in the order of ground, surface, weather, obstacles, zones,
// alerts and traffic, then the feeds that have said nothing yet; what finds no room is counted.
// A layer that is not complete says so in its sources' reason. Of several versions of one
// source the latest is named, with the coarsest accuracy and posting among them.
void edge_catalog_make(const struct drf_config *config, const struct fusion_root *root,
                       struct edge_catalog *out);

// Adds statistics: when a source sent last, how often, what was refused last. One that is
// silent for longer than its feed's interval_s is STALE. With `volatile_too` false only that.
void edge_catalog_add_stats(struct edge_catalog *catalog,
                            const struct edge_source_stats *source_stats, bool volatile_too);
// The same, not recorded: for what nothing but a viewer gets (edge/serve/show/show.c).
void edge_catalog_show_stats(struct edge_catalog *catalog,
                             const struct edge_source_stats *source_stats, bool volatile_too);

#endif
