// SPDX-License-Identifier: Apache-2.0
// A feature is an obstacle, a zone, a station or what was refused of one. What holds for any of
// them in memory.
#include "fusion/fabric/fabric_impl.h"

bool fabric_is_feature(const struct geo_item *item)
{
    return item->kind == GEO_ITEM_OBSTACLE || item->kind == GEO_ITEM_ZONE
           || item->kind == GEO_ITEM_STATION || item->kind == GEO_ITEM_UNREADABLE;
}

enum drf_status fabric_leave(struct fusion_fabric *fabric, int64_t id)
{
    if (fusion_features_find(fabric->features, id) != NULL)
        return fabric_leave_obstacle(fabric, id);
    if (fusion_station_set_find(fabric->stations, id) != NULL)
        return fabric_leave_station(fabric, id);
    fabric_leave_unreadable(fabric, id);
    return fabric_leave_zone(fabric, id);
}

enum drf_status fabric_withdraw(struct fusion_fabric *fabric, struct fusion_identity identity,
                                struct fusion_version version)
{
    int64_t id;
    enum drf_status status = fusion_store_put(fabric->store, identity, version,
                                              (struct geo_record){0}, NULL, NULL, &id);
    return status == DRF_OK ? fabric_leave(fabric, id) : status;
}
