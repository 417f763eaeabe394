// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/gcn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/earth.h"
#include "geo/format/alert/notice.h"
#include "geo/reader/json.h"
#include "geo/record/refusal.h"

enum { WORD_SIZE = 48 };

// A string, or the first of a list of them; "?" if it is neither, "" if it is not there.
// Whether it is whole.
static bool read_word(const struct geo_json *value, char out[static WORD_SIZE])
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (text == NULL && geo_json_kind(value) == GEO_JSON_ARRAY)
        text = geo_json_text(geo_json_at(value, 0), &size);
    if (text == NULL && geo_json_present(value)) {
        text = "?";
        size = 1;
    }
    geo_text_copy(out, WORD_SIZE, text, text != NULL ? size : 0);
    return size < WORD_SIZE;
}

static bool is_any(const char *word, const char *const list[])
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

// What the network calls this event: the mission's own number for it.
static enum drf_status read_id(const struct geo_json *root, struct geo_notice *notice)
{
    static const char *const names[] = {"id", "event_name", "trigger_id", NULL};
    char mission[WORD_SIZE], word[WORD_SIZE] = "", id[2 * WORD_SIZE + 2];
    size_t schema_size = 0;
    const char *schema = geo_json_text(geo_json_member(root, "$schema"), &schema_size);
    schema_size = schema_size < 120 ? schema_size : 120;
    bool whole = read_word(geo_json_member(root, "mission"), mission);
    for (size_t i = 0; names[i] != NULL && word[0] == '\0'; i++)
        whole = read_word(geo_json_member(root, names[i]), word) && whole;
    if (word[0] == '\0' && geo_json_present(geo_json_member(root, "superevent_id")))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0,
                          "a notice of IGWN (superevent_id): not of the schemas gcn/notices");
    if (word[0] == '\0' && schema != NULL)
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0,
                          "a notice without id, event_name or trigger_id, of %.*s",
                          (int)schema_size, schema);
    if (word[0] == '\0')
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a notice without an id");
    int size = snprintf(id, sizeof id, "%s%s%s", mission, mission[0] != '\0' ? "/" : "", word);
    if (!whole || size < 0 || size >= GEO_ZONE_ID_SIZE)
        return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0, "mission and id are too long");
    geo_text_copy(notice->zone.id, sizeof notice->zone.id, id, (size_t)size);
    return DRF_OK;
}

// A radius, or the semi-axes and the angle of an ellipse, which is taken as the circle around
// it. No instrument is exact: 0 is as unknown as none.
static bool read_error(const struct geo_json *error, double *out_deg)
{
    double first, second;
    if (geo_json_kind(error) == GEO_JSON_NUMBER)
        return geo_json_number(error, out_deg) && *out_deg > 0.0;
    if (!geo_json_number(geo_json_at(error, 0), &first)
        || !geo_json_number(geo_json_at(error, 1), &second) || !(first > 0.0)
        || !(second > 0.0))
        return false;
    *out_deg = second > first ? second : first;
    return true;
}

static double degrees_apart(double ra_deg, double dec_deg, double other_ra_deg,
                            double other_dec_deg)
{
    const double ra = (other_ra_deg - ra_deg) * GEO_RAD_PER_DEG,
                 dec = dec_deg * GEO_RAD_PER_DEG, other = other_dec_deg * GEO_RAD_PER_DEG;
    const double across =
        pow(sin((other - dec) / 2.0), 2.0) + cos(dec) * cos(other) * pow(sin(ra / 2.0), 2.0);
    return 2.0 * asin(fmin(sqrt(across), 1.0)) / GEO_RAD_PER_DEG;
}

// The circle around the position that holds all corners of a rectangle.
static bool read_rectangle(const struct geo_json *corners, double ra_deg, double dec_deg,
                           double *out_deg)
{
    double widest_deg = 0.0;
    for (size_t i = 0; i < geo_json_count(corners); i++) {
        double ra, dec;
        if (!geo_json_number(geo_json_at(geo_json_at(corners, i), 0), &ra)
            || !geo_json_number(geo_json_at(geo_json_at(corners, i), 1), &dec)
            || !(ra >= 0.0 && ra <= 360.0) || !(fabs(dec) <= 90.0))
            return false;
        widest_deg = fmax(widest_deg, degrees_apart(ra_deg, dec_deg, ra, dec));
    }
    *out_deg = widest_deg;
    return geo_json_count(corners) >= 3 && widest_deg > 0.0 && widest_deg < 90.0;
}

