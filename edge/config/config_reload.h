// edge/config/config_reload.h - what a running node takes over from its file read again.
// SPDX-License-Identifier: Apache-2.0
//
// Feeds keep their numbers as long as the node runs: a feed that the file no longer names keeps
// its place and is marked `removed`, a new one comes behind the others, one that comes back
// takes its former place.
#ifndef EDGE_CONFIG_RELOAD_H
#define EDGE_CONFIG_RELOAD_H

#include "edge/config/config.h"
#include "edge/config/config_key.h"

// Whether a change of this key takes effect without a restart.
bool drf_config_key_reloads(const struct config_key *key);

// Told of each key whose value in the file cannot be taken over, "store.level" or
// "feeds.NAME.kind", with the value that stays and that of the file.
typedef void (*drf_config_kept_fn)(void *context, const char *key, const char *stays,
                                   const char *file);

// Makes `next`, as it was read, what a node that runs with `running` can take over. Where
// nothing was changed `next` is as `running`. `kept` may be NULL. DRF_ERR_FULL: with those
// removed since the start there are more than DRF_FEEDS_MAX feeds. DRF_ERR_NOMEM. On anything
// but DRF_OK `next` is as before, and to be closed as ever.
DRF_MUST_CHECK enum drf_status drf_config_follow(const struct drf_config *running,
                                                 struct drf_config *next,
                                                 drf_config_kept_fn kept, void *context);

// One of two configurations of which one followed the other is to be closed: they may hold the
// same tables, and `config` forgets those. Or closes it, too.
void drf_config_disown(struct drf_config *config, const struct drf_config *other);
void drf_config_close_beside(struct drf_config *config, const struct drf_config *other);

// What changed for a feed between two configurations: its number exists in both.
struct drf_feed_change {
    bool added, removed;
    bool topic, lane; // is read from another topic, by another client
    bool other;       // anything else
};
struct drf_feed_change drf_config_feed_change(const struct drf_config *running,
                                              const struct drf_config *next, size_t feed);

#endif
