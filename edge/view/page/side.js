// edge/view/page/side.js - the way ahead from the side: path, ground, what stands there, what is not known.
// SPDX-License-Identifier: Apache-2.0
// Drawn from the context alone. The path is known by its lowest height in each piece of the way
// (highest thing there + clearance): a climb is lowest where a piece begins, a descent where it ends.

// Where the path runs: [metres on, AMSL, told]. Between them it is straight.
function sidePath(c, d) {
  const own = c.height?.aircraft_amsl_m,
    path = [];
  if (!known(own)) return path;
  const way = c === S.context ? S.way || [] : [],
    length = c.look_ahead?.length_m || 0;
  if (way.length > 1 && way.every(p => known(p[3]))) {
    // As the node laid it; the piece that goes on beyond what is looked at ends there.
    for (const [, , on, amsl] of way) {
      const [x0, y0] = path.length ? path[path.length - 1] : [0, own];
      if (on > length && x0 >= length) break;
      path.push(on > length ? [length, y0 + ((amsl - y0) * (length - x0)) / (on - x0), true] : [on, amsl, true]);
    }
    return path;
  }
  path.push([0, own, true]);
  let last = own,
    end = 0,
    slope = known(d?.climb) && d.speed >= 1 ? d.climb / d.speed : 0;
  for (const s of c.look_ahead?.segments || []) {
    end = s.to_m;
    if (!known(s.clearance_min_m) || !known(s.surface_max_amsl_m)) continue;
    const low = s.surface_max_amsl_m + s.clearance_min_m,
      at = low < last - 0.5 ? s.to_m : Math.abs(low - last) <= 0.5 ? s.to_m : s.from_m;
    const before = path[path.length - 1];
    if (at > before[0]) {
      slope = (low - before[1]) / (at - before[0]);
      path.push([at, low, true]);
    }
    last = low;
  }
  const [x, y] = path[path.length - 1];
  if (end > x) path.push([end, y + slope * (end - x), false]);
  return path;
}
function heightOn(path, x) {
  for (let i = 1; i < path.length; i++) {
    const [x0, y0] = path[i - 1],
      [x1, y1] = path[i];
    if (x <= x1) return y0 + (y1 - y0) * (x1 > x0 ? (x - x0) / (x1 - x0) : 1);
  }
  return path.length ? path[path.length - 1][1] : null;
}

// The least free height on the way, by the low estimate: {low, nominal, segment} or null.
function leastAhead(c) {
  const told = (c.look_ahead?.segments || []).filter(s => known(s.clearance_low_m));
  if (!told.length) return null;
  const segment = told.reduce((a, b) => (b.clearance_low_m < a.clearance_low_m ? b : a));
  return { low: segment.clearance_low_m, nominal: segment.clearance_min_m, segment };
}
const unknownAhead = c => (c.look_ahead?.segments || []).filter(s => s.unknown_ratio > 0 || !known(s.clearance_low_m));

// Obstacles of the context that stand in the corridor: where along it, and how wide with their accuracy.
function obstaclesAhead(c) {
  const a = c.look_ahead || {},
    length = a.length_m || 0,
    way = corridorWay(c),
    told = new Set((c.advisories || []).filter(v => v.kind === 2).map(v => v.feature_id)),
    east = 111320 * Math.cos(((c.lat_e7 / 1e7) * Math.PI) / 180);
  return (c.obstacles || [])
    .map(o => {
      const acc = o.horizontal_acc95_m ?? 0,
        shape = S.features.obstacles.find(f => f.properties.feature_id === o.feature_id && f.properties.source === o.source),
        along = [];
      // Where its outline lies in the corridor, looked at each sixtieth of the way.
      if (way)
        for (const [lon, lat] of outline(shape?.geometry.coordinates ?? [o.lon_e7 / 1e7, o.lat_e7 / 1e7])) {
          let best = Infinity,
            at = 0;
          for (let i = 0; i <= 60; i++) {
            const [y, x] = way.at((length * i) / 60),
              d = Math.hypot((lat - y) * 111132, (lon - x) * east);
            if (d < best) [best, at] = [d, (length * i) / 60];
          }
          const half = (a.half_width_m ?? 0) + (((a.half_width_end_m ?? 0) - (a.half_width_m ?? 0)) * at) / (length || 1);
          if (best <= half + acc + length / 120) along.push(at);
        }
      const inside = along.length > 0 || told.has(o.feature_id) || a.basis === 1;
      if (!along.length) along.push(o.distance_m ?? 0);
      return { o, from: Math.min(...along) - acc, to: Math.max(...along) + acc, inside };
    })
    .filter(x => x.inside && x.to > 0 && x.from < length);
}
// The corners of a shape, and places between them.
function outline(c) {
  if (typeof c[0] === 'number') return [c];
  if (typeof c[0][0] !== 'number') return c.flatMap(outline);
  return c.flatMap((p, i) =>
    i ? [0.25, 0.5, 0.75, 1].map(f => [c[i - 1][0] + f * (p[0] - c[i - 1][0]), c[i - 1][1] + f * (p[1] - c[i - 1][1])]) : [p],
  );
}

