// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/batch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool key_taken(const struct sim_batch *batch, const char *key)
{
    for (size_t i = batch->count; i-- > 0;) // a second of its name usually follows the first
        if (strcmp(batch->messages[i].key, key) == 0)
            return true;
    return false;
}

static enum drf_status name_message(const struct sim_batch *batch, const char *key, char *out)
{
    int length = snprintf(out, SIM_KEY_SIZE, "%s", key);
    for (unsigned n = 2; length > 0 && length < SIM_KEY_SIZE && key_taken(batch, out); n++)
        length = snprintf(out, SIM_KEY_SIZE, "%s/%u", key, n);
    return length > 0 && length < SIM_KEY_SIZE ? DRF_OK : DRF_ERR_RANGE;
}

enum drf_status sim_batch_add(struct sim_batch *batch, const char *key, const char *core,
                              const void *value, size_t size)
{
    if (batch->count == batch->room) {
        size_t room = batch->room > 0 ? 2 * batch->room : 64;
        struct sim_message *grown = realloc(batch->messages, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        batch->messages = grown;
        batch->room = room;
    }
    struct sim_message *message = &batch->messages[batch->count];
    *message = (struct sim_message){.size = size};
    enum drf_status status = name_message(batch, key, message->key);
    if (status != DRF_OK)
        return status;
    snprintf(message->core, sizeof message->core, "%s", core != NULL ? core : "");
    if (value != NULL) {
        message->value = malloc(size > 0 ? size : 1);
        if (message->value == NULL)
            return DRF_ERR_NOMEM;
        memcpy(message->value, value, size);
    }
    batch->count++;
    return DRF_OK;
}

void sim_batch_close(struct sim_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        free(batch->messages[i].value);
    free(batch->messages);
    *batch = (struct sim_batch){0};
}

enum drf_status sim_file_read(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return DRF_ERR_ABSENT;
    size_t room = 1 << 16, count = 0;
    uint8_t *buffer = malloc(room);
    while (buffer != NULL) {
        size_t got = fread(buffer + count, 1, room - count, file);
        count += got;
        if (got == 0)
            break;
        if (count == room) {
            room *= 2;
            uint8_t *grown = realloc(buffer, room);
            if (grown == NULL)
                free(buffer);
            buffer = grown;
        }
    }
    bool bad = ferror(file) != 0;
    fclose(file);
    if (buffer == NULL)
        return DRF_ERR_NOMEM;
    if (bad) {
        free(buffer);
        return DRF_ERR_STORE;
    }
    *bytes = buffer;
    *size = count;
    return DRF_OK;
}

void sim_file_stem(const char *path, char *out, size_t room)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    snprintf(out, room, "%s", name);
    char *dot = strrchr(out, '.');
    if (dot != NULL && dot != out)
        *dot = '\0';
}
