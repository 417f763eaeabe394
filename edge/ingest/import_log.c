// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/import_log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "import/"
enum { LINE_SIZE = 512 };

// feed, sha256, bytes, version, imported, file; tabs between.
static int format_line(const struct edge_import_entry *one, char line[static LINE_SIZE])
{
    return snprintf(line, LINE_SIZE, "%s\t%s\t%" PRIu64 "\t%" PRId64 "\t%" PRId64 "\t%s\n",
                    one->feed, one->sha256, one->bytes, one->version_utc_us,
                    one->imported_utc_us, one->file);
}

static bool copy_word(const char **at, char end, char *out, size_t room)
{
    const char *stop = strchr(*at, end);
    if (stop == NULL || stop == *at || (size_t)(stop - *at) >= room)
        return false;
    memcpy(out, *at, (size_t)(stop - *at));
    out[stop - *at] = '\0';
    *at = stop + 1;
    return true;
}

static bool parse_line(const char *line, struct edge_import_entry *out)
{
    struct edge_import_entry one = {0};
    char numbers[3][24];
    const char *at = line;
    if (!copy_word(&at, '\t', one.feed, sizeof one.feed)
        || !copy_word(&at, '\t', one.sha256, sizeof one.sha256))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!copy_word(&at, '\t', numbers[i], sizeof numbers[i]))
            return false;
    if (!copy_word(&at, '\n', one.file, sizeof one.file))
        return false;
    one.bytes = strtoull(numbers[0], NULL, 10);
    one.version_utc_us = strtoll(numbers[1], NULL, 10);
    one.imported_utc_us = strtoll(numbers[2], NULL, 10);
    *out = one;
    return true;
}

static bool same_file(const struct edge_import_entry *a, const struct edge_import_entry *b)
{
    return strcmp(a->feed, b->feed) == 0 && strcmp(a->file, b->file) == 0;
}

enum drf_status edge_import_log_note(struct fusion_store *store,
                                     const struct edge_import_entry *one)
{
    char name[sizeof PREFIX + sizeof one->feed + sizeof one->file], line[LINE_SIZE];
    (void)snprintf(name, sizeof name, PREFIX "%s/%s", one->feed, one->file);
    const int length = format_line(one, line);
    return length > 0 && length < LINE_SIZE
               ? fusion_store_put_value(store, name, line, (size_t)length)
               : DRF_ERR_RANGE;
}

static bool beside(const char *store_path, char *path, size_t room)
{
    const int length = snprintf(path, room, "%s-imports", store_path);
    return length > 0 && (size_t)length < room;
}

enum drf_status edge_import_log_append(const char *store_path,
                                       const struct edge_import_entry *one)
{
    char path[4096], line[LINE_SIZE];
    const int length = format_line(one, line);
    if (length <= 0 || length >= LINE_SIZE || !beside(store_path, path, sizeof path))
        return DRF_ERR_RANGE;
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return DRF_ERR_STORE;
    const bool written = write(fd, line, (size_t)length) == length && fsync(fd) == 0;
    return close(fd) == 0 && written ? DRF_OK : DRF_ERR_STORE;
}

struct list {
    struct edge_import_entry *items;
    bool *known; // to the store
    size_t count, room;
};

static enum drf_status list_add(struct list *list, const struct edge_import_entry *one,
                                bool known)
{
    for (size_t i = 0; i < list->count; i++)
        if (same_file(&list->items[i], one)) {
            if (known || !list->known[i])
                list->items[i] = *one;
            list->known[i] = list->known[i] || known;
            return DRF_OK;
        }
    if (list->count == list->room) {
        const size_t room = list->room * 2 + 16;
        struct edge_import_entry *items = realloc(list->items, room * sizeof *items);
        list->items = items != NULL ? items : list->items;
        bool *marks = realloc(list->known, room * sizeof *marks);
        list->known = marks != NULL ? marks : list->known;
        if (items == NULL || marks == NULL)
            return DRF_ERR_NOMEM;
        list->room = room;
    }
    list->items[list->count] = *one;
    list->known[list->count++] = known;
    return DRF_OK;
}

static enum drf_status from_store(void *context, const char *name, const void *bytes,
                                  size_t size)
{
    (void)name;
    char line[LINE_SIZE];
    struct edge_import_entry one;
    if (size >= sizeof line)
        return DRF_OK;
    memcpy(line, bytes, size);
    line[size] = '\0';
    return parse_line(line, &one) ? list_add(context, &one, true) : DRF_OK;
}

static enum drf_status from_file(const char *store_path, struct list *list)
{
    char path[4096], line[LINE_SIZE];
    FILE *file = beside(store_path, path, sizeof path) ? fopen(path, "re") : NULL;
    if (file == NULL)
        return DRF_OK; // nothing was ever imported
    enum drf_status status = DRF_OK;
    struct edge_import_entry one;
    while (status == DRF_OK && fgets(line, sizeof line, file) != NULL)
        if (parse_line(line, &one))
            status = list_add(list, &one, false);
    (void)fclose(file);
    return status;
}

enum drf_status edge_import_log_each(struct fusion_store *store, const char *store_path,
                                     edge_import_log_fn fn, void *context)
{
    struct list list = {0};
    enum drf_status status = fusion_store_each_value(store, PREFIX, from_store, &list);
    if (status == DRF_OK)
        status = from_file(store_path, &list);
    for (size_t i = 0; i < list.count && status == DRF_OK; i++)
        fn(context, &list.items[i], !list.known[i]);
    free(list.items);
    free(list.known);
    return status;
}
