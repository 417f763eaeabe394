// edge/host/sha256.h - SHA-256 of bytes: versions of messages, dead letters, recorded outputs.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_SHA256_H
#define EDGE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

void edge_sha256(const void *bytes, size_t size, uint8_t out[static 32]);
void edge_sha256_hex(const uint8_t digest[static 32], char out[static 65]);

// Of bytes that come in pieces.
struct edge_sha256_sum;
DRF_MUST_CHECK enum drf_status edge_sha256_open(struct edge_sha256_sum **out); // DRF_ERR_NOMEM
void edge_sha256_close(struct edge_sha256_sum *sum);                           // NULL is fine
void edge_sha256_add(struct edge_sha256_sum *sum, const void *bytes, size_t size);
// The digest of everything added since the last; the sum is empty again.
void edge_sha256_take(struct edge_sha256_sum *sum, uint8_t out[static 32]);

#endif
