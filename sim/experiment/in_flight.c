// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/in_flight.h"

#include <stdlib.h>
#include <string.h>

static bool sooner(const struct sim_parcel *a, const struct sim_parcel *b)
{
    return a->arrival_mono_us != b->arrival_mono_us ? a->arrival_mono_us < b->arrival_mono_us
                                                    : a->number < b->number;
}

static size_t text_size(const char *text) { return text != NULL ? strlen(text) + 1 : 0; }

static size_t size_of(const struct sim_parcel *p)
{
    size_t size = text_size(p->mqtt.topic) + p->mqtt.size + text_size(p->mqtt.response_topic)
                  + p->mqtt.correlation_size + text_size(p->kafka.topic) + p->kafka.key_size
                  + p->kafka.value_size;
    for (size_t i = 0; i < p->kafka.header_count; i++)
        size += text_size(p->kafka.headers[i].key) + p->kafka.headers[i].size;
    return size;
}

static void *move(char **to, const void *from, size_t size)
{
    void *copy = *to;
    if (from == NULL)
        return NULL;
    memcpy(copy, from, size);
    *to += size;
    return copy;
}

// The parcel and what it points to, in one block.
static struct sim_parcel *copy_of(const struct sim_parcel *parcel)
{
    struct sim_parcel *p = malloc(sizeof *p + size_of(parcel));
    if (p == NULL)
        return NULL;
    *p = *parcel;
    char *to = (char *)(p + 1);
    p->mqtt.topic = move(&to, p->mqtt.topic, text_size(p->mqtt.topic));
    p->mqtt.payload = move(&to, p->mqtt.payload, p->mqtt.size);
    p->mqtt.response_topic =
        move(&to, p->mqtt.response_topic, text_size(p->mqtt.response_topic));
    p->mqtt.correlation = move(&to, p->mqtt.correlation, p->mqtt.correlation_size);
    p->kafka.topic = move(&to, p->kafka.topic, text_size(p->kafka.topic));
    p->kafka.key = move(&to, p->kafka.key, p->kafka.key_size);
    p->kafka.value = move(&to, p->kafka.value, p->kafka.value_size);
    for (size_t i = 0; i < p->kafka.header_count; i++) {
        const struct drf_recorded_header *header = &parcel->kafka.headers[i];
        p->headers[i] = *header;
        p->headers[i].key = move(&to, header->key, text_size(header->key));
        p->headers[i].value = move(&to, header->value, header->size);
    }
    p->kafka.headers = p->headers;
    return p;
}

enum drf_status sim_in_flight_send(struct sim_in_flight *in_flight,
                                   const struct sim_parcel *parcel)
{
    if (parcel->kafka.header_count > SIM_PARCEL_HEADERS_MAX)
        return DRF_ERR_RANGE;
    if (in_flight->count == in_flight->room) {
        size_t room = in_flight->room > 0 ? 2 * in_flight->room : 256;
        struct sim_parcel **grown =
            realloc(in_flight->heap, room * sizeof(struct sim_parcel *));
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        in_flight->heap = grown;
        in_flight->room = room;
    }
    struct sim_parcel *p = copy_of(parcel);
    if (p == NULL)
        return DRF_ERR_NOMEM;
    p->number = in_flight->sent++;
    size_t at = in_flight->count++;
    while (at > 0 && sooner(p, in_flight->heap[(at - 1) / 2])) {
        in_flight->heap[at] = in_flight->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    in_flight->heap[at] = p;
    return DRF_OK;
}

const struct sim_parcel *sim_in_flight_first(const struct sim_in_flight *in_flight)
{
    return in_flight->count > 0 ? in_flight->heap[0] : NULL;
}

int64_t sim_in_flight_mono_us(const struct sim_in_flight *in_flight)
{
    return in_flight->count > 0 ? in_flight->heap[0]->arrival_mono_us : INT64_MAX;
}

void sim_in_flight_drop(struct sim_in_flight *in_flight)
{
    if (in_flight->count == 0)
        return;
    free(in_flight->heap[0]);
    struct sim_parcel *last = in_flight->heap[--in_flight->count];
    size_t at = 0;
    for (size_t child = 1; child < in_flight->count; child = 2 * at + 1) {
        if (child + 1 < in_flight->count
            && sooner(in_flight->heap[child + 1], in_flight->heap[child]))
            child++;
        if (!sooner(in_flight->heap[child], last))
            break;
        in_flight->heap[at] = in_flight->heap[child];
        at = child;
    }
    if (in_flight->count > 0)
        in_flight->heap[at] = last;
}

void sim_in_flight_close(struct sim_in_flight *in_flight)
{
    for (size_t i = 0; i < in_flight->count; i++)
        free(in_flight->heap[i]);
    free(in_flight->heap);
    *in_flight = (struct sim_in_flight){.heap = NULL};
}
