// sim/experiment/areas.h - zones and alerts that an experiment draws into its world.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_AREAS_H
#define SIM_AREAS_H

#include "sim/publish/feed_port.h"
#include "sim/world/world.h"

enum { SIM_AREA_TEXT_SIZE = 4096 };

// By the world's seed, near its middle, where drones fly: prohibited zones, and alerts of each
// severity in turn. At most SIM_ZONES_MAX and SIM_ALERTS_MAX.
void sim_areas_draw(struct sim_world *world, size_t zones, size_t alerts);

// One message for each, in the formats geojson_zones and cap. Statuses of the port;
// DRF_ERR_RANGE: a text is too long.
DRF_MUST_CHECK enum drf_status sim_areas_publish_zones(const struct sim_world *world,
                                                       int64_t now_utc_us,
                                                       const struct sim_feed_port *port);
DRF_MUST_CHECK enum drf_status sim_areas_publish_alerts(const struct sim_world *world,
                                                        int64_t now_utc_us,
                                                        const struct sim_feed_port *port);

#endif
