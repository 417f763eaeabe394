// SPDX-License-Identifier: Apache-2.0
#include "edge/command/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

uint8_t *edge_read_file(const char *path, size_t *size, int64_t *changed_utc_us)
{
    struct stat about;
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = NULL;
    if (file && fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode))
        bytes = malloc((size_t)about.st_size + 1);
    if (bytes) {
        *size = fread(bytes, 1, (size_t)about.st_size, file);
        *changed_utc_us =
            (int64_t)about.st_mtim.tv_sec * 1000000 + about.st_mtim.tv_nsec / 1000;
    }
    if (bytes && (ferror(file) || *size != (size_t)about.st_size)) {
        free(bytes);
        bytes = NULL;
    }
    if (file)
        fclose(file);
    return bytes;
}
