// edge/host/utf8.h - where UTF-8 ends in bytes that strangers send.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_UTF8_H
#define EDGE_UTF8_H

#include <stddef.h>
#include <stdint.h>

// The length of the UTF-8 sequence at `bytes`, of which there is at least one (RFC 3629: no
// surrogates, none too long); 0: there is none.
size_t edge_utf8_length(const uint8_t *bytes, size_t size);

#endif
