// SPDX-License-Identifier: Apache-2.0
#include "edge/host/health.h"

#include <assert.h>

static const char *const names[] = {
    [EDGE_TROUBLE_KAFKA] = "kafka",       [EDGE_TROUBLE_TOPIC] = "topic",
    [EDGE_TROUBLE_MQTT] = "mqtt",         [EDGE_TROUBLE_STORE] = "store",
    [EDGE_TROUBLE_DECODER] = "decoder",   [EDGE_TROUBLE_CATCHING_UP] = "catching_up",
    [EDGE_TROUBLE_OVERLOAD] = "overload", [EDGE_TROUBLE_CLOCK] = "clock",
    [EDGE_TROUBLE_STALLED] = "stalled",   [EDGE_TROUBLE_INCOMPLETE] = "incomplete",
};
static_assert(sizeof names / sizeof names[0] == EDGE_TROUBLE_COUNT, "one name per trouble");

static const char *const texts[] = {
    [EDGE_TROUBLE_KAFKA] = "no broker of the feeds answers: what was read before is served",
    [EDGE_TROUBLE_TOPIC] = "a configured topic does not exist: its feed brings nothing",
    [EDGE_TROUBLE_MQTT] = "not connected to the MQTT broker: drones get nothing",
    [EDGE_TROUBLE_STORE] = "the store cannot be written: what is read now is kept in memory",
    [EDGE_TROUBLE_DECODER] =
        "no decoder is ready, or a feed is paused: its layers do not change",
    [EDGE_TROUBLE_CATCHING_UP] = "feeds are being read up to their end: layers may be old",
    [EDGE_TROUBLE_OVERLOAD] =
        "the load is too high: patches and parts of contexts are left out",
    [EDGE_TROUBLE_CLOCK] = "the clock was set within the last minute",
    [EDGE_TROUBLE_STALLED] = "the ingest loop makes no step: nothing new is read",
    [EDGE_TROUBLE_INCOMPLETE] =
        "live features are no longer in their source: drones are told so",
};
static_assert(sizeof texts / sizeof texts[0] == EDGE_TROUBLE_COUNT, "one text per trouble");

void edge_health_init(struct edge_health *health)
{
    atomic_init(&health->troubles, 0);
    for (int i = 0; i < EDGE_LOOP_COUNT; i++)
        atomic_init(&health->step_mono_us[i], INT64_MIN);
}

void edge_health_step(struct edge_health *health, enum edge_loop loop, int64_t now_mono_us)
{
    atomic_store_explicit(&health->step_mono_us[loop], now_mono_us, memory_order_relaxed);
}

int64_t edge_health_stepped(const struct edge_health *health, enum edge_loop loop)
{
    return atomic_load_explicit(&health->step_mono_us[loop], memory_order_relaxed);
}

int64_t edge_health_stalled_us(const struct edge_health *health, enum edge_loop loop,
                               int64_t now_mono_us)
{
    int64_t step_mono_us = edge_health_stepped(health, loop);
    if (step_mono_us == INT64_MIN || now_mono_us - step_mono_us < EDGE_HEALTH_STALL_US)
        return 0;
    return now_mono_us - step_mono_us;
}

bool edge_health_set(struct edge_health *health, enum edge_trouble trouble, bool there)
{
    assert(trouble < EDGE_TROUBLE_COUNT);
    uint32_t bit = UINT32_C(1) << trouble;
    uint32_t before = there ? atomic_fetch_or(&health->troubles, bit)
                            : atomic_fetch_and(&health->troubles, ~bit);
    return ((before & bit) != 0) != there;
}

bool edge_health_has(const struct edge_health *health, enum edge_trouble trouble)
{
    assert(trouble < EDGE_TROUBLE_COUNT);
    return (edge_health_all(health) >> trouble & 1) != 0;
}

uint32_t edge_health_all(const struct edge_health *health)
{
    return atomic_load_explicit(&health->troubles, memory_order_relaxed);
}

const char *edge_trouble_name(enum edge_trouble trouble)
{
    assert(trouble < EDGE_TROUBLE_COUNT);
    return names[trouble];
}

bool edge_health_started(const struct edge_health *health)
{
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++)
        if (edge_health_stepped(health, (enum edge_loop)loop) == INT64_MIN)
            return false;
    return true;
}

const char *edge_trouble_text(enum edge_trouble trouble)
{
    assert(trouble < EDGE_TROUBLE_COUNT);
    return texts[trouble];
}

const char *edge_loop_name(enum edge_loop loop)
{
    assert(loop < EDGE_LOOP_COUNT);
    return loop == EDGE_LOOP_INGEST ? "ingest" : "serve";
}
