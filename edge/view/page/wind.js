// edge/view/page/wind.js - the wind at one height over ground as the node gives it, by arrows; and where it is not known.
// SPDX-License-Identifier: Apache-2.0

const WIND_HEIGHTS = [10, 30, 50, 80, 120, 200, 400],
  WIND_SPACING_PX = 124;
const air = { timer: 0, answer: null, why: '', asked: '' };
async function loadWind() {
  clearTimeout(air.timer);
  if (!S.opt.wind || !S.region || S.silent) return;
  const k = S.region.keep || S.region.bounds,
    box = cut(viewBounds(), k);
  if (box[0] >= box[2] || box[1] >= box[3]) {
    air.answer = null;
    return emit('wind');
  }
  const count = (deg, per) => Math.max(1, Math.min(20, Math.round((deg * per * V.k) / WIND_SPACING_PX)));
  const asked =
    (air.asked = `v1/wind?agl_m=${S.opt.windAgl}&nx=${count(box[2] - box[0], V.mx)}&ny=${count(box[3] - box[1], V.my)}&bbox=${box.map(v => v.toFixed(5)).join()}`);
  try {
    const answer = await get(asked);
    if (asked !== air.asked) return;
    air.answer = answer;
    const unknown = (answer.points || []).filter(p => p[2] == null);
    air.why = !unknown.length ? '' : why(REASON_NUMBER[unknown[0][3]]);
    air.none = unknown.length === (answer.points || []).length;
  } catch (e) {
    if (asked === air.asked) {
      air.answer = null;
      air.why = e.message;
      air.none = true;
    }
  }
  emit('wind');
  air.timer = setTimeout(loadWind, air.answer ? 30000 : 5000);
}
function windSoon() {
  clearTimeout(air.timer);
  air.timer = setTimeout(loadWind, 350);
}
const windLength = speed => 5 + Math.min(34, speed * 2.1);
// An arrow to where the air goes; `from` degrees true is where it comes from.
function windArrow(c, x, y, speed, from, start = 0) {
  const a = ((from + 180) * Math.PI) / 180,
    dx = Math.sin(a),
    dy = -Math.cos(a),
    n = windLength(speed),
    x0 = start ? x + dx * start : x - (dx * n) / 2,
    y0 = start ? y + dy * start : y - (dy * n) / 2,
    x1 = x0 + dx * n,
    y1 = y0 + dy * n;
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.moveTo(x1 - dx * 5 + dy * 3, y1 - dy * 5 - dx * 3);
  c.lineTo(x1, y1);
  c.lineTo(x1 - dx * 5 - dy * 3, y1 - dy * 5 + dx * 3);
  c.stroke();
}
function drawWind(c) {
  if (!S.opt.wind || !air.answer) return;
  c.strokeStyle = c.fillStyle = colours().wind;
  c.lineCap = 'round';
  c.textAlign = 'center';
  for (const [lon, lat, speed, from] of air.answer.points || []) {
    const x = sx(lon),
      y = sy(lat);
    if (!inView(x, y)) continue;
    c.globalAlpha = 0.75;
    c.lineWidth = 1.3;
    if (speed == null) {
      c.globalAlpha = 0.5;
      c.font = `11px ${FONT}`;
      c.fillText('?', x, y + 4);
    } else if (known(from)) windArrow(c, x, y, speed, from);
    else {
      c.beginPath();
      c.arc(x, y, 2.5, 0, 7);
      c.stroke();
    } // calm: no direction
  }
  c.globalAlpha = 1;
  c.lineCap = 'butt';
  c.textAlign = 'left';
}
function otherHeight(by) {
  const i = WIND_HEIGHTS.findIndex(h => h >= S.opt.windAgl);
  setOption('windAgl', WIND_HEIGHTS[Math.max(0, Math.min(WIND_HEIGHTS.length - 1, (i < 0 ? WIND_HEIGHTS.length - 1 : i) + by))]);
}
on('view', windSoon);
on('region', windSoon);
on('option', name => {
  if (name === 'wind' || name === 'windAgl') windSoon();
});
on('silent', s => {
  if (!s) windSoon();
});
