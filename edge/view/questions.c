// SPDX-License-Identifier: Apache-2.0
#include "edge/view/questions.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drf/v1/enums.pb-c.h"
#include "edge/host/clock.h"

enum { KEPT_MAX = 8, POLL_MS = 2, KEY_VALUES = 8 };
#define POSITION_RADIUS_M 2000.0

struct kept {
    double key[KEY_VALUES];
    int64_t until_mono_us; // 0: nothing
    struct edge_json_text text;
};

struct edge_questions {
    struct edge_viewing *viewing;
    atomic_bool stopping;
    pthread_mutex_t lock; // one who asks
    struct kept kept[KEPT_MAX];
    size_t next; // place that is filled next
    struct edge_view_question question;
};

enum drf_status edge_questions_open(struct edge_viewing *viewing, struct edge_questions **out)
{
    struct edge_questions *questions = calloc(1, sizeof *questions);
    if (questions == NULL)
        return DRF_ERR_NOMEM;
    questions->viewing = viewing;
    if (pthread_mutex_init(&questions->lock, NULL) != 0) {
        free(questions);
        return DRF_ERR_NOMEM;
    }
    *out = questions;
    return DRF_OK;
}

void edge_questions_stop(struct edge_questions *questions)
{
    atomic_store(&questions->stopping, true);
}

void edge_questions_close(struct edge_questions *questions)
{
    if (questions == NULL)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        edge_json_text_close(&questions->kept[i].text);
    pthread_mutex_destroy(&questions->lock);
    free(questions);
}

static bool poll_later(const struct edge_questions *questions, int64_t until_mono_us)
{
    if (atomic_load(&questions->stopping) || edge_clock_mono_us() >= until_mono_us)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = INT64_C(1000000) * POLL_MS}, NULL);
    return true;
}

// A question that nobody waits for any more is answered first; it holds this one up.
static enum drf_status ask(struct edge_questions *questions,
                           const struct edge_view_answer **answer)
{
    const int64_t until_mono_us = edge_clock_mono_us() + EDGE_QUESTIONS_WAIT_MS * INT64_C(1000);
    enum drf_status status;
    while ((status = edge_viewing_ask(questions->viewing, &questions->question))
           == DRF_ERR_AGAIN)
        if (!poll_later(questions, until_mono_us))
            return DRF_ERR_AGAIN;
    if (status != DRF_OK)
        return status;
    while ((status = edge_viewing_answer(questions->viewing, answer)) == DRF_ERR_AGAIN)
        if (!poll_later(questions, until_mono_us))
            return DRF_ERR_AGAIN;
    return status;
}

static bool same_key(const double *a, const double *b)
{
    for (size_t i = 0; i < KEY_VALUES; i++)
        if (a[i] < b[i] || a[i] > b[i])
            return false;
    return true;
}

// The kept answer to the same question, or a place for it.
static struct kept *kept_as(struct edge_questions *questions, const double key[KEY_VALUES],
                            bool *there)
{
    const int64_t now_mono_us = edge_clock_mono_us();
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &questions->kept[i];
        *there = kept->until_mono_us > now_mono_us && same_key(kept->key, key);
        if (*there)
            return kept;
    }
    struct kept *kept = &questions->kept[questions->next++ % KEPT_MAX];
    memcpy(kept->key, key, sizeof kept->key);
    kept->until_mono_us = 0;
    edge_json_text_clear(&kept->text);
    return kept;
}

static enum drf_status keep(struct kept *kept)
{
    if (kept->text.failed)
        return DRF_ERR_NOMEM;
    kept->until_mono_us = edge_clock_mono_us() + EDGE_QUESTIONS_KEEP_MS * INT64_C(1000);
    return DRF_OK;
}

static enum drf_status give(const struct kept *kept, struct edge_json_text *json)
{
    edge_json_text_value(json, kept->text.bytes, kept->text.length);
    return json->failed ? DRF_ERR_NOMEM : DRF_OK;
}

static enum drf_status ask_position(struct edge_questions *questions, struct kept *kept)
{
    const struct edge_view_answer *answer;
    const enum drf_status status = ask(questions, &answer);
    if (status != DRF_OK)
        return status;
    if (answer->size == 0 || answer->size > sizeof answer->json)
        return DRF_ERR_FULL;
    edge_json_text_value(&kept->text, answer->json, answer->size);
    return keep(kept);
}

