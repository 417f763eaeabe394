// edge/view/page/drone_panel.js - the selected drone: the worst in words, the side view, what it is told, all of its context.
// SPDX-License-Identifier: Apache-2.0
// Everything here is of one context of one drone: of S.selected, or nothing.

const KEPT_MS = 10000;
const panel = { told: new Map() }; // advisories by id: {advisory, life, endedAt}

const KEPT_PREFIX = /^(no longer found, kept for [\d.]+ s|over): /;
const foundText = a => (a.text || '').replace(KEPT_PREFIX, '');
const keptNote = a => KEPT_PREFIX.exec(a.text || '')?.[1] || '';
// The most severe first, then the soonest; an obstacle that also raises the surface is named before the terrain.
const bySeverity = (a, b) =>
  (a.severity || 1) - (b.severity || 1) || Math.round(a.time_to_go_s ?? 1e9) - Math.round(b.time_to_go_s ?? 1e9) || (b.kind === 2) - (a.kind === 2);

// What it was told stays for 10 s after its end, with the text that it had.
function noteAdvisories(c) {
  const now = nowMs(),
    there = new Set();
  for (const a of c.advisories || []) {
    const old = panel.told.get(a.advisory_id),
      life = (a.valid_until_us - c.node_time_us) / 1000;
    there.add(a.advisory_id);
    panel.told.set(a.advisory_id, {
      advisory: a,
      since: old && !old.endedAt ? old.since : now,
      life: life > 0 ? life : 0,
      endedAt: a.state === 2 ? old?.endedAt || now : 0,
    });
  }
  for (const a of c.advisories_brief || []) {
    const old = panel.told.get(a.advisory_id);
    there.add(a.advisory_id);
    panel.told.set(a.advisory_id, {
      ...old,
      advisory: { ...old?.advisory, ...a },
      brief: true,
      since: old?.since ?? now,
      life: old?.life ?? 0,
      endedAt: 0,
    });
  }
  for (const [id, t] of panel.told) {
    if (!there.has(id) && !t.endedAt) t.endedAt = now;
    if (t.endedAt && now - t.endedAt > KEPT_MS) panel.told.delete(id);
  }
}

const UNIT = { m: 'm', mps: 'm/s', s: 's', deg: '°', pa: 'Pa', k: 'K', ratio: '' };
const withUnit = (v, unit) => number(v, Math.abs(v) < 10 ? 1 : 0, UNIT[unit] ?? unit ?? '');
function whereText(a, c) {
  if (a.lat_e7 == null || a.lon_e7 == null) return '';
  const n = ((a.lat_e7 - c.lat_e7) / 1e7) * 111132,
    e = ((a.lon_e7 - c.lon_e7) / 1e7) * 111320 * Math.cos(((c.lat_e7 / 1e7) * Math.PI) / 180),
    m = Math.hypot(n, e);
  return `${m < 20 ? 'here' : known(m) ? `${distance(m)} ${bearing(((Math.atan2(e, n) * 180) / Math.PI + 360) % 360)}` : place(a)}${known(a.alt_amsl_m) ? ` at ${metres(a.alt_amsl_m)} AMSL` : ''}`;
}
function advisoryItem({ advisory: a, since, life, endedAt, brief }, c) {
  const name = severityName(a.severity),
    left = a.valid_until_us != null ? a.valid_until_us / 1000 - nowMs() : null,
    note = keptNote(a);
  return el(
    'li',
    { class: endedAt ? 'over' : `s${SEVERITIES.indexOf(name) + 1}`, 'data-advisory': a.advisory_id },
    el('b', { class: endedAt ? '' : `w${SEVERITIES.indexOf(name) + 1}` }, endedAt ? 'ended' : name.toUpperCase()),
    ' ',
    el('b', {}, word(KIND, a.kind)),
    known(a.time_to_go_s) && !endedAt && ` ${togo(a.time_to_go_s)}`,
    el('div', {}, foundText(a) || (brief ? 'told as id, severity and kind only' : 'without a text')),
    !endedAt && note && el('small', { class: 'unk' }, note),
    el(
      'small',
      {},
      comma([
        known(a.value) && `value ${withUnit(a.value, a.value_unit)}`,
        known(a.limit) && `limit ${withUnit(a.limit, a.value_unit)}`,
        whereText(a, c),
        a.layer != null && `from ${word(LAYER, a.layer)}`,
        a.source && `by ${a.source}`,
        a.feature_id,
        dataTime(a.data_time_us),
        a.revision != null && `revision ${a.revision}`,
        endedAt ? `it was a ${name}, ended ${ago(endedAt)}` : `for ${span(nowMs() - since)}`,
        !endedAt && left !== null && (left > 0 ? `valid until ${clock(a.valid_until_us / 1000)}` : 'not refreshed: void'),
      ]),
    ),
    !endedAt &&
      left !== null &&
      el('progress', { max: 1, value: Math.max(0, Math.min(1, life ? left / life : 0)).toFixed(2), 'aria-label': 'left of its validity' }),
  );
}

