// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/provide.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/host/options.h"
#include "sim/publish/dof_split.h"
#include "sim/publish/grib_split.h"
#include "sim/publish/json_split.h"
#include "sim/publish/raster_cut.h"
#include "sim/publish/text_split.h"

enum { TEXT_SIZE = 320, DOF_LINE_BYTES = 132 };

bool sim_provider_marked(const struct sim_provider *provider, const char *path,
                         const uint8_t *bytes, size_t size)
{
    if (sim_json_listed(path))
        return true;
    if (provider->kind == SIM_FILE_DOF)
        return sim_dof_marked(bytes, size);
    if (provider->kind == SIM_FILE_GEOTIFF)
        return sim_raster_marked(path);
    return sim_file_json(provider->kind) && sim_json_marked(bytes, size);
}

const char *sim_provider_source(const struct sim_provider *provider, const char *path,
                                const uint8_t *bytes, size_t size)
{
    if (provider->source != NULL)
        return provider->source;
    return sim_provider_marked(provider, path, bytes, size) ? "drf-sim" : NULL;
}

// A message; by default so many that a national file is some hundred messages.
static size_t dof_records(const struct sim_provider *provider)
{
    size_t fit = provider->max_bytes / DOF_LINE_BYTES;
    return provider->records < fit ? provider->records : fit;
}

enum drf_status sim_provider_split(const struct sim_provider *provider, const char *path,
                                   const uint8_t *bytes, size_t size, struct sim_batch *batch)
{
    char stem[SIM_KEY_SIZE - 64];
    sim_file_stem(path, stem, sizeof stem);
    switch (provider->kind) {
    case SIM_FILE_DOF:
        return sim_dof_split(stem, bytes, size, dof_records(provider), batch);
    case SIM_FILE_GEOJSON:
        return sim_json_split(stem, bytes, size, batch);
    case SIM_FILE_ZONE:
        return sim_json_zones(stem, bytes, size, batch);
    case SIM_FILE_GRIB:
        return sim_grib_split(stem, bytes, size, batch);
    case SIM_FILE_METAR:
    case SIM_FILE_SIGMET:
        return sim_report_split(stem, bytes, size, provider->max_bytes, batch);
    case SIM_FILE_CAP:
        return sim_cap_split(stem, bytes, size, batch);
    case SIM_FILE_GCN:
        return sim_json_notice(stem, bytes, size, batch);
    case SIM_FILE_READSB:
    case SIM_FILE_TRACKS:
    case SIM_FILE_UREP:
        return sim_json_whole(stem, bytes, size, batch);
    default:
        return sim_raster_cut(
            &(struct sim_raster_cut){.max_bytes = provider->max_bytes,
                                     .level = provider->level,
                                     .egm96_implied = provider->kind != SIM_FILE_GEOTIFF},
            path, batch);
    }
}

// A chunk of a cut raster is a GeoTIFF whatever the file was.
static const char *content_type(const struct sim_provider *provider,
                                const struct sim_message *message)
{
    if (message->value == NULL)
        return NULL;
    return sim_file_content_type(message->core[0] != '\0' ? SIM_FILE_GEOTIFF : provider->kind);
}

struct sim_version_time sim_provider_time(const struct sim_provider *provider, const char *path,
                                          const uint8_t *bytes, size_t size)
{
    struct stat about;
    int64_t utc_us = provider->ce_utc_us;
    if (utc_us != 0 || (provider->kind == SIM_FILE_DOF && sim_dof_issued(bytes, size, &utc_us))
        || (provider->kind == SIM_FILE_CAP && sim_cap_issued(bytes, size, &utc_us))
        || (sim_file_json(provider->kind) && sim_json_issued(bytes, size, &utc_us)))
        return (struct sim_version_time){utc_us, false};
    utc_us = stat(path, &about) == 0 ? (int64_t)about.st_mtime * 1000000 : provider->now_utc_us;
    return (struct sim_version_time){utc_us, true};
}

enum drf_status sim_provider_send(const struct sim_provider *provider,
                                  const struct sim_message *message, size_t part, size_t parts,
                                  struct sim_version_time version,
                                  const struct sim_feed_port *port)
{
    char id[TEXT_SIZE], time[SIM_TIME_TEXT_SIZE], number[24], count[24];
    sim_time_format(version.utc_us, time);
    snprintf(id, sizeof id, "%.250s@%s", message->key, time);
    snprintf(number, sizeof number, "%zu", part);
    snprintf(count, sizeof count, "%zu", parts);
    bool edition = provider->edition != NULL;
    bool features = sim_file_of_features(provider->kind);
    // CloudEvents 1.0, Kafka protocol binding, binary mode; then our own.
    const struct sim_header headers[] = {
        {"ce_specversion", "1.0"},
        {"ce_type", sim_file_event_type(provider->kind)},
        {"ce_source",
         provider->source != NULL && provider->source[0] ? provider->source : NULL},
        {"ce_id", id},
        {"ce_time", time},
        {"content-type", content_type(provider, message)},
        {"drf_time_basis", version.of_file ? "file" : NULL},
        {"drf_mode", provider->mode},
        {"drf_core", message->core[0] != '\0' ? message->core : NULL},
        {"drf_delivery", !features ? NULL
                         : edition ? "edition"
                                   : "features"},
        {"drf_edition", provider->edition},
        {"drf_part", edition ? number : NULL},
        {"drf_parts", edition ? count : NULL},
    };
    return port->send(port->context, message->key, message->value, message->size, headers,
                      sizeof headers / sizeof headers[0]);
}
