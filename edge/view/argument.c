// SPDX-License-Identifier: Apache-2.0
#include "edge/view/argument.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_SIZE = 40, DIGITS_MAX = 9 };

// Of `size` bytes: strtod() would also take blanks, names and hexadecimal digits.
static enum drf_status number(const char *text, size_t size, double *out)
{
    char copy[NUMBER_SIZE], *end;
    if (size == 0 || size >= sizeof copy)
        return DRF_ERR_SYNTAX;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0' || strchr("+-.0123456789eE", text[i]) == NULL)
            return DRF_ERR_SYNTAX;
    memcpy(copy, text, size);
    copy[size] = '\0';
    const double value = strtod(copy, &end);
    if (end != copy + size)
        return DRF_ERR_SYNTAX;
    if (!isfinite(value))
        return DRF_ERR_RANGE;
    *out = value;
    return DRF_OK;
}

enum drf_status edge_argument_number(const char *text, double least, double most, double *out)
{
    double value;
    const enum drf_status status = number(text, strlen(text), &value);
    if (status != DRF_OK)
        return status;
    if (value < least || value > most)
        return DRF_ERR_RANGE;
    *out = value;
    return DRF_OK;
}

enum drf_status edge_argument_box(const char *text, struct geo_bounds *out)
{
    double edges[4];
    for (size_t i = 0; i < 4; i++) {
        const size_t size = strcspn(text, ",");
        const enum drf_status status = number(text, size, &edges[i]);
        if (status != DRF_OK)
            return status;
        text += size;
        if (*text != (i < 3 ? ',' : '\0'))
            return DRF_ERR_SYNTAX;
        text += i < 3 ? 1 : 0;
    }
    const struct geo_bounds box = {edges[0], edges[1], edges[2], edges[3]};
    if (fabs(box.west_deg) > 180.0 || fabs(box.east_deg) > 180.0 || fabs(box.south_deg) > 90.0
        || fabs(box.north_deg) > 90.0 || box.south_deg >= box.north_deg)
        return DRF_ERR_RANGE;
    *out = box;
    return DRF_OK;
}

// A decimal integer without sign or leading zero, up to `end`; *text is moved behind it.
static bool integer(const char **text, char end, uint32_t *out)
{
    const size_t size = strspn(*text, "0123456789");
    uint32_t value = 0;
    if (size == 0 || size > DIGITS_MAX || (size > 1 && (*text)[0] == '0')
        || (*text)[size] != end)
        return false;
    for (size_t i = 0; i < size; i++)
        value = value * 10 + (uint32_t)((*text)[i] - '0');
    *text += size + (end != '\0' ? 1 : 0);
    *out = value;
    return true;
}

enum drf_status edge_argument_tile(const char *text, enum fusion_layer *layer,
                                   struct geo_tile *out)
{
    static const struct {
        const char *name;
        enum fusion_layer layer;
    } layers[] = {{"ground/", FUSION_LAYER_GROUND}, {"surface/", FUSION_LAYER_SURFACE}};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const size_t size = strlen(layers[i].name);
        uint32_t level, row, col;
        if (strncmp(text, layers[i].name, size) != 0)
            continue;
        text += size;
        if (!integer(&text, '/', &level) || !integer(&text, '/', &row)
            || !integer(&text, '\0', &col))
            return DRF_ERR_SYNTAX;
        if (level > GEO_TILE_LEVEL_MAX)
            return DRF_ERR_RANGE;
        const struct geo_tile tile = {.level = (uint8_t)level, .row = row, .col = col};
        if (!geo_tile_valid(tile))
            return DRF_ERR_RANGE;
        *layer = layers[i].layer;
        *out = tile;
        return DRF_OK;
    }
    return DRF_ERR_SYNTAX;
}

static const char *skip_blanks(const char *text) { return text + strspn(text, " \t"); }

// ";q=0" or ";q=0.000" behind a name.
static bool refused(const char *text, const char *end)
{
    text = skip_blanks(text);
    if (text >= end || *text != ';')
        return false;
    text = skip_blanks(text + 1);
    if (strncasecmp(text, "q=0", 3) != 0)
        return false;
    for (text += 3; text < end; text++)
        if (*text >= '1' && *text <= '9')
            return false;
    return true;
}

bool edge_argument_accepts(const char *list, const char *name)
{
    const size_t size = strlen(name);
    while (list != NULL && *list != '\0') {
        const char *at = skip_blanks(list), *end = at + strcspn(at, ",");
        if (strncasecmp(at, name, size) == 0 && strchr(" \t,;", at[size]) != NULL)
            return !refused(at + size, end);
        list = *end == ',' ? end + 1 : end;
    }
    return false;
}

bool edge_argument_has_tag(const char *list, const char *tag)
{
    const size_t size = strlen(tag);
    while (list != NULL && *list != '\0') {
        const char *at = skip_blanks(list);
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        const char *end = at + strcspn(at, ",");
        if (strncmp(at, tag, size) == 0
            && (at + size == end || strchr(" \t", at[size]) != NULL))
            return true;
        list = *end == ',' ? end + 1 : end;
    }
    return false;
}
