// SPDX-License-Identifier: Apache-2.0
#include "geo/mode.h"

#include <string.h>

#define ENTRY(name, value) [value] = (name),
static const char *const names[] = {"UNKNOWN", DRF_MODE_TABLE(ENTRY)};
#undef ENTRY

const char *drf_mode_name(uint32_t mode) { return names[mode <= DRF_MODE_SIM ? mode : 0]; }

uint32_t drf_mode_parse(const char *name, size_t size)
{
    for (uint32_t mode = DRF_MODE_LIVE; mode <= DRF_MODE_SIM; mode++)
        if (strlen(names[mode]) == size && memcmp(names[mode], name, size) == 0)
            return mode;
    return 0;
}

bool drf_mode_accepts(uint32_t node, uint32_t message)
{
    if (message < DRF_MODE_LIVE || message > DRF_MODE_SIM)
        return false;
    switch (node) {
    case DRF_MODE_LIVE:
    case DRF_MODE_SIM:
        return message == node;
    case DRF_MODE_TEST:
        return message == DRF_MODE_LIVE || message == DRF_MODE_TEST;
    case DRF_MODE_REPLAY:
        return true;
    default:
        return false;
    }
}
