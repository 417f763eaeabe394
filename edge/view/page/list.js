// edge/view/page/list.js - every drone by its name, for screen readers and the keyboard: arrows move, Enter selects.
// SPDX-License-Identifier: Apache-2.0

const all = { rows: new Map(), list: null, at: null };
function showAll() {
  const box = byElementId('p-all');
  if (!all.list) {
    all.list = el('ul', { class: 'rows', 'aria-label': 'All drones' });
    all.note = el('p', { class: 'none' });
    rowsSelect(all.list);
    all.list.addEventListener('keydown', moveInList);
    all.list.addEventListener('focusin', e => {
      const b = e.target.closest('button');
      if (b) stopAt(b.dataset.id);
    });
    box.append(el('h2', { class: 'sr' }, 'All drones'), all.note, all.list);
  }
  setText(byElementId('n-all'), String(S.drones.size));
  if (box.hidden) return;
  const wanted = [...S.drones.values()].filter(shown).sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })),
    nodes = [];
  for (const d of wanted) {
    let row = all.rows.get(d.id);
    if (!row) {
      all.rows.set(d.id, (row = droneRow(d.id)));
      row.button.tabIndex = -1;
    }
    showDrone(row, d, false);
    nodes.push(row.li);
  }
  placeInOrder(all.list, nodes);
  for (const [id, row] of all.rows) if (!row.li.isConnected) all.rows.delete(id);
  if (!all.rows.has(all.at)) stopAt(all.rows.has(S.selected) ? S.selected : wanted[0]?.id);
  setText(
    all.note,
    !S.drones.size ? 'No drone is held here now.' : S.filter.size ? `${wanted.length} of ${S.drones.size}: ${[...S.filter].join(', ')} only` : '',
  );
}
// One row is reached by Tab, the others by arrows.
function stopAt(id) {
  const before = all.rows.get(all.at),
    row = all.rows.get(id);
  if (before) before.button.tabIndex = -1;
  if (row) row.button.tabIndex = 0;
  all.at = id;
}
function moveInList(e) {
  const rows = [...all.list.querySelectorAll('button')],
    i = rows.indexOf(document.activeElement);
  const to = {
    ArrowDown: i + 1,
    ArrowUp: i - 1,
    Home: 0,
    End: rows.length - 1,
    PageDown: Math.min(rows.length - 1, i + 10),
    PageUp: Math.max(0, i - 10),
  }[e.key];
  if (to === undefined || i < 0) return;
  e.preventDefault();
  e.stopPropagation();
  rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
}
