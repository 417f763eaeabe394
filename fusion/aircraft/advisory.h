// fusion/aircraft/advisory.h - advisories: conditions that are reported to an aircraft.
// SPDX-License-Identifier: Apache-2.0
//
// Advisories inform; they are never commands. A reasoner looks at one aircraft and one root and
// lists the conditions that hold at this instant. The caller that keeps the aircraft's state
// decides how long a condition is kept after it has ceased (dwell time, hysteresis, revision).
#ifndef FUSION_ADVISORY_H
#define FUSION_ADVISORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/root/root.h"
#include "geo/point.h"

// Numbers of Severity and AdvisoryKind in schemas/drf/v1/enums.proto.
enum fusion_severity {
    FUSION_SEVERITY_WARNING = 1,
    FUSION_SEVERITY_CAUTION = 2,
    FUSION_SEVERITY_INFO = 3,
};

enum fusion_advisory_kind {
    FUSION_ADVISORY_TERRAIN = 1,
    FUSION_ADVISORY_OBSTACLE = 2,
    FUSION_ADVISORY_WIND = 3,
    FUSION_ADVISORY_GUST = 4,
    FUSION_ADVISORY_VISIBILITY = 5,
    FUSION_ADVISORY_ZONE = 6,
    FUSION_ADVISORY_TRAFFIC = 7,
    FUSION_ADVISORY_ALTITUDE_LIMIT = 8,
    FUSION_ADVISORY_ALTITUDE_REFERENCE_SUSPECT = 9,
    FUSION_ADVISORY_DATA_QUALITY = 10,
    FUSION_ADVISORY_REGION_BOUNDARY = 11,
    FUSION_ADVISORY_LANDING = 12,
    FUSION_ADVISORY_TERRAIN_TOO_COARSE = 13,
    FUSION_ADVISORY_ALERT = 14,
    FUSION_ADVISORY_TIME_REFERENCE_SUSPECT = 15,
    FUSION_ADVISORY_HAZARDOUS_WEATHER = 16, // a SIGMET or AIRMET
};

enum { FUSION_ADVISORIES_MAX = 32, FUSION_ADVISORY_TEXT_SIZE = 96 };

struct fusion_advisory {
    uint32_t advisory_id; // hash of reasoner and cause
    uint32_t revision;    // 0: not yet numbered
    enum fusion_severity severity;
    enum fusion_advisory_kind kind;
    enum fusion_layer layer; // 0: none
    bool time_to_go_known, position_known, alt_known, value_known, data_time_known;
    double time_to_go_s;
    int64_t valid_until_utc_us;
    struct geo_point position;
    double alt_amsl_m;
    double value, limit;    // in `unit`
    const char *unit;       // "m", static
    const char *source;     // borrowed from the root; NULL: none
    const char *feature_id; // borrowed from the root; NULL: none
    int64_t data_time_utc_us;
    char text[FUSION_ADVISORY_TEXT_SIZE]; // one line for people
};

struct fusion_advisories {
    size_t count;
    struct fusion_advisory items[FUSION_ADVISORIES_MAX]; // most severe first, then id
    uint32_t left_out;                                   // beyond the array
    enum fusion_severity left_out_severity;              // the worst of them; when left_out > 0
};

// Keeps the order; when full, the least severe is left out and counted.
void fusion_advisories_add(struct fusion_advisories *list, const struct fusion_advisory *item);

// FNV-1a over the kind and the cause's text: the same after a restart.
uint32_t fusion_advisory_id(enum fusion_advisory_kind kind, const char *cause);

// schemas/client.md rule 7: within 15 s a WARNING, within 45 s a CAUTION, else INFO.
#define FUSION_WARNING_S 15.0
#define FUSION_CAUTION_S 45.0
static inline enum fusion_severity fusion_severity_of(double time_to_go_s)
{
    return time_to_go_s <= FUSION_WARNING_S   ? FUSION_SEVERITY_WARNING
           : time_to_go_s <= FUSION_CAUTION_S ? FUSION_SEVERITY_CAUTION
                                              : FUSION_SEVERITY_INFO;
}

// As C writes it by %.0f, in a fraction of the time; somewhere in `out`.
enum { FUSION_WHOLE_SIZE = 24 };
const char *fusion_whole(double value, char out[static FUSION_WHOLE_SIZE]);

// "now", where it rounds to 0 s, or "in 12 s".
enum { FUSION_WHEN_SIZE = FUSION_WHOLE_SIZE + 5 };
void fusion_when(double time_s, char text[FUSION_WHEN_SIZE]);

// A text of others, without blanks at its ends or doubled, in `size` bytes with its NUL (at
// least 8). What is too long ends with a word where that leaves half of it, else with a
// character of UTF-8, and with "...".
void fusion_shorten(char *out, size_t size, const char *text);
// What is said before and after a name of others, the name shortened to what they leave of it.
void fusion_say(char text[FUSION_ADVISORY_TEXT_SIZE], const char *before, const char *name,
                const char *after);

struct fusion_context;
struct fusion_encounter;
struct fusion_path;
struct fusion_planes;

// What a reasoner sees: the context holds everything but the advisories already; the path
// (fusion/aircraft/path.h) is what its segments cover.
struct fusion_view {
    const struct fusion_root *root;
    const struct fusion_aircraft *aircraft; // its surroundings: fusion/aircraft/surroundings.h
    const struct fusion_context *context;
    const struct fusion_path *path;
    struct fusion_planes *planes; // of the weather's grids (fusion/root/weather.h)
    const struct fusion_encounter
        *encounters; // with everyone near (fusion/aircraft/encounter.h)
    size_t encounter_count;
    int64_t now_utc_us;
    // Of a leg under review, which is judged as if the aircraft was everywhere on it at once:
    // when it will pass a place in truth, and how long it stays at the end. 0 in flight.
    double pass_s_per_m, stay_s;
};

// An advisory that is not refreshed is void after this.
#define FUSION_ADVISORY_VALID_US INT64_C(5000000)

// An advisory about what the view shows; the cause makes its id.
struct fusion_advisory fusion_advisory_begin(const struct fusion_view *view,
                                             enum fusion_advisory_kind kind,
                                             enum fusion_severity severity, const char *cause);
// Source and its data time; NULL: none.
void fusion_advisory_source(struct fusion_advisory *advisory,
                            const struct fusion_source *source);

typedef void (*fusion_reasoner_fn)(const struct fusion_view *view,
                                   struct fusion_advisories *list);

#endif
