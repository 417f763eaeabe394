// edge/service/exit_code.h - what a node ends with; its supervisor decides by that.
// SPDX-License-Identifier: Apache-2.0
//
// deploy/systemd/drf-edge.service starts a node again after FAILED only: the others would end
// in the same way.
#ifndef EDGE_EXIT_CODE_H
#define EDGE_EXIT_CODE_H

enum edge_exit {
    EDGE_EXIT_STOPPED = 0, // a signal told it to
    EDGE_EXIT_FAILED = 1,  // it could not start or go on; the next try may succeed
    EDGE_EXIT_CONFIG = 2,  // the configuration or the command is wrong
    EDGE_EXIT_REFUSED = 3, // it does not run here: a store of a newer version or of another
                           // region, a sandbox that is required and incomplete
};

#endif
