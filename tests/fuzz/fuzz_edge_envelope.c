// SPDX-License-Identifier: Apache-2.0
// Any message: either refused with a reason, or an envelope of clean, bounded text whose
// document lies inside the value. Input: lines "name: value" are headers ("key" is the key),
// after an empty line comes the value; the first byte chooses framing and the kind of
// timestamp.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/kafka/envelope.h"

static void require(int truth)
{
    if (!truth)
        abort();
}

static void text(const char *text, size_t room)
{
    require(memchr(text, '\0', room) != NULL);
    for (; *text; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

// Takes a line off; headers end with an empty one.
static int take_header(char **at, char *end, struct edge_message *message)
{
    char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
    if (stop == NULL)
        return 0;
    *at = stop + 1;
    char *colon = memchr(line, ':', (size_t)(stop - line));
    if (colon == NULL || message->header_count == EDGE_HEADERS_MAX)
        return 0;
    *colon = '\0';
    struct edge_header header = {
        .name = line, .value = colon + 1, .size = (size_t)(stop - colon - 1)};
    if (strcmp(line, "key") == 0) {
        message->key = (const uint8_t *)header.value;
        message->key_size = header.size;
    } else {
        message->headers[message->header_count++] = header;
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char *bytes = malloc(size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, size);
    const struct drf_feed_config feed = {.name = "f",
                                         .source = "s",
                                         .mode = DRF_MODE_LIVE,
                                         .format = data[0] % GEO_FORMAT_COUNT,
                                         .framing = data[0] >> 4 & 3,
                                         .message_max_bytes = 4096};
    struct edge_message message = {.topic = "t",
                                   .timestamp = data[0] >> 6 ? EDGE_TIMESTAMP_CREATE
                                                             : EDGE_TIMESTAMP_APPEND,
                                   .timestamp_ms = 1700000000000};
    char *at = bytes + 1, *end = bytes + size;
    while (take_header(&at, end, &message)) {
    }
    message.value = data[0] == 0xff ? NULL : (const uint8_t *)at;
    message.value_size = message.value ? (size_t)(end - at) : 0;
    struct geo_note why = {0};
    struct edge_envelope out;
    if (edge_envelope_read(&feed, DRF_MODE_LIVE, &message, &why, &out) != DRF_OK) {
        require(why.code != GEO_REFUSAL_NONE && why.code < GEO_REFUSAL_COUNT && why.count > 0);
        text(why.text, sizeof why.text);
    } else {
        text(out.source, sizeof out.source);
        text(out.key, sizeof out.key);
        text(out.edition, sizeof out.edition);
        require(out.key[0] != '\0' && strncmp(out.source, "f", 1) == 0);
        require(out.edition[0] == '\0' || (out.part >= 1 && out.part <= out.parts));
        require(!out.has_core || isfinite(out.core.west_deg + out.core.north_deg));
        require(out.tombstone
                || (out.document.bytes >= message.value
                    && out.document.bytes + out.document.size
                           == message.value + message.value_size));
    }
    free(bytes);
    return 0;
}
