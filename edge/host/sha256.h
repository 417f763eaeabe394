// edge/host/sha256.h - SHA-256 of bytes, for versions of messages and dead letters.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_SHA256_H
#define EDGE_SHA256_H

#include <stddef.h>
#include <stdint.h>

void edge_sha256(const void *bytes, size_t size, uint8_t out[static 32]);
void edge_sha256_hex(const uint8_t digest[static 32], char out[static 65]);

#endif
