// SPDX-License-Identifier: Apache-2.0
// Clouds and present weather of a METAR: code tables 2700 and 4678 of WMO No. 306.
#include <string.h>

#include "geo/format/report/metar_report.h"

#define HUNDRED_FEET_M 30.48

enum { SIGNIFICANT = 50, CEILOMETER = 120, LOW = 5, FROM_ANYWHERE = 0 }; // hundreds of feet

// Layers are reported from the lowest to the highest. Behind one so low nothing is expected
// below it, and hardly anything could be worse.
static void note_unknown(struct geo_metar_sky *sky, uint32_t from)
{
    if (sky->lowest_known && sky->lowest <= LOW)
        return;
    sky->unknown_from = !sky->unknown || from < sky->unknown_from ? from : sky->unknown_from;
    sky->unknown = true;
}

void geo_metar_sky_doubt(struct geo_metar_sky *sky)
{
    note_unknown(sky, FROM_ANYWHERE);
    sky->weather_lost = sky->convection_lost = true;
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

static struct geo_wmo_word behind(struct geo_wmo_word word, size_t at)
{
    return (struct geo_wmo_word){word.text + (at < word.size ? at : word.size),
                                 word.size > at ? word.size - at : 0, word.line};
}

// What stands behind the height: nothing, slashes (not known), CB or TCU, or a genus.
static bool kind_of(struct geo_wmo_word word, bool *towering, bool *typed)
{
    static const char *const others[] = {"CU", "SC", "ST", "AC", "AS", "NS", "CI", "CS", "CC"};
    const struct geo_wmo_word bare = geo_wmo_starts(word, "///") ? behind(word, 3) : word;
    *towering = geo_wmo_is(bare, "CB") || geo_wmo_is(bare, "TCU");
    *typed = bare.size == word.size || *towering;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (geo_wmo_is(word, others[i]))
            return true;
    return bare.size == 0 || *towering;
}

bool geo_metar_cloud(struct geo_wmo_word word, struct geo_metar_sky *sky)
{
    if (clear_word(word, sky))
        return true;
    if (geo_wmo_is(word, "CB") || geo_wmo_is(word, "TCU")) { // its layer was lost
        sky->convection = sky->layers = true;
        note_unknown(sky, FROM_ANYWHERE);
        return true;
    }
    bool vertical = geo_wmo_starts(word, "VV");
    bool unsaid = geo_wmo_starts(word, "///");
    bool closed = vertical || geo_wmo_starts(word, "BKN") || geo_wmo_starts(word, "OVC");
    bool open = geo_wmo_starts(word, "FEW") || geo_wmo_starts(word, "SCT");
    if (!closed && !open && !unsaid)
        return false;
    size_t at = vertical ? 2 : 3;
    uint32_t height = 0;
    bool known = geo_wmo_digits(word, at, 3, &height);
    bool heightless = !known && !geo_wmo_starts(behind(word, at), "///");
    const struct geo_wmo_word kind = behind(word, heightless ? at : at + 3);
    bool towering, typed;
    if (!kind_of(kind, &towering, &typed) || (heightless && !(unsaid && towering)))
        return false;
    sky->convection = sky->convection || towering;
    sky->convection_lost = sky->convection_lost || !typed || (unsaid && !towering);
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

// Whether something falls, from the pairs of a group; false: they are no weather.
static bool read_pairs(struct geo_wmo_word word, bool vicinity, bool *falls, bool *thunder)
{
    bool phenomenon = false;
    if (word.size == 0 || word.size % 2 != 0 || word.size > 8)
        return false;
    *falls = *thunder = false;
    for (size_t at = 0; at < word.size; at += 2) {
        const char *pair = word.text + at;
        bool falling = among(pair, "DZRASNSGICPLGRGSUPSH");
        bool alone = falling || among(pair, "TSBRFGFUVADUSAHZPYPOSQFCSSDS");
        if (!alone && !among(pair, "MIBCPRDRBLFZ"))
            return false;
        phenomenon = phenomenon || alone;
        *falls = *falls || (falling && !vicinity); // SH alone: a shower of something
        *thunder = *thunder || among(pair, "TSFC");
    }
    return phenomenon;
}

bool geo_metar_weather(struct geo_wmo_word word, struct geo_metar_sky *sky,
                       char codes[static GEO_STATION_CODES_SIZE])
{
    if (geo_wmo_is(word, "NSW")) {
        sky->weather_told = true;
        return true;
    }
    if (geo_wmo_is(word, "//")) {
        sky->weather_lost = sky->convection_lost = true;
        return true;
    }
    bool vicinity = geo_wmo_starts(word, "VC");
    bool strength = geo_wmo_starts(word, "-") || geo_wmo_starts(word, "+");
    bool falls, thunder;
    if (!read_pairs(behind(word, vicinity ? 2 : strength), vicinity, &falls, &thunder))
        return false;
    sky->weather_told = sky->weather_told || !vicinity;
    sky->precipitation = sky->precipitation || falls;
    sky->convection = sky->convection || thunder;
    add_codes(codes, word);
    return true;
}

// An observer reports what falls and what towers; an automatic station may not detect it, so
// that its silence says nothing.
static void finish_weather(const struct geo_metar_sky *sky, bool automatic, bool cavok,
                           struct geo_station *out)
{
    bool dry = !sky->weather_lost && (!automatic || sky->weather_told || cavok);
    bool calm = dry && !sky->convection_lost && !sky->unknown && (!automatic || cavok);
    if (sky->precipitation || dry)
        out->flags |= GEO_STATION_HAS_WEATHER;
    if (sky->precipitation)
        out->flags |= GEO_STATION_PRECIPITATION;
    if (sky->convection)
        out->flags |= GEO_STATION_CONVECTION;
    else if ((out->flags & GEO_STATION_HAS_WEATHER) != 0 && !calm)
        out->flags |= GEO_STATION_CONVECTION_UNKNOWN;
}

// The lowest layer that covers more than half, or how far up there surely is none.
void geo_metar_sky_finish(const struct geo_metar_sky *sky, bool automatic, bool cavok,
                          struct geo_station *out)
{
    bool clear = sky->clear || cavok;
    finish_weather(sky, automatic, cavok, out);
    if (sky->lowest_known && (!sky->unknown || sky->lowest <= sky->unknown_from)) {
        out->flags |= GEO_STATION_HAS_CEILING;
        out->ceiling_agl_m = sky->lowest * HUNDRED_FEET_M;
        return;
    }
    if (sky->lowest_known || sky->unknown || (!clear && !sky->layers))
        return;
    uint32_t none_below = clear && sky->twelve ? CEILOMETER : SIGNIFICANT;
    none_below = sky->highest > none_below ? sky->highest : none_below;
    out->flags |= GEO_STATION_HAS_CEILING | GEO_STATION_CEILING_AT_LEAST;
    out->ceiling_agl_m = none_below * HUNDRED_FEET_M;
}
