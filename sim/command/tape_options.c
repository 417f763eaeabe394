// SPDX-License-Identifier: Apache-2.0
#include "sim/command/tape_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_USUAL = 1883, PORT_MAX = 65535 };

bool sim_words_read(const char *text, struct sim_words *out)
{
    out->count = 0;
    if (text == NULL)
        return true;
    if (strlen(text) >= sizeof out->text)
        return false;
    snprintf(out->text, sizeof out->text, "%s", text);
    for (char *at = out->text;;) {
        size_t size = strcspn(at, ",");
        if (size == 0 || out->count == SIM_WORDS_MAX)
            return false;
        out->words[out->count++] = at;
        if (at[size] == '\0')
            return true;
        at[size] = '\0';
        at += size + 1;
    }
}

bool sim_host_read(const char *text, char host[static SIM_HOST_SIZE], unsigned *port)
{
    const char *colon = strrchr(text, ':');
    size_t size = colon != NULL ? (size_t)(colon - text) : strlen(text);
    char *end = NULL;
    unsigned long number = colon != NULL ? strtoul(colon + 1, &end, 10) : PORT_USUAL;
    if (size == 0 || size >= SIM_HOST_SIZE || number == 0 || number > PORT_MAX
        || (colon != NULL && (end == colon + 1 || *end != '\0')))
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    *port = (unsigned)number;
    return true;
}
