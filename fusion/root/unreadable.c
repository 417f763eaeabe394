// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/unreadable.h"

#include "fusion/root/sample.h"
#include "geo/bounds.h"

static bool concerns(enum fusion_layer refused, enum fusion_layer asked)
{
    return refused == asked
           || (asked == FUSION_LAYER_SURFACE
               && (refused == FUSION_LAYER_GROUND || refused == FUSION_LAYER_OBSTACLE));
}

bool fusion_unreadable_will_touch(const struct fusion_root *root, enum fusion_layer layer,
                                  struct geo_bounds box, int64_t now_utc_us,
                                  int64_t then_utc_us)
{
    const struct fusion_unreadables *list = root->unreadables;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct fusion_unreadable *one = &list->items[i];
        if (concerns(one->layer, layer) && now_utc_us < one->until_utc_us
            && then_utc_us < one->ends_utc_us && geo_bounds_touch(one->box, box))
            return true;
    }
    return false;
}

bool fusion_unreadable_touches(const struct fusion_root *root, enum fusion_layer layer,
                               struct geo_bounds box, int64_t now_utc_us)
{
    return fusion_unreadable_will_touch(root, layer, box, now_utc_us, now_utc_us);
}

bool fusion_unreadable_alike(const struct fusion_root *root, struct geo_bounds box)
{
    const struct fusion_unreadables *list = root->unreadables;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (geo_bounds_touch(list->items[i].box, box)
            && !geo_bounds_within(box, list->items[i].box))
            return false;
    return true;
}

enum fusion_reason fusion_unreadable_state(const struct fusion_root *root,
                                           enum fusion_layer layer, struct geo_bounds box,
                                           int64_t now_utc_us)
{
    enum fusion_reason state = fusion_sample_state(root, layer);
    if (state != FUSION_REASON_NONE || !fusion_unreadable_any(root))
        return state;
    return fusion_unreadable_touches(root, layer, box, now_utc_us) ? FUSION_REASON_UNREADABLE
                                                                   : FUSION_REASON_NONE;
}
