// SPDX-License-Identifier: Apache-2.0
// Zones in the fabric's memory. They raise no surface and stand on no ground: only the root and
// their rows follow them.
#include "fusion/fabric_impl.h"

// Whoever is near its box learns of it at once.
static void disturb(struct fusion_fabric *fabric, const struct fusion_zone *zone)
{
    fabric_changed(fabric, zone->bounds, FUSION_LAYER_ZONE);
    fabric->changed = true;
    fabric->rows_stale = true;
}

enum drf_status fabric_enter_zone(struct fusion_fabric *fabric, int64_t id,
                                  int64_t version_utc_us, const struct geo_item *item,
                                  const struct fusion_source *content)
{
    const struct fusion_source *source;
    struct geo_zone_view view = geo_item_zone(item);
    enum drf_status status = fusion_certificates_take(fabric->certificates, content, &source);
    if (status != DRF_OK)
        return status;
    status = fusion_zone_set_add(fabric->zones, id, version_utc_us, &view, source);
    fusion_certificates_drop(fabric->certificates, source);
    if (status == DRF_OK)
        disturb(fabric, fusion_zone_set_find(fabric->zones, id)->zone);
    return status;
}

enum drf_status fabric_leave_zone(struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_zone_entry *former = fusion_zone_set_find(fabric->zones, id);
    if (former == NULL)
        return DRF_OK;
    enum drf_status status = fabric_note_gone(fabric, id);
    if (status != DRF_OK)
        return status;
    disturb(fabric, former->zone);
    return fusion_zone_set_remove(fabric->zones, former);
}
