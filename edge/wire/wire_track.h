// edge/wire/wire_track.h - a drone's report as another node reads it: format `tracks`.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/traffic.schema.json, schemas/traffic.md. ProtoJSON, one object; what the drone did
// not send is left out.
#ifndef EDGE_WIRE_TRACK_H
#define EDGE_WIRE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "geo/status.h"

enum { EDGE_WIRE_TRACK_MAX = 640 }; // bytes of any

// `id` is a drone's. *size is the room in, the length out. DRF_ERR_FULL.
DRF_MUST_CHECK enum drf_status edge_wire_track_encode(const char *id,
                                                      const struct fusion_fix *fix,
                                                      bool unconfirmed, uint8_t *bytes,
                                                      size_t *size);

#endif
