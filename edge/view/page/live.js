// edge/view/page/live.js - what the node says, into S: one stream of events, or a recording of it.
// SPDX-License-Identifier: Apache-2.0
// Both ways end in receive(event, data). get() and tileBytes() ask the node, or the recording, for the rest.

const TRAIL_MOST = 120,
  TRAIL_MS = 1000,
  TRAIL_M = 15,
  SILENT_MS = 3000,
  RETRY_MS = 10000;
const live = { source: null, retry: 0, timer: 0, tickMs: 250, opened: 0 };

// ---- one event
const RECEIVERS = {
  hello(h) {
    const again = S.hello;
    S.hello = h;
    live.tickMs = h.tick_ms || 250;
    live.retry = 0;
    if (again && again.version !== h.version && !S.recorded)
      location.reload(); // this page belongs to another version
    else if (again && again.boot_id !== h.boot_id) restarted(h);
    loadTrails();
  },
  fleet(f) {
    applyFleet(f);
    emit('fleet', f);
  },
  drone(d) {
    if (d.id !== S.selected) return;
    S.context = d.context || null;
    S.way = d.way || [];
    S.limit = d.clearance_min_m;
    S.contextAt = d.t;
    S.contextWhy = d.why || '';
    S.contextTold = d.told !== false;
    emit('context', S.context);
  },
  node(n) {
    S.node = n;
    emit('node', n);
  },
  catalog(c) {
    S.catalog = c;
    emit('catalog', c);
  },
  alerts(a) {
    S.alerts = a;
    emit('alerts', a);
  },
  traffic(t) {
    S.traffic = t;
    emit('traffic', t);
  },
  changed(c) {
    emit('changed', c.layers || []);
  },
};
function receive(event, data) {
  S.last = performance.now();
  if (event === 'fleet') S.heardMs = data.t;
  if (!S.recorded && known(data.t)) {
    // the least delayed event says best what time it is there; a step is followed
    const offset = data.t - Date.now(),
      off = offset - S.clockOffset;
    S.clockOffset = off > 0 || off < -5000 ? offset : S.clockOffset + off * 0.01;
  }
  RECEIVERS[event]?.(data);
  if (S.silent && event !== 'hello' && !S.recorded && !stuck()) setSilent(false);
}
// Frames come, but who evaluates the drones has not said anything for long: what they show is old.
const stuck = () =>
  performance.now() - live.opened > 4000 && S.node?.state?.node_time_us != null && S.heardMs - S.node.state.node_time_us / 1000 > 5000;
function setSilent(value) {
  if (S.silent === value) return;
  S.silent = value;
  emit('silent', value);
}

// ---- the fleet
// One that was silent is not held for ever: the page goes on to say so until it reports again.
function forget(d) {
  if (d.silentSince != null) S.lost.set(d.id, d);
  S.drones.delete(d.n);
  if (S.byId.get(d.id) === d) S.byId.delete(d.id);
}
function applyFleet(f) {
  const now = performance.now(),
    kept = f.full && new Set((f.new || []).map(x => x[1]));
  if (kept) for (const d of [...S.drones.values()]) if (!kept.has(d.id)) forget(d);
  for (const n of f.gone || []) if (S.drones.has(n)) forget(S.drones.get(n));
  for (const [n, id] of f.new || []) {
    const there = S.drones.get(n),
      old = S.byId.get(id);
    if (there && there.id !== id) forget(there);
    if (old && old.n !== n) {
      S.drones.delete(old.n);
      old.n = n;
    }
    const d = old || { n, id, severity: 0, kind: 0, count: 0, silentSince: null, flags: 0, text: '', trail: [] };
    S.drones.set(n, d);
    S.byId.set(id, d);
    S.lost.delete(id);
  }
  for (const [n, lat, lon, amsl, track, speed, climb, free, ahead] of f.at || []) {
    const d = S.drones.get(n);
    if (!d) continue;
    d.fromLat = d.shownLat ?? lat / 1e6;
    d.fromLon = d.shownLon ?? lon / 1e6;
    d.arrived = now;
    Object.assign(d, { lat: lat / 1e6, lon: lon / 1e6, amsl, track, speed, climb, free, ahead });
    if (d.shownLat == null || calm.matches) {
      d.shownLat = d.lat;
      d.shownLon = d.lon;
    }
    extendTrail(d, f.t);
  }
  for (const [n, severity, kind, ttg, count, silentSince, flags, text] of f.say || []) {
    const d = S.drones.get(n);
    if (d) Object.assign(d, { severity, kind, ttg, count, silentSince, flags, text: text || '' });
  }
}
function extendTrail(d, t) {
  const last = d.trail[d.trail.length - 1];
  if (
    last &&
    (t <= last[0] ||
      (t - last[0] < TRAIL_MS &&
        Math.hypot((d.lat - last[1]) * 111132, (d.lon - last[2]) * 111320 * Math.cos((d.lat * Math.PI) / 180)) < TRAIL_M))
  )
    return;
  d.trail.push([t, d.lat, d.lon, d.free]);
  if (d.trail.length > TRAIL_MOST) d.trail.shift();
}
async function loadTrails() {
  const r = await get('v1/trails').catch(() => null);
  for (const [id, points] of Object.entries(r?.drones || {})) {
    const d = S.byId.get(id);
    if (!d) {
      if (!S.byId.size) setTimeout(loadTrails, 1000);
      if (!S.byId.size) return;
      continue;
    }
    const old = points.map(p => [r.t - p[0], p[1] / 1e6, p[2] / 1e6, p[3]]),
      [begin, end] = old.length ? [old[0][0], old[old.length - 1][0]] : [0, 0];
    d.trail = [...d.trail.filter(p => p[0] < begin), ...old, ...d.trail.filter(p => p[0] > end)].slice(-TRAIL_MOST);
  }
  emit('trails');
}

