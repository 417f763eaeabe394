// edge/trial/try_mosquitto.h - the shipped broker configuration, as text in the program.
// SPDX-License-Identifier: Apache-2.0
//
// Made from deploy/mosquitto when the program is built (edge/CMakeLists.txt).
#ifndef EDGE_TRY_MOSQUITTO_H
#define EDGE_TRY_MOSQUITTO_H

#include <stddef.h>

// deploy/mosquitto/mosquitto.conf and acl; not NUL-terminated.
extern const unsigned char edge_try_mosquitto_conf[], edge_try_mosquitto_acl[];
extern const size_t edge_try_mosquitto_conf_size, edge_try_mosquitto_acl_size;

#endif
