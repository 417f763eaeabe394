// edge/serve/others/publish.h - what this node tells others over Kafka, on topics of its own.
// SPDX-License-Identifier: Apache-2.0
//
// Tracks of the drones it is owner of, their advisories raised and cleared, and the catalogue.
// The CloudEvents headers say who (ce_source REGION/NODE) and when. Not durable: what cannot be
// handed over is dropped and counted, and the next is newer. One owner, the serve loop; the
// send is a port of the step.
#ifndef EDGE_PUBLISH_H
#define EDGE_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/publisher.h"

enum { EDGE_PUBLISH_TEXT_MAX = 262144 };

enum edge_publish_kind { EDGE_PUBLISH_TRACK, EDGE_PUBLISH_ADVISORY, EDGE_PUBLISH_CATALOG };

struct edge_publish {
    struct edge_publisher publisher; // send NULL: nobody
    uint64_t count;                  // of what was sent; with the boot id it names a message
    uint8_t text[EDGE_PUBLISH_TEXT_MAX]; // for one value, from its encoding to its sending
};

// Of the step.
struct edge_publish_by {
    const struct drf_config *config;
    struct edge_inputs *inputs;
    struct edge_metrics *metrics;
    uint64_t boot_id;
    struct edge_now now;
};

DRF_MUST_CHECK enum drf_status edge_publish_open(struct edge_publish **out); // DRF_ERR_NOMEM
void edge_publish_close(struct edge_publish *publish);                       // NULL is fine

// Whether a topic is configured for it.
bool edge_publish_wanted(const struct drf_config *config, enum edge_publish_kind kind);
bool edge_publish_any(const struct drf_config *config);
// publish->text, so many bytes of JSON, under `key`: a drone's id; of the catalogue NULL, which
// is REGION/NODE.
void edge_publish_send(struct edge_publish *publish, const struct edge_publish_by *by,
                       enum edge_publish_kind kind, const char *key, size_t size);

#endif
