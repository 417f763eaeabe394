// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/gcn.h"

#include <stdio.h>
#include <string.h>

#include "geo/format/alert/notice.h"
#include "geo/reader/json.h"
#include "geo/record/refusal.h"

enum { WORD_SIZE = 48 };

// A string, or the first of a list of them.
static void read_word(const struct geo_json *value, char out[static WORD_SIZE])
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (text == NULL && geo_json_kind(value) == GEO_JSON_ARRAY)
        text = geo_json_text(geo_json_at(value, 0), &size);
    geo_text_copy(out, WORD_SIZE, text, text != NULL ? size : 0);
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
    read_word(geo_json_member(root, "mission"), mission);
    for (size_t i = 0; names[i] != NULL && word[0] == '\0'; i++)
        read_word(geo_json_member(root, names[i]), word);
    if (word[0] == '\0')
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a notice without an id");
    int size = snprintf(id, sizeof id, "%s%s%s", mission, mission[0] != '\0' ? "/" : "", word);
    if (size < 0 || size >= GEO_ZONE_ID_SIZE)
        return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0, "mission and id are too long");
    geo_text_copy(notice->zone.id, sizeof notice->zone.id, id, (size_t)size);
    return DRF_OK;
}

// A radius, or the semi-axes and the angle of an ellipse, which is taken as the circle around
// it.
static enum drf_status read_error(const struct geo_json *error, struct geo_notice *notice,
                                  double *out_deg)
{
    double number = 0.0, second = 0.0;
    if (geo_json_present(error) && !geo_json_number(error, &number)
        && !geo_json_number(geo_json_at(error, 0), &number))
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "ra_dec_error is no number");
    const struct geo_json *minor = geo_json_at(error, 1);
    second = number;
    if (geo_json_present(minor) && !geo_json_number(minor, &second))
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "ra_dec_error is no ellipse");
    *out_deg = number >= 0.0 && second > number ? second : number;
    return DRF_OK;
}

static enum drf_status read_place(const struct geo_json *root, struct geo_notice *notice,
                                  char *text, size_t size)
{
    const struct geo_json *ra = geo_json_member(root, "ra");
    const struct geo_json *dec = geo_json_member(root, "dec");
    double ra_deg, dec_deg, error_deg = 0.0;
    (void)snprintf(text, size, "position in the sky is not given");
    if (!geo_json_present(ra) && !geo_json_present(dec))
        return geo_notice_region(notice);
    if (!geo_json_number(ra, &ra_deg) || !geo_json_number(dec, &dec_deg))
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "ra and dec are not two numbers");
    enum drf_status status =
        read_error(geo_json_member(root, "ra_dec_error"), notice, &error_deg);
    if (status == DRF_OK)
        status = geo_notice_sky(notice, ra_deg, dec_deg, error_deg);
    (void)snprintf(text, size, "RA %.2f Dec %+.2f deg +-%.2f deg", ra_deg, dec_deg, error_deg);
    return status;
}

static void write_texts(const struct geo_json *root, const char *type, const char *place,
                        struct geo_notice *notice)
{
    char mission[WORD_SIZE], instrument[WORD_SIZE], event[WORD_SIZE], text[300];
    read_word(geo_json_member(root, "mission"), mission);
    read_word(geo_json_member(root, "instrument"), instrument);
    read_word(geo_json_member(root, "event_name"), event);
    int size = snprintf(text, sizeof text, "%s %s%s%s", mission, instrument,
                        event[0] != '\0' ? " " : "", event);
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
        if (!geo_notice_time(text, size, &said_us))
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
    read_word(geo_json_member(root, "alert_type"), type);
    read_word(geo_json_member(root, "alert_tense"), tense);
    if (geo_json_kind(root) != GEO_JSON_OBJECT)
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a notice is an object");
    if (type[0] != '\0' && !is_any(type, types))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "alert_type %s", type);
    bool test = is_any(tense, tests);
    if (test && notice->params->refuse_test)
        return geo_refuse(notice->why, GEO_REFUSAL_MODE, 0,
                          "alert_tense %s: not for live aircraft", tense);
    if (strcmp(tense, "archival") == 0)
        return geo_refuse(notice->why, GEO_REFUSAL_IGNORED, 0, "archival: not of the present");
    if (!test && !is_any(tense, tenses))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "alert_tense %s", tense);
    notice->zone.alert = GEO_ALERT_INFO | (test ? (uint32_t)GEO_ALERT_TEST : 0U);
    enum drf_status status = read_id(root, notice);
    if (status == DRF_OK && strcmp(type, "retraction") == 0)
        return geo_notice_withdraw(notice, notice->zone.id);
    if (status == DRF_OK)
        status = read_said(root, notice);
    if (status == DRF_OK)
        status = read_place(root, notice, place, sizeof place);
    if (status != DRF_OK)
        return status;
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
