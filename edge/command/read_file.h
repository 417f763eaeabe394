// edge/command/read_file.h - a regular file as bytes, with its time of change.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_READ_FILE_H
#define EDGE_READ_FILE_H

#include <stddef.h>
#include <stdint.h>

// All of it, for the caller to free(); with one byte more of room. NULL: it cannot be read as a
// regular file.
uint8_t *edge_read_file(const char *path, size_t *size, int64_t *changed_utc_us);

#endif
