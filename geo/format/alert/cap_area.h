// geo/format/alert/cap_area.h - areas of a CAP alert: polygons, circles and codes.
// SPDX-License-Identifier: Apache-2.0
//
// CAP 1.2, 3.2.4: the area is the union of all areas of all infos. A code stands beside a
// polygon or circle as another name of it; it is read where it stands alone.
#ifndef GEO_CAP_AREA_H
#define GEO_CAP_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/format/alert/notice.h"

#define GEO_CAP_SPACE "urn:oasis:names:tc:emergency:cap:1."

struct geo_cap_codes {
    char *codes; // GEO_AREA_CODE_SIZE bytes each; geo_cap_codes_close() frees them
    size_t count, room;
    bool unusable; // an area has no shape, and no codes of the system that is read
};
void geo_cap_codes_close(struct geo_cap_codes *codes);

// Adds the polygons and circles of each info to the notice, but for those of the infos that
// `passed_over[info]` names (NULL: none). One that cannot be read makes the notice concern
// everybody. Codes that stand alone, of the system params->geocode_name, are added to *codes.
// As geo_xml_read(); DRF_ERR_NOMEM: *why says so.
DRF_MUST_CHECK enum drf_status geo_cap_area_read(const uint8_t *bytes, size_t size,
                                                 const bool *passed_over,
                                                 struct geo_notice *notice,
                                                 struct geo_cap_codes *codes);

#endif
