// SPDX-License-Identifier: Apache-2.0
// What a recording holds of a configuration: its text without secrets, and the files it names.
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"

static char *copy(const char *text, size_t size)
{
    char *out = malloc(size + 1);
    if (out != NULL) {
        memcpy(out, text, size);
        out[size] = '\0';
    }
    return out;
}

static enum drf_status keep(struct drf_config *config, const char *path, const char *text,
                            size_t size)
{
    struct drf_config_file *files =
        realloc(config->files, (config->file_count + 1) * sizeof *files);
    if (files == NULL)
        return DRF_ERR_NOMEM;
    config->files = files;
    struct drf_config_file *file = &files[config->file_count];
    *file = (struct drf_config_file){
        .path = copy(path, strlen(path)), .text = copy(text, size), .size = size};
    config->file_count++;
    return file->path != NULL && file->text != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

static enum drf_status find_given(const struct config_reader *reader, const char *path,
                                  char **out, size_t *size)
{
    for (size_t i = 0; i < reader->given_count; i++) {
        const struct drf_config_file *file = &reader->given[i];
        if (strcmp(file->path, path) != 0)
            continue;
        *out = copy(file->text, file->size);
        *size = file->size;
        return *out != NULL ? DRF_OK : DRF_ERR_NOMEM;
    }
    return DRF_ERR_ABSENT;
}

enum drf_status config_input_file(struct config_reader *reader, const char *path, size_t max,
                                  char **out, size_t *size)
{
    enum drf_status status = reader->recorded ? find_given(reader, path, out, size)
                                              : config_file(path, max, out, size);
    if (status == DRF_OK && reader->config != NULL)
        status = keep(reader->config, path, *out, *size);
    return status;
}

struct text {
    char *bytes;
    size_t size;
};

static int on_bytes(void *context, unsigned char *bytes, size_t size)
{
    struct text *text = context;
    char *grown = realloc(text->bytes, text->size + size + 1);
    if (grown == NULL)
        return 0;
    memcpy(grown + text->size, bytes, size);
    text->bytes = grown;
    text->size += size;
    grown[text->size] = '\0';
    return 1;
}

static void leave_out(yaml_document_t *document, const char *section)
{
    yaml_node_t *root = yaml_document_get_root_node(document);
    if (root->type != YAML_MAPPING_NODE)
        return;
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const char *name = config_text(yaml_document_get_node(document, pair->key));
        if (name == NULL || strcmp(name, section) != 0)
            continue;
        root->data.mapping.pairs.top--;
        memmove(pair, pair + 1, (size_t)(root->data.mapping.pairs.top - pair) * sizeof *pair);
        return;
    }
}

// Where the emitter chose by itself, a text such as "null" would be read as something else.
static void quote_written(const struct config_reader *reader)
{
    for (size_t i = 0; i < reader->written_count; i++) {
        yaml_node_t *node = reader->written[i].node;
        const char *text = config_text(node);
        const bool plain = text[0] != '\0'
                           && (strspn(text, "+-.0123456789eE") == strlen(text)
                               || strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
        node->data.scalar.style =
            plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    }
}

enum drf_status config_without_secrets(struct config_reader *reader, char **out)
{
    static const char *const sections[] = {"kafka", "mqtt", "log", "http", "view", "journal"};
    yaml_emitter_t emitter;
    struct text written = {0};
    quote_written(reader);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        leave_out(reader->document, sections[i]);
    if (!yaml_emitter_initialize(&emitter)) {
        yaml_document_delete(reader->document);
        return DRF_ERR_NOMEM;
    }
    yaml_emitter_set_output(&emitter, on_bytes, &written);
    yaml_emitter_set_unicode(&emitter, 1);
    // The emitter takes the document.
    bool good = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, reader->document)
                && yaml_emitter_close(&emitter);
    yaml_emitter_delete(&emitter);
    if (!good || written.bytes == NULL) {
        free(written.bytes);
        return DRF_ERR_NOMEM;
    }
    *out = written.bytes;
    return DRF_OK;
}
