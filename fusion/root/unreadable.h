// fusion/root/unreadable.h - whether a refused input may apply in a box.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_UNREADABLE_H
#define FUSION_UNREADABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/root.h"

// Whether the layer is incomplete in the box because an input was refused that may apply there
// now. The surface is made of ground, surface models and obstacles: a refusal of any of these
// concerns it.
bool fusion_unreadable_touches(const struct fusion_root *root, enum fusion_layer layer,
                               struct geo_bounds box, int64_t now_utc_us);
// The same for a later time: what is refused now and does not say that it ends before then.
bool fusion_unreadable_will_touch(const struct fusion_root *root, enum fusion_layer layer,
                                  struct geo_bounds box, int64_t now_utc_us,
                                  int64_t then_utc_us);

// Whether there is any input that was refused: if not, no box has to be worked out to ask.
static inline bool fusion_unreadable_any(const struct fusion_root *root)
{
    return root->unreadables != NULL && root->unreadables->count > 0;
}

// Whether each such input may apply everywhere in the box or nowhere: then what is said of the
// box holds of every part of it.
bool fusion_unreadable_alike(const struct fusion_root *root, struct geo_bounds box);

// Why the layer is not complete in the box now: fusion_sample_state(), else UNREADABLE, else
// NONE.
enum fusion_reason fusion_unreadable_state(const struct fusion_root *root,
                                           enum fusion_layer layer, struct geo_bounds box,
                                           int64_t now_utc_us);

#endif
