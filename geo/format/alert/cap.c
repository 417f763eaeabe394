// SPDX-License-Identifier: Apache-2.0
// The document is read twice in passes of callbacks, by depth: alert, info, area. The first
// (here and in cap_info.c) takes the words: whether the alert is used at all (status, msgType,
// scope), and one sum over its info blocks: the most severe grading, the union of their times,
// the texts of the gravest one in English. Blocks that only say "all clear" have a sum of their
// own, which counts where there is no other block. The second pass (cap_area.c) takes the areas
// of the blocks that count. A word that is not known, or is said twice and differently, stands
// for the gravest that it could be; where the whole alert could be anything, it is unreadable.
#include "geo/format/alert/cap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/alert/cap_area.h"
#include "geo/format/alert/cap_identity.h"
#include "geo/format/alert/cap_info.h"
#include "geo/reader/xml.h"
#include "geo/record/refusal.h"

enum depth { ROOT = 1, OF_ALERT = 2, OF_INFO = 3 };

struct job {
    struct geo_notice notice;
    char status[GEO_CAP_WORD_SIZE], type[GEO_CAP_WORD_SIZE], scope[GEO_CAP_WORD_SIZE];
    struct geo_cap_text sender, identifier, references;
    bool ambiguous; // two senders or two identifiers
    bool has_sent, in_info;
    int64_t sent_us;
    struct geo_cap_info info; // the present one
    struct geo_cap_sum threats, clears;
    bool *passed_over; // for each block: it says "all clear"
    size_t infos, room;
};

static enum drf_status no_memory(struct job *job)
{
    return geo_refuse(job->notice.why, GEO_REFUSAL_MEMORY, 0, "no memory for an alert");
}

static enum drf_status begin(void *self, unsigned depth, const char *name)
{
    struct job *job = self;
    if (depth == ROOT && strcmp(name, "alert") != 0)
        return geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0, "not an alert");
    if (depth == OF_ALERT) {
        job->in_info = strcmp(name, "info") == 0;
        job->info = (struct geo_cap_info){.has_expires = false};
    }
    return DRF_OK;
}

static enum drf_status finish_info(struct job *job)
{
    const struct geo_cap_info *info = &job->info;
    bool clear = info->all_clear && !info->other_response;
    if (job->infos == job->room) {
        size_t room = job->room == 0 ? 16 : job->room * 2;
        bool *more = realloc(job->passed_over, room * sizeof *more);
        if (more == NULL)
            return no_memory(job);
        job->passed_over = more;
        job->room = room;
    }
    job->passed_over[job->infos++] = clear;
    if (clear)
        geo_cap_sum_add(&job->clears, info, GEO_ALERT_INFO);
    else
        geo_cap_sum_add(&job->threats, info, geo_cap_info_grade(info));
    return DRF_OK;
}

// Further ones are added behind a blank.
static enum drf_status keep_text(struct job *job, struct geo_cap_text *out, const char *text,
                                 size_t size)
{
    char *whole = realloc(out->bytes, out->size + size + 2);
    if (whole == NULL)
        return no_memory(job);
    if (out->size > 0)
        whole[out->size++] = ' ';
    memcpy(whole + out->size, text, size);
    out->size += size;
    whole[out->size] = '\0';
    out->bytes = whole;
    return DRF_OK;
}

static enum drf_status keep_name(struct job *job, struct geo_cap_text *out, const char *text,
                                 size_t size)
{
    if (out->bytes == NULL)
        return keep_text(job, out, text, size);
    job->ambiguous = job->ambiguous || out->size != size || memcmp(out->bytes, text, size) != 0;
    return DRF_OK;
}

static enum drf_status end_of_alert(struct job *job, const char *name, const char *text,
                                    size_t size)
{
    const struct geo_cap_word words[] = {
        {"status", job->status, sizeof job->status, false},
        {"msgType", job->type, sizeof job->type, false},
        {"scope", job->scope, sizeof job->scope, false},
    };
    if (geo_cap_word_take(words, sizeof words / sizeof words[0], name, text, size))
        return DRF_OK;
    if (strcmp(name, "identifier") == 0)
        return keep_name(job, &job->identifier, text, size);
    if (strcmp(name, "sender") == 0)
        return keep_name(job, &job->sender, text, size);
    if (strcmp(name, "references") == 0)
        return keep_text(job, &job->references, text, size);
    if (strcmp(name, "info") == 0)
        return finish_info(job);
    int64_t sent_us;
    if (strcmp(name, "sent") == 0 && geo_notice_time(text, size, &sent_us, NULL)
        && (!job->has_sent || sent_us > job->sent_us)) {
        job->has_sent = true;
        job->sent_us = sent_us;
    }
    return DRF_OK;
}

