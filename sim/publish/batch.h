// sim/publish/batch.h - the Kafka messages made of one file, in the order of sending.
// SPDX-License-Identifier: Apache-2.0
//
// A batch owns copies of its keys and values. Keys are made unique: the second of the same
// name gets "/2" appended, and so on.
#ifndef SIM_BATCH_H
#define SIM_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { SIM_KEY_SIZE = 256, SIM_CORE_SIZE = 96 };

struct sim_message {
    char key[SIM_KEY_SIZE];
    char core[SIM_CORE_SIZE]; // header drf_core, "" for none
    uint8_t *value;           // NULL: a tombstone
    size_t size;
};

struct sim_batch {
    struct sim_message *messages;
    size_t count, room;
};

// `core` may be NULL. DRF_ERR_NOMEM. DRF_ERR_RANGE: the key is empty or too long.
DRF_MUST_CHECK enum drf_status sim_batch_add(struct sim_batch *batch, const char *key,
                                             const char *core, const void *value, size_t size);
void sim_batch_close(struct sim_batch *batch);

// A whole file in memory; the caller frees *bytes. DRF_ERR_ABSENT: it cannot be opened.
DRF_MUST_CHECK enum drf_status sim_file_read(const char *path, uint8_t **bytes, size_t *size);

// "folder/n43.dt0" gives "n43".
void sim_file_stem(const char *path, char *out, size_t room);

#endif
