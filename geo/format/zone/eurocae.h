// geo/format/zone/eurocae.h - common parts of ED-269 and ED-318; for their decoders only.
// SPDX-License-Identifier: Apache-2.0
//
// ED-318 is the later one: GeoJSON around the parts of ED-269.
#ifndef GEO_EUROCAE_H
#define GEO_EUROCAE_H

#include "geo/format/zone/zone_reader.h"
#include "geo/reader/json.h"
#include "geo/status.h"

// The zone's country and identifier, and when its data were updated or, without that, made.
DRF_MUST_CHECK enum drf_status geo_eurocae_read_identity(struct geo_zone_reader *reader,
                                                         const struct geo_json *zone);

// Adds the TimePeriods of a list, or a single one that is not in a list; `name` is the
// member's, for a refusal.
DRF_MUST_CHECK enum drf_status geo_eurocae_add_times(struct geo_zone_reader *reader,
                                                     const struct geo_json *periods,
                                                     const char *name);

// The members that hold a volume's limits and the one unit of both.
struct geo_eurocae_limits {
    const char *lower, *lower_reference, *upper, *upper_reference, *unit;
};
// On anything but DRF_OK *lower may have been written.
DRF_MUST_CHECK enum drf_status geo_eurocae_read_limits(const struct geo_zone_reader *reader,
                                                       const struct geo_json *volume,
                                                       const struct geo_eurocae_limits *names,
                                                       struct geo_zone_limit *lower,
                                                       struct geo_zone_limit *upper);

#endif
