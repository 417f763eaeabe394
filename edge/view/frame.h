// edge/view/frame.h - what changed in the fleet since the frame before, and all of it.
// SPDX-License-Identifier: Apache-2.0
//
// Holds what viewers were shown of each place of the fleet. A frame is the data of an event
// `fleet` (schemas/view.md): drones by number, heights and positions as whole numbers, and only
// what differs from the frame before; a full one has everything, for who begins or has missed
// one. One thread. Allocates at open, and the text of a frame as it grows.
#ifndef EDGE_FRAME_H
#define EDGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/handoff/view_record.h"
#include "edge/view/json_text.h"
#include "geo/status.h"

struct edge_frame;

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_frame_open(uint32_t places, struct edge_frame **out);
void edge_frame_close(struct edge_frame *frame);  // NULL is fine
void edge_frame_forget(struct edge_frame *frame); // nobody was shown anything

// A place as it is now; drone->id "": there is none. Between two frames each place at most
// once counts: the last.
void edge_frame_put(struct edge_frame *frame, uint32_t number,
                    const struct edge_view_drone *drone);
// Decides what is silent at a time, writes what changed since the frame before, and begins the
// next. Nothing changed: only the time is written.
void edge_frame_changes(struct edge_frame *frame, int64_t now_utc_us, int64_t silent_after_us,
                        struct edge_json_text *json);
// Everything, as of the last edge_frame_changes().
void edge_frame_whole(const struct edge_frame *frame, struct edge_json_text *json);

#endif
