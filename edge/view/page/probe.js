// edge/view/page/probe.js - what a test asks of the page: where a place is on the map, and what the map was given.
// SPDX-License-Identifier: Apache-2.0

window.drfView = Object.freeze({
  pixel: (lat, lon) => [sx(lon), sy(lat)],
  shows: () => ({ selected: S.selected, drones: [...S.byId.keys()], obstacles: S.features.obstacles.map(f => f.properties.feature_id) }),
});
