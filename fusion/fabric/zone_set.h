// fusion/fabric/zone_set.h - the zones of the region, and the buckets they touch.
// SPDX-License-Identifier: Apache-2.0
//
// What a root shows is immutable: a change makes a new zone and new buckets, the old ones are
// retired. One owner, no threads, no clock. A zone whose time is over stays until it is
// removed: readers look at its times.
#ifndef FUSION_ZONE_SET_H
#define FUSION_ZONE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/root/root.h"

struct fusion_zone_entry {
    const struct fusion_zone *zone; // as the next root shows it
    int64_t id;                     // the store's
    int64_t version_utc_us;
    bool row_stale; // the row in the store does not show it
    struct fusion_zone_entry *next;
    struct fusion_zone_entry *stale_next, **stale_link; // of those whose rows are stale
};

struct fusion_zone_set;
// Provenances and retired parts are borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_zone_set_open(struct fusion_extent buckets,
                                                    struct fusion_provenance *provenances,
                                                    struct fusion_retired *retired,
                                                    struct fusion_zone_set **out);
void fusion_zone_set_close(struct fusion_zone_set *set); // NULL is fine

// Whether its box touches any bucket at all.
bool fusion_zone_set_inside(const struct fusion_zone_set *set,
                            const struct geo_zone_view *view);
// Enters a zone under a new id (remove a former one first). Copies it; holds the provenance.
// DRF_ERR_NOMEM: nothing was entered.
DRF_MUST_CHECK enum drf_status fusion_zone_set_add(struct fusion_zone_set *set, int64_t id,
                                                   int64_t version_utc_us,
                                                   const struct geo_zone_view *view,
                                                   const struct fusion_source *source);
DRF_MUST_CHECK enum drf_status fusion_zone_set_remove(struct fusion_zone_set *set,
                                                      struct fusion_zone_entry *entry);
struct fusion_zone_entry *fusion_zone_set_find(const struct fusion_zone_set *set, int64_t id);
// Steps through all; *cursor starts at 0; NULL at the end. Nothing may be added or removed
// meanwhile.
struct fusion_zone_entry *fusion_zone_set_next(const struct fusion_zone_set *set,
                                               size_t *cursor, struct fusion_zone_entry *after);
// The row of an entry became stale, as that of a new one is, or is written.
void fusion_zone_set_row(struct fusion_zone_set *set, struct fusion_zone_entry *entry,
                         bool stale);
// The first whose row became stale; NULL when none is.
struct fusion_zone_entry *fusion_zone_set_stale(const struct fusion_zone_set *set);
// One that was over at this instant, NULL when there is none.
struct fusion_zone_entry *fusion_zone_set_over(struct fusion_zone_set *set, int64_t utc_us);
size_t fusion_zone_set_count(const struct fusion_zone_set *set);

// As a root shows them: one pointer per bucket, a bucket of all zones, one of those that have
// periods. NULL: there never was a zone; there is none.
struct fusion_zones_shown {
    const struct fusion_zone_bucket *const *buckets;
    const struct fusion_zone_bucket *all, *timed;
};
// Brings them up to date and gives them, borrowed until the next call. What did not change is
// not touched; what did costs a copy. DRF_ERR_NOMEM: to be called again.
DRF_MUST_CHECK enum drf_status fusion_zone_set_publish(struct fusion_zone_set *set,
                                                       struct fusion_zones_shown *out);
bool fusion_zone_set_changed(const struct fusion_zone_set *set); // since the last publish

#endif
