// edge/view/page/relief.js - pictures of tiles: quiet shaded relief, contours, and what stands higher than the selected drone.
// SPDX-License-Identifier: Apache-2.0
// A tile is shaded with one row of its neighbours around it, so that no seam shows; it waits until they are settled.

const relief = { low: Infinity, high: -Infinity, base: 0, span: 1, raw: new Int32Array(258 * 258), padded: new Float32Array(258 * 258) };
const cellPx = z => (tileDegrees(z) / 256) * V.my * V.k;
const STEPS = [2, 5, 10, 20, 50, 100, 200, 500, 1000];
const contourStep = z => {
  const px = cellPx(z),
    wanted = relief.span / (px > 8 ? 50 : px > 2.5 ? 24 : 14);
  return STEPS.find(s => s >= wanted) || 1000;
};
// Heights that tones are spread over: grows with what is loaded, in coarse steps, so that it settles at once.
function spread(t) {
  let low = Infinity,
    high = -Infinity;
  for (let i = 0; i < t.cells.length; i += 5) {
    const c = t.cells[i];
    if (c !== UNKNOWN) {
      if (c < low) low = c;
      if (c > high) high = c;
    }
  }
  if (low > high) return;
  relief.low = Math.min(relief.low, low * 0.25 - 1000);
  relief.high = Math.max(relief.high, high * 0.25 - 1000);
  const raw = Math.max(40, relief.high - relief.low),
    grain = 2 ** Math.ceil(Math.log2(raw)) / 8;
  relief.base = Math.floor(relief.low / grain) * grain;
  relief.span = Math.ceil((relief.high - relief.base) / grain) * grain;
  relief.key = relief.base + '/' + relief.span;
}
const neighbour = (t, dr, dc) => tileAt(t.layer, t.z, t.row + dr, (t.col + dc + 2 ** (t.z + 1)) % 2 ** (t.z + 1));
const AROUND = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
];
function imageKey(t) {
  return [S.theme, relief.key, t.version, ...AROUND.map(([r, c]) => (neighbour(t, r, c)?.cells ? 1 : 0))].join();
}
// Makes the tile's picture when it is not as it should be; the old one is shown until then.
function wantImage(t) {
  if (!t.cells || t.making) return;
  const key = imageKey(t);
  if (t.imageKey === key) return;
  if (
    !t.image &&
    AROUND.some(([r, c]) => neighbour(t, r, c)?.state === 'asked') &&
    performance.now() - (t.since ??= performance.now()) < 700
  )
    return;
  t.making = true;
  later(() => {
    t.making = false;
    if (!t.cells) return;
    t.imageKey = imageKey(t);
    t.image = shade(t, t.image);
    dirtyBase();
  });
}
// Cells with a border of one, each averaged with its neighbours: steps of 0.25 m would show as terraces. -1: nobody knows.
function pad(t) {
  const { raw, padded: p } = relief,
    at = (n, i) => (n?.cells && n.cells[i] !== UNKNOWN ? n.cells[i] : -1);
  const [north, east, south, west] = AROUND.map(([r, c]) => neighbour(t, r, c));
  for (let y = 0; y < 256; y++) {
    for (let x = 0, o = (y + 1) * 258 + 1; x < 256; x++, o++) {
      const c = t.cells[y * 256 + x];
      raw[o] = c === UNKNOWN ? -1 : c;
    }
    raw[(y + 1) * 258] = at(west, y * 256 + 255);
    raw[(y + 1) * 258 + 257] = at(east, y * 256);
    raw[y + 1] = at(north, 255 * 256 + y);
    raw[257 * 258 + y + 1] = at(south, y);
  }
  raw[0] = raw[257] = raw[257 * 258] = -1;
  raw[257 * 258 + 257] = at(neighbour(t, 1, 1), 0);
  p.set(raw);
  for (let y = 1; y < 257; y++) {
    for (let i = y * 258 + 1, end = i + 256; i < end; i++) {
      const v = raw[i],
        n = raw[i - 258],
        s = raw[i + 258],
        w = raw[i - 1],
        e = raw[i + 1];
      if (v >= 0) p[i] = (2 * v + (n < 0 ? v : n) + (s < 0 ? v : s) + (w < 0 ? v : w) + (e < 0 ? v : e)) / 6;
    }
  }
  return p;
}
function shade(t, canvas) {
  const p = pad(t),
    image = new ImageData(256, 256),
    out = image.data,
    dark = S.theme === 'dark';
  const d = tileDegrees(t.z) / 256,
    lat = tileNorth(t) - tileDegrees(t.z) / 2,
    cy = d * V.my,
    cx = cy * Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  const steep = Math.min(9, Math.max(1, 1700 / relief.span)) * (cy / 19) ** 0.4,
    ex = (0.125 * steep) / cx,
    ey = (0.125 * steep) / cy;
  const low = (relief.base + 1000) * 4,
    range = relief.span * 4;
  for (let y = 0, o = 0; y < 256; y++) {
    for (let x = 0, i = (y + 1) * 258 + 1; x < 256; x++, i++, o += 4) {
      const v = p[i];
      if (v < 0) continue;
      const e = p[i + 1] < 0 ? v : p[i + 1],
        w = p[i - 1] < 0 ? v : p[i - 1],
        s = p[i + 258] < 0 ? v : p[i + 258],
        n = p[i - 258] < 0 ? v : p[i - 258];
      const gx = e - w,
        gy = n - s,
        dx = gx * ex,
        dy = gy * ey,
        light = (dx - dy) * 0.7071,
        soft = light / (1 + Math.abs(light)),
        slope = Math.abs(dx) + Math.abs(dy);
      const tone = Math.max(0, Math.min(1, (v - low) / range));
      const b = dark ? 37 + 20 * tone + 27 * soft - (4 * slope) / (1 + slope) : 216 + 18 * tone + 30 * soft - (10 * slope) / (1 + slope);
      if (dark) {
        out[o] = b * 0.93;
        out[o + 1] = b * 1.01;
        out[o + 2] = b * 1.13 + 2;
      } else {
        out[o] = b * 0.992;
        out[o + 1] = b;
        out[o + 2] = b * 0.988;
      }
      out[o + 3] = 255;
    }
  }
  canvas ||= new OffscreenCanvas(256, 256);
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}

