// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/episodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"

enum { FIRST_ROOM = 16 };

void sim_episodes_close(struct sim_episodes *episodes)
{
    free(episodes->episodes);
    *episodes = (struct sim_episodes){0};
}

enum drf_status sim_episodes_add(struct sim_episodes *episodes,
                                 const Drf__V1__SimVerdict *verdict, int64_t gap_us)
{
    struct sim_episode new = {.kind = verdict->kind,
                              .verdict = verdict->verdict,
                              .from_us = verdict->time_utc_us,
                              .to_us = verdict->time_utc_us};
    if (verdict->feature_id != NULL)
        snprintf(new.feature_id, sizeof new.feature_id, "%s", verdict->feature_id);
    struct sim_episode *episode = NULL;
    for (size_t i = episodes->count; i > 0 && episode == NULL; i--) {
        struct sim_episode *old = &episodes->episodes[i - 1];
        if (old->kind == new.kind
            && old->verdict
                   == new.verdict &&new.from_us - old->to_us
                          <= gap_us &&strcmp(old->feature_id, new.feature_id)
                   == 0)
            episode = old;
    }
    if (episode == NULL && episodes->count == episodes->room) {
        size_t room = episodes->room == 0 ? FIRST_ROOM : 2 * episodes->room;
        struct sim_episode *grown = realloc(episodes->episodes, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        episodes->episodes = grown;
        episodes->room = room;
    }
    if (episode == NULL) {
        episode = &episodes->episodes[episodes->count++];
        *episode = new;
    }
    episode->to_us = verdict->time_utc_us;
    episode->verdicts++;
    // 0 and absent: the most severe (schemas/client.md rule 1).
    bool warning = verdict->severity <= DRF__V1__SEVERITY__SEVERITY_WARNING
                   || verdict->severity > DRF__V1__SEVERITY__SEVERITY_INFO;
    if (warning && !episode->warned) {
        episode->warned = true;
        episode->warning_us = verdict->time_utc_us;
    }
    return DRF_OK;
}
