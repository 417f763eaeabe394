// SPDX-License-Identifier: Apache-2.0
#include "edge/host/sha256.h"

#include <assert.h>
#include <openssl/evp.h>

void edge_sha256(const void *bytes, size_t size, uint8_t out[static 32])
{
    unsigned length = 0;
    int good = EVP_Digest(bytes ? bytes : "", size, out, &length, EVP_sha256(), NULL);
    assert(good && length == 32); // fails only when OpenSSL itself is broken
    (void)good;
}

void edge_sha256_hex(const uint8_t digest[static 32], char out[static 65])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
}

// OpenSSL's context, under a type of ours.
static EVP_MD_CTX *context_of(struct edge_sha256_sum *sum) { return (EVP_MD_CTX *)sum; }

static void start(struct edge_sha256_sum *sum)
{
    int good = EVP_DigestInit_ex(context_of(sum), EVP_sha256(), NULL);
    assert(good);
    (void)good;
}

enum drf_status edge_sha256_open(struct edge_sha256_sum **out)
{
    *out = (struct edge_sha256_sum *)EVP_MD_CTX_new();
    if (*out == NULL)
        return DRF_ERR_NOMEM;
    start(*out);
    return DRF_OK;
}

void edge_sha256_close(struct edge_sha256_sum *sum) { EVP_MD_CTX_free(context_of(sum)); }

void edge_sha256_add(struct edge_sha256_sum *sum, const void *bytes, size_t size)
{
    int good = size == 0 || EVP_DigestUpdate(context_of(sum), bytes, size);
    assert(good);
    (void)good;
}

void edge_sha256_take(struct edge_sha256_sum *sum, uint8_t out[static 32])
{
    unsigned length = 0;
    int good = EVP_DigestFinal_ex(context_of(sum), out, &length);
    assert(good && length == 32);
    (void)good;
    start(sum);
}
