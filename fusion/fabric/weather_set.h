// fusion/fabric/weather_set.h - the live weather fields of the region.
// SPDX-License-Identifier: Apache-2.0
//
// Kept in the order in which a root offers them. Each identity brings a record of fields. A
// field is shown as long as it can be needed: an instant until valid_for_us after it, or
// max_gap_us where that is longer (until then it may be one end of an interpolation; the reader
// decides whether it is stale), an interval until its end. What a root shows is immutable: a
// change makes a new set, the old one is retired. One owner, no threads; the time is handed in.
#ifndef FUSION_WEATHER_SET_H
#define FUSION_WEATHER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/root/root.h"
#include "fusion/store/store.h"
#include "geo/record/record.h"

struct fusion_weather_entry { // one identity
    int64_t id;
    char *feed, *source, *key; // owned, one block
    struct fusion_version version;
    struct fusion_field *fields;
    size_t count;
    struct fusion_weather_entry *next;
};

// What the feed's configuration says of its fields.
struct fusion_weather_terms {
    int32_t priority;
    char licence[64];
    int64_t valid_for_us, max_gap_us;
};

struct fusion_weather_set;
DRF_MUST_CHECK enum drf_status fusion_weather_set_open(struct fusion_provenance *provenances,
                                                       struct fusion_retired *retired,
                                                       struct fusion_weather_set **out);
void fusion_weather_set_close(struct fusion_weather_set *set); // NULL is fine

// The record becomes what this identity says; a former one goes. Copies everything. A record
// without fields only removes. DRF_ERR_NOMEM: nothing changed.
DRF_MUST_CHECK enum drf_status fusion_weather_set_put(struct fusion_weather_set *set,
                                                      int64_t id,
                                                      struct fusion_identity identity,
                                                      struct fusion_version version,
                                                      struct geo_record record,
                                                      const struct fusion_weather_terms *terms);
DRF_MUST_CHECK enum drf_status fusion_weather_set_remove(struct fusion_weather_set *set,
                                                         int64_t id);

// The provenance of one field of a record.
struct fusion_source fusion_weather_provenance(struct fusion_identity identity,
                                               struct fusion_version version,
                                               const struct geo_field *field,
                                               const struct fusion_weather_terms *terms);

// Time passes, or goes back.
void fusion_weather_set_at(struct fusion_weather_set *set, int64_t now_utc_us);
// An identity of which no field showed any more at this instant, NULL when there is none.
const struct fusion_weather_entry *fusion_weather_set_over(const struct fusion_weather_set *set,
                                                           int64_t utc_us);

bool fusion_weather_set_changed(const struct fusion_weather_set *set); // since the last publish
// The set to show, never NULL; borrowed until it is retired by a later call.
DRF_MUST_CHECK enum drf_status fusion_weather_set_publish(struct fusion_weather_set *set,
                                                          const struct fusion_weather **out);

#endif
