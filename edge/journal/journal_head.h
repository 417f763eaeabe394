// edge/journal/journal_head.h - what a journal begins with: configuration, files, the store.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_JOURNAL_HEAD_H
#define EDGE_JOURNAL_HEAD_H

#include "edge/config/config.h"
#include "edge/host/now.h"
#include "fusion/store/store.h"
#include "schemas/mcap_write.h"

// The metadata EDGE_JOURNAL_BEGIN has: version (EDGE_JOURNAL_VERSION), boot_id, directory (that
// file names count from), utc_us and mono_us of the beginning, program, glibc, fma (1: the C
// library computes with fused multiply-add), sqlite, gdal, proj, eccodes, outputs (1: whole).
DRF_MUST_CHECK enum drf_status edge_journal_head_write(const struct drf_config *config,
                                                       uint64_t boot_id,
                                                       struct drf_mcap_writer *writer,
                                                       struct edge_now now,
                                                       char error[static 400]);

#endif
