// edge/view/page/furniture.js - around the map: legend, scale, what is under the cursor, buttons, the keys' help.
// SPDX-License-Identifier: Apache-2.0

const cursor = { x: 0, y: 0, on: false, timer: 0, told: null, step: 0 };

// ---- legend
function swatch(draw, w = 26, h = 14) {
  const e = el('canvas', { width: w * 2, height: h * 2, class: 'swatch' }),
    c = e.getContext('2d');
  e.style.width = w + 'px';
  e.style.height = h + 'px';
  c.scale(2, 2);
  draw(c, w, h);
  return e;
}
const legendRow = (draw, text) => el('div', { class: 'row' }, swatch(draw), text);
const wash = colour => (c, w, h) => {
  c.fillStyle = colour;
  c.fillRect(0, 2, w, h - 4);
};
const corridorSwatch =
  (colour, edge = colour) =>
  (c, w, h) => {
    c.globalAlpha = 0.3;
    c.fillStyle = colour;
    c.fillRect(2, 3, w - 4, h - 6);
    c.globalAlpha = 1;
    c.strokeStyle = edge;
    c.lineWidth = edge === colour ? 1.3 : 3;
    c.strokeRect(2, 3, w - 4, h - 6);
  };
function drawLegend() {
  const t = colours(),
    rows = [],
    h = S.context?.height,
    narrow = V.w < 560;
  if (S.selected && S.opt.hazard && S.context) {
    if (hazard.key)
      rows.push(
        legendRow(wash(t.above), 'stands higher than ' + plain(S.selected, 20)),
        legendRow(wash(t.within), `less than ${Math.round(limitOf(S.context))} m below it, at worst`),
      );
    else if (!S.silent) rows.push(el('div', {}, `Its height is not known: ${why(h?.agl_reason)}.`));
  }
  if (S.selected && S.context?.look_ahead?.segments?.length && holds()) {
    rows.push(legendRow(corridorSwatch(t.info), 'its way: what is free below, at worst'));
    const zone = zonesAhead(S.context)[0];
    if (zone) rows.push(legendRow(corridorSwatch(t.info, severityColour(zone.severity)), 'the way leads into a zone'));
  }
  if (S.opt.trails) {
    rows.push(el('div', {}, 'Trail: metres free below, at worst'));
    rows.push(
      swatch(
        (c, w) => {
          const words = ['< 0', '0', '15', '30', '60', 'unknown'];
          c.font = `11px ${FONT}`;
          for (let i = 0; i < 6; i++) {
            c.fillStyle = freeColour(i);
            c.fillRect(i * 34, 2, i < 5 ? 34 : 54, 5);
            c.fillStyle = t.dim;
            c.fillText(words[i], i * 34, 19);
          }
        },
        226,
        22,
      ),
    );
  }
  if (S.opt.wind && !narrow) {
    const draw = (c, w, hh) => {
      c.strokeStyle = t.wind;
      c.lineWidth = 1.4;
      windArrow(c, w / 2, hh / 2, 8, 270);
    };
    if (air.answer && !air.none) rows.push(legendRow(draw, `8 m/s of wind at ${S.opt.windAgl} m over ground`));
    if (air.why)
      rows.push(el('div', {}, air.none ? `Wind at ${S.opt.windAgl} m is not known: ${air.why}` : `? wind not known: ${air.why}`));
  }
  if (!narrow)
    rows.push(
      legendRow((c, w, hh) => {
        c.strokeStyle = t.dim;
        c.stroke(new Path2D(`M0 ${hh - 3}Q${w / 2} ${-hh / 3} ${w} ${hh - 5}`));
      }, `height, a line each ${cursor.step} m`),
      legendRow((c, w, hh) => {
        c.fillStyle = hatch(c, t.dim, 5, 1);
        c.fillRect(0, 1, w, hh - 2);
      }, 'not known'),
    );
  byElementId('legend').replaceChildren(...rows);
  coverMap();
}
// Where the map is covered: no label is written there.
function coverMap() {
  const stage = byElementId('stage').getBoundingClientRect();
  M.covered = ['legend', 'tools', 'scale']
    .map(id => byElementId(id).getBoundingClientRect())
    .filter(r => r.width)
    .map(r => [r.left - stage.left, r.top - stage.top, r.width, r.height]);
}
function drawScale() {
  const most = Math.min(150, V.w / 4) / V.k,
    step = 10 ** Math.floor(Math.log10(most)),
    m = [5, 2, 1].find(n => n * step <= most) * step,
    e = byElementId('scale');
  e.style.width = m * V.k + 'px';
  e.textContent = m < 1000 ? `${m} m` : `${m / 1000} km`;
}

