// edge/view/page/bar.js - the bar: which node, in which mode and condition, what is wrong, how many drones of each kind.
// SPDX-License-Identifier: Apache-2.0

const MODE_NUMBER = { LIVE: 1, TEST: 2, REPLAY: 3, SIM: 4 };
const COUNT_WORDS = { warning: 'warned', caution: 'caution', info: 'info', clear: 'no advisory', silent: 'silent', unknown: 'unknown' };

function showWho() {
  const state = S.node?.state,
    region = state?.region_id ?? S.region?.region_id,
    node = state?.node_id ?? S.region?.node_id;
  setText(byElementId('node'), region ? `${region} / ${node || 'node'}` : S.trouble || 'connecting');
  document.title = `${S.silent ? 'SILENT ' : ''}${region ? `${region} / ${node}` : 'drf'} ${S.recorded ? 'recorded' : 'live'}`;
  const mode = state?.mode ?? MODE_NUMBER[S.region?.mode],
    badge = byElementId('mode');
  badge.hidden = !region || mode === 1;
  setText(badge, word(MODE, mode));
  const condition = byElementId('cond'),
    n = S.silent || !state ? 0 : state.condition;
  setText(condition, !region ? '' : word(CONDITION, n));
  setClass(condition, region && n !== 4 ? 'bad' : '');
  condition.hidden = !region || (!state && !S.silent);
}

// What is wrong, in words: [text, only a note].
function layerTroubles() {
  const out = [],
    state = S.node?.state,
    byLayer = new Map();
  for (const s of S.catalog?.sources || []) {
    if (!byLayer.has(s.layer)) byLayer.set(s.layer, []);
    byLayer.get(s.layer).push(s);
  }
  for (const [layer, sources] of [...byLayer].sort((a, b) => a[0] - b[0])) {
    const bad = sources.filter(s => s.reason !== 1),
      name = word(LAYER, layer);
    if (bad.length)
      out.push([
        `${name}${bad.length < sources.length ? ` (${bad.length} of ${sources.length} sources)` : ''}: ${[...new Set(bad.map(s => why(s.reason)))].join('; ')}`,
      ]);
  }
  for (const t of S.node?.troubles || []) out.push([t.text || String(t.reason)]);
  for (const feed of state?.refusing || []) out.push([`refused an input of ${feed} that names no place`]);
  for (const what of state?.waiting_for || []) out.push([`waiting for ${what}`]);
  const unfed = (S.region?.layers || []).filter(l => !l.fed).map(l => word(LAYER, LAYER_NUMBER[l.layer]));
  if (unfed.length) out.push([`no feed: ${unfed.join(', ')}`, true]);
  return out.filter(([text], i) => out.findIndex(o => o[0] === text) === i);
}
const showLayers = () =>
  put(
    byElementId('layers'),
    layerTroubles().map(([text, note]) => el('li', { class: note && 'note' }, text)),
  );

const countButtons = {};
function showCounts() {
  const counts = { warning: 0, caution: 0, info: 0, clear: 0, silent: 0, unknown: 0 };
  for (const d of [...S.drones.values(), ...S.lost.values()]) counts[sevOf(d)]++;
  for (const name of SEVERITIES) {
    setText(countButtons[name].querySelector('b'), S.silent ? '?' : String(counts[name]));
    setAttribute(countButtons[name], 'aria-pressed', String(S.filter.has(name)));
    if (name === 'unknown') countButtons[name].hidden = !counts.unknown && !S.filter.has(name);
  }
}
function toggleFilter(name) {
  if (!S.filter.delete(name)) S.filter.add(name);
  if (S.filter.size === SEVERITIES.length) S.filter.clear();
  emit('filter', S.filter);
}

// The node says nothing: what stands here is what it said last.
function showSilence() {
  document.body.classList.toggle('silent', S.silent);
  const banner = byElementId('silent');
  if (banner.hidden === S.silent) banner.hidden = !S.silent;
  if (S.silent)
    setText(
      banner.querySelector('span') || banner.appendChild(el('span')),
      `The node is silent${S.trouble ? `: ${S.trouble}` : ''}. Nothing shown here holds any more.`,
    );
  else banner.replaceChildren();
  if (S.silent)
    setText(
      banner.querySelector('small') || banner.appendChild(el('small', { 'aria-hidden': 'true' })),
      ` Last heard ${span(performance.now() - S.last)} ago.`,
    );
}

function startBar() {
  for (const name of SEVERITIES) {
    countButtons[name] = el(
      'button',
      { type: 'button', 'aria-pressed': 'false', title: `show only these: ${COUNT_WORDS[name]}`, onclick: () => toggleFilter(name) },
      el('span', { class: `w${SEVERITIES.indexOf(name) + 1}`, 'aria-hidden': 'true' }, SHAPE[name]),
      el('span', { class: 'word' }, COUNT_WORDS[name]),
      el('b', {}, '0'),
    );
  }
  byElementId('counts').append(...Object.values(countButtons));
  const who = () => {
    showWho();
    showLayers();
  };
  for (const name of ['region', 'node', 'catalog', 'restart', 'trouble']) on(name, who);
  on('silent', () => {
    showSilence();
    showWho();
    showCounts();
    showPanel();
  });
  on('filter', () => {
    showCounts();
    showAttention();
    showAll();
  });
  setInterval(() => {
    showCounts();
    if (S.silent) {
      showSilence();
      showWho();
    }
  }, 1000);
  on('fleet', f => {
    if (f.full) showCounts();
  });
}