enum drf_status edge_questions_position(struct edge_questions *questions,
                                        struct geo_point position, double agl_m,
                                        struct edge_json_text *json)
{
    const double key[KEY_VALUES] = {EDGE_VIEW_ASK_POSITION, position.lat_deg, position.lon_deg,
                                    agl_m};
    bool there;
    pthread_mutex_lock(&questions->lock);
    struct kept *kept = kept_as(questions, key, &there);
    enum drf_status status = DRF_OK;
    if (!there) {
        questions->question = (struct edge_view_question){.kind = EDGE_VIEW_ASK_POSITION,
                                                          .agl_m = agl_m,
                                                          .position = position,
                                                          .radius_m = POSITION_RADIUS_M};
        status = ask_position(questions, kept);
    }
    if (status == DRF_OK)
        status = give(kept, json);
    pthread_mutex_unlock(&questions->lock);
    return status;
}

static void lay_grid(const struct edge_wind_grid *grid, struct edge_view_question *question)
{
    const struct geo_bounds box = grid->box;
    const double east_deg = box.east_deg < box.west_deg ? box.east_deg + 360.0 : box.east_deg;
    *question = (struct edge_view_question){
        .kind = EDGE_VIEW_ASK_WIND, .agl_m = grid->agl_m, .count = grid->columns * grid->rows};
    for (uint32_t i = 0; i < question->count; i++) {
        const uint32_t column = i % grid->columns, row = i / grid->columns;
        const double right = (column + 0.5) / grid->columns, down = (row + 0.5) / grid->rows;
        double lon_deg = box.west_deg + right * (east_deg - box.west_deg);
        if (lon_deg > 180.0)
            lon_deg -= 360.0;
        question->points[i] = (struct geo_point){
            .lat_deg = box.north_deg - down * (box.north_deg - box.south_deg),
            .lon_deg = lon_deg};
    }
}

static const char *reason_name(uint32_t reason)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&drf__v1__reason__descriptor, (int)reason);
    return value != NULL ? value->name : "REASON_UNKNOWN";
}

static void put_wind(struct edge_json_text *json, struct geo_point point,
                     const struct edge_view_wind *wind)
{
    edge_json_text_begin(json, '[');
    edge_json_text_real(json, point.lon_deg, 6);
    edge_json_text_real(json, point.lat_deg, 6);
    if (wind->reason != 0 || wind->speed_cmps == EDGE_VIEW_UNKNOWN) {
        edge_json_text_null(json);
        edge_json_text_word(json, reason_name(wind->reason));
    } else {
        edge_json_text_real(json, wind->speed_cmps / 100.0, 1);
        if (wind->from_cdeg_true == EDGE_VIEW_UNKNOWN)
            edge_json_text_null(json);
        else
            edge_json_text_int(json, lround(wind->from_cdeg_true / 100.0) % 360);
    }
    edge_json_text_end(json, ']');
}

static enum drf_status ask_wind(struct edge_questions *questions, struct kept *kept)
{
    const struct edge_view_question *question = &questions->question;
    const struct edge_view_answer *answer;
    const enum drf_status status = ask(questions, &answer);
    if (status != DRF_OK)
        return status;
    if (answer->count != question->count)
        return DRF_ERR_FULL;
    struct edge_json_text *json = &kept->text;
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "agl_m");
    edge_json_text_real(json, question->agl_m, 2);
    edge_json_text_key(json, "time");
    edge_json_text_int(json, answer->utc_us / 1000);
    edge_json_text_key(json, "points");
    edge_json_text_begin(json, '[');
    for (uint32_t i = 0; i < question->count; i++)
        put_wind(json, question->points[i], &answer->winds[i]);
    edge_json_text_end(json, ']');
    edge_json_text_end(json, '}');
    return keep(kept);
}

enum drf_status edge_questions_wind(struct edge_questions *questions,
                                    const struct edge_wind_grid *grid,
                                    struct edge_json_text *json)
{
    const double key[KEY_VALUES] = {EDGE_VIEW_ASK_WIND, grid->agl_m,        grid->columns,
                                    grid->rows,         grid->box.west_deg, grid->box.south_deg,
                                    grid->box.east_deg, grid->box.north_deg};
    bool there;
    pthread_mutex_lock(&questions->lock);
    struct kept *kept = kept_as(questions, key, &there);
    enum drf_status status = DRF_OK;
    if (!there) {
        lay_grid(grid, &questions->question);
        status = ask_wind(questions, kept);
    }
    if (status == DRF_OK)
        status = give(kept, json);
    pthread_mutex_unlock(&questions->lock);
    return status;
}
