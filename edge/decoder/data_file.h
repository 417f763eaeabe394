// edge/decoder/data_file.h - the installed data files that a decoder child may read.
// SPDX-License-Identifier: Apache-2.0
//
// GDAL, PROJ and ecCodes open tables as a message needs them (of ecCodes' 18,000, one GRIB file
// reads about 60), so they cannot all be opened before. Where the kernel has Landlock, it lets
// a child read these folders alone. Where it has not, the child opens nothing: seccomp turns
// its open() into a signal, whose handler asks the node over a socket of its own, and the node
// sends the descriptor of what lies in one of these folders (edge/decoder/data_ask.c).
#ifndef EDGE_DATA_FILE_H
#define EDGE_DATA_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGE_DATA_FD = 3, EDGE_DATA_PATH_SIZE = 1024 }; // the child's end of that socket

struct edge_data_request {
    uint32_t directory;             // 1: with O_DIRECTORY
    char path[EDGE_DATA_PATH_SIZE]; // NUL-terminated
};

struct edge_data_answer {
    int32_t error; // an errno; 0: the descriptor comes with it
};

// The folders, one after the other; NULL: there are no more. Those that a variable of
// edge_data_variables names are among them, if absolute.
const char *edge_data_folder(size_t index);
// All that a child has in its environment, NULL-terminated.
extern const char *const edge_data_variables[];

// The node's side: answers what waits on `fd`, non-blocking. False: the child's end is closed,
// or what it sent is no request.
bool edge_data_serve(int fd);

// The child's side: from now on an open() that seccomp traps is asked of the node. False: not
// on this processor.
bool edge_data_ask(void);

#endif
