// SPDX-License-Identifier: Apache-2.0
#include "edge/view/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "edge/host/sha256.h"

// Generated (edge/CMakeLists.txt).
extern const unsigned char edge_page_html[], edge_page_css[], edge_page_js[];
extern const size_t edge_page_html_size, edge_page_css_size, edge_page_js_size;

static void tag_of(const void *bytes, size_t size, char out[static EDGE_PAGE_TAG_SIZE])
{
    unsigned char sha256[32];
    char hex[65];
    edge_sha256(bytes, size, sha256);
    edge_sha256_hex(sha256, hex);
    (void)snprintf(out, EDGE_PAGE_TAG_SIZE, "\"%.32s\"", hex);
}

static enum drf_status compress_file(struct edge_page_file *file)
{
    z_stream stream = {.next_in = (unsigned char *)file->bytes, .avail_in = (uInt)file->size};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return DRF_ERR_NOMEM;
    const size_t room = deflateBound(&stream, (uLong)file->size);
    unsigned char *bytes = malloc(room);
    stream.next_out = bytes;
    stream.avail_out = (uInt)room;
    const bool made = bytes != NULL && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    (void)deflateEnd(&stream);
    if (!made || stream.total_out >= file->size) {
        free(bytes);
        return made ? DRF_OK : DRF_ERR_NOMEM;
    }
    file->gzip = bytes;
    file->gzip_size = stream.total_out;
    tag_of(bytes, file->gzip_size, file->gzip_tag);
    return DRF_OK;
}

enum drf_status edge_page_open(struct edge_page *out)
{
    *out = (struct edge_page){
        .files = {{.path = "/",
                   .type = "text/html; charset=utf-8",
                   .bytes = edge_page_html,
                   .size = edge_page_html_size},
                  {.path = "/view.css",
                   .type = "text/css; charset=utf-8",
                   .bytes = edge_page_css,
                   .size = edge_page_css_size},
                  {.path = "/view.js",
                   .type = "text/javascript; charset=utf-8",
                   .bytes = edge_page_js,
                   .size = edge_page_js_size}},
    };
    for (size_t i = 0; i < EDGE_PAGE_FILES; i++) {
        struct edge_page_file *file = &out->files[i];
        tag_of(file->bytes, file->size, file->tag);
        if (compress_file(file) != DRF_OK) {
            edge_page_close(out);
            return DRF_ERR_NOMEM;
        }
    }
    return DRF_OK;
}

void edge_page_close(struct edge_page *page)
{
    for (size_t i = 0; i < EDGE_PAGE_FILES; i++) {
        free(page->files[i].gzip);
        page->files[i].gzip = NULL;
    }
}

const struct edge_page_file *edge_page_find(const struct edge_page *page, const char *path)
{
    for (size_t i = 0; i < EDGE_PAGE_FILES; i++)
        if (strcmp(page->files[i].path, path) == 0)
            return &page->files[i];
    return NULL;
}
