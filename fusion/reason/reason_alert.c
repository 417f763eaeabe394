// SPDX-License-Identifier: Apache-2.0
// An alert concerns the aircraft: said as severe as its source said it, by the alert's own
// name.
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/reason/reasoners.h"

static void raise(const struct fusion_view *view, const struct fusion_alert *alert,
                  struct fusion_advisories *list)
{
    const struct fusion_zone *zone = alert->zone;
    const struct geo_zone *said = zone->view.zone;
    char cause[sizeof said->id + sizeof zone->source->source];
    (void)snprintf(cause, sizeof cause, "%s/%s", zone->source->source, said->id);
    struct fusion_advisory advisory = fusion_advisory_begin(
        view, FUSION_ADVISORY_ALERT, (enum fusion_severity)fusion_alert_severity(zone), cause);
    const struct geo_zone_volume *first = &zone->view.volumes[0];
    advisory.layer = FUSION_LAYER_ALERT;
    fusion_advisory_source(&advisory, zone->source);
    advisory.feature_id = said->id;
    if ((said->flags & GEO_ZONE_HAS_DATA_TIME) != 0) {
        advisory.data_time_known = true;
        advisory.data_time_utc_us = said->data_time_utc_us;
    }
    if (first->shape == GEO_ZONE_CIRCLE || first->shape == GEO_ZONE_POLYGON) {
        advisory.position_known = true;
        advisory.position = first->centre;
    }
    const char *test = (said->alert & GEO_ALERT_TEST) != 0 ? "TEST: " : "";
    char text[sizeof said->name + 16];
    (void)snprintf(text, sizeof text, "%s%s%s", test, alert->ahead ? "ahead: " : "",
                   said->name[0] != '\0' ? said->name : said->id);
    fusion_shorten(advisory.text, sizeof advisory.text, text);
    fusion_advisories_add(list, &advisory);
}

void fusion_reason_alert(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_alerts *alerts = &view->context->alerts;
    for (size_t i = 0; i < alerts->count; i++)
        raise(view, &alerts->items[i], list);
}
