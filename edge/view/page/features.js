// edge/view/page/features.js - zones by pattern, obstacles with their accuracy, stations, alerts: loading and drawing.
// SPDX-License-Identifier: Apache-2.0

// ---- loading: all of the region at once where that fits, else what is in view
const fetching = { timer: 0, box: null };
async function loadFeatures() {
  const r = S.region;
  if (!r) return;
  const box = S.features.leftOut ? viewBounds(0.5) : r.keep || r.bounds;
  fetching.box = box;
  try {
    const list = await get('v1/features?bbox=' + box.map(v => v.toFixed(6)).join());
    const of = layer => (list.features || []).filter(f => f.properties?.layer === layer && f.geometry?.coordinates).map(boxed);
    const before = S.features.leftOut;
    S.features = { obstacles: of('obstacle'), zones: of('zone'), stations: of('station'), leftOut: list.left_out || 0 };
    emit('features');
    if (!before && S.features.leftOut) featuresSoon(); // too many for one answer: from now on by view
  } catch {
    featuresSoon(3000);
  }
}
function featuresSoon(wait = 300) {
  clearTimeout(fetching.timer);
  fetching.timer = setTimeout(loadFeatures, wait);
}
function boxed(f) {
  const box = (f.box = [Infinity, Infinity, -Infinity, -Infinity]);
  const walk = c => {
    if (typeof c[0] !== 'number') return c.forEach(walk);
    box[0] = Math.min(box[0], c[0]);
    box[1] = Math.min(box[1], c[1]);
    box[2] = Math.max(box[2], c[0]);
    box[3] = Math.max(box[3], c[1]);
  };
  walk(f.geometry.coordinates);
  f.middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  return f;
}
on('region', loadFeatures);
on('restart', loadFeatures);
on('changed', layers => {
  if (layers.some(l => l === 'obstacle' || l === 'zone' || l === 'station')) featuresSoon(50);
});
on('view', () => {
  if (S.features.leftOut) featuresSoon();
});

// ---- shapes
const featureInView = f => f.box[0] < lonAt(V.w + 40) && f.box[2] > lonAt(-40) && f.box[1] < latAt(-40) && f.box[3] > latAt(V.h + 40);
function geometryPath(c, g) {
  const line = points => points.forEach((p, i) => (i ? c.lineTo(sx(p[0]), sy(p[1])) : c.moveTo(sx(p[0]), sy(p[1]))));
  const rings = polygon =>
    polygon.forEach(ring => {
      line(ring);
      c.closePath();
    });
  const { type, coordinates: q } = g;
  if (type === 'LineString') line(q);
  else if (type === 'MultiLineString') q.forEach(line);
  else if (type === 'Polygon') rings(q);
  else if (type === 'MultiPolygon') q.forEach(rings);
}
function drawFeatures(c) {
  if (S.opt.zones) for (const f of S.features.zones) if (featureInView(f)) drawZone(c, f);
  drawObstacles(c);
  for (const f of S.features.stations) if (featureInView(f)) drawStation(c, f);
  if (S.opt.zones) for (const f of S.features.zones) if (featureInView(f)) labelZone(c, f);
}