static enum drf_status end(void *self, unsigned depth, const char *name, const char *text,
                           size_t size)
{
    struct job *job = self;
    if (depth == OF_ALERT)
        return end_of_alert(job, name, text, size);
    if (depth == OF_INFO && job->in_info)
        geo_cap_info_take(&job->info, name, text, size);
    return DRF_OK;
}

static bool is(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

// Refused, if the node has no use for this alert.
static enum drf_status judge(struct job *job, bool *test)
{
    struct geo_note *why = job->notice.why;
    *test = is(job->status, "Test", "Exercise");
    if (job->identifier.size == 0 || job->sender.size == 0 || job->ambiguous)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "no identifier and sender, or two");
    if (*test && job->notice.params->refuse_test)
        return geo_refuse(why, GEO_REFUSAL_MODE, 0, "status %s: not for live aircraft",
                          job->status);
    if (is(job->status, "System", "Draft"))
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "status %s", job->status);
    if (is(job->type, "Ack", "Error"))
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "msgType %s", job->type);
    if (is(job->scope, "Restricted", "Private"))
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "scope %s: not public", job->scope);
    if (job->scope[0] != '\0' && strcmp(job->scope, "Public") != 0)
        geo_notice_odd(&job->notice, "a scope that is not one of CAP's: taken as public");
    if (geo_cap_identity(&job->sender, job->identifier.bytes, job->identifier.size,
                         job->notice.zone.id)
        != DRF_OK)
        return no_memory(job);
    return DRF_OK;
}

// Why it could be anything; NULL: it is understood.
static const char *doubt(const struct job *job, const struct geo_cap_sum *sum, bool test)
{
    if (!test && strcmp(job->status, "Actual") != 0)
        return "its status is not one of CAP's";
    if (!is(job->type, "Alert", "Update") && strcmp(job->type, "Cancel") != 0)
        return "its msgType is not one of CAP's";
    return strcmp(job->type, "Cancel") != 0 && sum->odd_expires && sum == &job->threats
               ? "its expires is not a time"
               : NULL;
}

static void write_texts(const struct geo_cap_sum *sum, bool clear, struct geo_zone *zone)
{
    const struct geo_cap_info *info = &sum->text;
    char name[GEO_ZONE_NAME_SIZE + 16];
    int size = snprintf(name, sizeof name, "%s%s", clear ? "All clear: " : "",
                        info->headline[0] != '\0' ? info->headline : info->event);
    geo_text_copy(zone->name, sizeof zone->name, name, (size_t)size);
    memcpy(zone->reason, info->event, sizeof zone->reason);
    memcpy(zone->message, info->description, sizeof zone->message);
}

static void write_times(struct job *job, const struct geo_cap_sum *sum)
{
    struct geo_notice *notice = &job->notice;
    int64_t said_us = job->has_sent ? job->sent_us : notice->params->message_utc_us;
    int64_t until_us = said_us + notice->params->valid_for_us;
    bool endless = sum->endless || !sum->has_expires;
    if (!endless || (sum->has_expires && sum->until_us > until_us))
        until_us = sum->until_us;
    geo_notice_times(notice, sum->since_ever ? NULL : &sum->from_us, &until_us, said_us);
    if (endless || sum->assumed)
        notice->zone.alert |= GEO_ALERT_ENDS_ASSUMED;
    if (sum->odd_effective) {
        notice->zone.flags |= GEO_ZONE_TIMES_WIDENED;
        geo_notice_odd(notice, "an effective that is not a time: taken as since ever");
    }
    if (job->has_sent) {
        notice->zone.flags |= GEO_ZONE_HAS_DATA_TIME;
        notice->zone.data_time_utc_us = job->sent_us;
    } else {
        geo_notice_odd(notice, "it does not say when it was sent");
    }
}

// Codes that stand alone go with it, for the table of the node: where nothing else is unknown.
static enum drf_status put_codes(struct geo_notice *notice, const struct geo_cap_codes *codes)
{
    struct geo_area_codes head = {.count = (uint32_t)codes->count};
    bool known = !notice->everywhere && !codes->unusable;
    if (codes->count == 0 && !codes->unusable)
        return DRF_OK;
    head.alert = notice->has_rest ? GEO_ALERT_AREA_ASSUMED
                                  : notice->zone.alert & (uint32_t)GEO_ALERT_AREA_ASSUMED;
    geo_notice_everywhere(notice);
    if (!known)
        return DRF_OK;
    notice->keep_areas = true;
    memcpy(head.id, notice->zone.id, sizeof head.id);
    return geo_record_add(notice->builder, GEO_ITEM_AREA_CODES, &head, sizeof head,
                          codes->codes, codes->count * GEO_AREA_CODE_SIZE);
}

