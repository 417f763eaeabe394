// SPDX-License-Identifier: Apache-2.0
// Any bytes, as a damaged store may give them: either refused, or a letter that lies inside
// them and packs to the same bytes again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/kafka/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_header headers[EDGE_LETTER_HEADERS_MAX];
    struct edge_letter letter;
    if (edge_letter_unpack(data, size, headers, &letter) != DRF_OK)
        return 0;
    uint8_t *back = malloc(edge_letter_size(&letter) + 1);
    if (back == NULL)
        return 0;
    edge_letter_pack(&letter, back);
    if (edge_letter_size(&letter) != size || memcmp(back, data, size) != 0)
        abort();
    free(back);
    return 0;
}