// ---- contours: marching squares, once a tile; every fifth stronger
// Lines in cells of the tile, from the middle of its first cell; they reach over to the first cells of the neighbours.
function wantContours(t) {
  const key = contourStep(t.z) + ',' + t.imageKey;
  if (!t.cells || t.linesKey === key || t.linesAsked === key) return;
  t.linesAsked = key;
  later(() => {
    if (!t.cells || t.linesAsked !== key) return;
    t.linesKey = key;
    t.lines = contours(t, contourStep(t.z) * 4);
    t.linesStep = contourStep(t.z);
    dirtyBase();
  });
}
function contours(t, step) {
  const p = pad(t),
    lines = { fine: new Path2D(), strong: new Path2D(), empty: true, marks: new Map() }; // marks: a strong line's height, one in 64 x 64 cells
  for (let y = 0; y < 256; y++) {
    for (let x = 0, i = (y + 1) * 258 + 1; x < 256; x++, i++) {
      const a = p[i],
        b = p[i + 1],
        c = p[i + 259],
        d = p[i + 258],
        low = Math.min(a, b, c, d);
      if (low < 0) continue;
      const top = Math.max(a, b, c, d);
      for (let n = Math.floor((low - 4000.01) / step) + 1, level; (level = 4000.01 + n * step) < top; n++) {
        // a little over: never through a corner
        square(n % 5 ? lines.fine : lines.strong, a, b, c, d, level, x, y);
        lines.empty = false;
        if (n % 5 === 0 && (x & 63) > 20 && (y & 63) > 20) lines.marks.set((y & 192) | (x >> 6), [x + 0.5, y + 0.5, (n * step) / 4]);
      }
    }
  }
  return lines;
}
function square(path, a, b, c, d, level, x, y) {
  let pen = false;
  const point = (u, v) => {
    if (pen) path.lineTo(u, v);
    else path.moveTo(u, v);
    pen = !pen;
  };
  if (a < level !== b < level) point(x + (level - a) / (b - a), y);
  if (b < level !== c < level) point(x + 1, y + (level - b) / (c - b));
  if (c < level !== d < level) point(x + (level - d) / (c - d), y + 1);
  if (d < level !== a < level) point(x, y + (level - a) / (d - a));
}
function drawContours(c, list) {
  const fine = new Path2D(),
    strong = new Path2D(),
    marks = [];
  for (const t of list) {
    wantContours(t);
    if (!t.lines || t.lines.empty || t.linesStep !== contourStep(t.z)) continue;
    const d = tileDegrees(t.z) / 256,
      to = new DOMMatrix([d * V.mx * V.k, 0, 0, d * V.my * V.k, sx(tileWest(t) + d / 2), sy(tileNorth(t) - d / 2)]);
    fine.addPath(t.lines.fine, to);
    strong.addPath(t.lines.strong, to);
    if (cellPx(t.z) > 1.2) for (const [x, y, m] of t.lines.marks.values()) marks.push([x * to.a + to.e, y * to.d + to.f, m]);
  }
  c.strokeStyle = colours().contour;
  c.lineWidth = 0.8;
  c.stroke(fine);
  c.lineWidth = 1.5;
  c.stroke(strong);
  M.marks.push(...marks);
}
// Heights of the stronger lines, where nothing else is written.
function labelContours(c) {
  c.textAlign = 'center';
  c.fillStyle = colours().faint;
  const taken = [...M.boxes];
  for (const [x, y, m] of M.marks) {
    const box = [x - 75, y - 50, 150, 100];
    if (!inView(x, y, -20) || taken.some(b => crosses(b, box))) continue;
    taken.push(box);
    haloText(c, metres(m), x, y + 4, 10);
  }
  c.textAlign = 'left';
}

