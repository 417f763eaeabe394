// edge/kafka/envelope.h - metadata of a Kafka message: source, key, version, mode, edition.
// SPDX-License-Identifier: Apache-2.0
//
// Headers follow the CloudEvents 1.0 Kafka binding, binary mode, and our own: drf_mode,
// drf_core (west,south,east,north), drf_delivery (features or edition; then drf_edition,
// drf_part and drf_parts). A missing header is taken from the feed's configuration. Licence and
// priority come from the configuration only, never from the message.
//   version: ce_time, else Kafka CreateTime. LogAppendTime without ce_time is refused: the
//            version would be the order of arrival.
// The structured mode of CloudEvents and encoded contents (gzip) are refused: a document is
// read as it is, except for a schema registry's frame (edge/config/framing.h).
//            drf_time_basis: file says that it is a file's time of change, for want of a
//            better.
//   key:     the Kafka key, else ce_subject, else "sha256:" and the first digits of the value's
//            digest; a tombstone needs one.
#ifndef EDGE_ENVELOPE_H
#define EDGE_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/config/framing.h"
#include "edge/kafka/message.h"
#include "fusion/fabric/fabric.h"

enum {
    EDGE_KEY_SIZE = 192,
    EDGE_EDITION_SIZE = 96,
    EDGE_CE_SOURCE_SIZE = 64,
    EDGE_SOURCE_SIZE = 96
};

struct edge_envelope {
    char source[EDGE_SOURCE_SIZE]; // feed, or feed "/" ce_source
    char key[EDGE_KEY_SIZE];
    char edition[EDGE_EDITION_SIZE]; // "" for drf_delivery: features
    uint32_t part, parts;
    struct fusion_version version;
    bool file_time; // drf_time_basis: file
    bool tombstone;
    bool has_core;
    struct geo_bounds core;
    struct edge_framed document; // for the decoder: the value without a frame, borrowed from it
};

// Reads it for a node of `node_mode`. On anything but DRF_OK *why is the refusal (ENVELOPE,
// MODE, EMPTY, TOO_LARGE). DRF_ERR_SYNTAX, DRF_ERR_RANGE.
DRF_MUST_CHECK enum drf_status edge_envelope_read(const struct drf_feed_config *feed,
                                                  uint32_t node_mode,
                                                  const struct edge_message *message,
                                                  struct geo_note *why,
                                                  struct edge_envelope *out);

#endif
