// geo/reader/feature_ids.h - the ids that the features of one message have taken.
// SPDX-License-Identifier: Apache-2.0
//
// Two features of one id in a message are two features, and the parts of a Multi-geometry are
// features too: they are numbered behind a '#', in the order of the message, and never take an
// id that is taken. A hash table; the number to try next is kept with each id, so that a
// message of a hundred thousand features of one id costs no more than any other.
#ifndef GEO_FEATURE_IDS_H
#define GEO_FEATURE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { GEO_FEATURE_ID_SIZE = 64 }; // with its NUL, of obstacles and zones alike

struct geo_feature_ids { // all zero at first
    struct geo_feature_id_slot *slots;
    size_t room, count;
};

// Takes `id` as it is, or, where it is taken, the first free of "ID#2", "ID#3" ...; *numbered
// says which. DRF_ERR_RANGE: there is no room for the number in an id. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_feature_ids_take(struct geo_feature_ids *ids,
                                                    char id[static GEO_FEATURE_ID_SIZE],
                                                    bool *numbered);
// Takes the first free of "ID#1", "ID#2" ..., for a part. Statuses as above.
DRF_MUST_CHECK enum drf_status geo_feature_ids_take_part(struct geo_feature_ids *ids,
                                                         char id[static GEO_FEATURE_ID_SIZE]);
bool geo_feature_ids_taken(const struct geo_feature_ids *ids, const char *id);
void geo_feature_ids_close(struct geo_feature_ids *ids);

#endif
