// SPDX-License-Identifier: Apache-2.0
#include "edge/journal/journal_head.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/host/fma.h"
#include "edge/journal/journal.h"
#include "fusion/store/store_info.h"
#include "fusion/store/store_maintenance.h"
#include "geo/crs.h"
#include "geo/format/grib/grib.h"
#include "geo/format/terrain/raster.h"

enum { PIECE_BYTES = 1 << 20 };

static uint64_t time_ns(struct edge_now now)
{
    return now.utc_us > 0 ? (uint64_t)now.utc_us * 1000 : 0;
}

static enum drf_status write_about(const struct drf_config *config, uint64_t boot_id,
                                   struct drf_mcap_writer *writer, struct edge_now now)
{
    char boot[24], utc[24], mono[24], version[8];
    (void)snprintf(boot, sizeof boot, "%" PRIu64, boot_id);
    (void)snprintf(utc, sizeof utc, "%" PRId64, now.utc_us);
    (void)snprintf(mono, sizeof mono, "%" PRId64, now.mono_us);
    (void)snprintf(version, sizeof version, "%d", EDGE_JOURNAL_VERSION);
    const struct drf_mcap_pair pairs[] = {
        {.key = "version", .value = version},
        {.key = "boot_id", .value = boot},
        {.key = "directory", .value = config->directory},
        {.key = "utc_us", .value = utc},
        {.key = "mono_us", .value = mono},
        {.key = "program", .value = "drf-edge " DRF_VERSION},
        {.key = "glibc", .value = gnu_get_libc_version()},
        {.key = "sqlite", .value = fusion_store_library()},
        {.key = "gdal", .value = geo_raster_library()},
        {.key = "proj", .value = geo_crs_library()},
        {.key = "eccodes", .value = geo_grib_library()},
        {.key = "fma", .value = edge_fma_used() ? "1" : "0"},
        {.key = "outputs", .value = config->journal.whole != 0 ? "1" : "0"},
    };
    enum drf_status status = drf_mcap_write_metadata(writer, EDGE_JOURNAL_BEGIN, pairs,
                                                     sizeof pairs / sizeof pairs[0]);
    const struct drf_mcap_pair drf[] = {
        {.key = "program", .value = "drf-edge " DRF_VERSION},
        {.key = "region", .value = config->region_id},
        {.key = "node", .value = config->node_id},
        {.key = "mode", .value = drf_mode_name(config->mode)},
        {.key = "boot_id", .value = boot},
    };
    if (status == DRF_OK)
        status = drf_mcap_write_metadata(writer, "drf", drf, sizeof drf / sizeof drf[0]);
    return status;
}

static enum drf_status write_files(const struct drf_config *config,
                                   struct drf_mcap_writer *writer, struct edge_now now)
{
    struct drf_mcap_write_attachment attachment = {.name = "configuration.yaml",
                                                   .media_type = "application/yaml",
                                                   .log_time_ns = time_ns(now),
                                                   .create_time_ns = time_ns(now)};
    enum drf_status status =
        drf_mcap_write_attachment(writer, &attachment, config->text, strlen(config->text));
    attachment.media_type = "application/octet-stream";
    for (size_t i = 0; i < config->file_count && status == DRF_OK; i++) {
        const struct drf_config_file *file = &config->files[i];
        char name[DRF_PATH_SIZE + sizeof EDGE_JOURNAL_FILE];
        (void)snprintf(name, sizeof name, EDGE_JOURNAL_FILE "%s", file->path);
        attachment.name = name;
        status = drf_mcap_write_attachment(writer, &attachment, file->text, file->size);
    }
    return status;
}

static enum drf_status write_pieces(int fd, struct drf_mcap_writer *writer, uint16_t channel,
                                    struct edge_now now)
{
    uint8_t *bytes = malloc(PIECE_BYTES);
    enum drf_status status = bytes != NULL ? DRF_OK : DRF_ERR_NOMEM;
    ssize_t got = 0;
    for (uint32_t sequence = 0; status == DRF_OK && (got = read(fd, bytes, PIECE_BYTES)) > 0;
         sequence++) {
        const struct drf_mcap_piece piece = {.bytes = bytes, .size = (size_t)got};
        const struct drf_mcap_write_message message = {.channel_id = channel,
                                                       .sequence = sequence,
                                                       .log_time_ns = time_ns(now),
                                                       .publish_time_ns = time_ns(now),
                                                       .pieces = &piece,
                                                       .piece_count = 1};
        status = drf_mcap_write_message(writer, &message);
    }
    free(bytes);
    return status == DRF_OK && got < 0 ? DRF_ERR_STORE : status;
}

static enum drf_status write_store(const struct drf_config *config,
                                   struct drf_mcap_writer *writer, struct edge_now now,
                                   char error[static 400])
{
    char path[DRF_PATH_SIZE + 16];
    struct fusion_store_fault fault = {0};
    uint16_t channel;
    (void)snprintf(path, sizeof path, "%s" EDGE_JOURNAL_COPY, config->journal.path);
    (void)unlink(path); // of a start that was cut off
    enum drf_status status = drf_mcap_write_channel(
        writer, EDGE_JOURNAL_STORE, "application/geopackage+sqlite3", 0, NULL, 0, &channel);
    if (status == DRF_OK) {
        status = fusion_store_snapshot(config->store_path, path, &fault);
        (void)snprintf(error, 400, "%.380s", fault.text);
    }
    int fd = status == DRF_OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (status == DRF_OK && fd < 0) {
        (void)snprintf(error, 400, "%.250s: %.100s", path, strerrordesc_np(errno));
        status = DRF_ERR_STORE;
    }
    if (status == DRF_OK)
        status = write_pieces(fd, writer, channel, now);
    if (fd >= 0)
        (void)close(fd);
    (void)unlink(path);
    return status;
}

enum drf_status edge_journal_head_write(const struct drf_config *config, uint64_t boot_id,
                                        struct drf_mcap_writer *writer, struct edge_now now,
                                        char error[static 400])
{
    enum drf_status status = write_about(config, boot_id, writer, now);
    if (status == DRF_OK)
        status = write_files(config, writer, now);
    if (status == DRF_OK)
        status = write_store(config, writer, now, error);
    if (status == DRF_OK)
        status = drf_mcap_write_end_chunk(writer);
    if (status != DRF_OK && error[0] == '\0')
        (void)snprintf(error, 400, "%s", drf_mcap_writer_error(writer));
    return status;
}
