// fusion/aircraft/alert.h - the alerts that concern one aircraft.
// SPDX-License-Identifier: Apache-2.0
//
// An alert of an area concerns an aircraft that is in it, or will be within 45 s on its present
// path. An alert of the sky concerns an aircraft if any part of its error circle is above the
// horizon (geo/celestial.h). Heights do not matter. Test alerts are present only where the mode
// of the node allows them: a LIVE node refuses them on input.
#ifndef FUSION_ALERT_H
#define FUSION_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/root/root.h"

enum { FUSION_ALERTS_MAX = 8 };

struct fusion_alert {
    const struct fusion_zone *zone; // borrowed from the root
    bool ahead;                     // an area it will be in, not one it is in
};

struct fusion_alerts {
    size_t count;
    struct fusion_alert items[FUSION_ALERTS_MAX]; // the most severe first, then by id
    uint32_t left_out;
    uint64_t digest; // of all that concern it, with their versions; 0: none
};

void fusion_alerts_find(const struct fusion_root *root, const struct fusion_fix *fix,
                        int64_t now_utc_us, struct fusion_alerts *out);

// Whether it is over at this instant, and stays over.
bool fusion_alert_over(const struct fusion_zone *zone, int64_t now_utc_us);

// Its severity as enum fusion_severity has it, and a number that grows with its versions.
uint32_t fusion_alert_severity(const struct fusion_zone *zone);
uint32_t fusion_alert_revision(const struct fusion_zone *zone);

#endif
