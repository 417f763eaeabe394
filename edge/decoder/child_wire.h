// edge/decoder/child_wire.h - protocol between the node and a decoder child, on one socket.
// SPDX-License-Identifier: Apache-2.0
//
// Both ends are the same program, so plain structs are sent. To the child: a request, a struct
// geo_decode_params, the bytes. Back: an answer, then a record's bytes or one struct geo_note.
// The first answer says that the child is ready. Everything that comes back is untrusted.
#ifndef EDGE_CHILD_WIRE_H
#define EDGE_CHILD_WIRE_H

#include <stdint.h>

enum { EDGE_CHILD_MAGIC = 0x64726663 };

struct edge_child_request {
    uint32_t magic;
    uint32_t timeout_s; // of wall time: the child exits then, in case the node is gone
    uint32_t cpu_ms;    // of CPU for this message: the child answers LATE then, and exits
    uint32_t reserved;
    uint64_t size; // of the bytes
};

enum edge_child_kind {
    EDGE_CHILD_READY = 1,
    EDGE_CHILD_RECORD,
    EDGE_CHILD_REFUSED,
    EDGE_CHILD_LATE
};

struct edge_child_answer {
    uint32_t magic;
    uint32_t kind;
    uint32_t status;     // enum drf_status, of REFUSED
    uint32_t landlocked; // of READY
    uint64_t size;       // of what follows
};

#endif
