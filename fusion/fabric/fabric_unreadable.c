// SPDX-License-Identifier: Apache-2.0
// What was refused, in the fabric's memory: only the root follows it.
#include "fusion/fabric/fabric_impl.h"

// Drones near its box are informed at once.
static void invalidate(struct fusion_fabric *fabric,
                       const struct fusion_unreadable_entry *entry)
{
    fabric_changed(fabric, entry->shown.box, entry->shown.layer);
    fabric->changed = true;
}

enum drf_status fabric_enter_unreadable(struct fusion_fabric *fabric, int64_t id,
                                        int64_t version_utc_us,
                                        const struct geo_unreadable *what,
                                        const struct fusion_source *content)
{
    const struct fusion_feed *feed = fabric_feed(fabric, content->feed);
    if (feed == NULL) // its feed is no longer configured: nobody asks for its layer
        return DRF_OK;
    const struct fusion_source *source;
    enum drf_status status = fusion_provenance_acquire(fabric->provenances, content, &source);
    if (status != DRF_OK)
        return status;
    status = fusion_unreadable_set_add(fabric->unreadables, id, version_utc_us, feed->layer,
                                       what, source);
    fusion_provenance_release(fabric->provenances, source);
    if (status == DRF_OK)
        invalidate(fabric, fusion_unreadable_set_find(fabric->unreadables, id));
    return status;
}

void fabric_leave_unreadable(struct fusion_fabric *fabric, int64_t id)
{
    const struct fusion_unreadable_entry *entry =
        fusion_unreadable_set_find(fabric->unreadables, id);
    if (entry == NULL)
        return;
    invalidate(fabric, entry);
    fusion_unreadable_set_remove(fabric->unreadables, id);
}