// ---- what stands above the selected drone (red), or within its limit below (amber): from the surface, cell by cell
const hazard = { key: '', above: 0, within: 0 };
function hazardNow() {
  const h = S.opt.hazard && holds() && S.context?.height,
    alt = h?.aircraft_amsl_m;
  if (!known(alt)) {
    hazard.key = '';
    return;
  }
  const sure = Math.round(alt / 2) * 2,
    acc = Math.round(h.aircraft_acc95_m || 0),
    limit = limitOf(S.context);
  hazard.above = (sure + 1000) * 4;
  hazard.within = (sure - acc - limit + 1000) * 4;
  hazard.key = [sure, acc, limit, S.theme].join();
}
function wantHazard(t) {
  if (!t.cells || !hazard.key) return;
  const key = hazard.key + '/' + t.version;
  if (t.hazardKey === key || t.hazardAsked === key) return;
  t.hazardAsked = key;
  later(() => {
    if (!t.cells || t.hazardAsked !== hazard.key + '/' + t.version) return;
    t.hazardKey = t.hazardAsked;
    const image = new ImageData(256, 256),
      out = new DataView(image.data.buffer);
    const [above, within] = [colours().above, colours().within].map(c => parseInt(c.slice(1), 16));
    let any = false;
    for (let i = 0; i < t.cells.length; i++) {
      const v = t.cells[i];
      if (v > hazard.within && v !== UNKNOWN) {
        out.setUint32(i * 4, v > hazard.above ? above : within);
        any = true;
      }
    }
    if (any) {
      t.hazard ||= new OffscreenCanvas(256, 256);
      t.hazard.getContext('2d').putImageData(image, 0, 0);
    }
    t.hazardSeen = any && S.selected;
    dirtyBase();
  });
}
on('tiles', t => {
  if (t.cells && t.layer === 'ground') spread(t);
  dirtyBase();
});
on('context', () => {
  const was = hazard.key;
  hazardNow();
  if (was !== hazard.key) dirtyBase();
});
for (const name of ['select', 'option', 'theme', 'silent'])
  on(name, () => {
    hazardNow();
    dirtyBase();
  });
