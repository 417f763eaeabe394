// SPDX-License-Identifier: Apache-2.0
// check --feed --file: what the node would make of a message, for who wants to publish it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/host/clock.h"
#include "edge/sample/dry_run.h"

static bool read_file(const char *path, uint64_t max_bytes, uint8_t **out, size_t *size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    // One byte more than is allowed: enough to be refused as too large.
    size_t room = (size_t)max_bytes + 1;
    uint8_t *bytes = file ? malloc(room) : NULL;
    if (bytes)
        *size = fread(bytes, 1, room, file);
    bool good = bytes && !ferror(file);
    if (file && file != stdin)
        fclose(file);
    if (!good) {
        perror(path);
        free(bytes);
        return false;
    }
    *out = bytes;
    return true;
}

// --header name=value, any number of times; false: one is not of that form.
static bool read_headers(int argc, char **argv, struct edge_message *message,
                         char names[static EDGE_HEADERS_MAX][64])
{
    for (int i = 0; i < argc; i++) {
        bool equals = strncmp(argv[i], "--header=", 9) == 0;
        if (!equals && (strcmp(argv[i], "--header") != 0 || i + 1 >= argc))
            continue;
        const char *text = equals ? argv[i] + 9 : argv[++i];
        size_t length = strcspn(text, "=");
        size_t index = message->header_count;
        if (text[length] != '=' || length == 0 || length >= sizeof names[0]
            || index >= EDGE_HEADERS_MAX) {
            fprintf(stderr, "drf-edge: --header name=value is the form, at most %d of them\n",
                    EDGE_HEADERS_MAX);
            return false;
        }
        memcpy(names[index], text, length);
        names[index][length] = '\0';
        message->headers[message->header_count++] =
            (struct edge_header){.name = names[index],
                                 .value = text + length + 1,
                                 .size = strlen(text + length + 1)};
    }
    return true;
}

static bool find_feed(const struct drf_config *config, const char *name, size_t *out)
{
    for (size_t i = 0; i < config->feed_count; i++)
        if (strcmp(config->feeds[i].name, name) == 0) {
            *out = i;
            return true;
        }
    fprintf(stderr, "drf-edge: no feed is named '%s'; there are:", name);
    for (size_t i = 0; i < config->feed_count; i++)
        fprintf(stderr, " %s", config->feeds[i].name);
    fputc('\n', stderr);
    return false;
}

static int check(const struct drf_config *config, const struct edge_message *message, bool all)
{
    struct edge_dry_run dry_run;
    enum drf_status status = edge_dry_run_read(config, message, &dry_run);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-edge: no decoder can be started: %s\n", drf_status_name(status));
        return 2;
    }
    bool good = edge_dry_run_report(config, message, &dry_run, all, stdout);
    edge_dry_run_close(&dry_run);
    return good ? 0 : 1;
}

int edge_command_dry_run(int argc, char **argv, const struct drf_config *config)
{
    const char *name = edge_option(argc, argv, "feed"), *path = edge_option(argc, argv, "file");
    const char *key = edge_option(argc, argv, "key");
    bool tombstone = edge_flag(argc, argv, "tombstone");
    if (!name || (!path && !tombstone)) {
        fprintf(stderr, "drf-edge: --feed NAME and --file SAMPLE belong together\n");
        return 2;
    }
    char names[EDGE_HEADERS_MAX][64];
    struct edge_message message = {
        .key = (const uint8_t *)key,
        .key_size = key ? strlen(key) : 0,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = edge_clock_now((struct edge_clock){0}).utc_us / 1000,
    };
    uint8_t *bytes = NULL;
    if (!find_feed(config, name, &message.feed) || !read_headers(argc, argv, &message, names))
        return 2;
    const struct drf_feed_config *feed = &config->feeds[message.feed];
    message.topic = feed->topic;
    if (!tombstone && !read_file(path, feed->message_max_bytes, &bytes, &message.value_size))
        return 2;
    message.value = bytes;
    int code = check(config, &message, edge_flag(argc, argv, "all"));
    free(bytes);
    return code;
}
