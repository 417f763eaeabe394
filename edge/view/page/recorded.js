// edge/view/page/recorded.js - a recording in place of the node: plays frames of /v1/live, seeks to any time.
// SPDX-License-Identifier: Apache-2.0
// window.DRF_RECORDED, set by an earlier script of the same page:
//   region    as /v1/region answers; tiles' level and bounds are taken from it
//   frames    [[t_ms, "event", data], ...] ascending in t_ms (UTC, node time); events and data as /v1/live sends them, without hello.
//             The first fleet frame must be `full`; one more every 10 s or so makes seeking fast. `drone` frames of as many drones as wanted.
//   features  as /v1/features answers; or [[t_ms, FeatureCollection], ...] ascending: each holds from its time on
//   tiles     {"ground/12/row/col": "base64 of the PNG", "surface/...": ...}; overviews that are not there are made here
//   optional  wind {"50": answer of /v1/wind}, hello {version, boot_id, tick_ms}, gaps, report (player.js)
// S.recorded then is {start, end, duration, time, playing, speed, seek(ms), play(speed), pause(), now(), frames}: times in ms from the
// start, 'time' is emitted on each change. Where the recording has no frame for 3 s the node counts as silent, as it would live;
// where it knows that there was no stream (gaps: [[from_ms, to_ms], ...]), at once.

function recording(data) {
  const frames = data.frames,
    start = frames[0][0],
    end = frames[frames.length - 1][0],
    pictures = new Map();
  const r = { frames, start, end, duration: end - start, time: 0, playing: false, speed: 1, next: 0, wall: 0 };
  r.now = () => start + r.time;
  const emitAll = () => {
    for (const name of ['fleet', 'node', 'catalog', 'alerts', 'traffic', 'context', 'trails'])
      emit(name, { fleet: {}, node: S.node, catalog: S.catalog, alerts: S.alerts, traffic: S.traffic, context: S.context }[name]);
  };

  // ---- time
  const silence = t => {
    const last = frames[Math.max(0, r.next - 1)][0];
    S.heardMs = last;
    S.last = performance.now() - (t - last);
    setSilent(t - last > SILENT_MS || (data.gaps || []).some(([from, to]) => t > from && t < to));
  };
  // Frames up to t, each as if it came now.
  const run = t => {
    const before = r.next;
    while (r.next < frames.length && frames[r.next][0] <= t) {
      const [, event, value] = frames[r.next++];
      receive(event, value);
    }
    if (r.next !== before) checkFeatures(t);
  };
  r.seek = ms => {
    r.time = Math.max(0, Math.min(r.duration, ms));
    const t = r.now(),
      back = t - TRAIL_MOST * TRAIL_MS;
    let to = frames.findIndex(f => f[0] > t);
    if (to < 0) to = frames.length;
    let from = 0;
    for (let i = 0; i < to && frames[i][0] <= Math.max(back, start); i++) if (frames[i][1] === 'fleet' && frames[i][2].full) from = i;
    S.drones.clear();
    S.byId.clear();
    S.node = S.catalog = S.alerts = S.traffic = S.context = null;
    const latest = {};
    for (let i = 0; i < to; i++) {
      const [at, event, value] = frames[i];
      if (event === 'fleet') {
        if (i >= from) applyFleet(value);
      } else if (event !== 'drone') latest[event] = value;
      else if (value.id === S.selected && t - at < SILENT_MS) latest.drone = value;
    }
    for (const d of S.drones.values()) {
      d.shownLat = d.fromLat = d.lat;
      d.shownLon = d.fromLon = d.lon;
    }
    S.node = latest.node || null;
    S.catalog = latest.catalog || null;
    S.alerts = latest.alerts || null;
    S.traffic = latest.traffic || null;
    showDrone(latest.drone);
    r.next = to;
    checkFeatures(t);
    silence(t);
    emit('seek', r.time);
    emitAll();
    emit('time', r.time);
  };
  const showDrone = d => {
    S.context = d?.context || null;
    S.contextAt = d?.t || 0;
    S.contextWhy = d?.why || (d ? '' : 'what it was told is not in this recording at this time');
  };
  r.play = (speed = r.speed) => {
    r.speed = speed;
    if (r.time >= r.duration) r.seek(0);
    r.wall = performance.now();
    if (!r.playing) {
      r.playing = true;
      requestAnimationFrame(step);
    }
    emit('time', r.time);
  };
  r.pause = () => {
    r.playing = false;
    emit('time', r.time);
  };
  const step = now => {
    if (!r.playing) return;
    r.time = Math.min(r.duration, r.time + Math.max(0, Math.min(250, now - r.wall)) * r.speed);
    r.wall = now;
    live.tickMs = 250 / Math.max(0.25, r.speed);
    run(r.now());
    silence(r.now());
    if (r.time >= r.duration) r.playing = false;
    emit('time', r.time);
    if (r.playing) requestAnimationFrame(step);
  };
  r.again = () => {
    // another drone was selected: what the recording says of it now
    const t = r.now();
    let found;
    for (let i = r.next - 1; i >= 0 && t - frames[i][0] < SILENT_MS; i--)
      if (frames[i][1] === 'drone' && frames[i][2].id === S.selected) {
        found = frames[i][2];
        break;
      }
    showDrone(found);
    Promise.resolve().then(() => emit('context', S.context)); // as from a stream: after all have heard of the choice
  };

  // ---- the rest
  let featuresAt;
  const series = Array.isArray(data.features) ? data.features : [[start, data.features || {}]];
  const featuresNow = t => series.filter(f => f[0] <= t).pop() || series[0];
  const checkFeatures = t => {
    const f = featuresNow(t);
    if (f !== featuresAt) {
      featuresAt = f;
      emit('changed', ['obstacle', 'zone', 'station']);
    }
  };
  r.get = async path => {
    if (path === 'v1/region') return data.region;
    if (path.startsWith('v1/features')) return (featuresAt = featuresNow(r.now()))[1];
    if (path.startsWith('v1/wind') && data.wind?.[S.opt.windAgl]) return data.wind[S.opt.windAgl];
    throw new Error('this is not in the recording');
  };
  r.tile = async (layer, z, row, col) => {
    const key = `${layer}/${z}/${row}/${col}`,
      text = data.tiles?.[key];
    if (text) return { bytes: Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer, tag: key };
    if (z >= data.region.level) return null;
    if (!pictures.has(key)) pictures.set(key, await overview(r, layer, z, row, col));
    return pictures.get(key);
  };
  if (data.hello) S.hello = data.hello;
  return r;
}
// A coarser tile of the four below: the greatest of surface, the mean of ground, of what is known.
async function overview(r, layer, z, row, col) {
  const cells = new Uint16Array(65536).fill(UNKNOWN);
  let any = false;
  for (let i = 0; i < 4; i++) {
    const below = await r.tile(layer, z + 1, row * 2 + (i >> 1), col * 2 + (i & 1));
    if (!below) continue;
    any = true;
    const from = below.cells || (await png16(below.bytes));
    for (let y = 0; y < 128; y++) {
      for (let x = 0; x < 128; x++) {
        const o = y * 512 + x * 2,
          four = [from[o], from[o + 1], from[o + 256], from[o + 257]].filter(v => v !== UNKNOWN);
        if (four.length)
          cells[((i >> 1) * 128 + y) * 256 + (i & 1) * 128 + x] =
            layer === 'surface' ? Math.max(...four) : Math.round(four.reduce((a, b) => a + b) / four.length);
      }
    }
  }
  return any ? { cells, tag: `${layer}/${z}/${row}/${col}` } : null;
}
