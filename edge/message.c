// SPDX-License-Identifier: Apache-2.0
#include "edge/message.h"

#include <string.h>

const struct edge_header *edge_message_header(const struct edge_message *message,
                                              const char *name)
{
    for (size_t i = message->header_count; i-- > 0;)
        if (strcmp(message->headers[i].name, name) == 0)
            return &message->headers[i];
    return NULL;
}
