// SPDX-License-Identifier: Apache-2.0
// Clouds and present weather of a METAR: code tables 2700 and 4678 of WMO No. 306.
#include <string.h>

#include "geo/format/report/metar_report.h"

#define HUNDRED_FEET_M 30.48

enum { SIGNIFICANT = 50, CEILOMETER = 120, FROM_ANYWHERE = 0 }; // hundreds of feet

static void note_unknown(struct geo_metar_sky *sky, uint32_t from)
{
    sky->unknown_from = !sky->unknown || from < sky->unknown_from ? from : sky->unknown_from;
    sky->unknown = true;
}

static bool clear_word(struct geo_wmo_word word, struct geo_metar_sky *sky)
{
    bool twelve = geo_wmo_is(word, "SKC") || geo_wmo_is(word, "CLR");
    if (!twelve && !geo_wmo_is(word, "NSC") && !geo_wmo_is(word, "NCD"))
        return false;
    sky->clear = true;
    sky->twelve = twelve;
    return true;
}

bool geo_metar_cloud(struct geo_wmo_word word, struct geo_metar_sky *sky)
{
    if (clear_word(word, sky))
        return true;
    bool vertical = geo_wmo_starts(word, "VV");
    bool unsaid = geo_wmo_starts(word, "///");
    bool closed = vertical || geo_wmo_starts(word, "BKN") || geo_wmo_starts(word, "OVC");
    bool open = geo_wmo_starts(word, "FEW") || geo_wmo_starts(word, "SCT");
    if (!closed && !open && !unsaid)
        return false;
    size_t at = vertical ? 2 : 3;
    uint32_t height = 0;
    bool known = geo_wmo_digits(word, at, 3, &height);
    const struct geo_wmo_word rest = {.text = word.text + at,
                                      .size = word.size > at ? word.size - at : 0};
    if (!known && !geo_wmo_starts(rest, "///"))
        return false;
    const struct geo_wmo_word kind = {.text = word.text + at + 3, .size = word.size - at - 3};
    bool towering = geo_wmo_is(kind, "CB") || geo_wmo_is(kind, "TCU");
    if (kind.size > 0 && !towering && !geo_wmo_is(kind, "///"))
        return false;
    sky->convection = sky->convection || towering;
    sky->layers = true;
    if (unsaid || (closed && !known))
        note_unknown(sky, known ? height : FROM_ANYWHERE);
    else if (closed && (!sky->lowest_known || height < sky->lowest)) {
        sky->lowest = height;
        sky->lowest_known = true;
    }
    if (known && height > sky->highest)
        sky->highest = height;
    return true;
}

static bool among(const char *pair, const char *list)
{
    for (; *list != '\0'; list += 2)
        if (memcmp(pair, list, 2) == 0)
            return true;
    return false;
}

static void add_codes(char codes[static GEO_STATION_CODES_SIZE], struct geo_wmo_word word)
{
    size_t used = strlen(codes);
    if (used + word.size + 2 > GEO_STATION_CODES_SIZE)
        return;
    if (used > 0)
        codes[used++] = ' ';
    memcpy(codes + used, word.text, word.size);
    codes[used + word.size] = '\0';
}

bool geo_metar_weather(struct geo_wmo_word word, struct geo_metar_sky *sky,
                       char codes[static GEO_STATION_CODES_SIZE])
{
    if (geo_wmo_is(word, "NSW")) {
        sky->weather_told = true;
        return true;
    }
    if (geo_wmo_is(word, "//")) {
        sky->weather_lost = true;
        return true;
    }
    bool vicinity = geo_wmo_starts(word, "VC");
    size_t at = vicinity ? 2 : word.size > 0 && (word.text[0] == '-' || word.text[0] == '+');
    if (word.size <= at || (word.size - at) % 2 != 0 || word.size - at > 8)
        return false;
    bool falls = false, thunder = false;
    for (; at < word.size; at += 2) {
        const char *pair = word.text + at;
        bool falling = among(pair, "DZRASNSGICPLGRGSUP");
        if (!falling && !among(pair, "MIBCPRDRBLSHTSFZBRFGFUVADUSAHZPYPOSQFCSSDS"))
            return false;
        falls = falls || falling;
        thunder = thunder || among(pair, "TSFC");
    }
    sky->weather_told = true;
    sky->precipitation = sky->precipitation || (falls && !vicinity);
    sky->convection = sky->convection || thunder;
    add_codes(codes, word);
    return true;
}

// The lowest layer that covers more than half, or how far up there surely is none.
void geo_metar_sky_finish(const struct geo_metar_sky *sky, struct geo_station *out)
{
    if (sky->convection)
        out->flags |= GEO_STATION_CONVECTION;
    if (sky->lowest_known && (!sky->unknown || sky->lowest <= sky->unknown_from)) {
        out->flags |= GEO_STATION_HAS_CEILING;
        out->ceiling_agl_m = sky->lowest * HUNDRED_FEET_M;
        return;
    }
    if (sky->lowest_known || sky->unknown || (!sky->clear && !sky->layers))
        return;
    uint32_t none_below = sky->clear && sky->twelve ? CEILOMETER : SIGNIFICANT;
    none_below = sky->highest > none_below ? sky->highest : none_below;
    out->flags |= GEO_STATION_HAS_CEILING | GEO_STATION_CEILING_AT_LEAST;
    out->ceiling_agl_m = none_below * HUNDRED_FEET_M;
}
