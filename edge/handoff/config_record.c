// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/config_record.h"

#include <stdlib.h>
#include <string.h>

#include "edge/config/config_reload.h"
#include "edge/inputs/leb128.h"

// A place and its size: in a block, or nothing left.
struct rest {
    const uint8_t *at, *end;
};

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    at = edge_leb128_put(at, size);
    if (size > 0)
        memcpy(at, bytes, size);
    return at + size;
}

void edge_config_record_put(struct edge_inputs *inputs, const struct drf_config *config,
                            bool restarted)
{
    if (!edge_inputs_records(inputs))
        return;
    size_t room =
        1 + strlen(config->directory) + strlen(config->text) + (size_t)2 * EDGE_LEB128_MAX;
    for (size_t i = 0; i < config->file_count; i++)
        room +=
            strlen(config->files[i].path) + config->files[i].size + (size_t)2 * EDGE_LEB128_MAX;
    uint8_t *bytes = malloc(room), *at = bytes;
    if (bytes == NULL) {
        edge_inputs_spoil(inputs, "out of memory");
        return;
    }
    *at++ = restarted;
    at = put(at, config->directory, strlen(config->directory));
    at = put(at, config->text, strlen(config->text));
    for (size_t i = 0; i < config->file_count; i++) {
        at = put(at, config->files[i].path, strlen(config->files[i].path));
        at = put(at, config->files[i].text, config->files[i].size);
    }
    edge_inputs_add(inputs, EDGE_INPUT_CONFIG,
                    &(struct edge_piece){.bytes = bytes, .size = (size_t)(at - bytes)}, 1);
    free(bytes);
}

// A copy with a NUL behind it; NULL: damaged, or no memory.
static char *take(struct rest *rest, size_t *size)
{
    uint64_t length = 0;
    const uint8_t *at = rest->at ? edge_leb128_get(rest->at, rest->end, &length) : NULL;
    rest->at = NULL;
    if (at == NULL || length > (uint64_t)(rest->end - at))
        return NULL;
    char *copy = malloc((size_t)length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, at, (size_t)length);
    copy[length] = '\0';
    *size = (size_t)length;
    rest->at = at + length;
    return copy;
}

struct recorded {
    char *directory, *text;
    size_t directory_size, text_size;
    struct drf_config_file *files;
    size_t file_count;
};

static enum drf_status read_all(struct rest *rest, struct recorded *out)
{
    out->directory = take(rest, &out->directory_size);
    out->text = take(rest, &out->text_size);
    while (rest->at != NULL && rest->at < rest->end) {
        struct drf_config_file *files =
            realloc(out->files, (out->file_count + 1) * sizeof *files);
        if (files == NULL)
            return DRF_ERR_NOMEM;
        out->files = files;
        struct drf_config_file *file = &files[out->file_count++];
        size_t path_size;
        *file = (struct drf_config_file){0};
        file->path = take(rest, &path_size);
        file->text = take(rest, &file->size);
    }
    return rest->at != NULL ? DRF_OK : DRF_ERR_SYNTAX;
}

static void close_all(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->file_count; i++) {
        free(recorded->files[i].path);
        free(recorded->files[i].text);
    }
    free(recorded->files);
    free(recorded->directory);
    free(recorded->text);
}

enum drf_status edge_config_record_take(struct edge_inputs *inputs,
                                        const struct drf_config *running,
                                        struct drf_config *out, bool *restarted)
{
    // Also without a file: from a recording no file is read.
    static const struct drf_config_file none;
    const uint8_t *bytes;
    size_t size;
    if (!edge_inputs_next(inputs, EDGE_INPUT_CONFIG, &bytes, &size))
        return DRF_ERR_ABSENT;
    if (size == 0)
        return DRF_ERR_SYNTAX;
    struct rest rest = {.at = bytes + 1, .end = bytes + size};
    struct recorded recorded = {0};
    struct drf_config_error error = {0};
    struct drf_config config = {0};
    enum drf_status status = read_all(&rest, &recorded);
    if (status == DRF_OK)
        status =
            drf_config_parse_recorded(recorded.text, recorded.text_size, recorded.directory,
                                      recorded.file_count > 0 ? recorded.files : &none,
                                      recorded.file_count, &error, &config);
    close_all(&recorded);
    if (status == DRF_OK)
        status = drf_config_follow(running, &config, NULL, NULL);
    if (status != DRF_OK) {
        drf_config_close_beside(&config, running);
        return status == DRF_ERR_NOMEM ? status : DRF_ERR_SYNTAX;
    }
    *restarted = bytes[0] != 0;
    *out = config;
    return DRF_OK;
}
