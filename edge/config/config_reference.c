// SPDX-License-Identifier: Apache-2.0
// Whether a feed's crs and vertical_datum are known, asked of PROJ as the decoder will: a
// mistake in them is one of the configuration, not of the first message.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "edge/config/config_read.h"
#include "edge/config/suggest.h"
#include "geo/crs.h"

// "; did you mean 'EPSG:5773'?" for 5773, epsg:5773 or EPSG5773, else the nearest word, or "".
static void suggest(const char *given, const char *const *words, char out[static 64])
{
    const char *digits = given + strcspn(given, "0123456789");
    const size_t count = strlen(digits), before = (size_t)(digits - given);
    struct config_suggestion suggestion = {.word = given};
    out[0] = '\0';
    char head[8] = "";
    if (before < sizeof head)
        memcpy(head, given, before);
    for (char *c = head; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    const bool code = before == 0 || strcmp(head, "EPSG") == 0 || strcmp(head, "EPSG:") == 0
                      || strcmp(head, "EPSG: ") == 0 || strcmp(head, "EPSG ") == 0;
    if (code && count >= 4 && count <= 6 && strspn(digits, "0123456789") == count
        && strncmp(given, "EPSG:", 5) != 0) {
        (void)snprintf(out, 64, "; did you mean 'EPSG:%s'?", digits);
        return;
    }
    for (; *words != NULL; words++)
        config_suggestion_offer(&suggestion, *words);
    if (suggestion.name != NULL)
        (void)snprintf(out, 64, "; did you mean '%s'?", suggestion.name);
}

static enum drf_status check_horizontal(struct config_reader *reader, unsigned line,
                                        const char *text, struct geo_crs *crs)
{
    static const char *const words[] = {NULL};
    struct geo_crs_map *map = NULL;
    char meant[64];
    enum drf_status status = geo_crs_map_open(crs, text, &map);
    geo_crs_map_close(map);
    if (status == DRF_OK)
        return DRF_OK;
    suggest(text, words, meant);
    return config_refuse(
        reader->error, DRF_ERR_RANGE, line, "%scrs: '%s' %s%s", reader->where, text,
        status == DRF_ERR_SYNTAX ? "is no reference system that PROJ knows; EPSG:nnnn is wanted"
        : status == DRF_ERR_RANGE ? "has heights that cannot be used"
                                  : "cannot be transformed from WGS 84 completely",
        meant);
}

static enum drf_status check_vertical(struct config_reader *reader, unsigned line,
                                      const char *text, struct geo_crs *crs)
{
    static const char *const words[] = {"EGM96", "EGM2008", "WGS84", "NAVD88", NULL};
    struct geo_crs_vertical vertical;
    char meant[64];
    enum drf_status status = geo_crs_vertical_parse(crs, text, &vertical);
    if (status == DRF_OK)
        return DRF_OK;
    suggest(text, words, meant);
    return config_refuse(
        reader->error, DRF_ERR_RANGE, line,
        "%svertical_datum: '%s' %s; EGM96, EGM2008, WGS84, NAVD88 or EPSG:nnnn%s",
        reader->where, text,
        status == DRF_ERR_SYNTAX ? "is not known"
                                 : "counts depths, or is metres off WGS 84's ellipsoid",
        meant);
}

static unsigned line_of(struct config_reader *reader, const yaml_node_t *node, const char *name)
{
    const yaml_node_t *key = node;
    (void)config_find(reader, node, name, &key);
    return config_line(key);
}

enum drf_status config_check_reference(struct config_reader *reader, const yaml_node_t *node,
                                       const struct drf_feed_config *feed)
{
    if (reader->recorded || (feed->crs[0] == '\0' && feed->vertical_datum[0] == '\0'))
        return DRF_OK;
    struct geo_crs *crs;
    if (geo_crs_open_bare(&crs) != DRF_OK)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    enum drf_status status = DRF_OK;
    if (feed->crs[0] != '\0')
        status = check_horizontal(reader, line_of(reader, node, "crs"), feed->crs, crs);
    if (feed->vertical_datum[0] != '\0')
        status =
            config_first(status, check_vertical(reader, line_of(reader, node, "vertical_datum"),
                                                feed->vertical_datum, crs));
    geo_crs_close(crs);
    return status;
}
