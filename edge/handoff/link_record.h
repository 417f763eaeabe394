// edge/handoff/link_record.h - an MQTT message that came in, as bytes of a recording.
// SPDX-License-Identifier: Apache-2.0
//
// EDGE_INPUT_MESSAGE: sizes of topic, payload, response topic and correlation data, flags (1
// retained, 2 JSON, 4 left out), all LEB128; when it arrived, in us of mono time (signed); with
// flag 4 how long a payload and correlation data were that are left out; then the four, the two
// texts with their NUL.
#ifndef EDGE_LINK_RECORD_H
#define EDGE_LINK_RECORD_H

#include "edge/inputs/inputs.h"
#include "edge/mqtt/link.h"

void edge_link_record_put(struct edge_inputs *inputs, const struct edge_incoming *message);
// The next one of the step, borrowed until the next block. False: none, or it is damaged.
bool edge_link_record_take(struct edge_inputs *inputs, struct edge_incoming *out);

#endif
