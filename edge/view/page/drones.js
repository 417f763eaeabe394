// edge/view/page/drones.js - drones by shape and hue, trails by free height, feeds' traffic: what moves over the map.
// SPDX-License-Identifier: Apache-2.0
// Marks of one kind are one path: a thousand drones are a dozen strokes. Trails have a canvas of their own, drawn twice a second.

const trails = { canvas: null, c: null, dirty: true, at: 0 };
const fleet = { order: [], moving: 0, hover: null };

// ---- motion: from where it was shown to where it reported, in one tick
function moveDrones(now) {
  if (now < fleet.moving) {
    for (const d of S.drones.values()) {
      if (d.lat == null) continue;
      const f = Math.min(1, (now - d.arrived) / live.tickMs);
      d.shownLat = d.fromLat + (d.lat - d.fromLat) * f;
      d.shownLon = d.fromLon + (d.lon - d.fromLon) * f;
    }
    dirtyLive();
  }
  const d = S.opt.follow && S.byId.get(S.selected);
  if (d?.lat != null && Math.hypot(sx(d.shownLon) - V.w / 2, sy(d.shownLat) - V.h / 2) > 0.7) { V.lat = d.shownLat; V.lon = d.shownLon; V.moved = true; viewChanged(); }
}
on('fleet', () => {
  const now = performance.now();
  fleet.moving = calm.matches ? 0 : now + live.tickMs + 40;
  if (calm.matches) for (const d of S.drones.values()) { d.shownLat = d.lat; d.shownLon = d.lon; }
  fleet.order = [...S.drones.values()].sort((a, b) => urgency(a) - urgency(b) || (a.id < b.id ? -1 : 1));
  if (now - trails.at > 450) trails.dirty = true;
  dirtyLive();
});
for (const name of ['view', 'trails', 'theme', 'filter', 'select', 'option', 'silent']) on(name, () => { trails.dirty = true; dirtyLive(); });
for (const name of ['context', 'traffic']) on(name, dirtyLive);

// ---- trails
function drawTrails() {
  const size = [M.live.width, M.live.height];
  if (trails.canvas?.width !== size[0] || trails.canvas?.height !== size[1]) {
    trails.canvas = new OffscreenCanvas(...size);
    trails.c = trails.canvas.getContext('2d');
  }
  const c = trails.c, many = S.drones.size > 250, lines = Array.from({ length: 6 }, () => new Path2D());
  c.setTransform(V.dpr, 0, 0, V.dpr, 0, 0);
  c.clearRect(0, 0, V.w, V.h);
  trails.dirty = false;
  trails.at = performance.now();
  for (const d of S.drones.values()) {
    if (!shown(d)) continue;
    const t = d.trail, from = d.id === S.selected ? 0 : Math.max(0, t.length - (many ? 30 : 90));
    let x0, y0, at = -1;
    for (let i = from; i < t.length; i++) {
      const x = sx(t[i][2]), y = sy(t[i][1]);
      if (i > from && t[i][0] - t[i - 1][0] < 10000 && (x0 - x) ** 2 + (y0 - y) ** 2 >= 1) {  // a gap in time is no line
        const k = freeIndex(t[i][3]);
        if (at !== k) lines[k].moveTo(x0, y0);
        lines[k].lineTo(x, y);
        at = k;
      } else if (i > from && t[i][0] - t[i - 1][0] < 10000) continue;
      else at = -1;
      x0 = x;
      y0 = y;
    }
  }
  c.lineJoin = c.lineCap = 'round';
  for (const k of [4, 3, 5, 2, 1, 0]) {
    c.strokeStyle = freeColour(k);
    c.lineWidth = k < 2 ? 2.4 : 1.7;
    c.globalAlpha = k > 2 ? 0.75 : 0.95;
    c.setLineDash(k === 5 ? [1, 4] : []);
    c.stroke(lines[k]);
  }
  c.globalAlpha = 1;
}