// The worst condition in words: [class, text, a second line].
function headline(c, d) {
  const age = c ? nowMs() - c.node_time_us / 1000 : 0,
    list = [...(c?.advisories || [])].filter(a => a.state !== 2).sort(bySeverity),
    worst = list[0];
  if (S.silent)
    return ['s5', 'The node is silent: its condition is not known.', c ? 'Below is what it was told last. Nothing of it holds any more.' : ''];
  if (!d) return ['s5', 'This node does not hold this drone.', S.contextWhy];
  if (d.silentSince != null)
    return [
      's5',
      `Silent for ${span(nowMs() - d.silentSince)}.`,
      `${d.flags & FLAG.lost ? 'Others are told where it should be by now. ' : ''}${S.contextTold ? 'Below is what it was told last: nothing of it holds any more.' : 'Below is what is known where it was last: nobody was told that.'}`,
    ];
  if (!c) return ['s5', S.contextWhy ? 'No context is made for it: what it may meet is not known.' : 'Waiting for its next context.', S.contextWhy];
  if (age > (c.stale_after_ms ?? 1000) + 2000) return ['s5', `Its last context is ${span(age)} old: nothing of it holds any more.`, ''];
  const more = list.length - 1 + (c.advisories_brief?.length || 0) + (c.advisories_left_out || 0);
  if (worst)
    return [
      `s${SEVERITIES.indexOf(severityName(worst.severity)) + 1}`,
      [
        el('b', {}, `${severityName(worst.severity).toUpperCase()} `),
        `${word(KIND, worst.kind)}: ${foundText(worst) || togo(worst.time_to_go_s) || 'without a text'}`,
      ],
      comma([keptNote(worst), more > 0 && `and ${more} more below`]),
    ];
  if (more > 0) return ['s1', `${more + 1} advisories that did not fit: see below.`, ''];
  const gaps = unknownAhead(c),
    layers = (c.layer_states || []).map(l => word(LAYER, l.layer));
  return [
    '',
    'Nothing to report.',
    comma([gaps.length && `the way ahead is not known from ${metres(gaps[0].from_m)} on`, layers.length && `not complete: ${layers.join(', ')}`]),
  ];
}

function bigNumbers(c, d) {
  const h = c.height || {},
    least = leastAhead(c),
    gaps = unknownAhead(c),
    cell = (title, value, small, unknown) =>
      el('div', {}, el('dt', {}, title), el('dd', {}, el('b', { class: unknown ? 'long unk' : 'num' }, value), el('small', {}, small)));
  const none = known(h.aircraft_amsl_m) ? h.surface_reason : h.agl_reason,
    ahead = c.look_ahead || {};
  return el(
    'dl',
    { class: holds() ? 'big' : 'big over' },
    known(h.clearance_low_m)
      ? cell(
          'Free below',
          atWorst(h.clearance_low_m),
          `at worst; ${metres(h.clearance_m)} nominal${known(h.agl_m) ? `, ${metres(h.agl_m)} over ground` : ''}`,
        )
      : cell('Free below', 'not known', why(none), true),
    least
      ? cell(
          'Least ahead',
          atWorst(least.low),
          `at worst, ${number(least.segment.from_m)} to ${metres(least.segment.to_m)} on${gaps.length ? '; part is not known' : ''}`,
        )
      : cell(
          'Least ahead',
          'not known',
          why(ahead.segments?.length ? (known(h.aircraft_amsl_m) ? gaps[0]?.unknown_reason : h.agl_reason) : ahead.reason),
          true,
        ),
    !d || !known(d.climb)
      ? cell('Climb', 'not sent', d && known(d.speed) ? number(d.speed, 0, 'm/s') : 'nor a speed', true)
      : cell(
          Math.abs(d.climb) < 0.3 ? 'Level' : d.climb > 0 ? 'Climbs' : 'Sinks',
          number(Math.abs(d.climb), 1, 'm/s'),
          known(d.speed) ? `${number(d.speed, 0, 'm/s')}${known(d.track) ? `, ${compass(d.track)}` : ''}` : 'speed not sent',
        ),
  );
}

