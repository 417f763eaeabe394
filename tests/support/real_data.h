// tests/support/real_data.h - the real files that tests read when they are there.
// SPDX-License-Identifier: Apache-2.0
//
// The folder is DRF_REAL_DATA, by default ../shared/data from the top of the tree.
#ifndef TESTS_REAL_DATA_H
#define TESTS_REAL_DATA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// The bytes of a file, to be freed; NULL, after a message, if it is not there.
static inline uint8_t *real_data(const char *name, size_t *size)
{
    const char *folder = getenv("DRF_REAL_DATA");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "../shared/data",
                   name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "real data are not there: %s\n", path);
        return NULL;
    }
    size_t room = (size_t)1 << 26;
    uint8_t *bytes = malloc(room);
    *size = bytes != NULL ? fread(bytes, 1, room, file) : 0;
    (void)fclose(file);
    return bytes;
}

#endif
