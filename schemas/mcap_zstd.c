// SPDX-License-Identifier: Apache-2.0
#include "schemas/mcap_zstd.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL_MAX = 19 };

struct drf_mcap_zstd {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
};

enum drf_status drf_mcap_zstd_open(int level, struct drf_mcap_zstd **out)
{
    if (level < 0 || level > LEVEL_MAX)
        return DRF_ERR_RANGE;
    struct drf_mcap_zstd *zstd = calloc(1, sizeof *zstd);
    if (zstd == NULL)
        return DRF_ERR_NOMEM;
    if (level > 0)
        zstd->pack = ZSTD_createCCtx();
    else
        zstd->unpack = ZSTD_createDCtx();
    bool good = zstd->unpack != NULL;
    if (zstd->pack != NULL)
        good =
            !ZSTD_isError(ZSTD_CCtx_setParameter(zstd->pack, ZSTD_c_compressionLevel, level));
    if (!good) {
        drf_mcap_zstd_close(zstd);
        return DRF_ERR_NOMEM;
    }
    *out = zstd;
    return DRF_OK;
}

void drf_mcap_zstd_close(struct drf_mcap_zstd *zstd)
{
    if (zstd == NULL)
        return;
    ZSTD_freeCCtx(zstd->pack);
    ZSTD_freeDCtx(zstd->unpack);
    free(zstd);
}

enum drf_status drf_mcap_zstd_pack(struct drf_mcap_zstd *zstd, const void *bytes, size_t size,
                                   struct drf_mcap_buffer *out)
{
    size_t bound = ZSTD_compressBound(size);
    if (ZSTD_isError(bound) || !drf_mcap_reserve(out, bound))
        return DRF_ERR_NOMEM;
    size_t packed = ZSTD_compress2(zstd->pack, out->bytes + out->size, bound, bytes, size);
    if (ZSTD_isError(packed))
        return DRF_ERR_NOMEM; // the room is enough, so nothing else can fail
    out->size += packed;
    return DRF_OK;
}

enum drf_status drf_mcap_zstd_unpack(struct drf_mcap_zstd *zstd, const void *bytes, size_t size,
                                     uint8_t *out, size_t wanted)
{
    size_t unpacked = ZSTD_decompressDCtx(zstd->unpack, out, wanted, bytes, size);
    return !ZSTD_isError(unpacked) && unpacked == wanted ? DRF_OK : DRF_ERR_SYNTAX;
}
