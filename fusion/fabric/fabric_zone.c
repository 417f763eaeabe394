// SPDX-License-Identifier: Apache-2.0
// Zones in the fabric's memory. They do not change the surface and do not depend on the ground:
// only the root and their rows follow them.
#include "fusion/fabric/fabric_impl.h"

// Drones near its box are informed at once.
static void invalidate(struct fusion_fabric *fabric, const struct fusion_zone *zone)
{
    bool alert = zone->view.zone->alert != 0;
    fabric_changed(fabric, zone->bounds, alert ? FUSION_LAYER_ALERT : FUSION_LAYER_ZONE);
    fabric->changed = true;
    fabric->rows_stale = fabric->rows_stale || !alert; // alerts have no rows
}

static struct fusion_zone_set *set_of(const struct fusion_fabric *fabric,
                                      const struct geo_zone_view *view)
{
    return view->zone->alert != 0 ? fabric->alerts : fabric->zones;
}

struct fusion_zone_entry *fabric_find_zone(const struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_zone_entry *zone = fusion_zone_set_find(fabric->zones, id);
    return zone != NULL ? zone : fusion_zone_set_find(fabric->alerts, id);
}

void fabric_zone_row_shown(struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_zone_entry *zone = fabric_find_zone(fabric, id);
    fusion_zone_set_row(set_of(fabric, &zone->zone->view), zone, false);
}

enum drf_status fabric_enter_zone(struct fusion_fabric *fabric, int64_t id,
                                  int64_t version_utc_us, const struct geo_item *item,
                                  const struct fusion_source *content)
{
    const struct fusion_source *source;
    struct geo_zone_view view = geo_item_zone(item);
    enum drf_status status = fusion_provenance_acquire(fabric->provenances, content, &source);
    if (status != DRF_OK)
        return status;
    struct fusion_zone_set *set = set_of(fabric, &view);
    status = fusion_zone_set_add(set, id, version_utc_us, &view, source);
    fusion_provenance_release(fabric->provenances, source);
    if (status == DRF_OK)
        invalidate(fabric, fusion_zone_set_find(set, id)->zone);
    return status;
}

enum drf_status fabric_leave_zone(struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_zone_entry *former = fabric_find_zone(fabric, id);
    if (former == NULL)
        return DRF_OK;
    struct fusion_zone_set *set = set_of(fabric, &former->zone->view);
    enum drf_status status = set == fabric->zones ? fabric_note_gone(fabric, id) : DRF_OK;
    if (status != DRF_OK)
        return status;
    invalidate(fabric, former->zone);
    return fusion_zone_set_remove(set, former);
}
