// edge/view/page/core.js - what all parts of the page share: state, events, elements, words, formats.
// SPDX-License-Identifier: Apache-2.0
// All files of this folder become one script inside one function: names at top level are shared.
// Texts of strangers reach the page as text nodes (el) or fillText (plain) only.

const S = {
  region: null,
  node: null,
  catalog: null,
  alerts: null,
  traffic: null,
  hello: null,
  drones: new Map(), lost: new Map(),
  byId: new Map(), // by number in the stream; by id
  selected: null,
  context: null,
  contextAt: 0,
  contextWhy: '',
  contextTold: true,
  features: { obstacles: [], zones: [], stations: [], leftOut: 0 },
  filter: new Set(), // empty: all are shown
  last: performance.now(),
  heardMs: null,
  silent: false,
  trouble: '',
  clockOffset: 0,
  recorded: null,
  opt: { labels: true, trails: true, hazard: true, surface: false, wind: true, zones: true, traffic: true, follow: false, windAgl: 50 },
  theme: 'dark',
};

// ---- events between the files
const listeners = new Map();
function on(name, fn) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push(fn);
}
function emit(name, value) {
  for (const fn of listeners.get(name) || []) {
    try {
      fn(value);
    } catch (e) {
      console.error(name, e);
    } // one part that fails does not stop the others
  }
}
function select(id) {
  if (id === S.selected) return;
  S.selected = id;
  S.context = null;
  S.contextAt = 0;
  S.contextWhy = '';
  S.contextTold = true;
  if (!id) S.opt.follow = false;
  emit('select', id);
}
function setOption(name, value) {
  S.opt[name] = value;
  emit('option', name);
}
const nowMs = () => (S.recorded ? S.recorded.now() : Date.now() + S.clockOffset);
const calm = matchMedia('(prefers-reduced-motion: reduce)'); // calm.matches: nothing moves between reports

// ---- elements: el('p', {class: 'x', onclick: fn}, 'text', child, null)
function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === false || v == null) continue;
    if (typeof v === 'function') e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...children.flat(9).filter(c => c != null && c !== false));
  return e;
}
const byElementId = id => document.getElementById(id);
// What a stranger wrote, for fillText: one line, bounded, without control or direction characters.
const plain = (s, most = 40) => {
  const t = String(s ?? '')
      .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g, ' ')
      .trim(),
    c = [...t];
  return c.length > most ? c.slice(0, most - 1).join('') + '\u2026' : t;
};

// ---- severities: by shape and hue. Of a drone as it is now: its silence counts before what it was told.
const SEVERITIES = ['warning', 'caution', 'info', 'clear', 'silent', 'unknown'];
const SHAPE = { warning: '\u25c6', caution: '\u25cb', info: '\u25cf', clear: '\u25b2', silent: '\u2715', unknown: '?' };
const severityName = n => (n === 2 ? 'caution' : n === 3 ? 'info' : 'warning'); // of an advisory: 0 and unknown are the worst
const sevOf = d =>
  S.silent || d.silentSince != null ? 'silent' : d.severity ? severityName(d.severity) : d.flags & FLAG.unevaluated ? 'unknown' : 'clear';
const shown = d => !S.filter.size || S.filter.has(sevOf(d)) || d.id === S.selected;
const WEATHER_KINDS = new Set([3, 4, 5, 10, 13, 15, 16]); // not a thing that one flies into
// Who must be looked at first: silent, then what one may fly into by time to go, then weather and data.
function urgency(d) {
  const s = sevOf(d);
  if (s === 'silent') return 0;
  const rank = { warning: 1, caution: 3, info: 5, unknown: 6, clear: 7 }[s] + (WEATHER_KINDS.has(d.kind) ? 1 : 0);
  return rank + Math.min(0.99, (d.ttg ?? 90) / 100);
}
const FLAG = { margin: 1, plan: 2, profile: 4, ground: 8, lost: 16, unevaluated: 128 };
// The clearance that this drone asked for, as far as its advisories say it; else what the node takes.
const limitOf = c => {
  if (c && c === S.context && known(S.limit)) return S.limit;
  const a = (c?.advisories || []).find(x => (x.kind === 1 || x.kind === 2) && x.limit != null && x.value_unit === 'm');
  return a ? a.limit : 15;
};

