// sim/publish/provide.h - a provider: a file as Kafka messages, with their keys and headers.
// SPDX-License-Identifier: Apache-2.0
//
// Whoever sends them hands in the port: a producer, or the pipe of an experiment.
#ifndef SIM_PROVIDE_H
#define SIM_PROVIDE_H

#include <stdbool.h>

#include "sim/publish/batch.h"
#include "sim/publish/feed_port.h"
#include "sim/publish/file_kind.h"

struct sim_provider {
    enum sim_file_kind kind; // of the file at hand: sim_file_kind_of()
    const char *mode;        // header drf_mode
    const char *source;      // header ce_source; NULL or "": none
    const char *edition;     // NULL: features are sent, no edition
    int64_t ce_utc_us;       // header ce_time; 0: what the file says
    int64_t now_utc_us;      // for a file that says none and cannot be asked
    size_t max_bytes;        // of a message
    unsigned level;          // of the node's tiles
    size_t records;          // of DOF in a message
};

// The version of a file's messages.
struct sim_version_time {
    int64_t utc_us;
    bool of_file; // its time of change: the file itself says none
};

// True when the file says that it is simulated.
bool sim_provider_marked(const struct sim_provider *provider, const char *path,
                         const uint8_t *bytes, size_t size);
// Who provides the file: as asked for, else this program if it says that it is simulated, else
// NULL: whoever made it, we did not.
const char *sim_provider_source(const struct sim_provider *provider, const char *path,
                                const uint8_t *bytes, size_t size);
// Cuts a file that was read from `path`. DRF_ERR_SYNTAX: not of the kind, or damaged.
// DRF_ERR_FULL: cannot be cut so small. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_provider_split(const struct sim_provider *provider,
                                                  const char *path, const uint8_t *bytes,
                                                  size_t size, struct sim_batch *batch);
// As asked for, else as the file says, else its time of change, marked as such.
struct sim_version_time sim_provider_time(const struct sim_provider *provider, const char *path,
                                          const uint8_t *bytes, size_t size);
// Sends message `part` of `parts` with its headers. Statuses of the port.
DRF_MUST_CHECK enum drf_status sim_provider_send(const struct sim_provider *provider,
                                                 const struct sim_message *message, size_t part,
                                                 size_t parts, struct sim_version_time version,
                                                 const struct sim_feed_port *port);

#endif
