// SPDX-License-Identifier: Apache-2.0
#include "sim/error/link_error.h"

static const int64_t retry_first_us = 1000000, retry_last_us = 60000000,
                     patience_us = 600000000;

// One try: true when it is lost.
static bool lose(struct sim_link_error *link, const struct sim_link_plan *plan,
                 struct sim_draw state, struct sim_draw loss)
{
    double u = sim_draw_uniform(state, link->tried);
    if (link->tried == 0) {
        double sum = plan->good_to_bad + plan->bad_to_good;
        link->bad = sum > 0.0 && u * sum < plan->good_to_bad;
    } else {
        link->bad = link->bad ? u >= plan->bad_to_good : u < plan->good_to_bad;
    }
    return sim_draw_uniform(loss, link->tried) < (link->bad ? plan->loss_bad : plan->loss_good);
}

bool sim_link_error_pass(struct sim_link_error *link, const struct sim_link_plan *plan,
                         uint64_t seed, uint32_t drone, enum sim_link_way way, int qos,
                         int64_t sent_us, int64_t *arrival_us)
{
    *arrival_us = sent_us;
    if (!plan->on)
        return true;
    bool up = way == SIM_LINK_UP;
    const struct sim_draw state = {seed, drone, up ? SIM_DRAW_UP_STATE : SIM_DRAW_DOWN_STATE};
    const struct sim_draw loss = {seed, drone, up ? SIM_DRAW_UP_LOSS : SIM_DRAW_DOWN_LOSS};
    const struct sim_draw delay = {seed, drone, up ? SIM_DRAW_UP_DELAY : SIM_DRAW_DOWN_DELAY};
    int64_t wait_us = 0, retry_us = retry_first_us;
    bool lost = lose(link, plan, state, loss);
    while (lost && qos > 0 && wait_us < patience_us) {
        wait_us += retry_us;
        retry_us = 2 * retry_us < retry_last_us ? 2 * retry_us : retry_last_us;
        link->tried++;
        lost = lose(link, plan, state, loss);
    }
    double delay_ms =
        plan->delay_ms + plan->jitter_ms * sim_draw_exponential(delay, link->tried);
    link->tried++;
    if (lost)
        return false;
    int64_t *last_us = &link->arrival_us[qos > 0 ? 1 : 0];
    *arrival_us = sent_us + wait_us + (int64_t)(delay_ms * 1e3);
    *arrival_us = *arrival_us > *last_us ? *arrival_us : *last_us;
    *last_us = *arrival_us;
    return true;
}
