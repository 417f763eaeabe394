// fusion/fold/provenance.h - interned provenances with a reference count.
// SPDX-License-Identifier: Apache-2.0
//
// Equal provenances are one object, so that comparing pointers is enough. The count is
// explicit: every take and hold is given back with one drop. One owner, no threads.
#ifndef FUSION_PROVENANCE_H
#define FUSION_PROVENANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/source.h"
#include "geo/status.h"

struct fusion_provenance;
DRF_MUST_CHECK enum drf_status fusion_provenance_open(struct fusion_provenance **out);
// Frees every provenance, dropped or not. NULL is fine.
void fusion_provenance_close(struct fusion_provenance *set);

// The one object with this content, held once more. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_provenance_acquire(struct fusion_provenance *set,
                                                         const struct fusion_source *content,
                                                         const struct fusion_source **out);
// One more holder of a provenance that came from a take.
void fusion_provenance_retain(const struct fusion_source *source);
// One holder less; the last one frees it. NULL is fine.
void fusion_provenance_release(struct fusion_provenance *set,
                               const struct fusion_source *source);

// Writes "key @ 2024-02-18T00:00:00Z". A key too long for it is cut and ends in a hash of the
// whole, so that two keys never look the same. An empty key leaves the time alone.
void fusion_provenance_version(const char *key, int64_t time_utc_us, char out[static 80]);
// Says of a version that its time is a file's time of change, for want of a better: " (file)"
// behind it, in place of parts of a second.
void fusion_provenance_mark_file(char version[static 80]);
bool fusion_provenance_of_file(const char *version);

#endif