// What the picture shows, for those who do not see it.
function sideText(c) {
  const least = leastAhead(c),
    gaps = unknownAhead(c),
    near = obstaclesAhead(c);
  return [
    'The way ahead from the side.',
    least
      ? `Least free height ${atWorst(least.low)} at worst, ${number(least.segment.from_m)} to ${metres(least.segment.to_m)} on.`
      : 'No free height is known.',
    ...gaps.map(s => `From ${number(s.from_m)} to ${metres(s.to_m)} not known: ${why(s.unknown_reason)}.`),
    ...near.map(n => `${n.o.kind || 'Obstacle'} ${n.o.feature_id || ''} at ${metres(Math.max(0, n.from))}, top ${metres(n.o.top_amsl_m)}.`),
  ].join(' ');
}

const SIDE_FONT = '"DejaVu Sans", Inter, system-ui, sans-serif';
function niceStep(range, most) {
  const raw = range / most,
    ten = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map(k => k * ten).find(k => k >= raw);
}
function hatched(x, colour) {
  const tile = new OffscreenCanvas(8, 8),
    t = tile.getContext('2d');
  t.strokeStyle = colour;
  t.lineWidth = 1.4;
  t.beginPath();
  for (const s of [-8, 0, 8]) {
    t.moveTo(s - 1, 9);
    t.lineTo(s + 9, -1);
  }
  t.stroke();
  return x.createPattern(tile, 'repeat');
}