function showDronePanel() {
  const box = byElementId('p-drone'),
    id = S.selected;
  if (!id) {
    panel.told.clear();
    put(box, el('p', { class: 'none' }, 'No drone is selected. Click one on the map, or choose it in a list.'));
    return;
  }
  if (box.hidden) return;
  const seen = new Set(),
    whole = S.context,
    c = whole && watched(whole, seen),
    d = S.byId.get(id),
    [kind, text, small] = headline(c, d);
  const told = [...panel.told.values()].sort((a, b) => !!a.endedAt - !!b.endedAt || bySeverity(a.advisory, b.advisory));
  put(
    box,
    el('h2', { class: 'title' }, el('span', {}, id), el('button', { type: 'button', 'data-do': 'close', 'aria-label': `close ${id}` }, 'close')),
    el('div', { class: `head ${kind}`, id: 'headline' }, text, small && el('small', {}, small)),
    c && [
      bigNumbers(c, d),
      el('canvas', { id: 'sideview', role: 'img', 'data-own': '', 'aria-label': '' }),
      el(
        'section',
        {},
        el('h2', {}, 'What it is told'),
        told.length
          ? el(
              'ul',
              { class: 'adv' },
              told.map(t => advisoryItem({ ...t, advisory: watched(t.advisory, seen, '.advisories') }, c)),
            )
          : el('p', { class: 'none' }, 'Nothing: no advisory.'),
        c.advisories_left_out > 0 &&
          el(
            'p',
            { class: 'unk' },
            `${c.advisories_left_out} more did not fit, the worst a ${severityName(c.advisories_left_out_severity).toUpperCase()}.`,
          ),
      ),
      contextWords(c, whole),
      leftOver(whole, seen),
    ],
  );
  box.dataset.drone = id;
  box.dataset.made = whole?.node_time_us ?? '';
  const canvas = byElementId('sideview');
  if (canvas && whole) {
    setAttribute(canvas, 'aria-label', sideText(whole));
    drawSide(canvas, whole, d);
  }
}
// Fields that no sentence speaks of: shown by their names.
function leftOver(whole, seen) {
  const rest = unread(whole, seen);
  return el(
    'section',
    { class: 'words', hidden: !rest.length },
    el('h3', {}, 'Also told'),
    el(
      'ul',
      {},
      rest.map(([name, value]) => el('li', {}, `${name} = ${value}`)),
    ),
  );
}

// ---- the tabs of the panel
const TABS = [
  ['att', 'Attention', 'n-att'],
  ['drone', 'Drone', null],
  ['all', 'All', 'n-all'],
  ['src', 'Sources', null],
];
const SHOWS = { att: () => showAttention(), drone: () => showDronePanel(), all: () => showAll(), src: () => showSources() };
let tab = 'att';
function openTab(name) {
  tab = name;
  for (const [key] of TABS) {
    const button = byElementId(`t-${key}`),
      on = key === name;
    setAttribute(button, 'aria-selected', String(on));
    button.tabIndex = on ? 0 : -1;
    byElementId(`p-${key}`).hidden = !on;
  }
  SHOWS[name]();
}
function showPanel() {
  showAttention();
  showAll();
  if (tab === 'drone') showDronePanel();
  if (tab === 'src') showSources();
}
function moveInTabs(e) {
  const names = TABS.map(t => t[0]),
    i = names.indexOf(tab),
    to = { ArrowRight: (i + 1) % 4, ArrowLeft: (i + 3) % 4, Home: 0, End: 3 }[e.key];
  if (to === undefined || e.target.id === 'sheet') return;
  e.preventDefault();
  e.stopPropagation();
  openTab(names[to]);
  byElementId(`t-${names[to]}`).focus();
}
const SHEETS = ['', 'high', 'low'];
function startPanel() {
  const tabs = byElementId('tabs');
  for (const [key, title, count] of TABS) {
    tabs.append(
      el(
        'button',
        { type: 'button', role: 'tab', id: `t-${key}`, 'aria-controls': `p-${key}`, onclick: () => openTab(key) },
        title,
        count && el('b', { id: count }, '0'),
      ),
    );
    byElementId(`p-${key}`).setAttribute('aria-labelledby', `t-${key}`);
  }
  tabs.addEventListener('keydown', moveInTabs);
  tabs.after(
    el(
      'button',
      {
        type: 'button',
        id: 'sheet',
        'aria-label': 'size of the panel',
        onclick: () => {
          const next = SHEETS[(SHEETS.indexOf(document.body.dataset.sheet || '') + 1) % 3];
          if (next) document.body.dataset.sheet = next;
          else delete document.body.dataset.sheet;
          window.dispatchEvent(new Event('resize'));
        },
      },
      '\u2195',
    ),
  );
  byElementId('p-drone').addEventListener('click', e => {
    if (e.target.closest('[data-do=close]')) select(null);
  });
  byElementId('skip').addEventListener('click', e => {
    e.preventDefault();
    openTab('all');
    all.rows.get(all.at)?.button.focus();
  });
  on('select', id => {
    panel.told.clear();
    openTab(id ? 'drone' : tab === 'drone' ? 'att' : tab);
    if (id) byElementId('p-drone').scrollTop = 0;
    if (!id) showDronePanel();
    showAttention();
    showAll();
  });
  on('context', c => {
    if (c) noteAdvisories(c);
    if (tab === 'drone') showDronePanel();
  });
  on('seek', () => panel.told.clear()); // of a recording: what was told at another time
  on('theme', showPanel);
  on('catalog', showSources);
  on('alerts', () => {
    if (tab === 'drone') showDronePanel();
  });
  on('fleet', f => {
    if (f.full) showPanel();
  });
  window.addEventListener('resize', () => {
    if (tab === 'drone') showDronePanel();
  });
  setInterval(() => {
    if (S.context) noteAdvisoriesAge();
    showPanel();
    sayWarnings();
  }, 1000);
  openTab(S.selected ? 'drone' : 'att');
}
// Between contexts: what ended leaves after its time.
function noteAdvisoriesAge() {
  for (const [id, t] of panel.told) if (t.endedAt && nowMs() - t.endedAt > KEPT_MS) panel.told.delete(id);
}
