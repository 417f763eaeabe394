// edge/command/export.h - `drf-edge export`: GeoPackage, GeoTIFF or backup of a store.
// SPDX-License-Identifier: Apache-2.0
//
// Reads beside a running node and does not block it.
#ifndef EDGE_EXPORT_H
#define EDGE_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

// Each writes `out` whole or not at all; one line to `err` when it cannot, and false.
// Everything, as one GeoPackage for QGIS and everyone else.
bool edge_export_gpkg(const char *store, const char *out, FILE *err);
// One layer, FUSION_LAYER_GROUND or _SURFACE, of the region (NULL) or of an inset of that name,
// as a GeoTIFF.
bool edge_export_tiff(const char *store, int layer, const char *inset, const char *out,
                      FILE *err);
// The store itself at one moment: a node can run on it.
bool edge_export_backup(const char *store, const char *out, FILE *err);

#endif
