// sim/fleet/fleet_mqtt.h - many MQTT v5 clients in one process, each with its own name.
// SPDX-License-Identifier: Apache-2.0
//
// One epoll over all sockets: libmosquitto's own loop uses select() and fails beyond some 340
// clients. Clean start, session expiry 0. A client that loses its connection reconnects by
// itself, with a back-off up to ten seconds. One thread; on_message runs inside the step.
#ifndef SIM_FLEET_MQTT_H
#define SIM_FLEET_MQTT_H

#include "sim/fleet/link.h"

typedef void (*sim_links_message_fn)(void *context, size_t index, enum sim_stream stream,
                                     const void *bytes, size_t size, struct sim_now now);

struct sim_links;

// Resolves the host once and checks that it accepts a connection within five seconds.
// `accounts` is borrowed until close. DRF_ERR_ABSENT: no such host. DRF_ERR_AGAIN: no answer.
DRF_MUST_CHECK enum drf_status sim_links_open(const char *host, unsigned port, const char *root,
                                              const struct sim_account *accounts, size_t count,
                                              sim_links_message_fn on_message, void *context,
                                              struct sim_links **out);
void sim_links_close(struct sim_links *links); // NULL is fine

// Waits up to wait_ms for a socket, reads and writes, reconnects. True if anything was read.
bool sim_links_step(struct sim_links *links, int wait_ms, int64_t now_mono_us);

// The links as the fleet sees them; valid until close.
struct sim_link_port sim_links_port(struct sim_links *links);

size_t sim_links_ready(const struct sim_links *links);        // connected and subscribed
uint64_t sim_links_lost(const struct sim_links *links);       // connections lost so far
const char *sim_links_refusal(const struct sim_links *links); // the last one, "" for none

#endif
