// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "edge/command/check.h"
#include "edge/config/understood.h"
#include "fusion/store/store.h"

// The folder of a file's path.
static void folder_of(const char *path, char out[static DRF_PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    const int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    (void)snprintf(out, DRF_PATH_SIZE, "%.*s", length, slash == NULL ? "." : path);
}

// Makes a file in it and removes it: what the permission bits say is not all.
static int try_folder(const char *folder)
{
    char path[DRF_PATH_SIZE + 32];
    (void)snprintf(path, sizeof path, "%s/.drf-edge-check-XXXXXX", folder);
    int fd = mkstemp(path);
    if (fd < 0)
        return errno;
    (void)close(fd);
    return unlink(path) == 0 ? 0 : errno;
}

static bool check_folder(struct edge_check *check, const char *what, const char *path,
                         uint64_t *free_bytes)
{
    char folder[DRF_PATH_SIZE];
    struct stat is;
    struct statvfs disk;
    folder_of(path, folder);
    int error = stat(folder, &is) != 0 ? errno : S_ISDIR(is.st_mode) ? 0 : ENOTDIR;
    if (error == 0)
        error = try_folder(folder);
    if (error != 0) {
        edge_check_add(check, what, EDGE_FINDING_FAILED, "%s: no file can be made there: %s",
                       folder, strerrordesc_np(error));
        return false;
    }
    *free_bytes = statvfs(folder, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : 0;
    return true;
}

static void check_file(struct edge_check *check)
{
    const struct drf_config *config = check->config;
    struct fusion_store *store = NULL;
    struct fusion_store_fault fault = {.trouble = FUSION_STORE_SOUND};
    const struct fusion_store_config reader = {.path = config->store_path,
                                               .level = config->level,
                                               .region_id = config->region_id,
                                               .mode = config->mode,
                                               .read_only = true,
                                               .fault = &fault};
    enum drf_status status = fusion_store_open(&reader, &store);
    fusion_store_close(store);
    if (status == DRF_OK && access(config->store_path, W_OK) != 0)
        edge_check_add(check, "store", EDGE_FINDING_FAILED, "%s: cannot be written: %s",
                       config->store_path, strerrordesc_np(errno));
    else if (status == DRF_OK)
        edge_check_add(check, "store", EDGE_FINDING_OK,
                       "%s: of this region, level and mode, and this version",
                       config->store_path);
    else if (fault.trouble == FUSION_STORE_DAMAGED)
        edge_check_add(check, "store", EDGE_FINDING_WARNING,
                       "%s: `run` will set it aside and read all topics again", fault.text);
    else
        edge_check_add(check, "store",
                       fault.trouble == FUSION_STORE_MISMATCH
                               || fault.trouble == FUSION_STORE_NEWER
                               || fault.trouble == FUSION_STORE_FOREIGN
                           ? EDGE_FINDING_WRONG
                           : EDGE_FINDING_FAILED,
                       "%s", fault.text[0] != '\0' ? fault.text : drf_status_name(status));
}

void edge_check_store(struct edge_check *check)
{
    const struct drf_config *config = check->config;
    uint64_t free_bytes = 0;
    if (!check_folder(check, "store", config->store_path, &free_bytes))
        return;
    if (access(config->store_path, F_OK) == 0)
        check_file(check);
    else
        edge_check_add(check, "store", EDGE_FINDING_OK, "%s: does not exist, will be created",
                       config->store_path);
    const uint64_t need =
        edge_understood_need(config).disk_max_bytes + config->limits.pending_max_bytes;
    edge_check_add(check, "store", free_bytes < need ? EDGE_FINDING_WARNING : EDGE_FINDING_OK,
                   "%.1f GB free on its disk%s", (double)free_bytes / 1e9,
                   free_bytes < need ? ": less than it may come to need" : "");
    if (config->journal.path[0] != '\0'
        && check_folder(check, "journal", config->journal.path, &free_bytes))
        edge_check_add(check, "journal",
                       free_bytes < config->journal.max_bytes ? EDGE_FINDING_WARNING
                                                              : EDGE_FINDING_OK,
                       "%.1f GB free on its disk, journal.max_mb is %.1f GB",
                       (double)free_bytes / 1e9, (double)config->journal.max_bytes / 1e9);
}
