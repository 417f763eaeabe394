// edge/view/page/input.js - hands: mouse, touch, keys; the address (#drone=ID&at=lat,lon,scale).
// SPDX-License-Identifier: Apache-2.0

const hands = { pointers: new Map(), moved: false, fromMap: false, gap: 0, hashTimer: 0, hashRead: false };

// ---- who is under it: the nearest, but rather one that is worse off
function pick(x, y, reach = 20) {
  let best = null,
    least = reach;
  for (const d of S.drones.values()) {
    if (d.px == null) continue;
    const far = Math.hypot(d.px - x, d.py - y);
    if (far > reach) continue;
    const score = far - { silent: 6, warning: 6, caution: 4, unknown: 3, info: 2, clear: 0 }[sevOf(d)];
    if (score < least) {
      least = score;
      best = d;
    }
  }
  return best;
}
function placeOf(e) {
  const r = M.live.getBoundingClientRect();
  return [e.clientX - r.left, e.clientY - r.top];
}
function pointerDown(e) {
  M.live.setPointerCapture(e.pointerId);
  if (!hands.pointers.size) hands.moved = false;
  hands.pointers.set(e.pointerId, placeOf(e));
  hands.gap = 0;
}
function pointerMove(e) {
  const [x, y] = placeOf(e),
    was = hands.pointers.get(e.pointerId);
  if (!was) {
    if (e.pointerType !== 'mouse') return;
    const d = pick(x, y);
    if (d !== fleet.hover) {
      fleet.hover = d;
      M.live.style.cursor = d ? 'pointer' : '';
      dirtyLive();
    }
    return moveCursor(x, y);
  }
  if (!hands.moved && Math.hypot(x - was[0], y - was[1]) < 5) return;
  hands.moved = true;
  if (S.opt.follow) setOption('follow', false);
  hands.pointers.set(e.pointerId, [x, y]);
  if (hands.pointers.size === 1) return panBy(x - was[0], y - was[1]);
  const [a, b] = [...hands.pointers.values()],
    gap = Math.hypot(a[0] - b[0], a[1] - b[1]);
  panBy((x - was[0]) / 2, (y - was[1]) / 2);
  if (hands.gap) zoomBy(gap / hands.gap, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
  hands.gap = gap;
}
function pointerUp(e) {
  if (!hands.pointers.delete(e.pointerId)) return;
  hands.gap = 0;
  if (hands.moved || hands.pointers.size || e.type === 'pointercancel') return;
  const [x, y] = placeOf(e),
    d = pick(x, y, e.pointerType === 'mouse' ? 20 : 30);
  hands.fromMap = true;
  select(d ? d.id : null);
  hands.fromMap = false;
  if (e.pointerType !== 'mouse') moveCursor(x, y);
}

// ---- keys
const toggle = name => () => setOption(name, !S.opt[name]);
function toggleFollow() {
  if (S.selected) setOption('follow', !S.opt.follow);
}
function otherTheme() {
  saveTheme(S.theme === 'dark' ? 'light' : 'dark');
}
function nextUrgent(by) {
  const list = fleet.order.filter(d => sevOf(d) !== 'clear' && sevOf(d) !== 'info'),
    i = list.findIndex(d => d.id === S.selected);
  if (list.length) select(list[(i + by + list.length + (i < 0 && by < 0 ? 1 : 0)) % list.length].id);
}
function escape() {
  if (!byElementId('help').hidden) toggleHelp(false);
  else if (S.selected) select(null);
  else fitRegion();
}
const KEYS = [
  ['?', 'this help', () => toggleHelp()],
  ['Escape', 'close the help, then the drone, then show the whole region', escape],
  ['n', 'next drone that needs attention (N: the one before)', () => nextUrgent(1)],
  ['f', 'follow the selected drone', toggleFollow],
  ['c', 'bring the selected drone into the middle', () => centreOn(S.byId.get(S.selected))],
  ['r', 'show the whole region', fitRegion],
  ['+', 'nearer', () => zoomBy(1.5)],
  ['-', 'farther', () => zoomBy(1 / 1.5)],
  ['l', 'labels', toggle('labels')],
  ['t', 'trails', toggle('trails')],
  ['h', 'colour what stands higher than the selected drone', toggle('hazard')],
  ['s', 'relief of the surface in place of the ground', toggle('surface')],
  ['z', 'zones', toggle('zones')],
  ['a', 'aircraft of feeds', toggle('traffic')],
  ['w', 'wind', toggle('wind')],
  ['[', 'wind at a lower height', () => otherHeight(-1)],
  [']', 'wind at a greater height', () => otherHeight(1)],
  ['d', 'dark or light', otherTheme],
];
const KEY_SIGNS = { Escape: 'Esc', '-': '\u2212' };
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function keyDown(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, select, textarea, [contenteditable]')) return;
  const arrow = (e.target === M.live || e.target === document.body) && ARROWS[e.key];
  if (arrow) {
    setOption('follow', false);
    panBy(arrow[0] * 80, arrow[1] * 80);
  } else if (e.key === 'N') nextUrgent(-1);
  else if (e.key === '=') zoomBy(1.5);
  else {
    const key = KEYS.find(k => k[0] === e.key);
    if (!key) return;
    key[2]();
  }
  e.preventDefault();
}

// ---- the address: which drone, and where one looks, once moved by hand
function writeHash() {
  clearTimeout(hands.hashTimer);
  if (!hands.hashRead) return;
  hands.hashTimer = setTimeout(() => {
    const parts = [];
    if (S.selected) parts.push('drone=' + encodeURIComponent(S.selected));
    if (V.moved && !S.opt.follow) parts.push(`at=${V.lat.toFixed(5)},${V.lon.toFixed(5)},${V.k.toPrecision(3)}`);
    try {
      history.replaceState(null, '', parts.length ? '#' + parts.join('&') : location.pathname + location.search);
    } catch {
      /* a page that is a file */
    }
  }, 300);
}
function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1)),
    at = (parts.get('at') || '').split(',').map(Number);
  if (at.length === 3 && at.every(Number.isFinite) && at[2] > 0) {
    V.k = Math.min(K_MOST, Math.max(K_LEAST, at[2]));
    showPlace(Math.max(-90, Math.min(90, at[0])), at[1]);
  }
  hands.hashRead = true;
  hands.fromMap = at.length === 3;
  select(parts.get('drone') || null);
  hands.fromMap = false;
}
// A drone that was chosen in a list comes into view, as soon as it is known where it is.
function bring(id) {
  const d = S.byId.get(id);
  hands.bring = null;
  if (d?.lat == null) hands.bring = id;
  else if (V.k < 0.1 || !inView(sx(d.lon), sy(d.lat), -60)) centreOn(d);
}
function startInput() {
  const e = M.live;
  e.addEventListener('pointerdown', pointerDown);
  e.addEventListener('pointermove', pointerMove);
  e.addEventListener('pointerup', pointerUp);
  e.addEventListener('pointercancel', pointerUp);
  e.addEventListener('pointerleave', () => {
    fleet.hover = null;
    moveCursor(0, 0, false);
    dirtyLive();
  });
  e.addEventListener(
    'wheel',
    w => {
      w.preventDefault();
      zoomBy(Math.exp(-Math.max(-240, Math.min(240, w.deltaY * (w.deltaMode ? 30 : 1))) * 0.0016), ...placeOf(w));
    },
    { passive: false },
  );
  e.addEventListener('dblclick', m => zoomBy(2, ...placeOf(m)));
  addEventListener('keydown', keyDown);
  addEventListener('hashchange', readHash);
  on('region', readHash);
  on('view', writeHash);
  on('select', id => {
    if (id && !hands.fromMap) bring(id);
    writeHash();
  });
  on('fleet', () => {
    if (hands.bring && hands.bring === S.selected) bring(hands.bring);
  });
}