// ---- zones: the more they forbid the denser the pattern
const ZONE_LOOK = {
  PROHIBITED: { line: [], width: 1.8, hatch: 7, wash: 0.1 },
  REQ_AUTHORISATION: { line: [10, 5], width: 1.5, hatch: 14, wash: 0.05 },
  CONDITIONAL: { line: [3, 3], width: 1.4, hatch: 0, wash: 0.08 },
  USPACE: { line: [12, 3, 2, 3], width: 1.3, hatch: 0, wash: 0.04 },
  INFORMATION: { line: [1, 4], width: 1.4, hatch: 0, wash: 0 },
  NO_RESTRICTION: { line: [1, 6], width: 1.2, hatch: 0, wash: 0 },
};
const zoneTimes = p => {
  const now = nowMs(),
    from = Date.parse(p.valid_from),
    until = Date.parse(p.valid_until);
  return {
    over: until < now,
    later: from > now,
    words: [
      from > now ? 'from ' + clock(from).slice(0, 5) : '',
      until > now ? 'until ' + clock(until).slice(0, 5) : '',
      p.scheduled ? 'by schedule' : '',
    ]
      .filter(Boolean)
      .join(' '),
  };
};
const zoneLook = p => ZONE_LOOK[p.restriction] || ZONE_LOOK.PROHIBITED; // unknown: the most severe
function drawZone(c, f) {
  const p = f.properties,
    look = zoneLook(p),
    when = zoneTimes(p),
    colour = colours().zone;
  if (when.over) return;
  c.beginPath();
  geometryPath(c, f.geometry);
  c.globalAlpha = when.later ? 0.35 : 1;
  if (look.hatch && !when.later) {
    c.globalAlpha = look.hatch < 10 ? 0.42 : 0.22;
    c.fillStyle = hatch(c, colour, look.hatch, 1);
    c.fill('evenodd');
  }
  c.globalAlpha = when.later ? 0 : look.wash;
  c.fillStyle = colour;
  if (look.wash) c.fill('evenodd');
  c.globalAlpha = when.later ? 0.5 : 0.95;
  c.strokeStyle = colour;
  c.lineWidth = look.width;
  c.setLineDash(look.line);
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}
function labelZone(c, f) {
  const p = f.properties,
    when = zoneTimes(p),
    width = (f.box[2] - f.box[0]) * V.mx * V.k,
    high = (f.box[3] - f.box[1]) * V.my * V.k;
  if (when.over || width < 54 || high < 30) return;
  const lines = [
    [plain(p.name || p.feature_id, 32), 12, '600'],
    [plain(p.limits, 46), 11, ''],
  ];
  if (when.words) lines.push([when.words + ' UTC', 11, '']);
  if (S.opt.zones && V.k > 0.12) lines.push([RESTRICTION[p.restriction] || 'restriction unknown', 11, '']);
  textBlock(c, lines, sx(f.middle[0]), sy(f.box[3]) + (high > 90 ? 20 : -6 - 13 * (lines.length - 1)), colours().zone);
}
// Lines of text about one middle, where nothing else is written yet.
function textBlock(c, lines, x, y, colour) {
  let w = 0;
  for (const [text, size, weight] of lines) {
    c.font = `${weight} ${size}px ${FONT}`;
    w = Math.max(w, c.measureText(text).width);
  }
  const box = [x - w / 2 - 3, y - 12, w + 6, 13 * lines.length + 4];
  if (!inView(x, y, 60) || M.boxes.some(b => crosses(b, box))) return;
  M.boxes.push(box);
  c.textAlign = 'center';
  c.fillStyle = colour;
  lines.forEach(([text, size, weight], i) => haloText(c, text, x, y + 13 * i, size, weight));
  c.textAlign = 'left';
}
const crosses = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];

// ---- obstacles: neutral; red or amber only where the selected drone meets them
function drawObstacles(c) {
  const h = S.selected && S.opt.hazard && !S.silent && S.context?.height,
    alt = h?.aircraft_amsl_m,
    acc = h?.aircraft_acc95_m || 0,
    limit = limitOf(S.context),
    t = colours();
  const far = V.k < 0.045,
    close = V.k > 0.2,
    marks = new Map();
  for (const f of S.features.obstacles) {
    if (!featureInView(f)) continue;
    const p = f.properties,
      top = p.top_amsl_m,
      colour = !known(alt) || !known(top) ? t.obstacle : top > alt ? t.warn : top > alt - acc - limit ? t.caution : t.obstacle;
    if (!marks.has(colour)) marks.set(colour, []);
    marks.get(colour).push(f);
  }
  for (const [colour, list] of marks) {
    c.strokeStyle = c.fillStyle = colour;
    c.globalAlpha = colour !== t.obstacle ? 1 : far ? 0.45 : close ? 0.9 : 0.6;
    c.lineWidth = close ? 1.4 : 1.1;
    const points = list.filter(f => f.geometry.type.endsWith('Point') || !shapeSeen(f));
    c.beginPath();
    for (const f of points) obstacleMark(c, sx(f.middle[0]), sy(f.middle[1]), far ? 0 : close ? 1 : 0.75, f.properties.balloon);
    c.lineJoin = 'round';
    c.stroke();
    for (const f of list)
      if (!points.includes(f)) {
        c.beginPath();
        geometryPath(c, f.geometry);
        c.stroke();
        if (f.geometry.type.endsWith('Polygon')) {
          c.globalAlpha = 0.3;
          c.fill();
          c.globalAlpha = 0.85;
        }
      }
    for (const f of list) accuracyCircle(c, f, colour !== t.obstacle);
    c.globalAlpha = 1;
  }
  if (!close) return;
  for (const [colour, list] of marks) for (const f of list) labelObstacle(c, f, colour);
}
const shapeSeen = f => Math.max((f.box[2] - f.box[0]) * V.mx, (f.box[3] - f.box[1]) * V.my) * V.k > 5;
function obstacleMark(c, x, y, s, balloon) {
  if (!s) return c.rect(x - 0.5, y - 0.5, 1, 1);
  if (balloon) {
    c.moveTo(x + 4 * s, y - 7 * s);
    c.arc(x, y - 7 * s, 4 * s, 0, 7);
    c.moveTo(x, y - 3 * s);
    c.lineTo(x, y);
    return;
  }
  c.moveTo(x - 4.2 * s, y);
  c.lineTo(x, y - 11 * s);
  c.lineTo(x + 4.2 * s, y);
  if (s > 0.5) {
    c.moveTo(x - 2.2 * s, y - 5.2 * s);
    c.lineTo(x + 2.2 * s, y - 5.2 * s);
  }
}
// Where it may stand: a circle; dashed when its source does not say how sure it is and the node assumes it.
function accuracyCircle(c, f, strong) {
  const p = f.properties,
    r = p.horizontal_acc95_m * V.k;
  if (!(r > 7) || r > 4000) return;
  c.globalAlpha = strong ? 0.9 : 0.55;
  c.lineWidth = 1;
  c.setLineDash(p.horizontal_acc_assumed ? [3, 4] : []);
  c.beginPath();
  c.arc(sx(f.middle[0]), sy(f.middle[1]), r, 0, 7);
  c.stroke();
  c.setLineDash([]);
}
function labelObstacle(c, f, colour) {
  const p = f.properties,
    x = sx(f.middle[0]) + 8,
    y = sy(f.middle[1]) - 3;
  const text =
    (known(p.top_amsl_m) ? `${Math.round(p.top_amsl_m)} m` : 'top unknown') +
    (known(p.agl_m) ? ` (${Math.round(p.agl_m)})` : '') +
    (V.k > 0.5 ? ' ' + plain(p.kind, 16).toLowerCase() : '');
  c.font = `11px ${FONT}`;
  const box = [x - 2, y - 10, c.measureText(text).width + 4, 13];
  if (M.boxes.some(b => crosses(b, box))) return;
  M.boxes.push(box);
  c.fillStyle = colour;
  haloText(c, text, x, y, 11);
}

