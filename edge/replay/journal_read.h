// edge/replay/journal_read.h - reads a journal: head, configuration, store, blocks.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_JOURNAL_READ_H
#define EDGE_JOURNAL_READ_H

#include "edge/config/config.h"
#include "edge/host/health.h"
#include "edge/host/now.h"

struct edge_journal_reader;

// What the recorded node was.
struct edge_journal_about {
    uint64_t boot_id;
    struct edge_now began;
    char program[64], glibc[32], gdal[32], proj[32], eccodes[32]; // versions; "" not said
    bool fma, whole;
    char ended[200]; // "whole", why its recording ended, "" it was cut off
};

enum { EDGE_JOURNAL_ERROR_SIZE = 400 };

// Reads the head. *config is the recorded one, the caller's to close; its store_path is
// `store_path`, where the recorded store is written (an existing file is refused). On anything
// but DRF_OK *error says what is wrong and where.
DRF_MUST_CHECK enum drf_status edge_journal_reader_open(
    const char *path, const char *store_path, struct drf_config *config,
    char error[static EDGE_JOURNAL_ERROR_SIZE], struct edge_journal_reader **out);
void edge_journal_reader_close(struct edge_journal_reader *reader); // NULL is fine
const struct edge_journal_about *edge_journal_reader_about(
    const struct edge_journal_reader *reader);

struct edge_journal_block {
    enum edge_loop loop;
    const uint8_t *bytes; // until the next call
    size_t size;
};
// DRF_ERR_ABSENT: there are no more, see `ended` and edge_journal_reader_error(). Others: the
// file is damaged.
DRF_MUST_CHECK enum drf_status edge_journal_reader_next(struct edge_journal_reader *reader,
                                                        struct edge_journal_block *out);
const char *edge_journal_reader_error(const struct edge_journal_reader *reader); // "" none

#endif
