// SPDX-License-Identifier: Apache-2.0
#include "geo/format/obstacle/obstacle_attributes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/format/obstacle/obstacle_output.h"
#include "geo/reader/json_path.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

#define ACCURACY_MAX_M 100000.0

enum drf_status geo_obstacle_bad(const struct geo_obstacle_attributes *of,
                                 enum geo_refusal_code code, const char *name, const char *what)
{
    return geo_refuse(of->why, code, of->feature, "feature %" PRIu64 ": %s %s", of->feature,
                      name, what);
}

// A member that is absent or null leaves *out and sets *given to false.
static enum drf_status read_number(const struct geo_obstacle_attributes *of, const char *name,
                                   double least, double most, double *out, bool *given)
{
    const struct geo_json *value = geo_json_member(of->properties, name);
    double number;
    *given = geo_json_present(value);
    if (!*given)
        return DRF_OK;
    if (!geo_json_number(value, &number))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, name, "is not a number");
    if (!(number >= least && number <= most))
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = number;
    return DRF_OK;
}

static enum drf_status read_flag(const struct geo_obstacle_attributes *of, const char *name,
                                 bool *out, bool *given)
{
    const struct geo_json *value = geo_json_member(of->properties, name);
    *given = geo_json_present(value);
    if (*given && !geo_json_boolean(value, out))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, name, "is neither true nor false");
    return DRF_OK;
}

static const struct geo_json *id_of(const struct geo_obstacle_attributes *of,
                                    const struct geo_json *feature)
{
    const struct geo_obstacle_fields *fields = &of->params->obstacle_fields;
    if (fields->mapped != 0 && fields->id[0] != '\0')
        return geo_json_find(of->properties, fields->id);
    const struct geo_json *id = geo_json_member(feature, "id");
    return geo_json_present(id) ? id : geo_json_member(of->properties, "id");
}

enum drf_status geo_obstacle_read_id(const struct geo_obstacle_attributes *of,
                                     const struct geo_json *feature, struct geo_obstacle *out)
{
    const struct geo_json *id = id_of(of, feature);
    if (!geo_json_present(id))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "id", "is missing");
    int64_t number;
    size_t size = 0;
    const char *text = geo_json_text(id, &size);
    if (text == NULL && geo_json_whole(id, &number)) {
        (void)snprintf(out->id, sizeof out->id, "%" PRId64, number);
        return DRF_OK;
    }
    if (text == NULL)
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "id",
                                "is neither text nor a whole number");
    // Truncated or cleaned, two ids could become equal: an invalid one is refused.
    char copy[GEO_OBSTACLE_ID_SIZE];
    geo_text_copy(copy, sizeof copy, text, size);
    if (size == 0 || strlen(copy) != size || memcmp(copy, text, size) != 0)
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, "id",
                                "is empty, longer than 63 bytes or holds control characters");
    memcpy(out->id, copy, sizeof out->id);
    return DRF_OK;
}

static bool names_balloon(const char *kind)
{
    static const char word[] = "balloon";
    size_t length = strlen(kind);
    for (size_t at = 0; at + sizeof word - 1 <= length; at++) {
        size_t i = 0;
        while (i < sizeof word - 1 && (kind[at + i] | 0x20) == word[i])
            i++;
        if (i == sizeof word - 1)
            return true;
    }
    return false;
}

void geo_obstacle_set_kind(struct geo_obstacle *out, const struct geo_json *kind)
{
    size_t size = 0;
    const char *text = geo_json_text(kind, &size);
    if (text != NULL)
        geo_text_copy(out->kind, sizeof out->kind, text, size);
    if (names_balloon(out->kind))
        out->flags |= GEO_OBSTACLE_BALLOON;
}

// One letter, as in the FAA's tables; anything else is unknown.
static uint8_t letter(const struct geo_json *value)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    return text != NULL && size == 1 && text[0] >= 'A' && text[0] <= 'Z' && text[0] != 'U'
               ? (uint8_t)text[0]
               : 0;
}

static enum drf_status read_words(const struct geo_obstacle_attributes *of,
                                  struct geo_obstacle *out)
{
    geo_obstacle_set_kind(out, geo_json_member(of->properties, "kind"));
    out->lighting = letter(geo_json_member(of->properties, "lighting"));
    out->marking = letter(geo_json_member(of->properties, "marking"));

    bool balloon = false, verified = false, given;
    enum drf_status status = read_flag(of, "balloon", &balloon, &given);
    out->flags |= balloon ? (uint32_t)GEO_OBSTACLE_BALLOON : 0;
    if (status == DRF_OK)
        status = read_flag(of, "verified", &verified, &given);
    if (status == DRF_OK && given)
        out->flags |=
            verified ? (uint32_t)GEO_OBSTACLE_VERIFIED : (uint32_t)GEO_OBSTACLE_UNVERIFIED;
    return status;
}

