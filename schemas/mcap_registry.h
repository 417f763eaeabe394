// schemas/mcap_registry.h - the schemas and channels that an MCAP reader has met.
// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMAS_MCAP_REGISTRY_H
#define SCHEMAS_MCAP_REGISTRY_H

#include "schemas/mcap_read.h"
#include "schemas/mcap_record.h"

enum { DRF_MCAP_REGISTRY_BYTES_MAX = 1 << 26 };

enum drf_mcap_wanted { DRF_MCAP_NOT_ASKED, DRF_MCAP_WANTED, DRF_MCAP_UNWANTED };

struct drf_mcap_known_channel {
    struct drf_mcap_channel channel; // first
    enum drf_mcap_wanted wanted;
    const uint8_t *raw; // content of its record
    size_t raw_size;
};

struct drf_mcap_known_schema {
    struct drf_mcap_schema schema; // first
    const uint8_t *raw;
    size_t raw_size;
};

struct drf_mcap_registry {
    struct drf_mcap_known_schema **schemas; // by id, NULL: none
    size_t schema_room;
    struct drf_mcap_known_channel **channels;
    size_t channel_room;
    struct drf_mcap_known_channel **order; // as they were met
    size_t count, order_room;
    size_t bytes;
};
void drf_mcap_registry_close(struct drf_mcap_registry *registry);

// From the content of a record. The same once more is fine. DRF_ERR_SYNTAX: malformed, or
// another one has that id. DRF_ERR_ABSENT: the channel's schema was not met. DRF_ERR_FULL: over
// DRF_MCAP_REGISTRY_BYTES_MAX. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_registry_schema(struct drf_mcap_registry *registry,
                                                        const uint8_t *content, size_t size);
DRF_MUST_CHECK enum drf_status drf_mcap_registry_channel(struct drf_mcap_registry *registry,
                                                         const uint8_t *content, size_t size);

// NULL: not met.
struct drf_mcap_known_channel *drf_mcap_registry_find(const struct drf_mcap_registry *registry,
                                                      uint16_t id);

// Pairs of a map with texts that end in a NUL, all in one block that starts at *block
// (malloc'ed, the caller's to free). DRF_ERR_SYNTAX, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_mcap_pairs_read(struct drf_mcap_cursor map,
                                                   struct drf_mcap_pair **block, size_t *count);

#endif
