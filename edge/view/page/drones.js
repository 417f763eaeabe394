// edge/view/page/drones.js - drones by shape and hue, trails by free height, feeds' traffic: what moves over the map.
// SPDX-License-Identifier: Apache-2.0
// A thousand drones are a thousand copies of small pictures. Trails have a canvas of their own, drawn twice a second.

const trails = { canvas: null, c: null, dirty: true, at: 0 };
const fleet = { order: [], moving: 0, drawn: 0, hover: null };

// ---- motion: from where it was shown to where it reported, in one tick
function moveDrones(now) {
  const pace = S.drones.size > 300 ? 45 : 0; // many: twenty pictures a second are enough
  if (S.silent && now - fleet.drawn > 500) {
    fleet.drawn = now; // where they may be grows
    dirtyLive();
  }
  if (now < fleet.moving && now - fleet.drawn >= pace) {
    fleet.drawn = now;
    for (const d of S.drones.values()) {
      if (d.lat == null) continue;
      const f = Math.min(1, (now - d.arrived) / live.tickMs);
      d.shownLat = d.fromLat + (d.lat - d.fromLat) * f;
      d.shownLon = d.fromLon + (d.lon - d.fromLon) * f;
    }
    dirtyLive();
  }
  const d = S.opt.follow && S.byId.get(S.selected);
  if (d?.lat != null && Math.hypot(sx(d.shownLon) - V.w / 2, sy(d.shownLat) - V.h / 2) > 0.7) {
    V.lat = d.shownLat;
    V.lon = d.shownLon;
    V.moved = true;
    viewChanged();
  }
}
on('fleet', () => {
  const now = performance.now();
  fleet.moving = calm.matches ? 0 : now + live.tickMs + 40;
  if (calm.matches)
    for (const d of S.drones.values()) {
      d.shownLat = d.lat;
      d.shownLon = d.lon;
    }
  fleet.order = [...S.drones.values()].sort((a, b) => urgency(a) - urgency(b) || (a.id < b.id ? -1 : 1));
  if (now - trails.at > 450) trails.dirty = true;
  dirtyLive();
});
for (const name of ['view', 'trails', 'theme', 'filter', 'select', 'option', 'silent'])
  on(name, () => {
    trails.dirty = true;
    dirtyLive();
  });
for (const name of ['context', 'traffic']) on(name, dirtyLive);