// ---- the node
// JSON of a path below the page's own address; throws an Error that says what the node said.
async function get(path) {
  if (S.recorded) return S.recorded.get(path);
  const r = await fetch(path);
  if (r.ok) return r.json();
  throw new Error((await r.json().catch(() => null))?.error || `the node answers ${r.status}`);
}
// The PNG of a tile as {bytes, tag}, the tag to tell whether it is still the same; null: the node has none.
async function tileBytes(layer, z, row, col) {
  if (S.recorded) return S.recorded.tile(layer, z, row, col);
  const r = await fetch(`v1/tile/${layer}/${z}/${row}/${col}`);
  if (r.status === 404) return null;
  if (!r.ok)
    throw Object.assign(new Error(`the node answers ${r.status}`), {
      againMs: Number(r.headers.get('Retry-After')) * (900 + Math.random() * 400), // 0: when the caller likes
    });
  return { bytes: await r.arrayBuffer(), tag: r.headers.get('ETag') };
}
const liveAddress = () => 'v1/live' + (S.selected ? '?drone=' + encodeURIComponent(S.selected) : '');
function connect() {
  if (S.recorded) return S.region && S.recorded.again();
  if (live.asleep || !S.region) return;
  live.source?.close();
  clearTimeout(live.timer);
  live.opened = performance.now();
  const source = (live.source = new EventSource(liveAddress()));
  for (const name of Object.keys(RECEIVERS)) {
    source.addEventListener(name, e => {
      if (source === live.source) {
        S.trouble = '';
        receive(name, JSON.parse(e.data));
      }
    });
  }
  source.onerror = () => {
    if (source !== live.source) return;
    source.close();
    live.timer = setTimeout(reconnect, Math.min(5000, 500 * 2 ** live.retry++));
  };
}
// A stream that fails does not say why: ask once, without keeping the answer.
async function reconnect() {
  const stop = new AbortController(),
    late = setTimeout(() => stop.abort(), 4000);
  try {
    const r = await fetch(liveAddress(), { signal: stop.signal });
    S.trouble = r.ok ? '' : (await r.json().catch(() => null))?.error || `the node answers ${r.status}`;
  } catch {
    S.trouble = 'the node cannot be reached';
  }
  clearTimeout(late);
  stop.abort();
  emit('trouble', S.trouble);
  connect();
}
on('select', connect);
function startLive() {
  if (window.DRF_RECORDED) {
    S.recorded = recording(window.DRF_RECORDED);
    return;
  }
  setInterval(() => {
    const now = performance.now();
    if (stuck()) S.trouble = 'it does not evaluate its drones';
    setSilent(!live.asleep && (now - S.last > SILENT_MS || stuck()));
    if (!S.silent || !live.source || now - Math.max(S.last, live.opened) < RETRY_MS) return;
    connect(); // a stream that says nothing and does not fail: its other end may be gone
  }, 250);
  document.addEventListener('visibilitychange', () => {
    clearTimeout(live.sleep);
    if (document.hidden) live.sleep = setTimeout(sleep, 10000);
    else if (live.asleep) wake();
  });
}
// Nobody looks: the node works for viewers only, and a browser has few connections for all tabs.
function sleep() {
  live.asleep = true;
  live.source?.close();
  live.source = null;
  clearTimeout(live.timer);
}
function wake() {
  live.asleep = false;
  S.last = performance.now();
  if (S.region) connect();
}
// The node began anew. With another region or other levels this page begins anew, too.
async function restarted(h) {
  const region = await get('v1/region').catch(() => null);
  const fixed = r => JSON.stringify([r.bounds, r.boundary, r.keep, r.level, r.insets]);
  if (region && S.region && fixed(region) !== fixed(S.region)) return location.reload();
  if (region) S.region = region;
  emit('restart', h);
}
