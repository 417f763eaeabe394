// geo/reader/json_path.h - finds the attribute that a feed's configuration names.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_JSON_PATH_H
#define GEO_JSON_PATH_H

#include "geo/reader/json.h"

// The member of that name, else the one at the end of that path of members ("tags.height");
// NULL: there is none, or `field` is empty or longer than any field of a mapping.
const struct geo_json *geo_json_find(const struct geo_json *properties, const char *field);

#endif
