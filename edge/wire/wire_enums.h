// edge/wire/wire_enums.h - NodeCondition and Authority of schemas/drf/v1/enums.proto.
// SPDX-License-Identifier: Apache-2.0
//
// The numbers are sent as they are. wire_enums.c checks them, and those of every other
// enumeration that is sent, against the generated header.
#ifndef EDGE_WIRE_ENUMS_H
#define EDGE_WIRE_ENUMS_H

enum edge_condition { // NodeCondition
    EDGE_CONDITION_DOWN = 1,
    EDGE_CONDITION_OVERLOADED = 2,
    EDGE_CONDITION_DEGRADED = 3,
    EDGE_CONDITION_UP = 4,
};

enum edge_authority { // Authority
    EDGE_AUTHORITY_SECONDARY = 1,
    EDGE_AUTHORITY_PRIMARY = 2,
};

#endif
