// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/link.h"

#include <string.h>

const char *const sim_stream_words[SIM_STREAM_STATE] = {"context", "advisory", "reply", "patch",
                                                        "terrain"};

enum sim_stream sim_stream_of(const char *topic)
{
    const char *last = strrchr(topic, '/');
    for (int i = 0; last != NULL && i < SIM_STREAM_STATE; i++) {
        size_t size = strlen(sim_stream_words[i]);
        if ((size_t)(last - topic) > size && memcmp(last - size, sim_stream_words[i], size) == 0
            && last[-(ptrdiff_t)size - 1] == '/')
            return (enum sim_stream)i;
    }
    return SIM_STREAM_STATE;
}
