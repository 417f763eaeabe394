// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/json_path.h"

#include <string.h>

enum { PATH_SIZE = 64 };

const struct geo_json *geo_json_find(const struct geo_json *properties, const char *field)
{
    const struct geo_json *at = properties;
    char path[PATH_SIZE];
    size_t size = strlen(field) + 1;
    if (size == 1 || size > sizeof path)
        return NULL;
    if (geo_json_present(geo_json_member(properties, field)))
        return geo_json_member(properties, field);
    memcpy(path, field, size);
    for (char *name = path; name != NULL && at != NULL;) {
        char *dot = strchr(name, '.');
        if (dot != NULL)
            *dot++ = '\0';
        at = geo_json_member(at, name);
        name = dot;
    }
    return at;
}