// ---- stations: a square, the wind it observed as an arrow
function drawStation(c, f) {
  const p = f.properties,
    x = sx(f.middle[0]),
    y = sy(f.middle[1]),
    t = colours();
  c.strokeStyle = c.fillStyle = t.wind;
  c.lineWidth = 1.4;
  c.strokeRect(x - 3.5, y - 3.5, 7, 7);
  if (known(p.wind_speed_mps) && known(p.wind_from_deg_true)) windArrow(c, x, y, p.wind_speed_mps, p.wind_from_deg_true, 7);
  if (V.k < 0.05) return;
  const old = nowMs() - Date.parse(p.observed);
  const lines = [[plain(p.feature_id, 20), 11, '600']];
  if (V.k > 0.1)
    lines.push([
      (known(p.wind_speed_mps) ? `${(+p.wind_speed_mps).toFixed(0)} m/s` : 'wind unknown') + (old > 0 ? `, ${span(old)} ago` : ''),
      11,
      '',
    ]);
  textBlock(c, lines, x, y + 18, t.wind);
}

// ---- alerts: outlines of where they hold; those for the whole region stand in the panel
function drawAlerts(c) {
  for (const a of S.alerts?.alerts || []) {
    if (a.valid_until_us && a.valid_until_us / 1000 < nowMs()) continue;
    c.beginPath();
    let x, y;
    if (a.polygon?.length) {
      ringPath(
        c,
        a.polygon.map(p => [(p.lon_e7 || 0) / 1e7, (p.lat_e7 || 0) / 1e7]),
      );
      x = a.polygon.reduce((s, p) => s + sx((p.lon_e7 || 0) / 1e7), 0) / a.polygon.length;
      y = Math.max(...a.polygon.map(p => sy((p.lat_e7 || 0) / 1e7))) + 15;
    } else if (a.centre_lat_e7 != null && a.radius_m) {
      x = sx(a.centre_lon_e7 / 1e7);
      y = sy(a.centre_lat_e7 / 1e7);
      c.arc(x, y, a.radius_m * V.k, 0, 7);
      y += a.radius_m * V.k + 15;
    } else continue;
    const colour = colours().alert;
    c.strokeStyle = colour;
    c.lineWidth = 4;
    c.globalAlpha = 0.22;
    c.stroke();
    c.globalAlpha = 1;
    c.lineWidth = 1.4;
    c.setLineDash(a.area_assumed ? [4, 4] : [14, 4, 3, 4]);
    c.stroke();
    c.setLineDash([]);
    const until = a.valid_until_us ? `until ${clock(a.valid_until_us / 1000).slice(0, 5)} UTC` : 'end unknown';
    textBlock(
      c,
      [
        [plain(a.event || a.alert_id, 32), 12, '600'],
        [`alert, ${severityName(a.severity)}, ${until}`, 11, ''],
      ],
      x,
      y,
      colour,
    );
  }
}
setInterval(() => {
  if (S.features.zones.length || S.alerts?.alerts?.length) dirtyBase();
}, 20000); // what ends disappears
