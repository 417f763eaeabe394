// edge/view/page/heights.js - tiles of ground and surface: which are in view, loading, what a place's height is.
// SPDX-License-Identifier: Apache-2.0
// A tile: {layer, z, row, col, state, cells, tag, ...}. state: 'asked', 'ready', 'none' (the node has none), 'failed'.
// Work on tiles (relief.js) is done in slices between frames: nothing here takes a frame longer than SLICE_MS.

const UNKNOWN = 65535,
  TILES_MOST = 260,
  ASKING_MOST = 5,
  OVERVIEWS_MOST = 2, // the node makes one at a time
  OVERVIEW_OLD_MS = 31000, // it may be 30 s old
  SLICE_MS = 7;
const tiles = new Map();
const loading = { asking: 0, overviews: 0, overviewTimer: 0, changedAt: 0, timer: 0, round: 0, work: [], working: false, reloadAt: 0 };
const tileKey = (layer, z, row, col) => `${layer}/${z}/${row}/${col}`;
const tileAt = (layer, z, row, col) => tiles.get(tileKey(layer, z, row, col));
const tileDegrees = z => 180 / 2 ** z;
const tileWest = t => -180 + t.col * tileDegrees(t.z),
  tileNorth = t => 90 - t.row * tileDegrees(t.z);
const metresOf = cell => (cell === UNKNOWN ? null : cell * 0.25 - 1000);

// The level whose cells are about a pixel now, no finer than `finest` and no coarser than `coarsest`.
function levelInView(finest, coarsest) {
  return Math.max(coarsest, Math.min(finest, Math.ceil(Math.log2((180 * V.my * V.k) / 256) - 0.45)));
}
const isOverview = z => z !== S.region.level && !(S.region.insets || []).some(i => i.level === z);
const overlaps = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
// Tiles of one level that meet a box, the middle first: [row, col] each.
function tilesIn(z, box) {
  const d = tileDegrees(z),
    out = [],
    rows = 2 ** z,
    cols = rows * 2;
  const r0 = Math.max(0, Math.floor((90 - box[3]) / d)),
    r1 = Math.min(rows - 1, Math.floor((90 - box[1]) / d));
  const c0 = Math.max(0, Math.floor((box[0] + 180) / d)),
    c1 = Math.min(cols - 1, Math.floor((box[2] + 180) / d));
  for (let r = r0; r <= r1; r++) for (let c = c0; c <= c1; c++) out.push([r, c]);
  const mr = (90 - V.lat) / d - 0.5,
    mc = (V.lon + 180) / d - 0.5;
  return out.sort((a, b) => Math.hypot(a[0] - mr, a[1] - mc) - Math.hypot(b[0] - mr, b[1] - mc));
}
const cut = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
// Levels to draw, coarse first: the store's own (or an overview), and over it the insets that are finer.
function passes() {
  const r = S.region;
  if (!r) return [];
  const box = viewBounds(),
    out = [],
    coarsest = r.coarsest_level ?? 0, // none in a recording: it makes all of them
    base = levelInView(r.level, coarsest);
  const whole = r.keep || r.bounds;
  if (overlaps(box, whole)) out.push({ z: base, box: cut(box, whole) });
  for (const i of r.insets || []) {
    // Above the region's level, and as many levels up from its own as of the region.
    if (levelInView(i.level, 0) <= r.level || !overlaps(box, i.bounds)) continue;
    out.push({ z: levelInView(i.level, i.level - (r.level - coarsest)), box: cut(box, i.bounds), inset: true });
  }
  return out;
}
// What the map needs now: the layer that is shaded, and the surface where it is asked for.
const shadedLayer = () => (S.opt.surface ? 'surface' : 'ground');
function wantedTiles() {
  const list = [],
    first = shadedLayer(),
    second = first === 'ground' ? 'surface' : 'ground';
  for (const layer of [first, second])
    for (const p of passes()) for (const [row, col] of tilesIn(p.z, p.box)) list.push([layer, p.z, row, col]);
  return list.slice(0, TILES_MOST - 20);
}
function askForTiles() {
  loading.round++;
  const wanted = wantedTiles();
  for (const [layer, z, row, col] of wanted) {
    const t = tileAt(layer, z, row, col);
    if (t) t.used = loading.round;
  }
  for (const [layer, z, row, col] of wanted) {
    if (loading.asking >= ASKING_MOST) return;
    const t = tileAt(layer, z, row, col);
    if (loading.overviews >= OVERVIEWS_MOST && isOverview(z)) continue;
    if (!t || (t.stale && t.state !== 'asked')) load(t || { layer, z, row, col, state: '' });
  }
  if (!loading.asking && S.tilesAt == null) {
    S.tilesAt = performance.now();
  } // for measuring: all in view are here
}
async function load(t) {
  const had = t.state,
    overview = isOverview(t.z);
  t.state = t.cells ? had : 'asked';
  t.stale = false;
  t.used = loading.round;
  tiles.set(tileKey(t.layer, t.z, t.row, t.col), t);
  loading.asking++;
  if (overview) loading.overviews++;
  try {
    const got = await tileBytes(t.layer, t.z, t.row, t.col);
    if (!got) {
      t.state = 'none';
      t.cells = t.image = null;
      settled(t);
    } else if (!t.cells || got.tag !== t.tag || !got.tag) {
      t.cells = got.cells || (await png16(got.bytes));
      t.tag = got.tag;
      t.state = 'ready';
      settled(t);
    }
  } catch (error) {
    t.state = t.cells ? 'ready' : 'failed';
    setTimeout(() => {
      if (t.state === 'failed') tiles.delete(tileKey(t.layer, t.z, t.row, t.col));
      else t.stale = true;
      askSoon();
    }, error.againMs || 3000);
  }
  loading.asking--;
  if (overview) loading.overviews--;
  forgetTiles();
  askForTiles();
}
function settled(t) {
  t.version = (t.version || 0) + 1;
  emit('tiles', t);
}
function forgetTiles() {
  if (tiles.size <= TILES_MOST) return;
  const old = [...tiles.entries()].filter(e => e[1].state !== 'asked').sort((a, b) => a[1].used - b[1].used);
  for (const [key] of old.slice(0, tiles.size - TILES_MOST)) tiles.delete(key);
}
function askSoon() {
  clearTimeout(loading.timer);
  loading.timer = setTimeout(askForTiles, 60);
}
// Asks again for all that is in view when the node's store changed, at most every two seconds.
function reloadTiles(layers) {
  clearTimeout(loading.reloadTimer);
  const wait = Math.max(0, loading.reloadAt + 2000 - performance.now());
  for (const t of tiles.values()) if (layers.includes(t.layer)) t.stale = true;
  loading.reloadTimer = setTimeout(() => {
    loading.reloadAt = performance.now();
    askForTiles();
  }, wait);
  loading.changedAt = performance.now();
  if (!loading.overviewTimer) loading.overviewTimer = setTimeout(reloadOverviews, OVERVIEW_OLD_MS);
}
// Once more, when the node no longer answers with overviews of before the last change.
function reloadOverviews() {
  const left = loading.changedAt + OVERVIEW_OLD_MS - performance.now();
  for (const t of tiles.values()) if (isOverview(t.z)) t.stale = true;
  loading.overviewTimer = left > 0 ? setTimeout(reloadOverviews, left) : 0;
  askForTiles();
}

