// SPDX-License-Identifier: Apache-2.0
#include "fusion/digest/digest.h"

#include <openssl/evp.h>
#include <string.h>

enum drf_status fusion_digest_open(struct fusion_digest *digest)
{
    *digest = (struct fusion_digest){.sha256 = EVP_MD_CTX_new()};
    return digest->sha256 != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

void fusion_digest_close(struct fusion_digest *digest)
{
    EVP_MD_CTX_free(digest->sha256);
    digest->sha256 = NULL;
}

// libcrypto crashes in an update after a failed initialisation, so it is not called then.
void fusion_digest_begin(struct fusion_digest *digest)
{
    if (!digest->failed && EVP_DigestInit_ex(digest->sha256, EVP_sha256(), NULL) != 1)
        digest->failed = true;
}

void fusion_digest_bytes(struct fusion_digest *digest, const void *bytes, size_t size)
{
    if (!digest->failed && EVP_DigestUpdate(digest->sha256, bytes, size) != 1)
        digest->failed = true;
}

void fusion_digest_text(struct fusion_digest *digest, const char *text)
{
    fusion_digest_bytes(digest, text, strlen(text) + 1);
}

void fusion_digest_int(struct fusion_digest *digest, int64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
    fusion_digest_bytes(digest, bytes, sizeof bytes);
}

void fusion_digest_real(struct fusion_digest *digest, double value)
{
    int64_t bits;
    const double unsigned_zero = value + 0.0;
    memcpy(&bits, &unsigned_zero, sizeof bits);
    fusion_digest_int(digest, bits);
}

void fusion_digest_end(struct fusion_digest *digest, uint8_t out[static FUSION_DIGEST_SIZE])
{
    if (!digest->failed && EVP_DigestFinal_ex(digest->sha256, out, NULL) != 1)
        digest->failed = true;
    if (digest->failed)
        memset(out, 0, FUSION_DIGEST_SIZE);
}

enum drf_status fusion_digest_status(const struct fusion_digest *digest)
{
    return digest->failed ? DRF_ERR_NOMEM : DRF_OK;
}
