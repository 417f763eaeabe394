// tests/fuzz/replay.c - a fuzz target, once over every file of a folder, without clang.
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *folder, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return;
    enum { ROOM = 1 << 20 };
    uint8_t *data = malloc(ROOM);
    if (data != NULL)
        (void)LLVMFuzzerTestOneInput(data, fread(data, 1, ROOM, file));
    free(data);
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    (void)LLVMFuzzerTestOneInput(NULL, 0);
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (folder == NULL)
        return 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            run_file(argv[1], entry->d_name);
    (void)closedir(folder);
    return 0;
}
