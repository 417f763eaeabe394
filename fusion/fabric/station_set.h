// fusion/fabric/station_set.h - the latest observation of each weather station of the region.
// SPDX-License-Identifier: Apache-2.0
//
// What a root shows is immutable: a change makes a new list, the old one is retired. There are
// few stations: each call may look at all of them. One owner, no threads, no clock.
#ifndef FUSION_STATION_SET_H
#define FUSION_STATION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/root/root.h"

struct fusion_station_entry {
    const struct fusion_station *station; // as the next root shows it
    int64_t id;                           // the store's
    int64_t version_utc_us;               // of the message
    bool row_stale;                       // the row in the store does not show it
    struct fusion_station_entry *next;
};

struct fusion_station_set;
// Provenances and retired parts are borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_station_set_open(struct fusion_provenance *provenances,
                                                       struct fusion_retired *retired,
                                                       struct fusion_station_set **out);
void fusion_station_set_close(struct fusion_station_set *set); // NULL is fine

// Enters an observation under a new id (remove a former one first). Copies it; holds the
// provenance. DRF_ERR_NOMEM: nothing was entered.
DRF_MUST_CHECK enum drf_status fusion_station_set_add(struct fusion_station_set *set,
                                                      int64_t id, int64_t version_utc_us,
                                                      const struct geo_station *station,
                                                      const struct fusion_source *source,
                                                      int64_t valid_for_us);
DRF_MUST_CHECK enum drf_status fusion_station_set_remove(struct fusion_station_set *set,
                                                         struct fusion_station_entry *entry);
struct fusion_station_entry *fusion_station_set_find(const struct fusion_station_set *set,
                                                     int64_t id);
// Steps through all, NULL first and at the end.
struct fusion_station_entry *fusion_station_set_next(const struct fusion_station_set *set,
                                                     struct fusion_station_entry *after);
size_t fusion_station_set_count(const struct fusion_station_set *set);

bool fusion_station_set_changed(const struct fusion_station_set *set); // since the last publish
// The list to show, NULL if there is no station; borrowed until it is retired by a later call.
DRF_MUST_CHECK enum drf_status fusion_station_set_publish(struct fusion_station_set *set,
                                                          const struct fusion_stations **out);

#endif
