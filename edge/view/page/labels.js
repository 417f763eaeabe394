// edge/view/page/labels.js - at most twelve names beside drones, the most urgent first, none over another.
// SPDX-License-Identifier: Apache-2.0

const LABELS_MOST = 12,
  TRAFFIC_LABELS_MOST = 8;
const labels = { widths: new Map() };
function textWidth(c, text, font) {
  const key = font + text;
  let w = labels.widths.get(key);
  if (w == null) {
    if (labels.widths.size > 600) labels.widths.clear();
    c.font = font;
    labels.widths.set(key, (w = c.measureText(text).width));
  }
  return w;
}
// Four places beside a mark; the one that it had is tried first, so that labels do not jump.
const SIDES = [
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];
function placeLabel(owner, x, y, w, taken) {
  const order = owner.side == null ? [0, 1, 2, 3] : [owner.side, 0, 1, 2, 3];
  for (const i of order) {
    const [a, b] = SIDES[i],
      box = [a > 0 ? x + 13 : x - 13 - w, b > 0 ? y + 3 : y - 18, w, 15];
    if (
      box[0] < 2 ||
      box[1] < 2 ||
      box[0] + w > V.w - 2 ||
      box[1] + 15 > V.h - 2 ||
      taken.some(t => t.owner !== owner && crosses(t.box, box))
    )
      continue;
    owner.side = i;
    taken.push({ box, owner: null });
    return box;
  }
  return null;
}
function wantsLabel(d) {
  if (d.id === S.selected || d === fleet.hover) return true;
  const s = sevOf(d);
  if (s === 'silent') return !S.silent;
  if (s === 'warning') return !WEATHER_KINDS.has(d.kind) || V.k > 0.06;
  return s === 'caution' ? V.k > 0.08 : V.k > 0.14;
}
function drawLabels(c) {
  const t = colours(),
    taken = M.boxes.map(box => ({ box, owner: null })),
    font = `12px ${FONT}`;
  const seen = fleet.order.filter(d => d.px != null && inView(d.px, d.py, 0));
  const first = [S.byId.get(S.selected), fleet.hover].filter(d => d?.px != null);
  for (const d of seen.slice(0, 120)) if (sevOf(d) !== 'clear') taken.push({ box: [d.px - 9, d.py - 9, 18, 18], owner: d });
  let left = LABELS_MOST;
  c.textAlign = 'left';
  for (const d of new Set([...first, ...seen])) {
    if (!left || !wantsLabel(d)) {
      if (!left) break;
      continue;
    }
    const name = plain(d.id, 24),
      free = sevOf(d) === 'silent' ? '' : known(d.free) ? `${Math.round(d.free)} m` : 'unknown';
    const w1 = textWidth(c, name, '600 ' + font),
      w2 = free ? textWidth(c, free, font) + 5 : 0,
      box = placeLabel(d, d.px, d.py, w1 + w2, taken);
    if (!box) continue;
    left--;
    c.fillStyle = first.includes(d) ? t.text : severityColour(sevOf(d));
    haloText(c, name, box[0], box[1] + 12, 12, '600');
    if (free) {
      c.fillStyle = freeIndex(d.free) < 2 || !known(d.free) ? c.fillStyle : t.dim;
      haloText(c, free, box[0] + w1 + 5, box[1] + 12, 12);
    }
  }
  labelTraffic(c, taken);
}
function labelTraffic(c, taken) {
  if (!S.opt.traffic || !S.traffic || V.k < 0.02) return;
  let left = TRAFFIC_LABELS_MOST;
  for (const track of S.traffic.tracks || []) {
    const x = sx(track[2] / 1e6),
      y = sy(track[1] / 1e6);
    if (!left || !inView(x, y, 0)) continue;
    const text = plain(track[0], 16) + (known(track[3]) ? ` ${track[3]} m` : ', height unknown'),
      box = placeLabel({}, x, y, textWidth(c, text, `11px ${FONT}`), taken);
    if (!box) continue;
    left--;
    c.fillStyle = colours().traffic;
    haloText(c, text, box[0], box[1] + 12, 11);
  }
}
