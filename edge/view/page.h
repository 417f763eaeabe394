// edge/view/page.h - the files of the page, as they were embedded at build.
// SPDX-License-Identifier: Apache-2.0
//
// Compressed once at open; immutable from then on, readable from any thread.
#ifndef EDGE_PAGE_H
#define EDGE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/status.h"

enum { EDGE_PAGE_TAG_SIZE = 40 };

struct edge_page_file {
    const char *path, *type; // "/view.js", "text/javascript; charset=utf-8"
    const unsigned char *bytes;
    size_t size;
    unsigned char *gzip; // NULL: not smaller
    size_t gzip_size;
    char tag[EDGE_PAGE_TAG_SIZE]; // strong ETag, with its quotes
    char gzip_tag[EDGE_PAGE_TAG_SIZE];
};

enum { EDGE_PAGE_FILES = 3 };
struct edge_page {
    struct edge_page_file files[EDGE_PAGE_FILES];
};

DRF_MUST_CHECK enum drf_status edge_page_open(struct edge_page *out); // DRF_ERR_NOMEM
void edge_page_close(struct edge_page *page);
const struct edge_page_file *edge_page_find(const struct edge_page *page,
                                            const char *path); // NULL: none

#endif
