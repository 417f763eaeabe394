// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/leads.h"

#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"

enum { FIRST_ROOM = 64 };

static enum drf_status add(struct sim_measured *measured, const struct sim_lead *lead)
{
    if (measured->lead_count == measured->lead_room) {
        size_t room = measured->lead_room == 0 ? FIRST_ROOM : 2 * measured->lead_room;
        struct sim_lead *grown = realloc(measured->leads, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        measured->leads = grown;
        measured->lead_room = room;
    }
    measured->leads[measured->lead_count++] = *lead;
    return DRF_OK;
}

static const struct sim_listened *listener(const struct sim_scan *scan, const char *id)
{
    for (size_t i = 0; i < scan->listened_count; i++)
        if (strcmp(scan->listened[i].id, id) == 0 && scan->listened[i].update_count > 0)
            return &scan->listened[i];
    return NULL;
}

static enum drf_status add_loss(struct sim_measured *measured, const struct sim_loss *loss,
                                const struct sim_track *own, const struct sim_track *other)
{
    const struct sim_listened *drone = listener(&measured->scan, own->id);
    if (drone == NULL || own->intruder)
        return DRF_OK;
    const struct sim_life *life =
        sim_lives_find(&drone->lives, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC, other->id,
                       loss->from_us, loss->to_us);
    return add(measured,
               &(struct sim_lead){.drone = own->id,
                                  .about = other->id,
                                  .event = sim_loss_names[loss->kind],
                                  .kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC,
                                  .event_us = loss->from_us,
                                  .has_near = true,
                                  .near_us = loss->near_us,
                                  .entry_known = !loss->begun,
                                  .told = life != NULL,
                                  .told_us = life != NULL ? life->first_us : 0});
}

static enum drf_status add_episode(struct sim_measured *measured,
                                   const struct sim_listened *drone,
                                   const struct sim_episode *episode)
{
    bool holds = episode->verdict == DRF__V1__VERDICT__VERDICT_RIGHT
                 || episode->verdict == DRF__V1__VERDICT__VERDICT_MISSED;
    if (!holds || !episode->warned)
        return DRF_OK;
    const char *about = episode->feature_id;
    const struct sim_life *life =
        sim_lives_find(&drone->lives, episode->kind, about[0] != '\0' ? about : NULL,
                       episode->warning_us, episode->to_us);
    return add(measured, &(struct sim_lead){.drone = drone->id,
                                            .about = about,
                                            .event = "warning",
                                            .kind = episode->kind,
                                            .event_us = episode->warning_us,
                                            .entry_known = true,
                                            .told = life != NULL,
                                            .told_us = life != NULL ? life->first_us : 0});
}

enum drf_status sim_leads_find(struct sim_measured *measured)
{
    const struct sim_tracks *tracks = sim_scan_tracks(&measured->scan);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < measured->separation.loss_count && status == DRF_OK; i++) {
        const struct sim_loss *loss = &measured->separation.losses[i];
        const struct sim_track *one = &tracks->tracks[loss->one],
                               *two = &tracks->tracks[loss->two];
        if (loss->undecided)
            continue;
        status = add_loss(measured, loss, one, two);
        if (status == DRF_OK)
            status = add_loss(measured, loss, two, one);
    }
    for (size_t d = 0; d < measured->scan.listened_count && status == DRF_OK; d++) {
        const struct sim_listened *drone = &measured->scan.listened[d];
        for (size_t i = 0; i < drone->episodes.count && status == DRF_OK; i++)
            status = add_episode(measured, drone, &drone->episodes.episodes[i]);
    }
    return status;
}
