// SPDX-License-Identifier: Apache-2.0
#include "geo/format/report/urep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/hash.h"
#include "geo/reader/json.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"
#include "geo/record/station.h"

enum { DRONE_SIZE = 37, PREFIX = 6 };

struct job {
    const struct geo_decode_params *params;
    const struct geo_json *report, *weather;
    struct geo_station station;
    double alt_amsl_m, agl_m;
    bool has_amsl, has_agl;
    struct geo_note *why;
};

static bool bad(struct job *job, enum geo_refusal_code code, const char *name, const char *what)
{
    return geo_refuse(job->why, code, 0, "%s %s", name, what) == DRF_OK; // never
}

static bool whole(struct job *job, const struct geo_json *object, const char *name, int64_t low,
                  int64_t high, int64_t *out)
{
    int64_t number = 0;
    if (!geo_json_whole_64(geo_json_member(object, name), &number))
        return bad(job, GEO_REFUSAL_FORMAT, name, "is missing or no whole number");
    if (number < low || number > high)
        return bad(job, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = number;
    return true;
}

// True when absent, or a number in the range: then *there.
static bool real(struct job *job, const char *name, double low, double high, double *out,
                 bool *there)
{
    const struct geo_json *value = geo_json_member(job->weather, name);
    double number = 0;
    *there = false;
    if (!geo_json_present(value))
        return true;
    if (!geo_json_number(value, &number))
        return bad(job, GEO_REFUSAL_FORMAT, name, "is no number");
    if (!(number >= low && number <= high))
        return bad(job, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = number;
    *there = true;
    return true;
}

static bool flagged(struct job *job, const char *name, double low, double high, uint32_t flag,
                    double *out)
{
    bool there;
    if (!real(job, name, low, high, out, &there))
        return false;
    job->station.flags |= there ? flag : 0;
    return true;
}

// A longer name than a station's is its beginning and a hash of all of it.
static bool name_station(struct job *job)
{
    size_t size = 0;
    const char *id = geo_json_text(geo_json_member(job->report, "drone_id"), &size);
    struct geo_station *s = &job->station;
    if (id == NULL || size == 0 || size >= DRONE_SIZE)
        return bad(job, GEO_REFUSAL_FORMAT, "drone_id", "is missing or too long");
    for (size_t i = 0; i < size; i++)
        if (id[i] <= ' ' || id[i] > '~')
            return bad(job, GEO_REFUSAL_FORMAT, "drone_id", "is not printable ASCII");
    if (size < sizeof s->id)
        memcpy(s->id, id, size);
    else
        (void)snprintf(s->id, sizeof s->id, "%.*s~%08x", PREFIX, id,
                       (unsigned)(geo_hash_bytes(GEO_HASH_START, id, size) & UINT32_MAX));
    return true;
}

static bool place_and_time(struct job *job)
{
    struct geo_station *s = &job->station;
    int64_t lat_e7 = 0, lon_e7 = 0;
    if (!whole(job, job->weather, "lat_e7", -900000000, 900000000, &lat_e7)
        || !whole(job, job->weather, "lon_e7", -1800000000, 1800000000, &lon_e7)
        || !whole(job, job->report, "time_us", 0, INT64_C(7258118400000000),
                  &s->observed_utc_us)
        || !real(job, "alt_amsl_m", -1000.0, 10000.0, &job->alt_amsl_m, &job->has_amsl)
        || !real(job, "agl_m", 0.0, 10000.0, &job->agl_m, &job->has_agl))
        return false;
    s->position = (struct geo_point){(double)lat_e7 / 1e7, (double)lon_e7 / 1e7};
    s->flags |= GEO_STATION_PLACED;
    if (!job->has_amsl && !job->has_agl)
        return bad(job, GEO_REFUSAL_FORMAT, "alt_amsl_m", "is missing, and agl_m too");
    s->flags |= job->has_agl ? GEO_STATION_MEASURED_AGL : GEO_STATION_MEASURED_AMSL;
    s->measured_dm = (int32_t)lround((job->has_agl ? job->agl_m : job->alt_amsl_m) * 10.0);
    double ground_amsl_m = job->alt_amsl_m - job->agl_m;
    if (job->has_amsl && job->has_agl && ground_amsl_m >= -1000.0) {
        s->flags |= GEO_STATION_HAS_ELEVATION;
        s->elevation_amsl_m = ground_amsl_m;
    }
    return true;
}

static bool values(struct job *job)
{
    struct geo_station *s = &job->station;
    if (!flagged(job, "wind_mps", 0.0, 150.0, GEO_STATION_HAS_WIND, &s->wind_speed_mps)
        || !flagged(job, "wind_from_deg_true", 0.0, 360.0, GEO_STATION_HAS_WIND_FROM,
                    &s->wind_from_deg_true)
        || !flagged(job, "gust_mps", 0.0, 150.0, GEO_STATION_HAS_GUST, &s->gust_mps)
        || !flagged(job, "temperature_k", 173.0, 343.0, GEO_STATION_HAS_TEMPERATURE,
                    &s->temperature_k)
        || !flagged(job, "dew_point_k", 173.0, 343.0, GEO_STATION_HAS_DEW_POINT,
                    &s->dew_point_k)
        || !flagged(job, "visibility_m", 0.0, 100000.0, GEO_STATION_HAS_VISIBILITY,
                    &s->visibility_m))
        return false;
    if ((s->flags & GEO_STATION_HAS_WIND) == 0 && (s->flags & GEO_STATION_HAS_WIND_FROM) != 0)
        return bad(job, GEO_REFUSAL_FORMAT, "wind_mps", "is missing beside its direction");
    return true;
}

static enum drf_status add(struct job *job, struct geo_record_builder *builder)
{
    const uint32_t told = GEO_STATION_HAS_WIND | GEO_STATION_HAS_GUST
                          | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_DEW_POINT
                          | GEO_STATION_HAS_VISIBILITY;
    const bool inside = geo_bounds_hold(job->params->keep, job->station.position);
    struct geo_decode_counts counts = {
        .kept = inside, .out_of_region = !inside, .told = !inside};
    if ((job->station.flags & told) == 0)
        return geo_refuse(job->why, GEO_REFUSAL_NO_VALUES, 0,
                          "it tells nothing that is read here");
    job->station.flags |= inside ? 0 : (uint32_t)GEO_STATION_OUTSIDE;
    enum drf_status status =
        geo_record_add(builder, GEO_ITEM_STATION, &job->station, sizeof job->station, NULL, 0);
    return status == DRF_OK
               ? geo_decode_counts_finish(&counts, "weather reports", builder, job->why)
               : status;
}

enum drf_status geo_urep_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                size_t size, struct geo_record_builder *builder,
                                struct geo_note *why)
{
    struct geo_json *document;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    struct job job = {.params = params,
                      .report = document,
                      .weather = geo_json_member(document, "weather"),
                      .why = why};
    if (geo_json_kind(document) != GEO_JSON_OBJECT)
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "is no report: not a JSON object");
    else if (geo_json_kind(job.weather) != GEO_JSON_OBJECT)
        status = geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "a report without weather");
    else if (!name_station(&job) || !place_and_time(&job) || !values(&job))
        status = geo_refusal_status((enum geo_refusal_code)why->code);
    else
        status = add(&job, builder);
    geo_json_close(document);
    return status;
}
