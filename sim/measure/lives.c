// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/lives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"

enum { FIRST_ROOM = 16 };

void sim_lives_close(struct sim_lives *lives)
{
    free(lives->lives);
    *lives = (struct sim_lives){0};
}

static struct sim_life *active(struct sim_lives *lives, uint32_t region, uint32_t advisory_id)
{
    for (size_t i = lives->open_from; i < lives->count; i++) {
        struct sim_life *life = &lives->lives[i];
        if (life->advisory_id == advisory_id && life->region == region
            && life->end_us == INT64_MAX)
            return life;
    }
    return NULL;
}

static enum drf_status begin(struct sim_lives *lives, const struct sim_life *life)
{
    if (lives->count == lives->room) {
        size_t room = lives->room == 0 ? FIRST_ROOM : 2 * lives->room;
        struct sim_life *grown = realloc(lives->lives, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        lives->lives = grown;
        lives->room = room;
    }
    lives->lives[lives->count++] = *life;
    return DRF_OK;
}

struct told {
    uint32_t region, advisory_id, kind, severity;
    const char *feature_id;
    int64_t received_us, node_us;
};

static enum drf_status note(struct sim_lives *lives, const struct told *told)
{
    uint32_t severity = told->severity >= DRF__V1__SEVERITY__SEVERITY_WARNING
                                && told->severity <= DRF__V1__SEVERITY__SEVERITY_INFO
                            ? told->severity
                            : DRF__V1__SEVERITY__SEVERITY_WARNING;
    struct sim_life *life = active(lives, told->region, told->advisory_id);
    if (life == NULL) {
        const struct sim_life new = {.advisory_id = told->advisory_id,
                                     .region = told->region,
                                     .kind = told->kind,
                                     .worst = severity,
                                     .first_us = told->received_us,
                                     .end_us = INT64_MAX};
        enum drf_status status = begin(lives, &new);
        if (status != DRF_OK)
            return status;
        life = &lives->lives[lives->count - 1];
    }
    life->last_us = told->received_us;
    if (told->node_us > life->told_us)
        life->told_us = told->node_us;
    if (severity < life->worst)
        life->worst = severity;
    if (life->feature_id[0] == '\0' && told->feature_id != NULL)
        snprintf(life->feature_id, sizeof life->feature_id, "%s", told->feature_id);
    return DRF_OK;
}

static void pass_ended(struct sim_lives *lives)
{
    while (lives->open_from < lives->count
           && lives->lives[lives->open_from].end_us != INT64_MAX)
        lives->open_from++;
}

static bool contains(const Drf__V1__Context *context, uint32_t advisory_id)
{
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->advisory_id == advisory_id)
            return true;
    for (size_t i = 0; i < context->n_advisories_brief; i++)
        if (context->advisories_brief[i]->advisory_id == advisory_id)
            return true;
    return false;
}

enum drf_status sim_lives_context(struct sim_lives *lives, uint32_t region, int64_t received_us,
                                  const Drf__V1__Context *context)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < context->n_advisories && status == DRF_OK; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        if (a->state == DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED)
            continue;
        status = note(lives, &(struct told){.region = region,
                                            .advisory_id = a->advisory_id,
                                            .kind = a->kind,
                                            .severity = a->severity,
                                            .feature_id = a->feature_id,
                                            .received_us = received_us,
                                            .node_us = context->node_time_us});
    }
    for (size_t i = 0; i < context->n_advisories_brief && status == DRF_OK; i++) {
        const Drf__V1__AdvisoryBrief *a = context->advisories_brief[i];
        status = note(lives, &(struct told){.region = region,
                                            .advisory_id = a->advisory_id,
                                            .kind = a->kind,
                                            .severity = a->severity,
                                            .received_us = received_us,
                                            .node_us = context->node_time_us});
    }
    // While some were left out nobody can say that one is over.
    for (size_t i = lives->open_from; i < lives->count && context->advisories_left_out == 0;
         i++) {
        struct sim_life *life = &lives->lives[i];
        if (life->end_us == INT64_MAX && life->region == region
            && life->told_us <= context->node_time_us && !contains(context, life->advisory_id))
            life->end_us = received_us;
    }
    pass_ended(lives);
    return status;
}

enum drf_status sim_lives_advisory(struct sim_lives *lives, uint32_t region,
                                   int64_t received_us, const Drf__V1__AdvisoryMessage *message)
{
    const Drf__V1__Advisory *a = message->advisory;
    if (a == NULL)
        return DRF_OK;
    if (a->state == DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED) {
        struct sim_life *life = active(lives, region, a->advisory_id);
        if (life != NULL && life->told_us <= message->node_time_us)
            life->end_us = received_us;
        pass_ended(lives);
        return DRF_OK;
    }
    return note(lives, &(struct told){.region = region,
                                      .advisory_id = a->advisory_id,
                                      .kind = a->kind,
                                      .severity = a->severity,
                                      .feature_id = a->feature_id,
                                      .received_us = received_us,
                                      .node_us = message->node_time_us});
}

const struct sim_life *sim_lives_find(const struct sim_lives *lives, uint32_t kind,
                                      const char *feature_id, int64_t from_us, int64_t until_us)
{
    for (size_t i = 0; i < lives->count; i++) {
        const struct sim_life *life = &lives->lives[i];
        if (life->kind == kind && life->first_us <= until_us && life->end_us >= from_us
            && (feature_id == NULL || strcmp(feature_id, life->feature_id) == 0))
            return life;
    }
    return NULL;
}
