// sim/measure/vector_package.h - GeoPackage of tracks and events, for QGIS.
// SPDX-License-Identifier: Apache-2.0
//
// Layers: tracks (LineString ZM: M is the time in Unix seconds, Z the height that `height`
// names), tracks_no_height (LineString M), events (Point: losses of separation, advisories,
// verdicts). Each line is a way that is known: a longer silence than the gap ends it. Written
// with GDAL/OGR. The same recordings give the same bytes.
#ifndef SIM_VECTOR_PACKAGE_H
#define SIM_VECTOR_PACKAGE_H

#include "sim/measure/measures.h"

struct sim_vector_package;

// An existing file is replaced. DRF_ERR_STORE: it cannot be written, said on stderr.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_vector_package_open(const char *path,
                                                       struct sim_vector_package **out);
// DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status sim_vector_package_add(struct sim_vector_package *package,
                                                      const struct sim_measured *measured,
                                                      int64_t max_gap_us);
// DRF_ERR_STORE. NULL is fine.
DRF_MUST_CHECK enum drf_status sim_vector_package_close(struct sim_vector_package *package);

#endif
