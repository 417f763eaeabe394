// edge/sample/item_writer.h - writes items as they were understood, as text for people.
// SPDX-License-Identifier: Apache-2.0
//
// One item a paragraph: values with labels and units behind commas, wrapped; parts (volumes,
// periods) on lines of their own; at last what was assumed, and what is not known. No state
// but the column and the remarks of the item being written.
#ifndef EDGE_ITEM_WRITER_H
#define EDGE_ITEM_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "geo/point.h"
#include "geo/tile.h"

enum { EDGE_ITEM_REMARKS = 640 };

struct edge_item_writer {
    FILE *out; // the others are zero at first, and internal
    size_t column;
    char assumed[EDGE_ITEM_REMARKS], missing[EDGE_ITEM_REMARKS];
};

// `kind` is its word for people. `name` may be NULL or empty.
void edge_item_begin(struct edge_item_writer *writer, const char *kind, const char *id,
                     const char *name);
void edge_item_end(struct edge_item_writer *writer);
// A part of the item begins: what follows stands on a line of its own.
void edge_item_part(struct edge_item_writer *writer, const char *words);

// `label` may be empty. An empty text is not written.
void edge_item_number(struct edge_item_writer *writer, const char *label, double value,
                      int decimals, const char *unit);
void edge_item_text(struct edge_item_writer *writer, const char *label, const char *text);
void edge_item_time(struct edge_item_writer *writer, const char *label, int64_t utc_us);
void edge_item_place(struct edge_item_writer *writer, const char *label,
                     struct geo_point place);
// Of many corners the first `most`, and how many more there are.
void edge_item_corners(struct edge_item_writer *writer, const struct geo_point *corners,
                       size_t count, size_t most);

// What the node took although the data do not say it; what they do not say and remains unknown.
void edge_item_assume(struct edge_item_writer *writer, const char *words);
void edge_item_miss(struct edge_item_writer *writer, const char *words);

// 2026-11-28T10:50:00Z; 43.65000 N 79.38000 W.
enum { EDGE_ITEM_TEXT = 48, EDGE_ITEM_BOUNDS = 2 * EDGE_ITEM_TEXT + 4 };
void edge_item_format_time(int64_t utc_us, char text[static EDGE_ITEM_TEXT]);
void edge_item_format_place(struct geo_point place, char text[static EDGE_ITEM_TEXT]);
// 43.00000 N 80.00000 W to 44.00000 N 79.00000 W.
void edge_item_format_bounds(struct geo_bounds bounds, char text[static EDGE_ITEM_BOUNDS]);

#endif
