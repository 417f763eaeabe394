// SPDX-License-Identifier: Apache-2.0
// Zones as a feature table of the GeoPackage, rendered from the truth: one row a zone, its
// volumes as the parts of a multipolygon.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_impl.h"

enum { LIMITS_SIZE = 320 };

// What a row says, in memory of its own: the root it was rendered from may go.
struct store_zone_row {
    struct geo_zone zone;
    struct fusion_source source;
    char limits[LIMITS_SIZE];
    bool scheduled; // not all the time from begin to end
    int64_t from_utc_us, until_utc_us;
};

enum drf_status store_zones_open(struct fusion_store *store)
{
    static const struct store_table zone = {
        .name = "zone",
        .geometry = "MULTIPOLYGON",
        .description =
            "Airspace zones; limits in metres over what they name; circles have 64 corners",
        .columns = "name TEXT, restriction TEXT, reason TEXT, message TEXT, limits TEXT,"
                   " valid_from DATETIME, valid_until DATETIME, scheduled BOOLEAN,"
                   " data_time DATETIME, licence TEXT, version TEXT",
    };
    return store_table_open(store, &zone);
}

static void say_limit(const struct geo_zone_limit *limit, bool upper, char out[static 40])
{
    static const char *const references[] = {"", "AGL", "AMSL", "WGS84", "pressure"};
    if (limit->reference == GEO_ZONE_UNLIMITED)
        (void)snprintf(out, 40, "%s", upper ? "unlimited" : "ground");
    else
        (void)snprintf(out, 40, "%.10g m %s", limit->m, references[limit->reference]);
}

// "0 m AGL to 120 m AGL; ground to unlimited", each pair once in a row.
static void say_limits(const struct geo_zone_view *view, char out[static LIMITS_SIZE])
{
    char last[96] = "";
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < view->zone->volume_count; i++) {
        char lower[40], upper[40], pair[96];
        say_limit(&view->volumes[i].lower, false, lower);
        say_limit(&view->volumes[i].upper, true, upper);
        (void)snprintf(pair, sizeof pair, "%s to %s", lower, upper);
        if (strcmp(pair, last) == 0)
            continue;
        if (used + strlen(pair) + 8 > LIMITS_SIZE) {
            (void)snprintf(out + used, LIMITS_SIZE - used, "; ...");
            return;
        }
        used += (size_t)snprintf(out + used, LIMITS_SIZE - used, "%s%s", used > 0 ? "; " : "",
                                 pair);
        memcpy(last, pair, sizeof last);
    }
}

static void say_times(const struct geo_zone_view *view, struct store_zone_row *row)
{
    row->from_utc_us = row->until_utc_us = INT64_MIN; // open
    for (uint32_t i = 0; i < view->zone->period_count; i++) {
        const struct geo_zone_period *p = &view->periods[i];
        row->scheduled = row->scheduled || p->days != 0 || i > 0;
        if (i == 0 || p->from_utc_us < row->from_utc_us)
            row->from_utc_us = p->from_utc_us;
        if (i == 0 || p->until_utc_us > row->until_utc_us)
            row->until_utc_us = p->until_utc_us;
    }
    if (row->until_utc_us == GEO_ZONE_ALWAYS_UNTIL_US)
        row->until_utc_us = INT64_MIN;
}

enum drf_status fusion_store_render_zone(struct fusion_store *store, int64_t id,
                                         const struct fusion_zone *zone)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    struct store_rendered made = {.layer = FUSION_LAYER_ZONE, .id = id};
    if (zone != NULL) {
        made.zone = malloc(sizeof *made.zone);
        if (made.zone == NULL)
            return DRF_ERR_NOMEM;
        made.row_bytes = sizeof *made.zone;
        *made.zone = (struct store_zone_row){.zone = *zone->view.zone, .source = *zone->source};
        say_limits(&zone->view, made.zone->limits);
        say_times(&zone->view, made.zone);
        status = store_geometry_encode_zone(&zone->view, &made.bytes, &made.size);
    }
    if (status == DRF_OK)
        status = store_rendered_queue(store, &made);
    if (status != DRF_OK) {
        free(made.zone);
        free(made.bytes);
    }
    return status;
}

static struct store_arg time_if(int64_t utc_us)
{
    return utc_us != INT64_MIN ? store_int(utc_us) : store_null();
}

enum drf_status store_zone_write(struct fusion_store *store,
                                 const struct store_rendered *rendered)
{
    const struct store_zone_row *row = rendered->zone;
    if (row == NULL)
        return STORE_PUT(store, STORE_SQL_DROP_ZONE, "remove a zone", store_int(rendered->id));
    const struct geo_zone *zone = &row->zone;
    bool dated = (zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0;
    return STORE_PUT(
        store, STORE_SQL_PUT_ZONE, "write a zone", store_int(rendered->id),
        store_blob(rendered->bytes, rendered->size), store_text(zone->id),
        store_text(row->source.source), store_text(zone->name),
        store_text(geo_zone_restriction_name((enum geo_zone_restriction)zone->restriction)),
        store_text(zone->reason), store_text(zone->message), store_text(row->limits),
        time_if(row->from_utc_us), time_if(row->until_utc_us), store_int(row->scheduled),
        dated ? store_int(zone->data_time_utc_us) : store_null(),
        store_text(row->source.licence), store_text(row->source.version));
}
