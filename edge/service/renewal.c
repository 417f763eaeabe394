// SPDX-License-Identifier: Apache-2.0
#include "edge/service/renewal.h"

#define UNSENT_KEEP_US INT64_C(2500000) // less than another node needs to take over

void edge_renewal_run(struct edge_renewal *renewal, struct edge_node *node, struct edge_now now)
{
    const char *why;
    struct edge_mqtt *fresh;
    if (node->config->owners.topic[0] == '\0' || edge_mqtt_hears(node->mqtt))
        return;
    int64_t echoed_mono_us = edge_ownership_echoed(&node->ownership);
    if (echoed_mono_us <= renewal->forgot_mono_us // never, or once since is enough
        || now.mono_us - echoed_mono_us < UNSENT_KEEP_US || !edge_mqtt_adoptable(node->mqtt)
        || edge_node_open_mqtt(node, node->config, NULL, &fresh, &why) != DRF_OK)
        return;
    edge_mqtt_adopt(node->mqtt, fresh);
    edge_mqtt_close(fresh);
    renewal->forgot_mono_us = now.mono_us;
}
