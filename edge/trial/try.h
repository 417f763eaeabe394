// edge/trial/try.h - `drf-edge try`: from files to a node that answers.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_TRY_H
#define EDGE_TRY_H

#include "edge/trial/try_folder.h"
#include "edge/trial/try_process.h"

enum { EDGE_TRY_TIME_SIZE = 32 };

struct edge_try {
    const char *source; // the user's folder
    const char *kafka;  // of --kafka; NULL: where it usually is
    bool import, region_given;
    struct edge_try_scan scan;
    struct edge_try_file *files; // EDGE_TRY_BOXES_MAX of them
    size_t file_count, left_out, used;
    struct edge_try_folder folder;
    char program[DRF_PATH_SIZE];                   // this one
    char java[DRF_PATH_SIZE], jars[DRF_PATH_SIZE]; // the folder of Kafka's jars
    char mosquitto[DRF_PATH_SIZE], mosquitto_passwd[DRF_PATH_SIZE];
    bool has_mosquitto, has_kafka; // and shall be started
    struct edge_try_process kafka_process, mosquitto_process, node;
    size_t published;
};

// Complains of `subject` (NULL: of all); returns 1.
int edge_try_failed(const char *subject, const char *text);
void edge_try_time(int64_t utc_us, char out[static EDGE_TRY_TIME_SIZE]);
// The path of a file of the new folder.
void edge_try_path(const struct edge_try *job, const char *name,
                   char out[static DRF_PATH_SIZE]);

// Lists the files. False: the folder cannot be read, errno says why.
bool edge_try_list(struct edge_try *job);
// Finds out what they are, and tells. False: the user wants to stop.
bool edge_try_look(struct edge_try *job);
// False: no file says where it is.
bool edge_try_choose_region(struct edge_try *job);
void edge_try_choose_time(struct edge_try *job);

// Sets has_mosquitto and has_kafka, the latter only with the former; tells what is not there.
void edge_try_find_brokers(struct edge_try *job);
// Starts them, publishes, runs the node until it has read all, and ends the node. False:
// complained.
bool edge_try_serve(struct edge_try *job);
// Without Kafka: imports what can be, and with mosquitto runs the node on it. False:
// complained.
bool edge_try_import(struct edge_try *job);

#endif
