// sim/command/tape_options.h - what `drf-sim record` and `drf-sim play` read alike.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_TAPE_OPTIONS_H
#define SIM_TAPE_OPTIONS_H

#include "sim/fleet/fleet_mqtt.h" // struct sim_account

enum { SIM_WORDS_MAX = 32, SIM_HOST_SIZE = 256 };

// Parts of a text between commas; cuts it in a copy that stays in `text`.
struct sim_words {
    const char *words[SIM_WORDS_MAX];
    size_t count;
    char text[2048];
};
// False: too many, too long, or an empty one. NULL is no word.
bool sim_words_read(const char *text, struct sim_words *out);

// HOST or HOST:PORT; 1883 without a port. False: neither.
bool sim_host_read(const char *text, char host[static SIM_HOST_SIZE], unsigned *port);

#endif