// Where any of it is missing or cannot be, it may be anywhere in the sky: everybody's.
static void read_place(const struct geo_json *root, struct geo_notice *notice, char *text,
                       size_t size)
{
    const struct geo_json *corners = geo_json_member(root, "rectangular_error_corners");
    const struct geo_json *error = geo_json_member(root, "ra_dec_error");
    double ra_deg, dec_deg, error_deg = 0.0, corners_deg = 0.0;
    (void)snprintf(text, size, "position in the sky is not given");
    if (!geo_json_number(geo_json_member(root, "ra"), &ra_deg)
        || !geo_json_number(geo_json_member(root, "dec"), &dec_deg)) {
        geo_notice_everywhere(notice);
        return;
    }
    bool sound = ra_deg >= 0.0 && ra_deg <= 360.0 && fabs(dec_deg) <= 90.0;
    bool known = sound && (geo_json_present(error) || geo_json_present(corners));
    if (known && geo_json_present(error))
        known = read_error(error, &error_deg);
    if (known && geo_json_present(corners))
        known = read_rectangle(corners, ra_deg, dec_deg, &corners_deg);
    error_deg = fmax(error_deg, corners_deg);
    if (known && error_deg <= 180.0) {
        geo_notice_sky(notice, ra_deg, dec_deg, error_deg);
        (void)snprintf(text, size, "RA %.2f Dec %+.2f deg +-%.2f deg", ra_deg, dec_deg,
                       error_deg);
    } else if (sound) {
        // the whole sky: everybody has some of it above the horizon
        geo_notice_sky(notice, ra_deg, dec_deg, 180.0);
        notice->zone.alert |= GEO_ALERT_AREA_ASSUMED;
        (void)snprintf(text, size, "RA %.2f Dec %+.2f deg, error not known", ra_deg, dec_deg);
    } else {
        geo_notice_everywhere(notice);
    }
}

static void write_texts(const struct geo_json *root, const char *type, const char *place,
                        struct geo_notice *notice)
{
    char mission[WORD_SIZE], instrument[WORD_SIZE], event[WORD_SIZE], text[300];
    (void)read_word(geo_json_member(root, "mission"), mission);
    (void)read_word(geo_json_member(root, "instrument"), instrument);
    (void)read_word(geo_json_member(root, "event_name"), event);
    const char *const words[] = {mission, instrument, event};
    int size = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i][0] != '\0')
            size += snprintf(text + size, sizeof text - (size_t)size, "%s%s",
                             size > 0 ? " " : "", words[i]);
    geo_text_copy(notice->zone.name, sizeof notice->zone.name, text, (size_t)size);
    size = snprintf(text, sizeof text, "%s notice: %s", type, place);
    geo_text_copy(notice->zone.message, sizeof notice->zone.message, text, (size_t)size);
    size = snprintf(text, sizeof text, "GCN %s", type);
    geo_text_copy(notice->zone.reason, sizeof notice->zone.reason, text, (size_t)size);
}

static enum drf_status read_said(const struct geo_json *root, struct geo_notice *notice)
{
    size_t size = 0;
    const struct geo_json *value = geo_json_member(root, "alert_datetime");
    const char *text = geo_json_text(value, &size);
    int64_t said_us = notice->params->message_utc_us;
    if (geo_json_present(value)) {
        if (!geo_notice_time(text, size, &said_us, NULL))
            return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "alert_datetime is no time");
        notice->zone.flags |= GEO_ZONE_HAS_DATA_TIME;
        notice->zone.data_time_utc_us = said_us;
    }
    geo_notice_times(notice, NULL, NULL, said_us);
    return DRF_OK;
}

static enum drf_status read_notice(const struct geo_json *root, struct geo_notice *notice)
{
    static const char *const types[] = {"initial", "subsequent", "update", "retraction", NULL};
    static const char *const tests[] = {"test", "injection", "commanded", NULL};
    static const char *const tenses[] = {"current", "planned", "", NULL};
    char type[WORD_SIZE], tense[WORD_SIZE], place[96];
    (void)read_word(geo_json_member(root, "alert_type"), type);
    (void)read_word(geo_json_member(root, "alert_tense"), tense);
    if (geo_json_kind(root) != GEO_JSON_OBJECT)
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a notice is an object");
    bool test = is_any(tense, tests);
    if (test && notice->params->refuse_test)
        return geo_refuse(notice->why, GEO_REFUSAL_MODE, 0,
                          "alert_tense %s: not for live aircraft", tense);
    if (strcmp(tense, "archival") == 0)
        return geo_refuse(notice->why, GEO_REFUSAL_IGNORED, 0, "archival: not of the present");
    if (!test && !is_any(tense, tenses))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "alert_tense %s", tense);
    enum drf_status status = read_id(root, notice);
    if (status != DRF_OK)
        return status;
    if (type[0] != '\0' && !is_any(type, types))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "alert_type %s", type);
    notice->zone.alert = GEO_ALERT_INFO | (test ? (uint32_t)GEO_ALERT_TEST : 0U);
    if (strcmp(type, "retraction") == 0)
        return geo_notice_withdraw(notice, notice->zone.id);
    status = read_said(root, notice);
    if (status != DRF_OK)
        return status;
    read_place(root, notice, place, sizeof place);
    write_texts(root, type[0] != '\0' ? type : "initial", place, notice);
    return geo_notice_add(notice);
}

enum drf_status geo_gcn_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                               size_t size, struct geo_record_builder *builder,
                               struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    struct geo_notice notice;
    status = geo_notice_open(params, builder, why, &notice);
    if (status == DRF_OK)
        status = read_notice(document, &notice);
    geo_notice_close(&notice);
    geo_json_close(document);
    return status;
}
