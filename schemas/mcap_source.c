// SPDX-License-Identifier: Apache-2.0
#include "schemas/mcap_source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schemas/mcap_record.h"

enum { ROOM_LEAST = 1 << 18 };

static bool make_room(struct drf_mcap_source *source, size_t size)
{
    if (source->start > 0 && source->start + size > source->room) {
        memmove(source->bytes, source->bytes + source->start, source->end - source->start);
        source->end -= source->start;
        source->start = 0;
    }
    if (size <= source->room)
        return true;
    size_t room = size < ROOM_LEAST ? ROOM_LEAST : size + size / 4;
    uint8_t *bytes = realloc(source->bytes, room);
    if (bytes == NULL)
        return false;
    source->bytes = bytes;
    source->room = room;
    return true;
}

enum drf_status drf_mcap_source_need(struct drf_mcap_source *source, size_t size)
{
    if (source->start == source->end)
        source->start = source->end = 0;
    if (source->end - source->start >= size)
        return DRF_OK;
    if (!make_room(source, size))
        return DRF_ERR_NOMEM;
    while (source->end - source->start < size) {
        ssize_t got = read(source->fd, source->bytes + source->end, source->room - source->end);
        if (got == 0)
            return DRF_ERR_ABSENT;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? DRF_ERR_AGAIN : DRF_ERR_STORE;
        source->end += (size_t)got;
    }
    return DRF_OK;
}

void drf_mcap_source_consume(struct drf_mcap_source *source, size_t size)
{
    assert(size <= source->end - source->start);
    if (size == 0)
        return;
    source->crc = drf_mcap_crc(source->crc, source->bytes + source->start, size);
    source->start += size;
    source->offset += size;
}

void drf_mcap_source_close(struct drf_mcap_source *source)
{
    free(source->bytes);
    *source = (struct drf_mcap_source){.fd = -1};
}
