// edge/config/mode.h - real or not real: what is not real never reaches live aircraft.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_MODE_H
#define EDGE_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The numbers of Mode in schemas/drf/v1/enums.proto.
enum drf_mode { DRF_MODE_LIVE = 1, DRF_MODE_TEST, DRF_MODE_REPLAY, DRF_MODE_SIM };

const char *drf_mode_name(uint32_t mode);               // "LIVE"; "UNKNOWN" for no mode
uint32_t drf_mode_parse(const char *name, size_t size); // 0: none of them

// Whether a node of one mode may have a message of another (CONTRACT.md, point 17): LIVE only
// LIVE; TEST LIVE and TEST; SIM only SIM; REPLAY all.
bool drf_mode_accepts(uint32_t node, uint32_t message);

#endif
