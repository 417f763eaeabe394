// SPDX-License-Identifier: Apache-2.0
// Any bytes as a table of areas: refused with a reason, or the record of an alert by codes
// still validates with its areas in it, and holds no codes any more.
#include <stdint.h>
#include <stdlib.h>

#include "geo/format/alert/area_table.h"
#include "geo/format/alert/cap.h"

static const char alert[] =
    "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A</identifier>"
    "<sender>w</sender><sent>2026-11-28T10:00:00-00:00</sent><status>Actual</status>"
    "<msgType>Alert</msgType><scope>Public</scope><info><area><geocode><valueName>SAME"
    "</valueName><value>048453</value></geocode></area></info></alert>";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct geo_record record, enum geo_item_kind wanted)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == wanted)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .geocode_name = "SAME"};
    struct geo_area_table *table = NULL;
    struct geo_record_builder decoded, placed;
    struct geo_record record, valid;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    enum drf_status status = geo_area_table_open(data, size, "FIPS", "SAME", &table, &why);
    if (status != DRF_OK && status != DRF_ERR_NOMEM && why.code == GEO_REFUSAL_NONE)
        abort();
    if (status != DRF_OK)
        return 0;
    geo_record_builder_init(&decoded, 1 << 20);
    geo_record_builder_init(&placed, 1 << 22);
    if (geo_cap_decode(&params, (const uint8_t *)alert, sizeof alert - 1, &decoded, &why)
            != DRF_OK
        || geo_record_finish(&decoded, &record) != DRF_OK
        || geo_area_table_place(table, params.keep, record, &placed, &why) != DRF_OK
        || geo_record_finish(&placed, &record) != DRF_OK
        || geo_record_validate(record.bytes, record.size, &valid) != DRF_OK
        || !holds(valid, GEO_ITEM_ZONE) || holds(valid, GEO_ITEM_AREA_CODES))
        abort();
    geo_record_builder_close(&decoded);
    geo_record_builder_close(&placed);
    geo_area_table_close(table);
    return 0;
}