// ---- marks
function dart(c, x, y, r, track, size = 1) {
  if (track == null) { c.moveTo(x + r * 0.8, y); c.arc(x, y, r * 0.8, 0, 6.2832); return; }
  const a = track * Math.PI / 180, s = Math.sin(a) * size, k = Math.cos(a) * size, at = (u, v) => [x + u * k - v * s, y + u * s + v * k];
  c.moveTo(...at(0, -r * 1.4));
  c.lineTo(...at(r * 0.92, r));
  c.lineTo(...at(0, r * 0.48));
  c.lineTo(...at(-r * 0.92, r));
  c.closePath();
}
const diamond = (c, x, y, q) => { c.moveTo(x, y - q); c.lineTo(x + q, y); c.lineTo(x, y + q); c.lineTo(x - q, y); c.closePath(); };
const ring = (c, x, y, q) => { c.moveTo(x + q, y); c.arc(x, y, q, 0, 6.2832); };
const cross = (c, x, y, q) => { c.moveTo(x - q, y - q); c.lineTo(x + q, y + q); c.moveTo(x + q, y - q); c.lineTo(x - q, y + q); };
const RADIUS = { warning: 6, caution: 5.6, info: 5, clear: 4.8, silent: 5 };
function drawMarks(c) {
  const t = colours(), small = S.drones.size > 400 && V.k < 0.08 ? 0.72 : 1;
  const kinds = Object.fromEntries(SEVERITIES.map(s => [s, { body: new Path2D(), mark: new Path2D(), soft: new Path2D(), any: false }]));
  const grow = new Path2D(), now = nowMs();
  for (const d of S.drones.values()) {
    d.px = null;
    if (d.shownLat == null || !shown(d)) continue;
    const x = sx(d.shownLon), y = sy(d.shownLat), s = sevOf(d), k = kinds[s], r = RADIUS[s] * small;
    if (s === 'silent') {
      const since = d.silentSince ?? S.heardMs ?? now, radius = Math.min(8000, Math.max(0, now - since) / 1000 * (d.speed || 1)) * V.k;
      if (!inView(x, y, radius + 20)) continue;
      ring(grow, x, y, Math.max(8, radius));
      cross(k.mark, x, y, 4.6 * small);
    } else {
      if (!inView(x, y)) continue;
      dart(k.body, x, y, r, d.track);
      if (s === 'warning') diamond(WEATHER_KINDS.has(d.kind) ? k.soft : k.mark, x, y, r + 7 * small);
      if (s === 'caution') ring(WEATHER_KINDS.has(d.kind) ? k.soft : k.mark, x, y, r + 4.6 * small);
      if (s === 'info') ring(k.soft, x + r * 1.3, y - r * 1.3, 1.5);
    }
    k.any = true;
    d.px = x;
    d.py = y;
  }
  c.lineJoin = 'round';
  c.strokeStyle = t.silent;
  c.lineWidth = 1.2;
  c.setLineDash([4, 4]);
  c.stroke(grow);
  c.setLineDash([]);
  for (const s of ['clear', 'info', 'caution', 'warning', 'silent']) {
    const k = kinds[s];
    if (!k.any) continue;
    c.strokeStyle = t.halo;
    c.lineWidth = 3;
    c.stroke(k.body);
    c.lineWidth = 4.4;
    c.stroke(k.mark);
    c.lineWidth = 3;
    c.stroke(k.soft);
    c.fillStyle = c.strokeStyle = severityColour(s);
    c.fill(k.body);
    c.lineWidth = s === 'silent' ? 2.4 : 2;
    c.stroke(k.mark);
    c.lineWidth = 1;
    c.stroke(k.soft);
  }
}
function drawSelected(c) {
  const d = S.byId.get(S.selected);
  if (d?.px == null) return;
  c.lineWidth = 2;
  for (const [colour, width] of [[colours().halo, 5], [colours().text, 2]]) {
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    for (const [a, b] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) { c.moveTo(d.px + a * 18, d.py + b * 10); c.lineTo(d.px + a * 18, d.py + b * 18); c.lineTo(d.px + a * 10, d.py + b * 18); }
    c.stroke();
  }
}

// ---- traffic of feeds: hollow, of one neutral hue; old reports fade
function drawTraffic(c) {
  if (!S.opt.traffic || !S.traffic) return;
  const fresh = new Path2D(), old = new Path2D();
  for (const [, lat, lon, , track, , age] of S.traffic.tracks || []) {
    const x = sx(lon / 1e6), y = sy(lat / 1e6);
    if (inView(x, y)) dart(age > 10000 ? old : fresh, x, y, 6, track);
  }
  for (const [path, alpha] of [[old, 0.4], [fresh, 1]]) {
    c.globalAlpha = alpha;
    c.strokeStyle = colours().halo;
    c.lineWidth = 4;
    c.stroke(path);
    c.strokeStyle = colours().traffic;
    c.lineWidth = 1.5;
    c.stroke(path);
  }
  c.globalAlpha = 1;
}
function drawLive(c) {
  c.clearRect(0, 0, V.w, V.h);
  if (S.opt.trails) {
    if (trails.dirty) drawTrails();
    c.drawImage(trails.canvas, 0, 0, V.w, V.h);
  }
  if (S.selected) drawCorridor(c);
  drawTraffic(c);
  drawMarks(c);
  drawSelected(c);
  if (S.opt.labels) drawLabels(c);
}