// ---- words of schemas/drf/v1/enums.proto. 0, absent and unknown numbers: the most severe of their kind.
const word = (list, n) => list[n ?? 0] || list[0];
const KIND = [
  'unknown hazard',
  'terrain',
  'obstacle',
  'wind',
  'gust',
  'visibility',
  'zone',
  'traffic',
  'altitude limit',
  'altitude reference suspect',
  'data missing',
  'region boundary',
  'landing',
  'terrain too coarse',
  'alert',
  'clock suspect',
  'hazardous weather',
];
const REASON = [
  'the node cannot say why',
  'nothing is wrong',
  'no source covers this place',
  'the source has a hole here',
  'the newest data are too old',
  'the node is still catching up',
  'it is being read again',
  'it is being loaded',
  'outside of what this node keeps',
  'the drone sent no altitude',
  'its altitudes contradict each other',
  'bare earth: no buildings or trees in it',
  'the source does not carry it',
  'calm: no direction',
  'no air pressure setting nearby',
  'the feed is down',
  'its vertical datum cannot be converted',
  'left out for the link',
  'no position',
  'an input that may apply here was refused',
  'live data were lost and have not come again',
  '',
  '',
  'top of an obstacle; nothing else known of it',
  'it stands beside each value',
];
const REASON_NUMBER = {
  NO_DATA: 2,
  SOURCE_VOID: 3,
  STALE: 4,
  CATCHING_UP: 5,
  RESYNCHRONISING: 6,
  LOADING: 7,
  OUT_OF_REGION: 8,
  NO_ALTITUDE: 9,
  NOT_REPORTED: 12,
  CALM: 13,
  FEED_DOWN: 15,
  UNREADABLE: 19,
  FORGOTTEN: 20,
};
const LAYER = ['unknown layer', 'ground', 'surface', 'obstacles', 'weather', 'zones', 'traffic', 'alerts'];
const LAYER_NUMBER = { GROUND: 1, SURFACE: 2, OBSTACLE: 3, WEATHER: 4, ZONE: 5, TRAFFIC: 6, ALERT: 7 };
const CONDITION = ['condition unknown', 'down', 'overloaded', 'degraded', 'up'];
const MODE = ['mode unknown, not for flight', 'LIVE', 'TEST, not for flight', 'REPLAY, not for flight', 'SIMULATION, not for flight'];
const BASIS = ['not known how', 'extrapolated', 'nearest point', 'interpolated', 'within its height', 'observed at a station'];
const AGL_BASIS = ['not known from what', 'from height above take-off', 'from height above the sea', 'from the satellite height'];
const STATISTIC = ['', '', 'accumulated', 'mean', 'maximum', 'minimum'];
const PLAN_STATE = ['plan unknown', 'no plan named', 'plan out of its validity', 'not flying its plan', 'flies its plan'];
const RESTRICTION = {
  PROHIBITED: 'prohibited',
  REQ_AUTHORISATION: 'needs authorisation',
  CONDITIONAL: 'conditional',
  USPACE: 'U-space',
  NO_RESTRICTION: 'no restriction',
  INFORMATION: 'information',
};
const why = reason => word(REASON, reason);

// ---- numbers: what is not known is said, never shown as 0
const known = v => v != null && Number.isFinite(+v);
const number = (v, digits = 0, unit = '') =>
  known(v) ? (+v).toFixed(digits).replace(/^-(?=[0.]+$)/, '') + (unit && ' ' + unit) : 'unknown';