function drawSide(canvas, c, d) {
  const box = canvas.getBoundingClientRect(),
    q = devicePixelRatio || 1,
    W = box.width,
    H = box.height;
  if (!W || !H) return;
  if (canvas.width !== Math.round(W * q) || canvas.height !== Math.round(H * q)) {
    canvas.width = Math.round(W * q);
    canvas.height = Math.round(H * q);
  }
  const x = canvas.getContext('2d'),
    t = { ...colours(), ...sideColours() };
  x.setTransform(q, 0, 0, q, 0, 0);
  x.clearRect(0, 0, W, H);
  const segments = c.look_ahead?.segments || [],
    path = sidePath(c, d),
    near = obstaclesAhead(c),
    acc = c.height?.aircraft_acc95_m ?? 0,
    limit = limitOf(c);
  const say = (text, px, py, colour = t.text, align = 'left', font = `11px ${SIDE_FONT}`) => {
    x.font = font;
    x.textAlign = align;
    x.lineWidth = 3.5;
    x.lineJoin = 'round';
    x.strokeStyle = t.air;
    const half = x.measureText(text).width,
      left = align === 'center' ? px - half / 2 : align === 'right' ? px - half : px,
      safe = px + Math.max(0, (align === 'right' ? 2 : 40) - left) - Math.max(0, left + half - W + 2);
    x.strokeText(text, safe, py);
    x.fillStyle = colour;
    x.fillText(text, safe, py);
  };
  if (!segments.length) {
    x.fillStyle = hatched(x, t.pattern);
    x.fillRect(0, 0, W, H);
    say('The way ahead is not known:', W / 2, H / 2 - 6, t.text, 'center', `600 13px ${SIDE_FONT}`);
    say(why(c.look_ahead?.reason), W / 2, H / 2 + 12, t.text, 'center', `13px ${SIDE_FONT}`);
    return;
  }
  // The frame: from the lowest ground to the highest of path and tops.
  const L = segments[segments.length - 1].to_m || c.look_ahead.length_m || 1,
    surfaces = segments.map(s => s.surface_max_amsl_m).filter(known),
    grounds = [...segments.map(s => s.ground_mean_amsl_m ?? s.ground_max_amsl_m), c.height?.ground_amsl_m].filter(known);
  const ys = [...surfaces, ...grounds, ...path.map(p => p[1]), ...near.map(n => n.o.top_amsl_m).filter(known)];
  let low = Math.min(...ys),
    high = Math.max(...ys);
  if (!ys.length) {
    low = 0;
    high = 100;
  }
  const room = Math.max(60, high - low);
  low -= room * 0.08;
  high = Math.max(high, low + room) + room * 0.16;
  const left = 40,
    right = W - 8,
    top = 8,
    bottom = H - 20,
    X = m => left + (m / L) * (right - left),
    Y = m => bottom - ((m - low) / (high - low)) * (bottom - top);
  const step = niceStep(high - low, 5);
  x.lineWidth = 1;
  for (let m = Math.ceil(low / step) * step; m < high; m += step) {
    x.strokeStyle = t.line;
    x.lineWidth = 1;
    x.globalAlpha = 0.7;
    x.beginPath();
    x.moveTo(left, Math.round(Y(m)) + 0.5);
    x.lineTo(right, Math.round(Y(m)) + 0.5);
    x.stroke();
    x.globalAlpha = 1;
    say(number(m), left - 5, Y(m) + 4, t.dim, 'right', `10.5px ${SIDE_FONT}`);
  }
  const across = niceStep(L, 5);
  for (let m = 0; m <= L && X(m) < right - 44; m += across) say(number(m), X(m), H - 6, t.dim, m ? 'center' : 'left', `10.5px ${SIDE_FONT}`);
  say('m ahead', right, H - 6, t.dim, 'right', `10.5px ${SIDE_FONT}`);
  x.save();
  x.beginPath();
  x.rect(left, top - 4, right - left + 4, bottom - top + 4);
  x.clip();

  // What is not known is hatched over its whole height; what is known to stand there is in it.
  for (const s of segments) {
    const x0 = Math.round(X(s.from_m)),
      w = Math.max(1, Math.round(X(s.to_m)) - x0),
      g = s.ground_max_amsl_m,
      u = s.surface_max_amsl_m;
    const error = known(s.clearance_low_m) ? Math.max(0, s.clearance_min_m - s.clearance_low_m - acc) : 0;
    if (known(u)) {
      x.fillStyle = t.built;
      x.globalAlpha = 0.35;
      x.fillRect(x0, Y(u + error), w, Y(u) - Y(u + error));
      x.globalAlpha = 1;
      x.fillRect(x0, Y(u), w, bottom - Y(u));
    }
    if (known(g)) {
      x.fillStyle = t.rock;
      x.fillRect(x0, Y(g), w, bottom - Y(g));
    }
    if (s.unknown_ratio > 0 || !known(u)) {
      x.fillStyle = t.air;
      x.globalAlpha = known(u) ? 0.25 : 1;
      x.fillRect(x0, top - 4, w, bottom - top + 4);
      x.globalAlpha = 1;
      x.fillStyle = hatched(x, t.pattern);
      x.fillRect(x0, top - 4, w, bottom - top + 4);
    }
    if (known(u)) {
      x.strokeStyle = t.dim;
      x.lineWidth = 1.5;
      x.beginPath();
      x.moveTo(x0, Y(u));
      x.lineTo(x0 + w, Y(u));
      x.stroke();
    }
  }
  for (const n of near) drawMast(x, n, { X, Y, t, bottom, L });
  if (path.length) drawPath(x, path, { X, Y, t, acc, limit });
  x.restore();
  drawSideLabels(c, { X, Y, t, say, x, path, near, segments, acc, limit, L, right, top, bottom });
}

// An obstacle as wide as its shape and the accuracy of its place; its top holds the vertical accuracy, drawn dashed.
function drawMast(x, { o, from, to }, { X, Y, t, bottom, L }) {
  const x0 = X(Math.max(0, from)),
    x1 = Math.max(x0 + 3, X(Math.min(L, to))),
    top = known(o.top_amsl_m) ? Y(o.top_amsl_m) : 4,
    mid = (X(from) + X(to)) / 2;
  x.fillStyle = t.mast;
  x.globalAlpha = 0.28;
  x.fillRect(x0, top, x1 - x0, bottom - top);
  x.globalAlpha = 1;
  x.strokeStyle = t.mast;
  x.lineWidth = 1.2;
  x.setLineDash(o.accuracy_assumed || !known(o.top_amsl_m) ? [3, 3] : []);
  x.strokeRect(x0, top, x1 - x0, bottom - top);
  x.setLineDash([]);
  const sure = known(o.top_amsl_m) ? Y(o.top_amsl_m - (o.vertical_acc95_m ?? 0)) : bottom;
  x.lineWidth = 3;
  x.beginPath();
  x.moveTo(mid, bottom);
  x.lineTo(mid, sure);
  x.stroke();
}
function drawPath(x, path, { X, Y, t, acc, limit }) {
  const along = shift => {
    x.beginPath();
    path.forEach(([m, h], i) => x[i ? 'lineTo' : 'moveTo'](X(m), Y(h + shift)));
  };
  if (acc > 0) {
    along(acc);
    for (const [m, h] of [...path].reverse()) x.lineTo(X(m), Y(h - acc));
    x.fillStyle = t.text;
    x.globalAlpha = 0.16;
    x.fill();
    x.globalAlpha = 1;
  }
  x.strokeStyle = t.caution;
  x.lineWidth = 1.2;
  x.setLineDash([5, 4]);
  along(-limit);
  x.stroke();
  x.setLineDash([]);
  x.strokeStyle = t.text;
  x.lineWidth = 2;
  const told = path.filter(p => p[2]),
    line = points => {
      x.beginPath();
      points.forEach(([m, h], i) => x[i ? 'lineTo' : 'moveTo'](X(m), Y(h)));
      x.stroke();
    };
  x.lineJoin = 'round';
  line(told);
  x.setLineDash([3, 4]);
  if (told.length < path.length) line(path.slice(told.length - 1));
  x.setLineDash([]);
  x.fillStyle = t.text;
  x.beginPath();
  x.arc(X(0) + 1, Y(path[0][1]), 4.5, 0, 7);
  x.fill();
}

