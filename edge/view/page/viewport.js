// edge/view/page/viewport.js - which part of the world the map shows: degrees to pixels and back.
// SPDX-License-Identifier: Apache-2.0
// Equirectangular about the region's middle latitude: tiles of WorldCRS84Quad stay rectangles.

const V = { lat: 47, lon: 8, k: 0.05, w: 1, h: 1, dpr: 1, mx: 75900, my: 111132, moved: false }; // k: pixels a metre
const sx = lon => (lon - V.lon) * V.mx * V.k + V.w / 2;
const sy = lat => V.h / 2 - (lat - V.lat) * V.my * V.k;
const lonAt = x => (x - V.w / 2) / (V.mx * V.k) + V.lon;
const latAt = y => (V.h / 2 - y) / (V.my * V.k) + V.lat;
const K_LEAST = 0.0004,
  K_MOST = 6;
const viewBounds = (more = 0) => [lonAt(-more * V.w), latAt(V.h + more * V.h), lonAt(V.w + more * V.w), latAt(-more * V.h)];
const inView = (x, y, margin = 30) => x > -margin && y > -margin && x < V.w + margin && y < V.h + margin;

function viewChanged() {
  emit('view');
}
function panBy(dx, dy) {
  V.lon -= dx / (V.mx * V.k);
  V.lat = Math.max(-90, Math.min(90, V.lat + dy / (V.my * V.k)));
  V.moved = true;
  viewChanged();
}
function zoomBy(factor, x = V.w / 2, y = V.h / 2) {
  const lon = lonAt(x),
    lat = latAt(y);
  V.k = Math.max(K_LEAST, Math.min(K_MOST, V.k * factor));
  V.lon += lon - lonAt(x);
  V.lat += lat - latAt(y);
  V.moved = true;
  viewChanged();
}
function showPlace(lat, lon, least = 0) {
  V.lat = lat;
  V.lon = lon;
  V.k = Math.min(K_MOST, Math.max(V.k, least));
  V.moved = true;
  viewChanged();
}
function fitRegion() {
  const r = S.region;
  if (!r) return;
  S.opt.follow = false;
  const [w, s, e, n] = r.bounds;
  V.mx = 111320 * Math.cos((((s + n) / 2) * Math.PI) / 180);
  V.lon = (w + e) / 2;
  V.lat = (s + n) / 2;
  V.k = 0.93 * Math.min(V.w / ((e - w) * V.mx), V.h / ((n - s) * V.my));
  V.moved = false; // fitted: it is fitted again when the window changes
  viewChanged();
}
// A drone is brought into view, nearer than the whole region.
function centreOn(d) {
  if (d?.lat != null) showPlace(d.lat, d.lon, 0.16);
}
