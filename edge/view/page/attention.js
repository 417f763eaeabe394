// edge/view/page/attention.js - who needs attention: silent, then what one may fly into, then weather, then the rest.
// SPDX-License-Identifier: Apache-2.0
// The order changes once a second and never under a pointer or a focus: then rows keep their places,
// those that need none any more are greyed and new ones come last.

const FLOWN_INTO = new Set([0, 1, 2, 6, 7, 8, 9, 12]),
  IN_THE_AIR = new Set([3, 4, 5, 16]);
const GROUPS = ['Silent', 'May fly into something', 'Weather', 'Other', 'Not disturbed'];
function groupOf(d) {
  const s = sevOf(d);
  if (s === 'silent') return 0;
  if (s === 'clear') return 4;
  if (s === 'unknown') return 3;
  return FLOWN_INTO.has(d.kind) ? 1 : IN_THE_AIR.has(d.kind) ? 2 : 3;
}
const needsAttention = d => (S.filter.size ? S.filter.has(sevOf(d)) : ['silent', 'warning', 'caution', 'unknown'].includes(sevOf(d)));

function whenText(d) {
  const s = sevOf(d);
  if (S.lost.has(d.id)) return `lost: last heard ${span(nowMs() - d.silentSince)} ago`;
  if (s === 'silent') return d.silentSince != null ? `for ${span(nowMs() - d.silentSince)}` : 'the node is silent';
  if (s === 'unknown') return d.flags & FLAG.margin ? 'outside the region: not told anything' : 'nothing was worked out for it yet';
  if (s === 'clear') return d.flags & FLAG.ground ? 'on the ground' : 'nothing to report';
  return FLOWN_INTO.has(d.kind) || !d.text ? `${word(KIND, d.kind)} ${togo(d.ttg)}` : d.text;
}
const freeText = d => (sevOf(d) === 'silent' ? '' : known(d.free) ? metres(d.free) : 'unknown');

// A row for a drone: made once, then only its texts change.
function droneRow(id) {
  const parts = {
    shape: el('span', { 'aria-hidden': 'true' }),
    word: el('span', { class: 'sr' }),
    id: el('span', { class: 'id' }, id),
    what: el('span', { class: 'what' }),
    free: el('span', { class: 'free' }),
  };
  const button = el(
    'button',
    { type: 'button', 'data-id': id },
    parts.shape,
    el('span', { class: 'id' }, parts.word, parts.id),
    parts.what,
    parts.free,
  );
  return { li: el('li', {}, button), button, parts, id };
}
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function setClass(node, name) {
  if (node.className !== name) node.className = name;
}
function setAttribute(node, name, value) {
  if (value == null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
function showDrone(row, d, gone) {
  const s = d ? sevOf(d) : 'silent',
    p = row.parts;
  setText(p.shape, d ? SHAPE[s] : '\u2013');
  setClass(p.shape, `w${SEVERITIES.indexOf(s) + 1}`);
  setText(p.word, d ? `${COUNT_WORDS[s]} ` : '');
  setText(p.what, d ? whenText(d) : 'not held any more');
  setText(p.free, d ? freeText(d) : '');
  setAttribute(p.free, 'aria-label', d && freeText(d) ? `free below at worst ${freeText(d)}` : null);
  setAttribute(row.button, 'title', d?.text || null);
  setAttribute(row.button, 'aria-current', row.id === S.selected ? 'true' : null);
  setClass(row.li, gone ? 'gone' : '');
}

// A click or Enter on a row of either list selects.
function rowsSelect(list) {
  list.addEventListener('click', e => {
    const b = e.target.closest('button[data-id]');
    if (b) select(b.dataset.id);
  });
}

const attention = { rows: new Map(), order: [], list: null };
const MOST_ROWS = 80;
function attentionOrder() {
  const key = d => groupOf(d) * 1e4 + (groupOf(d) ? (d.severity || 4) * 1e3 + Math.min(900, Math.round((d.ttg ?? 0) / 3) * 3) : 0);
  const before = new Map(attention.order.map((id, i) => [id, i])),
    wanted = [...S.drones.values(), ...S.lost.values()].filter(needsAttention);
  return wanted
    .sort(
      (a, b) =>
        key(a) - key(b) ||
        (groupOf(a) ? 0 : (a.silentSince ?? 0) - (b.silentSince ?? 0)) ||
        (before.get(a.id) ?? 1e9) - (before.get(b.id) ?? 1e9) ||
        a.id.localeCompare(b.id),
    )
    .map(d => d.id);
}
function showAttention() {
  const box = byElementId('p-att');
  if (!attention.list) {
    attention.list = el('ul', { class: 'rows', 'aria-label': 'Drones that need attention' });
    attention.note = el('p', { class: 'none' });
    rowsSelect(attention.list);
    box.append(el('h2', { class: 'sr' }, 'Needs attention'), attention.list, attention.note);
  }
  const wanted = attentionOrder(),
    held = (box.matches(':hover') && matchMedia('(hover: hover)').matches) || attention.list.contains(document.activeElement);
  setText(byElementId('n-att'), S.silent ? '?' : String(wanted.length));
  if (box.hidden) return;
  const shownIds = held && attention.order.length ? [...attention.order, ...wanted.filter(id => !attention.order.includes(id))] : wanted,
    needed = new Set(wanted);
  attention.order = shownIds.slice(0, MOST_ROWS);
  const nodes = [];
  let group = -1;
  for (const id of attention.order) {
    const d = S.byId.get(id) || S.lost.get(id);
    if (!held && d && groupOf(d) !== group) {
      group = groupOf(d);
      nodes.push(
        attention.heads?.[group] || ((attention.heads ??= {})[group] = el('li', {}, el('h3', {}, GROUPS[group], aside('free below, at worst')))),
      );
    }
    let row = attention.rows.get(id);
    if (!row) attention.rows.set(id, (row = droneRow(id)));
    showDrone(row, d, held && !needed.has(id));
    nodes.push(row.li);
  }
  if (held) {
    for (const li of nodes) if (!li.isConnected) attention.list.append(li);
  } else placeInOrder(attention.list, nodes);
  for (const [id, row] of attention.rows) if (!row.li.isConnected) attention.rows.delete(id);
  const more = wanted.length - needed.size + Math.max(0, shownIds.length - MOST_ROWS);
  setText(
    attention.note,
    !S.drones.size && !S.lost.size
      ? 'No drone is held here now.'
      : !wanted.length
        ? S.filter.size
          ? 'No drone is of this kind now.'
          : 'Nobody: no drone is silent, unknown, warned or cautioned.'
        : more > 0
          ? `and ${more} more: see All`
          : '',
  );
}
// The children of a list in this order, moving only those that are elsewhere.
function placeInOrder(list, nodes) {
  let at = list.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else list.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// New warnings are said aloud, one sentence in five seconds.
const saying = { warned: null, at: 0 };
function sayWarnings() {
  const now = new Map([...S.drones.values()].filter(d => sevOf(d) === 'warning').map(d => [d.id, d]));
  if (S.silent || performance.now() - saying.at < 5000) return;
  const fresh = saying.warned ? [...now.values()].filter(d => !saying.warned.has(d.id)) : [];
  saying.warned = new Set(now.keys());
  if (!fresh.length) return;
  saying.at = performance.now();
  setText(byElementId('say'), `Warning for ${fresh[0].id}: ${whenText(fresh[0])}${fresh.length > 1 ? `, and for ${fresh.length - 1} more` : ''}.`);
}
