// edge/view/page/map.js - the still picture under the drones, drawn when something of it changed; and the frame loop.
// SPDX-License-Identifier: Apache-2.0
// Hatched is what the node does not know. What is not loaded yet is plain: the two must not look the same.

const M = {
  base: null,
  live: null,
  bx: null,
  lx: null,
  baseDirty: true,
  liveDirty: true,
  boxes: [],
  covered: [],
  marks: [],
  patterns: new Map(),
  times: { base: [], live: [] },
};
function dirtyBase() {
  M.baseDirty = true;
}
function dirtyLive() {
  M.liveDirty = true;
}
function hatch(c, colour, gap = 8, width = 1.2) {
  const key = colour + gap + '/' + width + V.dpr;
  let tile = M.patterns.get(key);
  if (!tile) {
    const size = Math.round(gap * V.dpr);
    tile = new OffscreenCanvas(size, size);
    const x = tile.getContext('2d');
    x.strokeStyle = colour;
    x.lineWidth = width * V.dpr;
    x.beginPath();
    for (const s of [-size, 0, size]) {
      x.moveTo(s, size);
      x.lineTo(s + size, 0);
    }
    x.stroke();
    M.patterns.set(key, tile);
  }
  const pattern = c.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix([1 / V.dpr, 0, 0, 1 / V.dpr, 0, 0]));
  return pattern;
}
const FONT = 'Inter, "Segoe UI", system-ui, "DejaVu Sans", sans-serif';
function haloText(c, text, x, y, size = 12, weight = '') {
  c.font = `${weight} ${size}px ${FONT}`;
  c.lineWidth = 3.2;
  c.lineJoin = 'round';
  c.strokeStyle = colours().halo;
  c.strokeText(text, x, y);
  c.fillText(text, x, y);
}

// ---- heights
const tileRect = (z, row, col) => {
  const d = tileDegrees(z),
    x = sx(-180 + col * d),
    y = sy(90 - row * d);
  return [x, y, sx(-180 + (col + 1) * d) - x, sy(90 - (row + 1) * d) - y];
};
// The finest coarser picture of the same place, while this one is not here.
function standIn(c, layer, z, row, col, rect) {
  for (let up = 1; up <= 4 && z - up >= 0; up++) {
    const t = tileAt(layer, z - up, row >> up, col >> up);
    if (!t?.image) continue;
    const n = 256 >> up,
      mask = (1 << up) - 1;
    c.drawImage(t.image, (col & mask) * n, (row & mask) * n, n, n, ...rect);
    return;
  }
  for (let i = 0; i < 4; i++) {
    // or the four finer ones
    const t = tileAt(layer, z + 1, row * 2 + (i >> 1), col * 2 + (i & 1));
    if (t?.image) c.drawImage(t.image, ...tileRect(z + 1, t.row, t.col));
  }
}
function drawHeights(c) {
  const layer = shadedLayer();
  c.fillStyle = colours().bg;
  c.fillRect(0, 0, V.w, V.h);
  c.fillStyle = hatch(c, colours().hatch);
  c.fillRect(0, 0, V.w, V.h);
  for (const p of passes()) {
    const ready = [];
    c.imageSmoothingEnabled = true;
    for (const [row, col] of tilesIn(p.z, p.box)) {
      const t = tileAt(layer, p.z, row, col),
        rect = tileRect(p.z, row, col);
      if (t) {
        t.used = loading.round;
        wantImage(t);
      }
      if (t?.image) ready.push(t);
      if (t?.image) c.drawImage(t.image, ...rect);
      else if (!p.inset && t?.state !== 'none') {
        c.fillStyle = colours().bg;
        c.fillRect(...rect);
        standIn(c, layer, p.z, row, col, rect);
      }
    }
    if (hazard.key) drawHazard(c, p);
    drawContours(c, ready);
  }
}
function drawHazard(c, p) {
  c.imageSmoothingEnabled = false;
  for (const [row, col] of tilesIn(p.z, p.box)) {
    const t = tileAt('surface', p.z, row, col);
    if (t) wantHazard(t);
    if (t?.hazard && t.hazardSeen === S.selected) c.drawImage(t.hazard, ...tileRect(p.z, row, col));
  }
}

// ---- the region: its boundary, and the margin around it as a band
function ringPath(c, ring) {
  ring.forEach((p, i) => (i ? c.lineTo(sx(p[0]), sy(p[1])) : c.moveTo(sx(p[0]), sy(p[1]))));
  c.closePath();
}
function drawRegion(c) {
  const r = S.region,
    margin = (r?.margin_m || 0) * V.k;
  if (!r?.boundary?.length) return;
  c.save();
  c.beginPath();
  c.rect(0, 0, V.w, V.h);
  ringPath(c, r.boundary);
  c.clip('evenodd');
  c.strokeStyle = colours().dim;
  c.globalAlpha = 0.13;
  c.lineJoin = 'round';
  c.lineWidth = 2 * margin;
  c.beginPath();
  ringPath(c, r.boundary);
  if (margin > 1) c.stroke();
  c.restore();
  c.strokeStyle = colours().dim;
  c.lineWidth = 1.2;
  c.beginPath();
  ringPath(c, r.boundary);
  c.stroke();
}

// ---- frames
function drawBase() {
  const t0 = performance.now(),
    c = M.bx;
  M.baseDirty = false;
  M.boxes = [...M.covered];
  M.marks = [];
  drawHeights(c);
  drawRegion(c);
  drawFeatures(c);
  drawAlerts(c);
  drawWind(c);
  labelContours(c);
  noteTime(M.times.base, performance.now() - t0);
}
function noteTime(list, ms) {
  list.push(ms);
  if (list.length > 240) list.shift();
}
function resizeMap() {
  const box = byElementId('stage').getBoundingClientRect();
  V.w = Math.max(1, box.width);
  V.h = Math.max(1, box.height);
  V.dpr = Math.min(3, devicePixelRatio || 1);
  for (const canvas of [M.base, M.live]) {
    canvas.width = Math.round(V.w * V.dpr);
    canvas.height = Math.round(V.h * V.dpr);
    canvas.getContext('2d').setTransform(V.dpr, 0, 0, V.dpr, 0, 0);
  }
  if (!V.moved) fitRegion();
  else viewChanged();
}
function frame(now) {
  requestAnimationFrame(frame);
  moveDrones(now);
  if (M.baseDirty) {
    drawBase();
    M.liveDirty = true;
  }
  if (M.liveDirty) {
    M.liveDirty = false;
    const t0 = performance.now();
    drawLive(M.lx, now);
    noteTime(M.times.live, performance.now() - t0);
  }
}
function startMap() {
  M.base = byElementId('base');
  M.live = byElementId('live');
  M.bx = M.base.getContext('2d', { alpha: false });
  M.lx = M.live.getContext('2d');
  new ResizeObserver(resizeMap).observe(byElementId('stage'));
  resizeMap();
  startInput();
  startFurniture();
  requestAnimationFrame(frame);
}
on('region', fitRegion);
for (const name of ['view', 'features', 'alerts', 'wind', 'theme', 'silent']) on(name, dirtyBase);
on('theme', () => M.patterns.clear());
