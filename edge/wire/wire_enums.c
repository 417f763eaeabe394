// SPDX-License-Identifier: Apache-2.0
// Holds our enumerations to those of enums.proto: they are sent without translation, so a
// number that differs must not compile. A table lists the names of an enumeration once; from it
// come an assertion for each value, and a switch over ours and over the schema's without a
// default, where -Wswitch refuses a value that the table lacks.
#include "edge/wire/wire_enums.h"
#include "drf/v1/enums.pb-c.h"
#include "edge/wire/wire.h"
#include "fusion/aircraft/advisory.h"
#include "fusion/aircraft/context.h"
#include "fusion/root/root.h"
#include "fusion/root/weather.h"
#include "geo/mode.h"
#include "geo/record/field.h"
#include "geo/record/zone.h"

#define SCHEMA(KIND, NAME) DRF__V1__##KIND##__##KIND##_##NAME
#define EQUAL(OURS, KIND, NAME)                                                                \
    _Static_assert((int)OURS##_##NAME == (int)SCHEMA(KIND, NAME),                              \
                   #OURS "_" #NAME " is another number than " #KIND "_" #NAME);
#define CASE_OURS(OURS, KIND, NAME) case OURS##_##NAME:
#define CASE_SCHEMA(OURS, KIND, NAME) case SCHEMA(KIND, NAME):

// enum `ours`, whose values begin with OURS_, has those of NAMES and of OURS_ALSO and no
// others; the schema's, whose values begin with KIND_, those of NAMES and of SCHEMA_ALSO.
#define HOLD(ours, OURS, OURS_ALSO, Schema, KIND, SCHEMA_ALSO, NAMES)                          \
    NAMES(EQUAL, OURS, KIND)                                                                   \
    __attribute__((unused)) static void hold_##ours(enum ours value, Drf__V1__##Schema schema) \
    {                                                                                          \
        switch (value) {                                                                       \
            NAMES(CASE_OURS, OURS, KIND)                                                       \
            OURS_ALSO(CASE_OURS, OURS, KIND)                                                   \
            break;                                                                             \
        }                                                                                      \
        switch (schema) {                                                                      \
            NAMES(CASE_SCHEMA, OURS, KIND)                                                     \
            SCHEMA_ALSO(CASE_SCHEMA, OURS, KIND)                                               \
        case _DRF__V1__##KIND##_IS_INT_SIZE:                                                   \
            break;                                                                             \
        }                                                                                      \
    }
#define SAME(ours, OURS, Schema, KIND, NAMES)                                                  \
    HOLD(ours, OURS, NO_MORE, Schema, KIND, NO_MORE, NAMES)
// The same, but ours has no 0, the schema's UNKNOWN.
#define KNOWN(ours, OURS, Schema, KIND, NAMES)                                                 \
    HOLD(ours, OURS, NO_MORE, Schema, KIND, ZERO, NAMES)

#define NO_MORE(X, O, K)
#define ZERO(X, O, K) X(O, K, UNKNOWN)
#define COUNT_TOO(X, O, K) X(O, K, COUNT)

// clang-format off
#define MODES(X, O, K) X(O, K, LIVE) X(O, K, TEST) X(O, K, REPLAY) X(O, K, SIM)
#define REASONS(X, O, K) \
    X(O, K, UNKNOWN) X(O, K, NONE) X(O, K, NO_DATA) X(O, K, SOURCE_VOID) X(O, K, STALE) \
    X(O, K, CATCHING_UP) X(O, K, RESYNCHRONISING) X(O, K, LOADING) X(O, K, OUT_OF_REGION) \
    X(O, K, NO_ALTITUDE) X(O, K, ALTITUDE_SUSPECT) X(O, K, BARE_EARTH) X(O, K, NOT_REPORTED) \
    X(O, K, CALM) X(O, K, NO_QNH) X(O, K, FEED_DOWN) X(O, K, DATUM) X(O, K, SHED) \
    X(O, K, NO_POSITION) X(O, K, UNREADABLE) X(O, K, FORGOTTEN) \
    X(O, K, OBSTACLE_TOP) X(O, K, PER_VALUE)
#define BASES(X, O, K) \
    X(O, K, UNKNOWN) X(O, K, EXTRAPOLATED) X(O, K, NEAREST) X(O, K, INTERPOLATED) \
    X(O, K, INSIDE) X(O, K, STATION)
#define AGL_BASES(X, O, K) X(O, K, UNKNOWN) X(O, K, ABOVE_TAKEOFF) X(O, K, AMSL) X(O, K, WGS84)
#define STATISTICS(X, O, K) \
    X(O, K, INSTANT) X(O, K, ACCUMULATION) X(O, K, MEAN) X(O, K, MAXIMUM) X(O, K, MINIMUM)
#define SEVERITIES(X, O, K) X(O, K, WARNING) X(O, K, CAUTION) X(O, K, INFO)
#define ADVISORY_KINDS(X, O, K) \
    X(O, K, TERRAIN) X(O, K, OBSTACLE) X(O, K, WIND) X(O, K, GUST) X(O, K, VISIBILITY) \
    X(O, K, ZONE) X(O, K, TRAFFIC) X(O, K, ALTITUDE_LIMIT) X(O, K, ALTITUDE_REFERENCE_SUSPECT) \
    X(O, K, DATA_QUALITY) X(O, K, REGION_BOUNDARY) X(O, K, LANDING) \
    X(O, K, TERRAIN_TOO_COARSE) X(O, K, ALERT) X(O, K, TIME_REFERENCE_SUSPECT) \
    X(O, K, HAZARDOUS_WEATHER)
#define LAYERS(X, O, K) \
    X(O, K, GROUND) X(O, K, SURFACE) X(O, K, OBSTACLE) X(O, K, WEATHER) X(O, K, ZONE) \
    X(O, K, TRAFFIC) X(O, K, ALERT)
#define AUTHORITIES(X, O, K) X(O, K, SECONDARY) X(O, K, PRIMARY)
#define PLAN_STATES(X, O, K) \
    X(O, K, NONE) X(O, K, STALE) X(O, K, NONCONFORMING) X(O, K, FOLLOWED)
#define CORRIDOR_BASES(X, O, K) X(O, K, DISC) X(O, K, VELOCITY) X(O, K, PLAN)
#define ZONE_RESTRICTIONS(X, O, K) \
    X(O, K, PROHIBITED) X(O, K, REQ_AUTHORISATION) X(O, K, CONDITIONAL) X(O, K, USPACE) \
    X(O, K, NO_RESTRICTION) X(O, K, INFORMATION)
#define REPLY_CODES(X, O, K) \
    X(O, K, OK) X(O, K, ACCEPTED_DEFAULTS) X(O, K, INVALID) X(O, K, UNSUPPORTED_VERSION) \
    X(O, K, NOT_AUTHORISED) X(O, K, OUTSIDE_REGION) X(O, K, STALE) \
    X(O, K, TIME_UNSYNCHRONISED) X(O, K, RATE_LIMITED) X(O, K, OVERLOADED) \
    X(O, K, NOT_AVAILABLE) X(O, K, DURABLE)
#define NODE_CONDITIONS(X, O, K) X(O, K, DOWN) X(O, K, OVERLOADED) X(O, K, DEGRADED) X(O, K, UP)
// clang-format on

KNOWN(drf_mode, DRF_MODE, Mode, MODE, MODES)
SAME(fusion_reason, FUSION_REASON, Reason, REASON, REASONS)
SAME(fusion_basis, FUSION_BASIS, Basis, BASIS, BASES)
SAME(fusion_agl_basis, FUSION_AGL, AglBasis, AGL_BASIS, AGL_BASES)
KNOWN(geo_statistic, GEO_STATISTIC, Statistic, STATISTIC, STATISTICS)
KNOWN(fusion_severity, FUSION_SEVERITY, Severity, SEVERITY, SEVERITIES)
SEVERITIES(EQUAL, GEO_ALERT, SEVERITY) // of enum geo_alert, which has flags besides
KNOWN(fusion_advisory_kind, FUSION_ADVISORY, AdvisoryKind, ADVISORY_KIND, ADVISORY_KINDS)
HOLD(fusion_layer, FUSION_LAYER, COUNT_TOO, Layer, LAYER, ZERO, LAYERS)
_Static_assert((int)FUSION_LAYER_COUNT == (int)SCHEMA(LAYER, ALERT) + 1, "arrays by layer");
KNOWN(edge_authority, EDGE_AUTHORITY, Authority, AUTHORITY, AUTHORITIES)
KNOWN(fusion_plan_state, FUSION_PLAN, PlanState, PLAN_STATE, PLAN_STATES)
KNOWN(fusion_corridor_basis, FUSION_CORRIDOR, CorridorBasis, CORRIDOR_BASIS, CORRIDOR_BASES)
KNOWN(geo_zone_restriction, GEO_ZONE, ZoneRestriction, ZONE_RESTRICTION, ZONE_RESTRICTIONS)
KNOWN(edge_reply_code, EDGE_REPLY, ReplyCode, REPLY_CODE, REPLY_CODES)
KNOWN(edge_condition, EDGE_CONDITION, NodeCondition, NODE_CONDITION, NODE_CONDITIONS)
