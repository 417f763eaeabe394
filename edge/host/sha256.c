// SPDX-License-Identifier: Apache-2.0
#include "edge/host/sha256.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

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

// What is added is gathered: a call of OpenSSL costs as much as a few hundred bytes, and more
// where its code has left the cache meanwhile.
enum { GATHERED_MAX = 16384 };

struct edge_sha256_sum {
    EVP_MD_CTX *context;
    size_t size;
    uint8_t gathered[GATHERED_MAX];
};

static void start(struct edge_sha256_sum *sum)
{
    int good = EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL);
    assert(good);
    (void)good;
}

static void update(struct edge_sha256_sum *sum, const void *bytes, size_t size)
{
    int good = size == 0 || EVP_DigestUpdate(sum->context, bytes, size);
    assert(good);
    (void)good;
}

enum drf_status edge_sha256_open(struct edge_sha256_sum **out)
{
    struct edge_sha256_sum *sum = malloc(sizeof *sum);
    if (sum == NULL)
        return DRF_ERR_NOMEM;
    sum->size = 0;
    sum->context = EVP_MD_CTX_new();
    if (sum->context == NULL) {
        free(sum);
        return DRF_ERR_NOMEM;
    }
    start(sum);
    *out = sum;
    return DRF_OK;
}

void edge_sha256_close(struct edge_sha256_sum *sum)
{
    if (sum == NULL)
        return;
    EVP_MD_CTX_free(sum->context);
    free(sum);
}

void edge_sha256_add(struct edge_sha256_sum *sum, const void *bytes, size_t size)
{
    if (size > GATHERED_MAX - sum->size) {
        update(sum, sum->gathered, sum->size);
        sum->size = 0;
    }
    if (size > GATHERED_MAX) {
        update(sum, bytes, size);
    } else if (size > 0) {
        memcpy(sum->gathered + sum->size, bytes, size);
        sum->size += size;
    }
}

void edge_sha256_take(struct edge_sha256_sum *sum, uint8_t out[static 32])
{
    unsigned length = 0;
    update(sum, sum->gathered, sum->size);
    sum->size = 0;
    int good = EVP_DigestFinal_ex(sum->context, out, &length);
    assert(good && length == 32);
    (void)good;
    start(sum);
}
