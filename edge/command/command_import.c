// SPDX-License-Identifier: Apache-2.0
// import: files into the store without Kafka.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/command/import.h"
#include "edge/command/read_file.h"
#include "fusion/fold/provenance.h"
#include "geo/reader/format.h"
#include "geo/reader/issued.h"
#include "geo/utc.h"

struct request {
    char **files; // among the arguments
    int file_count;
    const char *feed;
    bool edition, timed;
    int64_t time_utc_us;
};

static bool misused(const char *text)
{
    fprintf(stderr, "drf-edge: %s; see drf-edge import --help\n", text);
    return false;
}

// Options first, in any order, then files. False: complained.
static bool read_request(int argc, char **argv, int *options, struct request *out)
{
    int count = 0;
    while (count < argc && strncmp(argv[count], "--", 2) == 0) {
        const bool flag =
            strcmp(argv[count], "--edition") == 0 || strchr(argv[count], '=') != NULL;
        count += flag ? 1 : 2;
    }
    count = count < argc ? count : argc;
    if (!edge_options_known(count, argv, "config feed time", "edition"))
        return false;
    const char *time = edge_option(count, argv, "time");
    *out = (struct request){.files = argv + count,
                            .file_count = argc - count,
                            .feed = edge_option(count, argv, "feed"),
                            .edition = edge_flag(count, argv, "edition"),
                            .timed = time != NULL};
    *options = count;
    if (time && geo_utc_parse(time, strlen(time), &out->time_utc_us) != DRF_OK)
        return misused("--time: 2004-12-09T12:00:00Z is the form");
    if (!out->feed || out->file_count == 0)
        return misused("--feed NAME and at least one file are needed");
    if (out->edition && out->file_count > 1)
        return misused("an edition is one file");
    return true;
}

static bool find_feed(const struct drf_config *config, const char *name, size_t *out)
{
    for (size_t i = 0; i < config->feed_count; i++) {
        if (strcmp(config->feeds[i].name, name) != 0)
            continue;
        if (config->feeds[i].kind == DRF_FEED_TRAFFIC) {
            const char *format = geo_format_name((enum geo_format)config->feeds[i].format);
            fprintf(
                stderr,
                "drf-edge: feed '%s' brings traffic (%s), which holds for seconds and which "
                "no store keeps. Nothing was imported. Publish it to its topic instead: "
                "drf-sim publish --topic %s --format %s\n",
                name, format, config->feeds[i].topic, format);
            return false;
        }
        *out = i;
        return true;
    }
    fprintf(stderr, "drf-edge: no feed is named '%s'\n", name);
    return false;
}

static uint8_t *read_file(const char *path, size_t *size, int64_t *changed_utc_us)
{
    uint8_t *bytes = edge_read_file(path, size, changed_utc_us);
    if (!bytes)
        fprintf(stderr, "drf-edge: %s cannot be read as a file\n", path);
    return bytes;
}

static void print_result(const char *path, const struct edge_import_file *file,
                         const struct edge_import_result *result)
{
    switch (result->outcome) {
    case FUSION_APPLIED:
        printf("%s: imported: ", path);
        break;
    case FUSION_DUPLICATE:
        printf("%s: is there already: ", path);
        break;
    case FUSION_SUPERSEDED:
        printf("%s: older than what is there, nothing changed: ", path);
        break;
    default:
        printf("%s: refused: %s\n", path, result->why.text);
        return;
    }
    if (result->tiles > 0)
        printf("%zu tile%s", result->tiles, result->tiles == 1 ? "" : "s");
    else if (result->fields > 0)
        printf("%zu weather field%s", result->fields, result->fields == 1 ? "" : "s");
    else
        printf("%zu feature%s", result->features, result->features == 1 ? "" : "s");
    if (result->notes > 0)
        printf(", %zu kind%s of part skipped (see drf-edge check --file)", result->notes,
               result->notes == 1 ? "" : "s");
    char time[80];
    fusion_provenance_version("", file->version_utc_us / 1000000 * 1000000, time);
    if (file->file_time)
        fusion_provenance_mark_file(time);
    printf(", version %s\n", time);
}

// The exit code so far: 0, or 1 when the file was not taken.
static int import_one(struct edge_import *import, const struct request *request,
                      const char *path)
{
    const uint32_t format = import->config.feeds[import->feed].format;
    struct edge_import_file file = {.edition = request->edition};
    uint8_t *bytes = read_file(path, &file.size, &file.version_utc_us);
    if (!bytes)
        return 1;
    const char *slash = strrchr(path, '/');
    file.name = slash ? slash + 1 : path;
    file.bytes = bytes;
    file.file_time =
        !request->timed
        && !geo_issued_read((enum geo_format)format, bytes, file.size, &file.version_utc_us);
    if (request->timed)
        file.version_utc_us = request->time_utc_us;
    struct edge_import_result result;
    enum drf_status status = edge_import_file(import, &file, &result);
    free(bytes);
    if (status != DRF_OK) {
        const char *text = fusion_store_error(import->store);
        fprintf(stderr, "drf-edge: %s: %s\n", path,
                text[0] != '\0' ? text : drf_status_name(status));
        return 1;
    }
    print_result(path, &file, &result);
    return result.outcome == FUSION_REFUSED ? 1 : 0;
}

static int run(const struct drf_config *config, const struct request *request, size_t feed)
{
    struct fusion_store_fault fault = {0};
    struct edge_import import;
    enum drf_status status = edge_import_open(config, feed, &fault, &import);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-edge: %s%s\n",
                fault.text[0] != '\0' ? fault.text : drf_status_name(status),
                fault.trouble == FUSION_STORE_BUSY ? ": stop the node, then import" : "");
        return 1;
    }
    int code = 0;
    for (int i = 0; i < request->file_count; i++)
        code |= import_one(&import, request, request->files[i]);
    status = edge_import_finish(&import);
    if (status != DRF_OK)
        fprintf(stderr, "drf-edge: %s\n", fusion_store_error(import.store));
    edge_import_close(&import);
    return status == DRF_OK ? code : 1;
}

int edge_command_import(int argc, char **argv)
{
    struct request request;
    struct drf_config config;
    int options = 0;
    edge_command_keep_private();
    if (!read_request(argc, argv, &options, &request)
        || edge_command_load(options, argv, &config) != DRF_OK)
        return 2;
    size_t feed = 0;
    const int code = find_feed(&config, request.feed, &feed) ? run(&config, &request, feed) : 2;
    drf_config_close(&config);
    return code;
}
