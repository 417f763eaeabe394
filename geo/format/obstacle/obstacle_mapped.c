// SPDX-License-Identifier: Apache-2.0
// An obstacle whose attributes a feed's configuration names.
#include <math.h>
#include <string.h>

#include "geo/format/obstacle/obstacle_attributes.h"
#include "geo/reader/json_path.h"
#include "geo/record/refusal.h"

enum { TEXT_SIZE = 40 };

// The text of a short string, without NULs in it; false: none, or too long to be a length.
static bool short_text(const struct geo_json *value, char out[static TEXT_SIZE])
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (text == NULL || size >= TEXT_SIZE || memchr(text, '\0', size) != NULL)
        return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

// The unit that a field states as a word, or names as an attribute; 0: none, NaN: not
// understood.
static double unit_of(const struct geo_obstacle_attributes *of, const char *field)
{
    double unit_m;
    char word[TEXT_SIZE];
    if (field[0] == '\0' || geo_length_unit(field, &unit_m))
        return field[0] == '\0' ? 0.0 : unit_m;
    const struct geo_json *value = geo_json_find(of->properties, field);
    if (!geo_json_present(value))
        return 0.0;
    return short_text(value, word) && geo_length_unit(word, &unit_m) ? unit_m : (double)NAN;
}

static bool says_none(const struct geo_obstacle_attributes *of, const struct geo_json *value)
{
    const char *none = of->params->obstacle_fields.no_value;
    size_t size = 0;
    double number, nothing;
    const char *text = geo_json_text(value, &size);
    if (!geo_json_present(value) || (text != NULL && size == 0))
        return true;
    if (none[0] == '\0')
        return false;
    return geo_json_is(value, none)
           || (geo_json_number(value, &number) && geo_number_parse(none, &nothing)
               && !(number < nothing) && !(number > nothing));
}

// A length in metres; NaN where the attribute is not there. Anything else refuses the feature.
static enum drf_status read_length(const struct geo_obstacle_attributes *of, const char *field,
                                   const char *unit, double *out_m)
{
    const struct geo_json *value =
        field[0] != '\0' ? geo_json_find(of->properties, field) : NULL;
    char text[TEXT_SIZE];
    double number, length_m;
    *out_m = (double)NAN;
    if (says_none(of, value))
        return DRF_OK;
    double unit_m = unit_of(of, unit);
    if (isnan(unit_m))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, field, "is in an unknown unit");
    if (short_text(value, text) && geo_length_parse(text, unit_m, &length_m)) {
        *out_m = length_m;
        return DRF_OK;
    }
    if (!geo_json_number(value, &number))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, field,
                                "is not a length (12, 12 m, 40 ft, 39')");
    if (!(unit_m > 0.0))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, field, "has no unit");
    *out_m = number * unit_m;
    return DRF_OK;
}

// The height of so many storeys; NaN where there is no number of them.
static enum drf_status read_levels(const struct geo_obstacle_attributes *of, double *out_m)
{
    const struct geo_obstacle_fields *fields = &of->params->obstacle_fields;
    const struct geo_json *value =
        fields->levels[0] != '\0' ? geo_json_find(of->properties, fields->levels) : NULL;
    char text[TEXT_SIZE];
    double levels;
    *out_m = (double)NAN;
    if (says_none(of, value))
        return DRF_OK;
    bool good = geo_json_number(value, &levels)
                || (short_text(value, text) && geo_number_parse(text, &levels));
    if (!good || !(levels > 0.0 && levels <= 300.0))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, fields->levels,
                                "is not a number of storeys");
    *out_m = levels * fields->level_height_m;
    return DRF_OK;
}

static enum drf_status set_height(const struct geo_obstacle_attributes *of, const char *field,
                                  double height_m, double least_m, double *out_m)
{
    if (!(height_m >= least_m && height_m <= GEO_OBSTACLE_HEIGHT_MAX_M))
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, field, "is not possible");
    *out_m = height_m;
    return DRF_OK;
}

static enum drf_status read_heights(const struct geo_obstacle_attributes *of,
                                    struct geo_obstacle *out)
{
    const struct geo_obstacle_fields *fields = &of->params->obstacle_fields;
    const char *name = fields->agl;
    double agl_m, amsl_m, ground_m;
    enum drf_status status = read_length(of, fields->agl, fields->agl_unit, &agl_m);
    if (status == DRF_OK && isnan(agl_m)) {
        status = read_levels(of, &agl_m);
        name = fields->levels;
    }
    if (status == DRF_OK)
        status = read_length(of, fields->amsl, fields->amsl_unit, &amsl_m);
    if (status == DRF_OK)
        status = read_length(of, fields->elevation, fields->elevation_unit, &ground_m);
    if (status != DRF_OK)
        return status;
    // Publishers write 0 where they know no height.
    if (!isnan(agl_m) && !(agl_m > 0.0))
        return geo_obstacle_bad(of, GEO_REFUSAL_RANGE, name, "is not above 0");
    if (isnan(amsl_m) && !isnan(agl_m) && !isnan(ground_m))
        amsl_m = ground_m + agl_m;
    if (isnan(agl_m) && isnan(amsl_m))
        return geo_obstacle_bad(of, GEO_REFUSAL_NO_VALUES, "no height", "in its attributes");
    if (!isnan(agl_m)) {
        status = set_height(of, name, agl_m, 0.0, &out->agl_m);
        out->flags |= GEO_OBSTACLE_HAS_AGL;
    }
    if (status == DRF_OK && !isnan(amsl_m)) {
        status = set_height(of, fields->amsl[0] != '\0' ? fields->amsl : fields->elevation,
                            amsl_m, GEO_CELL_OFFSET_M, &out->amsl_m);
        out->flags |= GEO_OBSTACLE_HAS_AMSL;
    }
    return status;
}

enum drf_status geo_obstacle_read_mapped(struct geo_obstacle_attributes *of,
                                         struct geo_obstacle *out)
{
    const struct geo_obstacle_fields *fields = &of->params->obstacle_fields;
    double horizontal_m, vertical_m;
    of->spread_m = GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M; // if it cannot be read
    enum drf_status status =
        read_length(of, fields->horizontal_acc, fields->acc_unit, &horizontal_m);
    if (status == DRF_OK)
        status = read_length(of, fields->vertical_acc, fields->acc_unit, &vertical_m);
    if (status == DRF_OK)
        status = geo_obstacle_set_accuracy(of, horizontal_m, vertical_m, out);
    if (fields->kind[0] != '\0')
        geo_obstacle_set_kind(out, geo_json_find(of->properties, fields->kind));
    return status == DRF_OK ? read_heights(of, out) : status;
}
