// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/geojson_crs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"
#include "geo/record/refusal.h"

enum { TEXT_SIZE = 96 }; // of what a document calls its system

// ASCII only: a locale decides nothing.
static void upper(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
}

static bool is_one_of(const char *word, const char *const words[static 1])
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

// What comes behind one of the ways to begin a name; the name itself without one.
static const char *behind_prefix(const char *text)
{
    static const char *const prefixes[] = {
        "URN:OGC:DEF:CRS:",
        "URN:X-OGC:DEF:CRS:",
        "HTTP://WWW.OPENGIS.NET/DEF/CRS/",
        "HTTPS://WWW.OPENGIS.NET/DEF/CRS/",
        "HTTP://OPENGIS.NET/DEF/CRS/",
        "HTTPS://OPENGIS.NET/DEF/CRS/",
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return text + strlen(prefixes[i]);
    return text;
}

static bool all_digits(const char *text, size_t most)
{
    size_t count = strspn(text, "0123456789");
    return count > 0 && count <= most && text[count] == '\0';
}

// "AUTHORITY:CODE" or "AUTHORITY:VERSION:CODE", or with slashes. False: no name that is known.
static bool settle(char *text, char name[static GEO_GEOJSON_CRS_NAME_SIZE])
{
    static const char *const plain[] = {"WGS84", "WGS 84", "CRS84", "CRS84H", "CRS:84", NULL};
    static const char *const ogc[] = {"CRS84", "CRS84H", "84", NULL};
    static const char *const wgs84[] = {"4326", "4979", NULL}; // in two and three dimensions
    static const char gml[] = "HTTP://WWW.OPENGIS.NET/GML/SRS/EPSG.XML#";
    upper(text);
    name[0] = '\0';
    if (is_one_of(text, plain))
        return true;
    const char *code;
    bool epsg = strncmp(text, gml, sizeof gml - 1) == 0;
    if (epsg) {
        code = text + sizeof gml - 1;
    } else {
        const char *rest = behind_prefix(text);
        size_t authority = strcspn(rest, ":/");
        code = rest + authority;
        if (*code == '\0')
            return false;
        code++;
        size_t version = strcspn(code, ":/");
        if (code[version] != '\0')
            code += version + 1;
        epsg = authority == 4 && memcmp(rest, "EPSG", 4) == 0;
        bool names_84 =
            authority == 3 && (memcmp(rest, "OGC", 3) == 0 || memcmp(rest, "CRS", 3) == 0);
        if (names_84 && is_one_of(code, ogc))
            return true;
    }
    if (!epsg || !all_digits(code, 6))
        return false;
    if (!is_one_of(code, wgs84))
        (void)snprintf(name, GEO_GEOJSON_CRS_NAME_SIZE, "EPSG:%.6s", code);
    return true;
}

// What an object says of its system: its settled name, empty for WGS 84 and where it says
// nothing. False: it says something that is not understood; `text` then shows it.
static bool read_name(const struct geo_json *object,
                      char name[static GEO_GEOJSON_CRS_NAME_SIZE], char text[static TEXT_SIZE])
{
    const struct geo_json *crs = geo_json_member(object, "crs");
    const struct geo_json *properties = geo_json_member(crs, "properties");
    const struct geo_json *code = geo_json_member(properties, "code"); // of the draft of 2007
    size_t size = 0;
    int64_t number;
    name[0] = '\0';
    if (!geo_json_present(crs))
        return true;
    const char *own = geo_json_text(
        geo_json_kind(crs) == GEO_JSON_STRING ? crs : geo_json_member(properties, "name"),
        &size);
    geo_text_copy(text, TEXT_SIZE, own != NULL ? own : "", size);
    if (own == NULL && geo_json_is(geo_json_member(crs, "type"), "EPSG")
        && geo_json_whole(code, &number)) {
        (void)snprintf(text, TEXT_SIZE, "EPSG:%" PRId64, number);
    } else if (own == NULL || strlen(text) != size) {
        (void)snprintf(text, TEXT_SIZE, "%s", "no name that is read");
        return false;
    }
    char copy[TEXT_SIZE];
    memcpy(copy, text, sizeof copy);
    return settle(copy, name);
}

static enum drf_status refuse(struct geo_note *why, const char *text, const char *what)
{
    return geo_refuse(why, GEO_REFUSAL_CRS, 0, "crs (%.60s) %s", text, what);
}

static enum drf_status open_map(struct geo_geojson_crs *crs, const char *text,
                                struct geo_note *why)
{
    enum drf_status status = geo_crs_open_bare(&crs->proj);
    if (status == DRF_OK)
        status = geo_crs_map_open(crs->proj, crs->name, &crs->map);
    if (status == DRF_OK)
        return DRF_OK;
    geo_geojson_crs_close(crs);
    if (status == DRF_ERR_NOMEM)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a crs");
    return refuse(why, text,
                  status == DRF_ERR_ABSENT
                      ? "has no exact way to WGS 84 here: publish longitude, latitude"
                      : "is not a system of positions");
}

enum drf_status geo_geojson_crs_open(struct geo_geojson_crs *crs,
                                     const struct geo_json *document, struct geo_note *why)
{
    char text[TEXT_SIZE];
    *crs = (struct geo_geojson_crs){.map = NULL};
    if (!read_name(document, crs->name, text))
        return refuse(why, text, "is neither WGS 84 nor an EPSG code");
    return crs->name[0] == '\0' ? DRF_OK : open_map(crs, text, why);
}

void geo_geojson_crs_close(struct geo_geojson_crs *crs)
{
    geo_crs_map_close(crs->map);
    geo_crs_close(crs->proj);
    *crs = (struct geo_geojson_crs){.map = NULL};
}

enum drf_status geo_geojson_crs_check(const struct geo_geojson_crs *crs,
                                      const struct geo_json *object, uint64_t feature,
                                      struct geo_note *why)
{
    char name[GEO_GEOJSON_CRS_NAME_SIZE], text[TEXT_SIZE];
    if (!geo_json_present(geo_json_member(object, "crs")))
        return DRF_OK;
    if (read_name(object, name, text) && strcmp(name, crs == NULL ? "" : crs->name) == 0)
        return DRF_OK;
    return geo_refuse(why, GEO_REFUSAL_CRS, feature,
                      "feature %" PRIu64 ": crs (%.60s) is another one than the document's",
                      feature, text);
}

bool geo_geojson_crs_projected(const struct geo_geojson_crs *crs)
{
    return crs != NULL && crs->map != NULL && geo_crs_map_period(crs->map) == 0.0;
}

bool geo_geojson_crs_point(const struct geo_geojson_crs *crs, double x, double y,
                           struct geo_point *out)
{
    if (crs != NULL && crs->map != NULL)
        geo_crs_map_from(crs->map, 1, &x, &y);
    if (!(fabs(y) <= 90.0 && fabs(x) <= 180.0))
        return false;
    *out = (struct geo_point){.lat_deg = y, .lon_deg = x};
    return true;
}
