// SPDX-License-Identifier: Apache-2.0
// Any bytes, as a damaged store may give them: either refused, or a record that lies inside
// them and packs to the same bytes again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/kafka/kafka_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record kafka_record;
    if (edge_kafka_record_unpack(data, size, headers, &kafka_record) != DRF_OK)
        return 0;
    uint8_t *back = malloc(edge_kafka_record_size(&kafka_record) + 1);
    if (back == NULL)
        return 0;
    edge_kafka_record_pack(&kafka_record, back);
    if (edge_kafka_record_size(&kafka_record) != size || memcmp(back, data, size) != 0)
        abort();
    free(back);
    return 0;
}