static enum drf_status read_heights(const struct geo_obstacle_attributes *of,
                                    struct geo_obstacle *out)
{
    bool agl, amsl = false;
    enum drf_status status =
        read_number(of, "agl_m", 0, GEO_OBSTACLE_HEIGHT_MAX_M, &out->agl_m, &agl);
    if (status == DRF_OK)
        status = read_number(of, "amsl_m", GEO_CELL_OFFSET_M, GEO_OBSTACLE_HEIGHT_MAX_M,
                             &out->amsl_m, &amsl);
    if (status != DRF_OK)
        return status;
    if (!agl && !amsl)
        return geo_obstacle_bad(of, GEO_REFUSAL_NO_VALUES, "agl_m and amsl_m",
                                "are both missing");
    out->flags |= (agl ? (uint32_t)GEO_OBSTACLE_HAS_AGL : 0)
                  | (amsl ? (uint32_t)GEO_OBSTACLE_HAS_AMSL : 0);
    return DRF_OK;
}

enum drf_status geo_obstacle_set_accuracy(struct geo_obstacle_attributes *of,
                                          double horizontal_m, double vertical_m,
                                          struct geo_obstacle *out)
{
    bool horizontal = !isnan(horizontal_m), vertical = !isnan(vertical_m);
    const struct geo_decode_params *params = of->params;
    out->horizontal_acc95_m = horizontal ? horizontal_m : params->default_horizontal_acc95_m;
    out->vertical_acc95_m = vertical ? vertical_m : params->default_vertical_acc95_m;
    of->spread_m = geo_obstacle_spread_m(params, out->horizontal_acc95_m);
    if (!(out->horizontal_acc95_m > 0) || !(out->vertical_acc95_m >= 0))
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, "accuracy",
                                horizontal || vertical
                                    ? "is not possible, or the feed has no default"
                                    : "is not given, and the feed has no default");
    if (out->horizontal_acc95_m > GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M
        || out->vertical_acc95_m > ACCURACY_MAX_M)
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, "accuracy",
                                "is so large that it says nothing");
    out->flags |= (horizontal ? 0 : (uint32_t)GEO_OBSTACLE_HORIZONTAL_ASSUMED)
                  | (vertical ? 0 : (uint32_t)GEO_OBSTACLE_VERTICAL_ASSUMED);
    return DRF_OK;
}

static enum drf_status read_accuracy(struct geo_obstacle_attributes *of,
                                     struct geo_obstacle *out)
{
    double horizontal_m = (double)NAN, vertical_m = (double)NAN;
    bool given;
    of->spread_m = GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M; // if it cannot be read
    enum drf_status status =
        read_number(of, "horizontal_acc95_m", -HUGE_VAL, HUGE_VAL, &horizontal_m, &given);
    if (status == DRF_OK)
        status = read_number(of, "vertical_acc95_m", -HUGE_VAL, HUGE_VAL, &vertical_m, &given);
    return status == DRF_OK ? geo_obstacle_set_accuracy(of, horizontal_m, vertical_m, out)
                            : status;
}

static enum drf_status read_rest(const struct geo_obstacle_attributes *of,
                                 struct geo_obstacle *out)
{
    double quantity = 1;
    bool given;
    enum drf_status status = read_number(of, "quantity", 1, 1e6, &quantity, &given);
    if (status != DRF_OK)
        return status;
    if (quantity != floor(quantity))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "quantity", "is not a whole number");
    out->quantity = (uint32_t)quantity;

    const struct geo_json *time = geo_json_member(of->properties, "data_time");
    size_t size = 0;
    const char *text = geo_json_text(time, &size);
    if (!geo_json_present(time))
        return DRF_OK;
    if (text == NULL || geo_utc_parse(text, size, &out->data_time_utc_us) != DRF_OK)
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "data_time",
                                "is not ISO 8601 with an offset (2024-02-18T06:30:00Z)");
    out->flags |= GEO_OBSTACLE_HAS_DATA_TIME;
    return DRF_OK;
}

enum drf_status geo_obstacle_read_own(struct geo_obstacle_attributes *of,
                                      struct geo_obstacle *out)
{
    bool withdrawn = false, given;
    enum drf_status status = read_flag(of, "withdrawn", &withdrawn, &given);
    if (status == DRF_OK && withdrawn) {
        out->flags |= GEO_OBSTACLE_WITHDRAWN;
        return geo_obstacle_set_accuracy(of, 1.0, 0.0, out); // of nothing
    }
    if (status == DRF_OK)
        status = read_accuracy(of, out);
    if (status == DRF_OK)
        status = read_words(of, out);
    if (status == DRF_OK)
        status = read_heights(of, out);
    if (status == DRF_OK)
        status = read_rest(of, out);
    return status;
}
