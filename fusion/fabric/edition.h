// fusion/fabric/edition.h - complete editions of a source, and the features they withdraw.
// SPDX-License-Identifier: Apache-2.0
//
// An edition is a set of n parts, each a message. Its time is that of its oldest part. When all
// n parts have been received, every feature of that source that is older than the edition is
// not in it (what is in it has at least the version of its part), so it is withdrawn: the floor
// of a source is the greatest time of its complete editions, and features older than the floor
// are withdrawn. The result depends on the set of parts, of each the latest version, and never
// on their order. Kept in the named values of the store, so that editions are committed with
// the features. One owner, no threads.
#ifndef FUSION_EDITION_H
#define FUSION_EDITION_H

#include <stdint.h>

#include "fusion/store/store.h"
#include "geo/status.h"

enum {
    FUSION_EDITION_ID_SIZE = 64,
    FUSION_EDITION_PARTS_MAX = 4096,
    // Of one source at a time; beyond, the one whose latest part is the oldest is forgotten.
    FUSION_EDITIONS_MAX = 16,
};

struct fusion_editions;
DRF_MUST_CHECK enum drf_status fusion_editions_open(struct fusion_store *store,
                                                    struct fusion_editions **out);
void fusion_editions_close(struct fusion_editions *editions); // NULL is fine

// Features of this source older than *floor_utc_us do not live; INT64_MIN when there is none.
DRF_MUST_CHECK enum drf_status fusion_editions_floor(struct fusion_editions *editions,
                                                     const char *source, int64_t *floor_utc_us);
// The greatest time of an edition of which all parts were seen, since the last renewal;
// INT64_MIN when there is none.
DRF_MUST_CHECK enum drf_status fusion_editions_whole(struct fusion_editions *editions,
                                                     const char *source, int64_t *whole_utc_us);
// A part was seen. *floor_utc_us is the floor from now on; *changed: this part was not known at
// this time. Asserts a valid part (fusion_edition_valid).
DRF_MUST_CHECK enum drf_status fusion_editions_part(struct fusion_editions *editions,
                                                    const char *source, const char *edition,
                                                    uint32_t part, uint32_t parts,
                                                    int64_t time_utc_us, int64_t *floor_utc_us,
                                                    bool *changed);
// The sources of a feed are read again from the beginning: what their editions said counts no
// more, but their floors hold until settle. DRF_ERR_NOMEM, DRF_ERR_STORE: some may be renewed.
DRF_MUST_CHECK enum drf_status fusion_editions_renew(struct fusion_editions *editions,
                                                     const char *feed);
// The end is reached: the floors are those of the editions seen since. True: one is lower now.
bool fusion_editions_settle(struct fusion_editions *editions, const char *feed);
bool fusion_edition_valid(const char *edition, uint32_t part, uint32_t parts);

#endif