// ---- trails
function drawTrails() {
  const size = [M.live.width, M.live.height];
  if (trails.canvas?.width !== size[0] || trails.canvas?.height !== size[1]) {
    trails.canvas = new OffscreenCanvas(...size);
    trails.c = trails.canvas.getContext('2d');
  }
  const c = trails.c,
    many = S.drones.size > 250,
    lines = Array.from({ length: 6 }, () => new Path2D());
  c.setTransform(V.dpr, 0, 0, V.dpr, 0, 0);
  c.clearRect(0, 0, V.w, V.h);
  trails.dirty = false;
  trails.at = performance.now();
  for (const d of S.drones.values()) {
    if (!shown(d)) continue;
    const t = d.trail,
      from = d.id === S.selected ? 0 : Math.max(0, t.length - (many ? 30 : 90));
    let x0,
      y0,
      at = -1;
    for (let i = from; i < t.length; i++) {
      const x = sx(t[i][2]),
        y = sy(t[i][1]);
      if (i > from && t[i][0] - t[i - 1][0] < 10000 && (x0 - x) ** 2 + (y0 - y) ** 2 >= 1) {
        // a gap in time is no line
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

// ---- marks: each kind and direction is drawn once, into a sheet of small pictures
function dart(c, x, y, r, track) {
  if (track == null) {
    c.moveTo(x + r * 0.8, y);
    c.arc(x, y, r * 0.8, 0, 6.2832);
    return;
  }
  const a = (track * Math.PI) / 180,
    s = Math.sin(a),
    k = Math.cos(a),
    at = (u, v) => [x + u * k - v * s, y + u * s + v * k];
  c.moveTo(...at(0, -r * 1.4));
  c.lineTo(...at(r * 0.92, r));
  c.lineTo(...at(0, r * 0.48));
  c.lineTo(...at(-r * 0.92, r));
  c.closePath();
}
const ring = (c, x, y, q) => {
  c.moveTo(x + q, y);
  c.arc(x, y, q, 0, 6.2832);
};
const diamond = (c, x, y, q) => {
  c.moveTo(x, y - q);
  c.lineTo(x + q, y);
  c.lineTo(x, y + q);
  c.lineTo(x - q, y);
  c.closePath();
};
const cross = (c, x, y, q) => {
  c.moveTo(x - q, y - q);
  c.lineTo(x + q, y + q);
  c.moveTo(x + q, y - q);
  c.lineTo(x - q, y + q);
};
// In order of drawing, the worst last. soft: weather and data, thinner, not a thing that one flies into.
const LOOKS = [
  { severity: 'clear', r: 4.8 },
  { severity: 'info', r: 5, mark: (c, x, y) => ring(c, x + 7, y - 7, 1.5), soft: true },
  { severity: 'caution', r: 5.6, mark: (c, x, y) => ring(c, x, y, 10.2), soft: true },
  { severity: 'caution', r: 5.6, mark: (c, x, y) => ring(c, x, y, 10.2) },
  { severity: 'warning', r: 6, mark: (c, x, y) => diamond(c, x, y, 13), soft: true },
  { severity: 'warning', r: 6, mark: (c, x, y) => diamond(c, x, y, 13) },
  { severity: 'silent', r: 0, mark: (c, x, y) => cross(c, x, y, 4.6) },
  { severity: 'unknown', r: 0, mark: (c, x, y) => ring(c, x, y, 5) },
];
const lookOf = d => {
  const s = sevOf(d);
  return s === 'clear' ? 0 : s === 'info' ? 1 : s === 'silent' ? 6 : s === 'unknown' ? 7 : (s === 'caution' ? 2 : 4) + !WEATHER_KINDS.has(d.kind);
};
const SHEET_PX = 34,
  DIRECTIONS = 48;
const sheet = { canvas: null, c: null, done: new Set(), key: '' };
// Where on the sheet the picture of a look and a direction stands; it is drawn there when it is first wanted.
function sheetPlace(look, track) {
  const size = Math.ceil(SHEET_PX * V.dpr),
    small = S.drones.size > 400 && V.k < 0.08,
    key = S.theme + V.dpr + small,
    column = track == null ? DIRECTIONS : Math.round((track / 360) * DIRECTIONS) % DIRECTIONS,
    n = look * 64 + column;
  if (sheet.key !== key) {
    Object.assign(sheet, { key, size, canvas: new OffscreenCanvas(size * (DIRECTIONS + 1), size * LOOKS.length) });
    sheet.c = sheet.canvas.getContext('2d');
    sheet.done.clear();
  }
  if (!sheet.done.has(n)) {
    sheet.done.add(n);
    const c = sheet.c,
      { severity, r, mark, soft } = LOOKS[look],
      m = SHEET_PX / 2;
    c.setTransform(V.dpr, 0, 0, V.dpr, column * size, look * size);
    c.lineJoin = 'round';
    const body = new Path2D(),
      sign = new Path2D();
    if (r) dart(body, m, m, look < 2 && small ? r * 0.75 : r, track == null ? null : (column * 360) / DIRECTIONS);
    mark?.(sign, m, m);
    c.strokeStyle = colours().halo;
    c.lineWidth = 3;
    c.stroke(body);
    c.lineWidth = soft ? 3 : 4.4;
    c.stroke(sign);
    c.fillStyle = c.strokeStyle = severityColour(severity);
    c.fill(body);
    c.lineWidth = soft ? 1 : severity === 'silent' ? 2.4 : 2;
    c.stroke(sign);
  }
  return [column * size, look * size];
}
function drawMarks(c) {
  const by = LOOKS.map(() => []),
    grow = new Path2D(),
    now = nowMs();
  for (const d of S.drones.values()) {
    d.px = null;
    if (d.shownLat == null || !shown(d)) continue;
    const x = sx(d.shownLon),
      y = sy(d.shownLat),
      look = lookOf(d);
    if (look === 6) {
      // silent: it may be anywhere in the circle
      const radius = Math.min(8000, (Math.max(0, now - (d.silentSince ?? S.heardMs ?? now)) / 1000) * (d.speed || 1)) * V.k;
      if (!inView(x, y, radius + 20)) continue;
      ring(grow, x, y, Math.max(8, radius));
    } else if (!inView(x, y)) continue;
    d.px = x;
    d.py = y;
    by[look].push(d);
  }
  c.strokeStyle = colours().silent;
  c.lineWidth = 1.2;
  c.setLineDash([4, 4]);
  c.stroke(grow);
  c.setLineDash([]);
  c.setTransform(1, 0, 0, 1, 0, 0); // in whole pixels: copied, not resampled
  by.forEach((list, look) => {
    for (const d of list) {
      const [u, v] = sheetPlace(look, d.track),
        s = sheet.size;
      c.drawImage(sheet.canvas, u, v, s, s, Math.round(d.px * V.dpr - s / 2), Math.round(d.py * V.dpr - s / 2), s, s);
    }
  });
  c.setTransform(V.dpr, 0, 0, V.dpr, 0, 0);
}
function drawSelected(c) {
  const d = S.byId.get(S.selected);
  if (d?.px == null) return;
  c.lineWidth = 2;
  for (const [colour, width] of [
    [colours().halo, 5],
    [colours().text, 2],
  ]) {
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    for (const [a, b] of [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ]) {
      c.moveTo(d.px + a * 18, d.py + b * 10);
      c.lineTo(d.px + a * 18, d.py + b * 18);
      c.lineTo(d.px + a * 10, d.py + b * 18);
    }
    c.stroke();
  }
}

// ---- traffic of feeds: hollow, of one neutral hue; old reports fade
function drawTraffic(c) {
  if (!S.opt.traffic || !S.traffic) return;
  const fresh = new Path2D(),
    old = new Path2D();
  for (const [, lat, lon, , track, , age] of S.traffic.tracks || []) {
    const x = sx(lon / 1e6),
      y = sy(lat / 1e6);
    if (inView(x, y)) dart(age > 10000 ? old : fresh, x, y, 6, track);
  }
  for (const [path, alpha] of [
    [old, 0.4],
    [fresh, 1],
  ]) {
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
