// edge/trial/try_folder.h - the folder that `drf-edge try` leaves.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_TRY_FOLDER_H
#define EDGE_TRY_FOLDER_H

#include "edge/trial/try_file.h"

enum { EDGE_TRY_FEEDS_MAX = 20, EDGE_TRY_PASSWORD_SIZE = 33 };

// One feed for the files of one format (and surface, and datum).
struct edge_try_feed {
    const char *name;
    const char *kind, *format; // as the configuration writes them
    uint32_t format_number;
    bool surface, datum_taken;
    size_t file_count;
    size_t largest_bytes;
};

struct edge_try_folder {
    char path[DRF_PATH_SIZE - 64]; // absolute
    struct edge_try_feed feeds[EDGE_TRY_FEEDS_MAX];
    size_t feed_count;
    struct geo_bounds region;
    bool replay; // the data are of the past: the node runs at utc_us
    int64_t utc_us;
    const char *stations; // the table for METAR; NULL: none
    uint16_t mqtt_port, http_port, kafka_port, controller_port;
    char node_password[EDGE_TRY_PASSWORD_SIZE];
};

// The feed of a file: an existing one, or a new one. NULL: of no format, or too many.
struct edge_try_feed *edge_try_folder_feed(struct edge_try_folder *folder,
                                           const struct edge_try_file *file);
// The same without adding one.
const struct edge_try_feed *edge_try_folder_feed_of(const struct edge_try_folder *folder,
                                                    const struct edge_try_file *file);
// Writes everything below folder->path, which is made. The text of a complaint, or NULL. Fills
// node_password.
const char *edge_try_folder_write(struct edge_try_folder *folder);

#endif
