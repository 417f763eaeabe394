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
