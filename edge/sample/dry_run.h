// edge/sample/dry_run.h - decodes a provider's message as the node would, without storing it.
// SPDX-License-Identifier: Apache-2.0
//
// A message takes the same path as in service: envelope, sandboxed decoder child, validation.
// Nothing is stored, and no broker is contacted.
#ifndef EDGE_DRY_RUN_H
#define EDGE_DRY_RUN_H

#include <stdio.h>

#include "edge/decoder/child.h"
#include "edge/kafka/envelope.h"

struct edge_dry_run {
    enum drf_status status;        // OK: taken (with `decoded.record`, unless a tombstone)
    bool enveloped;                // `envelope` is filled
    struct edge_envelope envelope; // borrows from the message
    struct edge_decoded decoded;
    struct geo_note why;              // of anything but OK
    struct edge_children *children;   // hold the record
    struct geo_record_builder placed; // or this does
};

// Reads `message` as feed message->feed of the configuration would. Waits for the child as long
// as the configuration lets it decode. DRF_ERR_NOMEM, DRF_ERR_AGAIN: no child can be started.
DRF_MUST_CHECK enum drf_status edge_dry_run_read(const struct drf_config *config,
                                                 const struct edge_message *message,
                                                 struct edge_dry_run *out);
void edge_dry_run_close(struct edge_dry_run *dry_run);

// Tells what was made of it: each item as it was understood (the first 20, or all), what was
// refused, totals, a map. True: all of it was taken; false: it, or a part of it, was refused.
bool edge_dry_run_report(const struct drf_config *config, const struct edge_message *message,
                         const struct edge_dry_run *dry_run, bool all, FILE *out);

#endif
