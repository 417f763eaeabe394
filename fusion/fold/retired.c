// SPDX-License-Identifier: Apache-2.0
#include "fusion/fold/retired.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum drf_status fusion_retired_reserve(struct fusion_retired *retired, size_t more)
{
    struct fusion_retired *r = retired;
    if (r->first + r->count + more <= r->room)
        return DRF_OK;
    if (r->first > 0 && r->count > 0)
        memmove(r->parts, r->parts + r->first, r->count * sizeof *r->parts);
    r->first = 0;
    if (r->count + more <= r->room / 2)
        return DRF_OK;
    size_t room = (r->count + more) * 2;
    struct fusion_retired_part *parts = realloc(r->parts, room * sizeof *parts);
    if (parts == NULL)
        return DRF_ERR_NOMEM;
    r->parts = parts;
    r->room = room;
    return DRF_OK;
}

void fusion_retired_add(struct fusion_retired *retired, void *part, fusion_release_fn release)
{
    if (part == NULL)
        return;
    if (retired->epoch == 0) { // no root was ever published: no reader has it
        release(retired->context, part);
        return;
    }
    assert(retired->first + retired->count < retired->room);
    retired->parts[retired->first + retired->count++] =
        (struct fusion_retired_part){.epoch = retired->epoch, .part = part, .release = release};
}

static void release_first(struct fusion_retired *retired)
{
    struct fusion_retired_part *part = &retired->parts[retired->first];
    part->release(retired->context, part->part);
    retired->first++;
    if (--retired->count == 0)
        retired->first = 0;
}

void fusion_retired_acknowledge(struct fusion_retired *retired, uint64_t epoch)
{
    while (retired->count > 0 && retired->parts[retired->first].epoch < epoch)
        release_first(retired);
}

void fusion_retired_close(struct fusion_retired *retired)
{
    while (retired->count > 0)
        release_first(retired);
    free(retired->parts);
    *retired = (struct fusion_retired){.context = retired->context};
}
