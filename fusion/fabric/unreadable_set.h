// fusion/fabric/unreadable_set.h - what was refused in the region, and where it may apply.
// SPDX-License-Identifier: Apache-2.0
//
// Shown of one source are at most FUSION_UNREADABLE_MAX; of more, one box around all of them.
// What is shown is a function of what is in the set and of the time, not of the order of
// arrival. What a root shows is immutable: a change makes a new list, the old one is retired.
// One owner, no threads, no clock.
#ifndef FUSION_UNREADABLE_SET_H
#define FUSION_UNREADABLE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/root/root.h"
#include "geo/record/unreadable.h"

enum {
    FUSION_UNREADABLE_MAX = 64,         // shown, of one source
    FUSION_UNREADABLE_KEPT_MAX = 16384, // kept one by one, of all sources
};

struct fusion_unreadable_entry {
    int64_t id; // the store's
    int64_t version_utc_us;
    struct fusion_unreadable shown;   // count 1; it holds its source
    char key[GEO_UNREADABLE_ID_SIZE]; // for the order
    bool over;                        // its time has passed
    bool of_edition;                  // a part of an edition named it
    struct fusion_unreadable_entry *next;
};

struct fusion_unreadable_set;
// Provenances and retired parts are borrowed until close. An entry is over `keep_us` after its
// version or after it was noted, whichever is later, or at its own end if that is sooner.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_unreadable_set_open(int64_t keep_us,
                                                          struct fusion_provenance *provenances,
                                                          struct fusion_retired *retired,
                                                          struct fusion_unreadable_set **out);
void fusion_unreadable_set_close(struct fusion_unreadable_set *set); // NULL is fine

// Enters under a new id (remove a former one first). Copies; holds the provenance.
// DRF_ERR_NOMEM: nothing was entered.
DRF_MUST_CHECK enum drf_status fusion_unreadable_set_add(struct fusion_unreadable_set *set,
                                                         int64_t id, int64_t version_utc_us,
                                                         enum fusion_layer layer,
                                                         const struct geo_unreadable *what,
                                                         const struct fusion_source *source);
void fusion_unreadable_set_remove(struct fusion_unreadable_set *set, int64_t id);
struct fusion_unreadable_entry *fusion_unreadable_set_find(
    const struct fusion_unreadable_set *set, int64_t id);
// Steps through all; *cursor starts at 0; NULL at the end. Nothing may be added or removed
// meanwhile.
struct fusion_unreadable_entry *fusion_unreadable_set_next(
    const struct fusion_unreadable_set *set, size_t *cursor,
    struct fusion_unreadable_entry *after);
// One that was over at this instant, NULL when there is none.
struct fusion_unreadable_entry *fusion_unreadable_set_over(
    const struct fusion_unreadable_set *set, int64_t utc_us);
size_t fusion_unreadable_set_count(const struct fusion_unreadable_set *set);

// Time passes, or goes back.
void fusion_unreadable_set_at(struct fusion_unreadable_set *set, int64_t now_utc_us);

bool fusion_unreadable_set_changed(const struct fusion_unreadable_set *set); // since publish
// The list to show, NULL if there is nothing; borrowed until it is retired by a later call.
DRF_MUST_CHECK enum drf_status fusion_unreadable_set_publish(
    struct fusion_unreadable_set *set, const struct fusion_unreadables **out);

#endif
