// geo/format/traffic/opensky.h - state vectors as rows, as OpenSky's interface gives them.
// SPDX-License-Identifier: Apache-2.0
//
// {"time", "states": [["3c6444", "DLH123  ", "Germany", 1795863572, ...], ...]}: columns by
// number (OpenSky REST API, "All State Vectors"), in metres and metres a second. Part of the
// decoder of geo/format/traffic/readsb.h.
#ifndef GEO_OPENSKY_H
#define GEO_OPENSKY_H

#include "geo/format/traffic/track_reader.h"

// Takes every row. The time is that of the position; `states` may be null: nobody is there.
// *why where it refuses the whole message.
DRF_MUST_CHECK enum drf_status geo_opensky_states(struct geo_track_reader *reader,
                                                  const struct geo_json *states,
                                                  struct geo_note *why);

#endif
