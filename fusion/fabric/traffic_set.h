// fusion/fabric/traffic_set.h - tracks of the aircraft that feeds report, by bucket.
// SPDX-License-Identifier: Apache-2.0
//
// Tracks live for seconds, in memory only: they are neither in the store nor in its digest. One
// aircraft is one track, whichever feed reports it: the newest report that is plausible after
// the one before it (fusion/root/track_gate.h). A root shows an immutable copy, by bucket.
// One owner, no threads, no clock: the time handed in decides what is too old or too far in the
// future.
#ifndef FUSION_TRAFFIC_SET_H
#define FUSION_TRAFFIC_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/root/root.h"
#include "fusion/root/track_gate.h"
#include "geo/record/track.h"

enum { FUSION_TRACKS_MAX = 20000 };

struct fusion_traffic_set;
// Provenances and retired parts are borrowed until close. `keep_us` is how long a track is
// shown after its last report. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_traffic_set_open(struct fusion_extent buckets,
                                                       int64_t keep_us,
                                                       struct fusion_provenance *provenances,
                                                       struct fusion_retired *retired,
                                                       struct fusion_traffic_set **out);
// After the retired parts. NULL is fine.
void fusion_traffic_set_close(struct fusion_traffic_set *set);

// Weighs a report. *gate says what became of it; on PASSED the next root shows it, as said by
// `source`. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_traffic_set_take(struct fusion_traffic_set *set,
                                                       const struct geo_track *report,
                                                       const struct fusion_source *source,
                                                       enum fusion_gate *gate);
// Forgets the tracks that are older than keep_us, or as far in the future; reports of such
// times are refused from here on (FUSION_GATE_CLOCK).
void fusion_traffic_set_expire(struct fusion_traffic_set *set, int64_t now_utc_us);

size_t fusion_traffic_set_count(const struct fusion_traffic_set *set);
// Reports since open, by what became of them.
uint64_t fusion_traffic_set_gated(const struct fusion_traffic_set *set, enum fusion_gate gate);

// How far behind the last one was whose time was refused; below 0: ahead.
int64_t fusion_traffic_set_off_us(const struct fusion_traffic_set *set);

bool fusion_traffic_set_changed(const struct fusion_traffic_set *set); // since the last publish
// The copy for the next root; NULL: no tracks. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_traffic_set_publish(struct fusion_traffic_set *set,
                                                          const struct fusion_traffic **out);

#endif