static enum drf_status put_alert(struct job *job, const struct geo_cap_sum *sum, bool test,
                                 const struct geo_cap_codes *codes)
{
    struct geo_notice *notice = &job->notice;
    notice->zone.alert |= sum->grade | (test ? (uint32_t)GEO_ALERT_TEST : 0U);
    write_texts(sum, sum == &job->clears, &notice->zone);
    write_times(job, sum);
    enum drf_status status = put_codes(notice, codes);
    return status == DRF_OK ? geo_notice_add(notice) : status;
}

static enum drf_status withdraw(struct job *job, bool cancel)
{
    size_t withdrawn = 0, foreign = 0, odd = 0;
    struct geo_note *why = job->notice.why;
    enum drf_status status = DRF_OK;
    if (job->references.size > 0)
        status = geo_cap_withdraw(&job->notice, &job->sender, &job->references, &withdrawn,
                                  &foreign, &odd);
    if (odd > 0)
        geo_notice_odd(&job->notice, "references that are not sender,identifier,sent");
    if (foreign > 0)
        geo_notice_odd(&job->notice, "references to alerts of another sender: they stay");
    if (status != DRF_OK || !cancel)
        return status;
    if (withdrawn == 0 && foreign > 0)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "cancels alerts of another sender");
    return withdrawn == 0 ? geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "cancels nothing")
                          : geo_notice_put_odd(&job->notice);
}

static enum drf_status refuse_unread(struct job *job, const char *words)
{
    const struct geo_cap_sum *threats = &job->threats, *clears = &job->clears;
    struct geo_note reason = {.code = GEO_REFUSAL_FORMAT, .count = 1};
    bool ends = job->infos > 0 && !threats->endless && !threats->odd_expires && !clears->endless
                && !clears->odd_expires;
    geo_text_copy(reason.text, sizeof reason.text, words, strlen(words));
    return geo_notice_unreadable(&job->notice, &reason,
                                 !ends ? GEO_UNREADABLE_NO_END_US
                                 : threats->until_us > clears->until_us ? threats->until_us
                                                                        : clears->until_us);
}

static enum drf_status take(struct job *job, const uint8_t *bytes, size_t size)
{
    bool test = false;
    enum drf_status status = judge(job, &test);
    if (status != DRF_OK)
        return status;
    const struct geo_cap_sum *sum = job->threats.count > 0 ? &job->threats : &job->clears;
    const char *words = doubt(job, sum, test);
    bool cancel = strcmp(job->type, "Cancel") == 0, update = strcmp(job->type, "Update") == 0;
    if (words == NULL && cancel)
        return withdraw(job, true);
    if (words == NULL && job->infos == 0)
        return geo_refuse(job->notice.why, GEO_REFUSAL_NO_VALUES, 0, "an alert without info");
    struct geo_cap_codes codes = {.count = 0};
    bool all = words != NULL || sum == &job->clears;
    status =
        geo_cap_area_read(bytes, size, all ? NULL : job->passed_over, &job->notice, &codes);
    if (status == DRF_OK && words != NULL) {
        if (codes.count > 0 || codes.unusable)
            geo_notice_everywhere(&job->notice);
        status = refuse_unread(job, words);
    } else if (status == DRF_OK) {
        status = update ? withdraw(job, false) : DRF_OK;
        if (status == DRF_OK)
            status = put_alert(job, sum, test, &codes);
    }
    geo_cap_codes_close(&codes);
    return status;
}

enum drf_status geo_cap_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                               size_t size, struct geo_record_builder *builder,
                               struct geo_note *why)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory");
    enum drf_status status = geo_notice_open(params, builder, why, &job->notice);
    const struct geo_xml_reader reader = {.self = job, .begin = begin, .end = end};
    if (status == DRF_OK)
        status = geo_xml_read(bytes, size, GEO_CAP_SPACE, &reader, why);
    if (status == DRF_OK)
        status = take(job, bytes, size);
    geo_notice_close(&job->notice);
    free(job->sender.bytes);
    free(job->identifier.bytes);
    free(job->references.bytes);
    free(job->passed_over);
    free(job);
    return status;
}
