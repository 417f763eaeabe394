// edge/command/check.h - what `check` finds, one line each, as text or JSON.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CHECK_H
#define EDGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "edge/config/config.h"

enum edge_finding {
    EDGE_FINDING_OK,
    EDGE_FINDING_NOT_TESTED, // and why
    EDGE_FINDING_WARNING,    // it runs; perhaps not as it was meant
    EDGE_FINDING_FAILED,     // something outside: exit code 1
    EDGE_FINDING_WRONG,      // the configuration: exit code 2
};

struct edge_check {
    const struct drf_config *config;
    FILE *out;
    bool json;
    int timeout_ms; // of each connection
    bool running;   // a node runs on the store: its port and account are in use
    size_t count;
    int code; // exit code so far
};

// "WHAT: ok: TEXT".
void edge_check_add(struct edge_check *check, const char *what, enum edge_finding finding,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
void edge_check_begin(struct edge_check *check, const char *path);
void edge_check_end(struct edge_check *check);
// The mistakes of a configuration that could not be read, as the whole answer.
void edge_check_mistakes(const char *path, const struct drf_config_error *error, FILE *out);

// What was understood, and what it takes.
void edge_check_understood(struct edge_check *check);
// The store's file and folder, and the journal's, as `run` would use them; nothing is changed.
void edge_check_store(struct edge_check *check);
// Whether the HTTP port can be had.
void edge_check_http(struct edge_check *check);
void edge_check_view(struct edge_check *check);
// Brokers and the topic of each feed.
void edge_check_kafka(struct edge_check *check);
// The account, and writing to a topic of each kind, under ids that nobody reads.
void edge_check_mqtt(struct edge_check *check);

#endif
