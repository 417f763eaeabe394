// edge/view/page/corridor.js - the way ahead of the selected drone, on the map, as its context says it.
// SPDX-License-Identifier: Apache-2.0

// The middle of the corridor: {at(metres) -> [lat, lon], heading(metres) -> radians}; null: a disc, or a way that is not said.
function corridorWay(c) {
  const L = c?.look_ahead,
    lat = c?.lat_e7 / 1e7,
    lon = c?.lon_e7 / 1e7;
  if (!known(lat) || !known(lon) || !L?.length_m) return null;
  const mx = 111320 * Math.cos((lat * Math.PI) / 180),
    my = 111132;
  if (L.basis === 2 && known(L.track_deg_true)) {
    const a = (L.track_deg_true * Math.PI) / 180;
    return { at: d => [lat + (d * Math.cos(a)) / my, lon + (d * Math.sin(a)) / mx], heading: () => a };
  }
  const points = (c === S.context ? S.way || [] : []).map(([y, x]) => [(x / 1e7 - lon) * mx, (y / 1e7 - lat) * my]);
  if (points.length < 2) return null;
  const find = d => {
    for (let i = 1; ; i++) {
      const [ax, ay] = points[i - 1],
        [bx, by] = points[i],
        n = Math.hypot(bx - ax, by - ay);
      if (d <= n || i === points.length - 1)
        return { x: ax + (n ? d / n : 0) * (bx - ax), y: ay + (n ? d / n : 0) * (by - ay), a: Math.atan2(bx - ax, by - ay) };
      d -= n;
    }
  };
  return {
    at: d => {
      const q = find(d);
      return [lat + q.y / my, lon + q.x / mx];
    },
    heading: d => find(d).a,
  };
}
// By what is free at worst, as in the side view: below 0 it may touch.
const segmentColour = (s, c) => {
  const t = colours(),
    low = s.clearance_low_m;
  return s.unknown_ratio > 0 || !known(low) ? t.dim : low < 0 ? t.warn : low < limitOf(c) ? t.caution : t.info;
};
// How bad a zone makes the way from `from` metres on, as its advisory tells: where it is entered is its time to go at today's
// speed, and at once where either is not said. null: no zone is in the way.
const ZONE_KIND = 6,
  CLEARED = 2;
function zonesAhead(x) {
  const speed = S.byId.get(S.selected)?.speed;
  return (x.advisories || [])
    .filter(a => a.kind === ZONE_KIND && a.state !== CLEARED && severityName(a.severity) !== 'info')
    .map(a => ({ from: known(speed) ? (a.time_to_go_s || 0) * speed : 0, severity: severityName(a.severity) }))
    .sort((a, b) => (a.severity === b.severity ? a.from - b.from : a.severity === 'warning' ? -1 : 1));
}
function drawCorridor(c) {
  const x = S.context,
    L = x?.look_ahead;
  if (!L?.segments?.length || x.lat_e7 == null || !holds()) return;
  const way = corridorWay(x);
  if (!way) return drawAround(c, x, L);
  const zones = zonesAhead(x);
  const half = d => (L.half_width_m || 0) + (((L.half_width_end_m ?? L.half_width_m ?? 0) - (L.half_width_m || 0)) * d) / L.length_m;
  for (const s of L.segments) {
    const from = s.from_m || 0,
      to = s.to_m ?? L.length_m,
      left = [],
      right = [],
      colour = segmentColour(s, x),
      unknown = colour === colours().dim;
    const steps = Math.max(2, Math.min(16, Math.ceil((to - from) / 15)));
    for (let i = 0; i <= steps; i++) {
      const d = from + ((to - from) * i) / steps,
        [lat, lon] = way.at(d),
        a = way.heading(d),
        h = Math.max(half(d), 2 / V.k) * V.k,
        px = sx(lon),
        py = sy(lat);
      left.push([px + h * Math.cos(a), py + h * Math.sin(a)]);
      right.unshift([px - h * Math.cos(a), py - h * Math.sin(a)]);
    }
    c.beginPath();
    left.concat(right).forEach((p, i) => (i ? c.lineTo(...p) : c.moveTo(...p)));
    c.closePath();
    c.globalAlpha = unknown ? 0.9 : 0.3;
    c.fillStyle = unknown ? hatch(c, colour, 6, 1.2) : colour;
    c.fill();
    c.globalAlpha = 1;
    const zone = zones.find(z => z.from < to);
    c.strokeStyle = zone ? severityColour(zone.severity) : colour;
    c.lineWidth = zone ? 3 : 1.3;
    c.stroke();
  }
}
// A disc for who hovers; dashed where it follows a plan and its points are not said: the way lies somewhere in it.
function drawAround(c, x, L) {
  const s = L.segments.reduce((a, b) =>
    a.unknown_ratio > 0 ? a : b.unknown_ratio > 0 || (b.clearance_low_m ?? -1e9) < (a.clearance_low_m ?? -1e9) ? b : a,
  );
  c.beginPath();
  c.arc(sx(x.lon_e7 / 1e7), sy(x.lat_e7 / 1e7), L.length_m * V.k, 0, 7);
  const zone = zonesAhead(x)[0];
  c.strokeStyle = c.fillStyle = segmentColour(s, x);
  c.globalAlpha = 0.1;
  if (L.basis === 1) c.fill();
  c.globalAlpha = 1;
  if (zone) c.strokeStyle = severityColour(zone.severity);
  c.lineWidth = zone ? 3 : 1.4;
  c.setLineDash(L.basis === 1 ? [] : [5, 5]);
  c.stroke();
  c.setLineDash([]);
}
