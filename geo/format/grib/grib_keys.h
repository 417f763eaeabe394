// geo/format/grib/grib_keys.h - reads the keys of a GRIB field with ecCodes.
// SPDX-License-Identifier: Apache-2.0
//
// Reading cannot fail: a key that is absent gives GEO_GRIB_MISSING, a NaN, or a value that the
// rules in grib_meaning.h and grib_grid.h refuse.
#ifndef GEO_GRIB_KEYS_H
#define GEO_GRIB_KEYS_H

#include "geo/format/grib/grib_facts.h"

struct grib_handle; // ecCodes' codes_handle

enum { GEO_GRIB_NAME_SIZE = 64 };

void geo_grib_keys_product(struct grib_handle *handle, struct geo_grib_product *out);
void geo_grib_keys_points(struct grib_handle *handle, struct geo_grib_points *out);

// "absv at isobaricInhPa", for the text of a note.
void geo_grib_keys_name(struct grib_handle *handle, char name[static GEO_GRIB_NAME_SIZE]);

#endif