// ---- work between frames
function later(job) {
  loading.work.push(job);
  if (!loading.working) {
    loading.working = true;
    setTimeout(workSlice);
  }
}
function workSlice() {
  const end = performance.now() + SLICE_MS;
  while (loading.work.length && performance.now() < end) loading.work.shift()();
  loading.working = loading.work.length > 0;
  if (loading.working) setTimeout(workSlice);
}

// ---- heights of a place, from what is loaded: metres; null: the node does not know; undefined: not loaded here
function heightAt(layer, lat, lon) {
  const r = S.region;
  if (!r) return undefined;
  const finest = [...(r.insets || []).map(i => i.level), r.level].sort((a, b) => b - a);
  let answer;
  for (const z of new Set([...finest, ...Array.from({ length: Math.min(6, r.level) }, (_, i) => r.level - 1 - i)])) {
    const d = tileDegrees(z),
      y = (90 - lat) / d,
      x = (lon + 180) / d,
      t = tileAt(layer, z, Math.floor(y), Math.floor(x));
    if (t?.state === 'none' && z === r.level) answer = null;
    if (!t?.cells) continue;
    const h = metresOf(t.cells[Math.floor((y % 1) * 256) * 256 + Math.floor((x % 1) * 256)]);
    if (h != null) return h;
    if (z <= r.level) return null; // an inset that does not know leaves it to the level below
  }
  const k = r.keep || r.bounds;
  return lon < k[0] || lon > k[2] || lat < k[1] || lat > k[3] ? null : answer;
}
on('view', askSoon);
on('region', askForTiles);
on('option', name => {
  if (name === 'surface') askForTiles();
});
on('changed', layers => reloadTiles(layers));
on('restart', () => reloadTiles(['ground', 'surface']));