function drawSideLabels(c, { X, Y, t, say, x, path, near, segments, acc, limit, L, right, top, bottom }) {
  // Neighbouring pieces that are not known for one reason get one label.
  const gaps = [];
  for (const s of segments)
    if (s.unknown_ratio > 0 || !known(s.surface_max_amsl_m)) {
      const g = gaps[gaps.length - 1];
      if (g && g.to === s.from_m && g.reason === s.unknown_reason) g.to = s.to_m;
      else gaps.push({ from: s.from_m, to: s.to_m, reason: s.unknown_reason });
    }
  for (const g of gaps) {
    const mid = (X(g.from) + X(g.to)) / 2;
    say('not known:', mid, top + 10, t.caution, 'center', `600 11px ${SIDE_FONT}`);
    say(why(g.reason), mid, top + 24, t.caution, 'center');
  }
  for (const n of near.slice(0, 3)) {
    const top0 = known(n.o.top_amsl_m) ? Y(n.o.top_amsl_m) : top + 12;
    say(
      plain(`${n.o.kind || 'obstacle'} ${known(n.o.top_amsl_m) ? metres(n.o.top_amsl_m) : 'top unknown'}`, 28),
      (X(Math.max(0, n.from)) + X(Math.min(L, n.to))) / 2,
      top0 - 5,
      t.mast,
      'center',
    );
  }
  if (!path.length) {
    say(
      `its height is not known: ${why(c.height?.agl_reason)}`,
      (X(0) + right) / 2,
      (top + bottom) / 2,
      t.caution,
      'center',
      `600 11px ${SIDE_FONT}`,
    );
    return;
  }
  const least = leastAhead(c);
  if (least) {
    const s = least.segment,
      m = heightOn(path, s.from_m) <= heightOn(path, s.to_m) ? s.from_m + (s.to_m - s.from_m) * 0.15 : s.to_m - (s.to_m - s.from_m) * 0.15;
    const colour = least.low < 0 ? t.warn : least.low < limit ? t.caution : t.info,
      px = X(m),
      y0 = Y(s.surface_max_amsl_m + least.nominal),
      y1 = Y(s.surface_max_amsl_m);
    x.strokeStyle = colour;
    x.lineWidth = 2;
    x.beginPath();
    x.moveTo(px, y0);
    x.lineTo(px, y1);
    x.moveTo(px - 5, y0);
    x.lineTo(px + 5, y0);
    x.moveTo(px - 5, y1);
    x.lineTo(px + 5, y1);
    x.stroke();
    const wide = px > (X(0) + right) / 2;
    say(
      `least free ${atWorst(least.low)} at worst`,
      px + (wide ? -9 : 9),
      Math.abs(y1 - y0) > 24 ? (y0 + y1) / 2 + 4 : Math.min(y0, y1) - 8,
      colour,
      wide ? 'right' : 'left',
      `600 12px ${SIDE_FONT}`,
    );
  }
  const told = (c.advisories || []).some(a => (a.kind === 1 || a.kind === 2) && known(a.limit)),
    y = Y(path[path.length - 1][1] - limit) + 12;
  if (y < bottom) say(`${told || known(S.limit) ? 'limit' : 'usual limit'} ${metres(limit)}`, right - 4, y, t.caution, 'right', `10.5px ${SIDE_FONT}`);
}

// Colours of the picture that the map has no use for: grey, so that only what matters has a hue.
const sideColours = () =>
  S.theme === 'light'
    ? { air: '#f4f7f9', rock: '#c3cad1', built: '#9eaab5', pattern: '#b3bec8', mast: '#3c4a57' }
    : { air: '#11171e', rock: '#39424d', built: '#56636f', pattern: '#3f4b58', mast: '#d3dce4' };