const metres = (v, digits = 0) => number(v, digits, 'm');
// What is free at worst is never said to be more.
const atWorst = v => metres(known(v) ? Math.floor(+v) : v);
// What is known of the selected drone, as long as it holds: it is held and reports.
const holds = () => !S.silent && S.byId.get(S.selected)?.silentSince === null;
const distance = m => (!known(m) ? 'unknown' : m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(m < 9950 ? 1 : 0)} km`);
const span = ms => {
  const s = Math.abs(ms) / 1000;
  return s < 90
    ? `${Math.round(s)} s`
    : s < 5400
      ? `${Math.round(s / 60)} min`
      : s < 172800
        ? `${Math.round(s / 3600)} h`
        : `${Math.round(s / 86400)} d`;
};
const ago = ms => (ms > nowMs() + 500 ? `in ${span(ms - nowMs())}` : `${span(nowMs() - ms)} ago`);
const agoUs = us => (us == null ? 'time unknown' : ago(us / 1000));
const togo = s => (!known(s) ? '' : s < 0.5 ? 'now' : `in ${Math.round(s)} s`);
const clock = ms => new Date(ms).toISOString().slice(11, 19); // UTC
const POINTS = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'];
const compass = deg => (known(deg) ? POINTS[Math.round(deg / 45) & 7] : 'unknown direction');

// ---- colours: those of the style sheet, and what only the canvases need
const CSS_COLOURS = ['bg', 'panel', 'chip', 'line', 'text', 'dim', 'faint', 'warn', 'caution', 'info', 'ok', 'silent', 'hatch'];
const CANVAS_COLOURS = {
  dark: {
    zone: '#a89ad8',
    alert: '#ff8fc0',
    traffic: '#62d6b4',
    obstacle: '#cbd5de',
    wind: '#8fb4d0',
    above: '#f05c326a',
    within: '#e8a03042',
    halo: 'rgba(10,14,18,.88)',
    contour: 'rgba(175,195,215,.26)',
  },
  light: {
    zone: '#5f4fb0',
    alert: '#ad1a68',
    traffic: '#00745a',
    obstacle: '#3c4a57',
    wind: '#3d6488',
    above: '#d03a1070',
    within: '#e8901048',
    halo: 'rgba(255,255,255,.9)',
    contour: 'rgba(50,70,90,.28)',
  },
};
let palette = null;
function colours() {
  if (palette) return palette;
  const css = getComputedStyle(document.documentElement);
  palette = { ...CANVAS_COLOURS[S.theme] };
  for (const name of CSS_COLOURS) palette[name] = css.getPropertyValue('--' + name).trim();
  return palette;
}
const severityColour = name => colours()[{ warning: 'warn', caution: 'caution', info: 'info', clear: 'ok', silent: 'silent', unknown: 'dim' }[name]];
// Free height below at worst, in metres: trails and bars.
const FREE_STEPS = [0, 15, 30, 60];
const FREE_COLOURS = {
  dark: ['#ff6a3d', '#ffb52e', '#ffe9a8', '#8fccff', '#4a8fd6', '#8d99a6'],
  light: ['#c23a0a', '#d98900', '#9c8a3c', '#2f86d1', '#0a3f86', '#667380'],
};
const freeIndex = m => (!known(m) ? 5 : FREE_STEPS.filter(s => m >= s).length);
const freeColour = i => FREE_COLOURS[S.theme][i];
function setTheme(name) {
  // no name: as the system wants it
  const wanted = name || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
  S.theme = wanted;
  document.documentElement.dataset.theme = wanted;
  palette = null;
  emit('theme', wanted);
}
matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => setTheme(savedTheme()));
// The reader's own choice; a browser that keeps nothing has none.
function savedTheme() {
  try {
    return localStorage.getItem('drf-theme');
  } catch {
    return null;
  }
}
function saveTheme(name) {
  setTheme(name);
  try {
    localStorage.setItem('drf-theme', name);
  } catch {
    /* for this visit only */
  }
}
