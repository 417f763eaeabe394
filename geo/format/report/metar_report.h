// geo/format/report/metar_report.h - parser for one METAR or SPECI; for metar*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_METAR_REPORT_H
#define GEO_METAR_REPORT_H

#include "geo/reader/wmo.h"
#include "geo/record/record.h"
#include "geo/record/station.h"
#include "geo/status.h"

enum { GEO_METAR_WORDS_MAX = 160 };

// A report's words from its location on, without METAR or SPECI.
struct geo_metar_report {
    struct geo_wmo_word words[GEO_METAR_WORDS_MAX];
    size_t count;
    bool corrected; // COR stood before the location
};

// Reads the observation, without trend, remarks and what follows the pressure. The month is the
// one that brings the time nearest `reference_utc_us`, from a week before to an hour after it.
// *nil: there was no observation, nothing else is set. A group that cannot be read leaves its
// value unknown; *odd is then the first of them, else its size is 0. *why says what is wrong
// with a report that is refused.
DRF_MUST_CHECK enum drf_status geo_metar_report_read(const struct geo_metar_report *report,
                                                     int64_t reference_utc_us,
                                                     struct geo_station *out, bool *nil,
                                                     struct geo_wmo_word *odd,
                                                     struct geo_note *why);

// The measured groups (geo/format/report/metar_values.c). Each reads one word; false: it is not
// of this kind. Of several visibilities the worst is kept.
bool geo_metar_wind(struct geo_wmo_word word, struct geo_station *out);
bool geo_metar_visibility(struct geo_wmo_word word, struct geo_station *out);
bool geo_metar_temperature(struct geo_wmo_word word, struct geo_station *out);
bool geo_metar_pressure(struct geo_wmo_word word, struct geo_station *out);
// "1 1/2SM".
bool geo_metar_mixed_miles(struct geo_wmo_word whole, struct geo_wmo_word part,
                           struct geo_station *out);
bool geo_metar_cavok(struct geo_wmo_word word);
bool geo_metar_slashes(struct geo_wmo_word word); // nothing else

// Weather groups and clouds (geo/format/report/metar_sky.c).
struct geo_metar_sky {
    bool lowest_known, unknown, clear, twelve; // twelve: none below 12,000 ft, else 5,000 ft
    uint32_t lowest, unknown_from, highest;    // hundreds of feet
    bool layers, convection, convection_lost;
    bool weather_told, weather_lost, precipitation;
};
// Each reads one word; false: it is not of this kind.
bool geo_metar_cloud(struct geo_wmo_word word, struct geo_metar_sky *sky);
bool geo_metar_weather(struct geo_wmo_word word, struct geo_metar_sky *sky,
                       char codes[static GEO_STATION_CODES_SIZE]);
// Behind what was read something was not understood that may have been cloud or weather.
void geo_metar_sky_doubt(struct geo_metar_sky *sky);
void geo_metar_sky_finish(const struct geo_metar_sky *sky, bool automatic, bool cavok,
                          struct geo_station *out);

#endif
