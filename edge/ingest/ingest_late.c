// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/ingest_late.h"

#include <string.h>

#include "edge/ingest/ingest_lane.h"

bool ingest_late_put(struct ingest_late *late, const struct ingest_lane *lane)
{
    if (late->count == INGEST_LATE_MAX)
        return false;
    late->waiting[late->count++] = (struct ingest_late_message){
        .message = lane->message,
        .envelope = lane->envelope,
        .params = lane->params,
        .reach = lane->message.offset,
    };
    return true;
}

bool ingest_late_next(struct ingest_late *late, struct ingest_lane *lane)
{
    for (size_t i = 0; i < late->count; i++) {
        struct ingest_late_message *one = &late->waiting[i];
        if (one->in_work)
            continue;
        one->in_work = true;
        lane->message = one->message;
        lane->envelope = one->envelope;
        lane->params = one->params;
        return true;
    }
    return false;
}

static bool of_partition(const struct ingest_late_message *one,
                         const struct edge_message *message)
{
    return one->message.feed == message->feed && one->message.partition == message->partition;
}

int64_t ingest_late_offset(const struct ingest_late *late, const struct edge_message *message)
{
    int64_t offset = message->offset;
    for (size_t i = 0; i < late->count; i++)
        if (of_partition(&late->waiting[i], message)
            && late->waiting[i].message.offset == message->offset)
            offset = late->waiting[i].reach;
    for (size_t i = 0; i < late->count; i++) {
        const struct ingest_late_message *one = &late->waiting[i];
        if (of_partition(one, message) && one->message.offset != message->offset
            && one->message.offset <= offset)
            offset = one->message.offset - 1;
    }
    return offset;
}

void ingest_late_done(struct ingest_late *late, const struct edge_message *message)
{
    size_t kept = 0;
    int64_t reach = message->offset;
    for (size_t i = 0; i < late->count; i++)
        if (of_partition(&late->waiting[i], message)
            && late->waiting[i].message.offset == message->offset
            && late->waiting[i].reach > reach)
            reach = late->waiting[i].reach;
    for (size_t i = 0; i < late->count; i++) {
        struct ingest_late_message *one = &late->waiting[i];
        bool same = of_partition(one, message);
        if (same && one->message.offset == message->offset && one->in_work)
            continue;
        if (same && reach > one->reach)
            one->reach = reach;
        if (kept != i)
            late->waiting[kept] = *one;
        kept++;
    }
    late->count = kept;
}
