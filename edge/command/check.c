// SPDX-License-Identifier: Apache-2.0
#include "edge/command/check.h"

#include <stdarg.h>

#include "edge/config/understood.h"

enum { TEXT_SIZE = 600 };

static const char *const results[] = {[EDGE_FINDING_OK] = "ok",
                                      [EDGE_FINDING_NOT_TESTED] = "not tested",
                                      [EDGE_FINDING_WARNING] = "warning",
                                      [EDGE_FINDING_FAILED] = "failed",
                                      [EDGE_FINDING_WRONG] = "wrong"};

// Of the character that begins here, 0 where it is not UTF-8: a text may be cut inside one.
static size_t utf8_length(const char *text)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t length = first < 0x80   ? 1
                          : first < 0xc2 ? 0
                          : first < 0xe0 ? 2
                          : first < 0xf0 ? 3
                                         : 4;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    return first < 0xf5 ? length : 0;
}

static void print_json(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        const size_t length = utf8_length(text);
        if (length == 0)
            fputc('?', out);
        else if (length > 1) {
            fwrite(text, 1, length, out);
            text += length - 1;
        } else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

void edge_check_add(struct edge_check *check, const char *what, enum edge_finding finding,
                    const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const int code = finding == EDGE_FINDING_WRONG ? 2 : finding == EDGE_FINDING_FAILED;
    if (code > check->code)
        check->code = code;
    if (!check->json)
        fprintf(check->out, "%s: %s: %s\n", what, results[finding], text);
    else {
        fprintf(check->out, "%s\n  {\"what\": ", check->count > 0 ? "," : "");
        print_json(what, check->out);
        fprintf(check->out, ", \"result\": \"%s\", \"text\": ", results[finding]);
        print_json(text, check->out);
        fputc('}', check->out);
    }
    (void)fflush(check->out); // what follows may wait for a broker
    check->count++;
}

void edge_check_begin(struct edge_check *check, const char *path)
{
    if (!check->json)
        return;
    fputs("{\"file\": ", check->out);
    print_json(path, check->out);
    fputs(", \"mistakes\": [], \"findings\": [", check->out);
}

void edge_check_end(struct edge_check *check)
{
    if (check->json)
        fprintf(check->out, "\n], \"code\": %d}\n", check->code);
}

void edge_check_mistakes(const char *path, const struct drf_config_error *error, FILE *out)
{
    const size_t count = error->count < DRF_MISTAKES_MAX ? error->count : DRF_MISTAKES_MAX;
    fputs("{\"file\": ", out);
    print_json(path, out);
    fputs(", \"mistakes\": [", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s\n  {\"line\": %u, \"text\": ", i > 0 ? "," : "",
                error->mistakes[i].line);
        print_json(error->mistakes[i].text, out);
        fputc('}', out);
    }
    fprintf(out, "\n], \"count\": %zu, \"findings\": [], \"code\": 2}\n", error->count);
}

void edge_check_understood(struct edge_check *check)
{
    const struct drf_config *config = check->config;
    const struct edge_understood_need need = edge_understood_need(config);
    char text[EDGE_UNDERSTOOD_SIZE];
    struct geo_bounds other;
    edge_check_add(check, "configuration", EDGE_FINDING_OK, "region %s, node %s, mode %s",
                   config->region_id, config->node_id, drf_mode_name(config->mode));
    edge_understood_format(config, text);
    edge_check_add(check, "understood", EDGE_FINDING_OK, "%s", text);
    if (edge_understood_exchanged(config, &other))
        edge_check_add(check, "region", EDGE_FINDING_WARNING,
                       "it lies south of 60 S: did you mean bounds [%g, %g, %g, %g]?",
                       other.west_deg, other.south_deg, other.east_deg, other.north_deg);
    edge_check_add(check, "need", EDGE_FINDING_OK,
                   "ground and surface, when all %llu tiles are filled: %.0f to %.0f MB of "
                   "memory, %.0f to %.0f MB on the disk",
                   (unsigned long long)need.tiles, (double)need.memory_min_bytes / 1e6,
                   (double)need.memory_max_bytes / 1e6, (double)need.disk_min_bytes / 1e6,
                   (double)need.disk_max_bytes / 1e6);
    edge_check_add(
        check, "need", EDGE_FINDING_OK,
        "beside them: %.0f MB of memory for the node and %.0f MB for its decoders, "
        "%.1f kB for each obstacle (%.0f kB on the disk), %.1f kB for each drone, at "
        "most %.0f MB for patches (limits.patch_cache_mb) and %.0f MB for what waits "
        "for the disk (limits.pending_max_mb)",
        (double)need.node_bytes / 1e6, (double)need.decoders_bytes / 1e6,
        (double)need.obstacle_bytes / 1e3, (double)need.obstacle_disk_bytes / 1e3,
        (double)need.drone_bytes / 1e3, (double)config->limits.patch_cache_bytes / 1e6,
        (double)config->limits.pending_max_bytes / 1e6);
    if (config->feed_count == 0)
        edge_check_add(check, "feeds", EDGE_FINDING_WARNING,
                       "none: drones get nothing but each other's positions");
}
