// sim/measure/message_difference.h - the first field in which two messages differ.
// SPDX-License-Identifier: Apache-2.0
//
// Any message that protoc-c describes. A field named `mode` of type uint32 is passed over: a
// replay says REPLAY where the flight said LIVE. Fields that the descriptor does not know are
// compared as bytes.
#ifndef SIM_MESSAGE_DIFFERENCE_H
#define SIM_MESSAGE_DIFFERENCE_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

enum { SIM_DIFFERENCE_PATH_SIZE = 160, SIM_DIFFERENCE_VALUE_SIZE = 160 };

struct sim_difference {
    char field_path[SIM_DIFFERENCE_PATH_SIZE]; // "advisories[2].severity"
    char one[SIM_DIFFERENCE_VALUE_SIZE], two[SIM_DIFFERENCE_VALUE_SIZE]; // "absent", "-3.5"
};

// Both of the same descriptor. Returns false when they are equal, else the first difference in
// the order of the fields' numbers.
bool sim_message_difference(const ProtobufCMessage *one, const ProtobufCMessage *two,
                            struct sim_difference *out);

#endif