// ---- what is under the cursor: at once from the tiles, and when it rests from the node, with the reason where it is not known
function placeWords(lat, lon) {
  const told = cursor.told?.height;
  if (told) {
    if (told.ground_amsl_m == null) return `ground unknown: ${why(told.ground_reason)}`;
    const top =
      told.surface_amsl_m == null
        ? `, top unknown: ${why(told.surface_reason)}`
        : told.surface_amsl_m - told.ground_amsl_m >= 1
          ? `, top ${metres(told.surface_amsl_m)}`
          : '';
    return `ground ${metres(told.ground_amsl_m)}${top}`;
  }
  const g = heightAt('ground', lat, lon),
    s = heightAt('surface', lat, lon);
  if (g === undefined) return 'ground not loaded yet';
  return g == null ? 'ground unknown' : `ground ${metres(g)}` + (s != null && s - g >= 1 ? `, top ${metres(s)}` : '');
}
function drawCursor() {
  const lat = latAt(cursor.y),
    lon = lonAt(cursor.x),
    lines = [];
  if (cursor.on && S.region) {
    lines.push(
      `${Math.abs(lat).toFixed(5)} ${lat < 0 ? 'S' : 'N'}  ${Math.abs(lon).toFixed(5)} ${lon < 0 ? 'W' : 'E'}`,
      placeWords(lat, lon),
    );
    const w = cursor.told?.weather?.wind;
    if (w)
      lines.push(
        known(w.wind_speed_mps)
          ? `wind ${number(w.wind_speed_mps, 1, 'm/s')}${known(w.wind_from_deg_true) ? ' from ' + compass(w.wind_from_deg_true) : ''} at ${S.opt.windAgl} m`
          : `wind unknown: ${why(w.wind_reason)}`,
      );
  }
  byElementId('cursor').replaceChildren(...lines.map(l => el('div', {}, l)));
}
function moveCursor(x, y, on = true) {
  Object.assign(cursor, { x, y, on, told: null });
  clearTimeout(cursor.timer);
  if (on && S.region && !S.silent) cursor.timer = setTimeout(askCursor, 400);
  drawCursor();
}
async function askCursor() {
  const { x, y } = cursor;
  const told = await get(`v1/position?lat=${latAt(y).toFixed(6)}&lon=${lonAt(x).toFixed(6)}&agl_m=${S.opt.windAgl}`).catch(() => null);
  if (x !== cursor.x || y !== cursor.y || !cursor.on) return;
  cursor.told = told;
  drawCursor();
}

// ---- buttons and help
function tool(sign, label, fn, option) {
  const b = el('button', { type: 'button', title: label, 'aria-label': label, onclick: fn }, sign);
  if (option) {
    const show = () => b.setAttribute('aria-pressed', String(S.opt[option]));
    on('option', show);
    on('select', show);
    show();
  }
  return b;
}
function toggleHelp(wanted) {
  const e = byElementId('help');
  e.hidden = wanted === undefined ? !e.hidden : !wanted;
  if (!e.hidden) {
    e.tabIndex = -1;
    e.focus();
  } else if (document.activeElement === document.body) M.live.focus();
}
function startFurniture() {
  byElementId('tools').replaceChildren(
    tool('+', 'Nearer (+)', () => zoomBy(1.5)),
    tool('\u2212', 'Farther (-)', () => zoomBy(1 / 1.5)),
    tool('\u2922', 'Whole region (r)', fitRegion),
    tool('\u25ce', 'Follow the selected drone (f)', toggleFollow, 'follow'),
    tool('\u224b', 'Wind (w)', () => setOption('wind', !S.opt.wind), 'wind'),
    tool('\u25d0', 'Dark or light (d)', otherTheme),
    tool('?', 'Keys (?)', () => toggleHelp()),
  );
  byElementId('help').replaceChildren(
    el('h2', {}, 'Keys'),
    el(
      'dl',
      { class: 'keys' },
      KEYS.map(([key, words]) => [el('dt', {}, el('kbd', {}, KEY_SIGNS[key] || key)), el('dd', {}, words)]),
    ),
    el('p', {}, 'Click a drone for what it is told. Drag or arrow keys move the map, wheel or two fingers zoom.'),
    el('button', { type: 'button', onclick: () => toggleHelp(false) }, 'Close (Esc)'),
  );
  for (const name of ['view', 'region'])
    on(name, () => {
      drawScale();
      drawCursor();
    });
  new ResizeObserver(drawLegend).observe(byElementId('stage'));
  for (const name of ['select', 'option', 'wind', 'theme', 'region', 'silent']) on(name, drawLegend);
  setInterval(() => {
    const step = passes().length && contourStep(passes().at(-1).z);
    if (step && step !== cursor.step) {
      cursor.step = step;
      drawLegend();
    }
  }, 500);
  let limit = null;
  on('context', c => {
    const now = c && hazard.key && limitOf(c) + why(c.height?.agl_reason);
    if (now !== limit) {
      limit = now;
      drawLegend();
    }
  });
  on('tiles', () => {
    if (cursor.on) drawCursor();
  });
  drawLegend();
}
