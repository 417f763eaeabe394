// fusion/digest/digest.h - SHA-256 over fields, with the same result on every machine.
// SPDX-License-Identifier: Apache-2.0
//
// Integers are fed as 8 bytes, little-endian; text with its NUL, so that two texts are not
// taken for one; a real number as its IEEE 754 bits, -0 as 0: both are the same value, and
// SQLite returns a zero without its sign. One owner, no threads. An error of libcrypto is
// remembered and is returned by fusion_digest_status().
#ifndef FUSION_DIGEST_H
#define FUSION_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { FUSION_DIGEST_SIZE = 32 };

struct evp_md_ctx_st;

struct fusion_digest {
    struct evp_md_ctx_st *sha256;
    bool failed; // libcrypto ran out of memory
};

// DRF_ERR_NOMEM. One digest after the other can be made with it, each from begin to end.
DRF_MUST_CHECK enum drf_status fusion_digest_open(struct fusion_digest *digest);
void fusion_digest_close(struct fusion_digest *digest); // one that was not opened is fine

void fusion_digest_begin(struct fusion_digest *digest);
void fusion_digest_bytes(struct fusion_digest *digest, const void *bytes, size_t size);
void fusion_digest_text(struct fusion_digest *digest, const char *text);
void fusion_digest_int(struct fusion_digest *digest, int64_t value);
void fusion_digest_real(struct fusion_digest *digest, double value);
void fusion_digest_end(struct fusion_digest *digest, uint8_t out[static FUSION_DIGEST_SIZE]);

// DRF_ERR_NOMEM: a digest since the open is not to be used.
DRF_MUST_CHECK enum drf_status fusion_digest_status(const struct fusion_digest *digest);

#endif
