// edge/decoder/child_spawn.h - starts a decoder child process.
// SPDX-License-Identifier: Apache-2.0
//
// The child is this program again, with one socket as standard input; standard output and error
// go to /dev/null.
#ifndef EDGE_CHILD_SPAWN_H
#define EDGE_CHILD_SPAWN_H

#include <sys/types.h>

#include "edge/decoder/child.h"

// posix_spawn, safe beside threads. *fd: the node's end, non-blocking, of the socket that is
// the child's standard input; *data_fd: that of its EDGE_DATA_FD. Of the environment it gets
// edge_data_variables alone. -1: it could not be started.
pid_t edge_child_spawn(const struct edge_children_config *config, int *fd, int *data_fd);

#endif
