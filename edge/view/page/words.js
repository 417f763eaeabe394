// edge/view/page/words.js - a context in plain sentences: all of it, and why a value is not known.
// SPDX-License-Identifier: Apache-2.0
// Each read of the context is noted (watched): what no sentence has used is listed at the end, so
// that a field which this page does not know yet is shown all the same.

function watched(value, seen, path = '') {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return target[key];
      const at = Array.isArray(target) ? path : `${path}.${key}`;
      seen.add(at);
      return watched(target[key], seen, at);
    },
  });
}
function unread(value, seen, path = '') {
  if (value === null || typeof value !== 'object')
    return seen.has(path) || (value === 1 && path.endsWith('reason')) ? [] : [[path.slice(1), String(value)]];
  return Object.entries(value).flatMap(([key, part]) => unread(part, seen, Array.isArray(value) ? path : `${path}.${key}`));
}

// ---- pieces of sentences
const strong = text => el('b', {}, text);
const aside = (...parts) => el('i', {}, ...parts);
const unknownWord = (reason, what = 'not known') => el('span', { class: 'unk' }, `${what}: ${why(reason)}`);
const plusMinus = m => (known(m) ? ` ± ${number(m, m < 10 && m % 1 ? 1 : 0)} m` : '');
const sentence = (...parts) => el('p', {}, ...parts);
const item = (...parts) => el('li', {}, ...parts);
const comma = parts => parts.filter(Boolean).join(', ');
const tail = parts =>
  parts
    .filter(Boolean)
    .map(part => ', ' + part)
    .join('');
const utc = us => {
  const then = new Date(us / 1000),
    now = new Date(nowMs());
  return (
    (then.toISOString().slice(0, 10) === now.toISOString().slice(0, 10) ? '' : then.toISOString().slice(0, 10) + ' ') +
    then.toISOString().slice(11, 16) +
    'Z'
  );
};
const dataTime = us => (us == null ? '' : `true ${agoUs(us)}`);
const interval = (from, until) =>
  from == null && until == null ? '' : `for ${from == null ? '…' : utc(from)} to ${until == null ? '…' : utc(until)}`;
const heights = (low, high) =>
  !known(low) && !known(high)
    ? ''
    : low === high
      ? `at ${metres(low)} AGL`
      : `${known(low) ? number(low) : '…'} to ${known(high) ? metres(high) : '…'} AGL`;
const bearing = deg => (known(deg) ? `to the ${compass(deg)} (${number(deg)}°)` : 'in a direction not known');
const place = o => (o.lat_e7 == null || o.lon_e7 == null ? '' : `${(o.lat_e7 / 1e7).toFixed(5)}, ${(o.lon_e7 / 1e7).toFixed(5)}`);

// ---- height, ground, surface
function heightSentences(h = {}) {
  const none = known(h.aircraft_amsl_m) ? h.surface_reason : h.agl_reason;
  const agl = h.agl_basis != null ? word(AGL_BASIS, h.agl_basis) : '';
  return [
    known(h.agl_m)
      ? sentence('It flies ', strong(metres(h.agl_m)), ' above the ground', aside(plusMinus(h.agl_acc95_m), agl && `, ${agl}`), '.')
      : sentence('Its height above the ground is ', unknownWord(h.agl_reason), '.'),
    known(h.aircraft_amsl_m)
      ? sentence('Its own height is ', strong(metres(h.aircraft_amsl_m)), ' above the sea (AMSL)', aside(plusMinus(h.aircraft_acc95_m)), '.')
      : sentence('Its own height above the sea is ', unknownWord(h.agl_reason), '.'),
    known(h.ground_amsl_m)
      ? sentence(
          'The ground below lies at ',
          strong(metres(h.ground_amsl_m)),
          ' AMSL',
          aside(
            plusMinus(h.ground_acc95_m),
            tail([
              h.ground_source && `by ${h.ground_source}`,
              known(h.ground_posting_m) && `posts every ${metres(h.ground_posting_m)}`,
              dataTime(h.ground_data_time_us),
              h.ground_reason > 1 && why(h.ground_reason),
            ]),
          ),
          '.',
        )
      : sentence('The ground below is ', unknownWord(h.ground_reason), '.'),
    known(h.surface_amsl_m)
      ? sentence(
          'What stands there reaches ',
          strong(metres(h.surface_amsl_m)),
          ' AMSL',
          aside(
            plusMinus(h.surface_acc95_m),
            tail([
              h.surface_source && `by ${h.surface_source}`,
              h.surface_feature_id && `obstacle ${h.surface_feature_id}`,
              h.surface_accuracy_assumed && 'accuracy assumed, its source does not say',
              dataTime(h.surface_data_time_us),
            ]),
          ),
          h.surface_reason > 1 && [' (', el('span', { class: 'unk' }, why(h.surface_reason)), ')'],
          '.',
        )
      : sentence('What stands there is ', unknownWord(h.surface_reason), '.'),
    known(h.clearance_m) || known(h.clearance_low_m)
      ? sentence(
          'Free below: ',
          strong(metres(h.clearance_m)),
          ', ',
          strong(atWorst(h.clearance_low_m)),
          ' at worst (the aircraft low, the surface high).',
        )
      : sentence('What is free below is ', unknownWord(none), '.'),
    known(h.geoid_m)
      ? sentence(
          'The geoid lies ',
          metres(h.geoid_m, 1),
          ' from the ellipsoid here',
          aside(' (EGM96)'),
          known(h.altitude_residual_m) && `; the two heights that it sends differ by ${metres(h.altitude_residual_m, 1)}`,
          '.',
        )
      : sentence('The geoid here is ', unknownWord(h.geoid_reason), '.'),
  ];
}

// ---- the way ahead
const CORRIDOR = [
  'in a way that is not known',
  'all around (it hovers, or its course is not known)',
  'straight on along its velocity',
  'along its plan',
];
function aheadWords(a = {}, h = {}) {
  const segments = a.segments || [];
  if (!segments.length) return [sentence('The way ahead is ', unknownWord(a.reason), '.')];
  const gap = segments.filter(s => s.unknown_ratio > 0 || s.unknown_ratio == null);
  return [
    sentence(
      'Looked at: ',
      strong(metres(a.length_m)),
      ` ${word(CORRIDOR, a.basis)}`,
      known(a.track_deg_true) && ` ${bearing(a.track_deg_true)}`,
      aside(`, ${metres(2 * a.half_width_m)} wide here and ${metres(2 * a.half_width_end_m)} at the end`),
      '. ',
      gap.length ? el('span', { class: 'unk' }, 'Not all of it is known.') : 'All of it is known.',
      a.reason > 1 && ` (${why(a.reason)})`,
    ),
    el(
      'details',
      {},
      el('summary', {}, `Its ${segments.length} pieces`),
      el(
        'table',
        {},
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ['metres on', 'ground (mean)', 'highest', 'free', 'at worst'].map((t, i) => el('th', { scope: 'col', class: i && 'n' }, t)),
          ),
        ),
        el(
          'tbody',
          {},
          segments.map(s =>
            el(
              'tr',
              {},
              el('td', {}, `${number(s.from_m)} – ${number(s.to_m)}`),
              el('td', { class: 'n' }, `${number(s.ground_max_amsl_m)} (${number(s.ground_mean_amsl_m)})`),
              el('td', { class: 'n' }, number(s.surface_max_amsl_m)),
              s.unknown_ratio > 0 || !known(s.clearance_low_m)
                ? el(
                    'td',
                    { colspan: 2, class: 'n' },
                    el(
                      'span',
                      { class: 'unk' },
                      known(s.unknown_ratio) && s.unknown_ratio > 0
                        ? `${Math.max(1, Math.round(s.unknown_ratio * 100))} % unknown: ${why(s.unknown_reason)}`
                        : why(known(h.aircraft_amsl_m) ? s.unknown_reason : h.agl_reason),
                    ),
                  )
                : [el('td', { class: 'n' }, number(s.clearance_min_m)), el('td', { class: 'n' }, known(s.clearance_low_m) ? String(Math.floor(s.clearance_low_m)) : 'unknown')],
            ),
          ),
        ),
      ),
    ),
  ];
}

// ---- weather
const QUANTITIES = [
  ['gust_mps', 'Gusts', v => number(v, 1, 'm/s')],
  ['visibility_m', 'Visibility', v => distance(v)],
  ['ceiling_agl_m', 'Ceiling', v => `${metres(v)} AGL`],
  ['precipitation_mps', 'Precipitation', v => number(v * 3.6e6, 1, 'mm/h')],
  ['temperature_k', 'Temperature', v => number(v - 273.15, 1, '°C')],
  ['dew_point_k', 'Dew point', v => number(v - 273.15, 1, '°C')],
  ['qnh_pa', 'Air pressure (QNH)', v => number(v / 100, 1, 'hPa')],
  ['convection_ratio', 'Convection', v => number(v * 100, 0, '%')],
];
const by = q => (q.station ? `station ${q.station}${q.source ? ` (${q.source})` : ''}` : q.source && `by ${q.source}`);
function weatherWords(w, reason) {
  const wind = w?.wind,
    present = w?.present,
    quantities = w || {};
  return el(
    'ul',
    {},
    known(wind?.wind_speed_mps)
      ? item(
          'Wind ',
          strong(number(wind.wind_speed_mps, 1, 'm/s')),
          wind.at_least && ' or more',
          known(wind.wind_from_deg_true)
            ? ` from the ${compass(wind.wind_from_deg_true)} (${number(wind.wind_from_deg_true)}°)`
            : [', direction ', unknownWord(wind.wind_from_reason)],
          aside(
            tail([
              `${number(wind.wind_to_north_mps, 1)} to north, ${number(wind.wind_to_east_mps, 1)} m/s to east`,
              heights(wind.lower_agl_m, wind.upper_agl_m),
              by(wind),
              `${word(BASIS, wind.horizontal_basis)} across, ${word(BASIS, wind.vertical_basis)} in height, ${word(BASIS, wind.time_basis)} in time`,
              dataTime(wind.data_time_us),
              interval(wind.valid_from_us, wind.valid_until_us),
              wind.issue_time_us != null && `issued ${agoUs(wind.issue_time_us)}`,
            ]),
          ),
        )
      : item('Wind: ', unknownWord(wind?.wind_reason ?? reason)),
    QUANTITIES.map(([field, label, format]) => {
      const q = quantities[field];
      return known(q?.value)
        ? item(
            `${label} `,
            strong(format(q.value)),
            q.at_least && ' or more',
            aside(
              tail([
                q.statistic > 1 && `${word(STATISTIC, q.statistic)} over its interval`,
                heights(q.lower_agl_m, q.upper_agl_m),
                by(q),
                q.basis != null && word(BASIS, q.basis),
                dataTime(q.data_time_us),
                interval(q.valid_from_us, q.valid_until_us),
                q.issue_time_us != null && `issued ${agoUs(q.issue_time_us)}`,
                q.reason > 1 && why(q.reason),
              ]),
            ),
          )
        : item(`${label}: `, unknownWord(q?.reason ?? reason));
    }),
    present
      ? item(
          'Present weather ',
          strong(present.codes || 'no codes'),
          present.precipitation === undefined ? ', precipitation not said' : present.precipitation ? ', precipitation' : ', no precipitation',
          present.convection === undefined ? ', convection not said' : present.convection ? ', convection' : ', no convection',
          aside(tail([by(present), dataTime(present.data_time_us), present.issue_time_us != null && `issued ${agoUs(present.issue_time_us)}`])),
        )
      : item('Present weather: ', aside('no station says')),
  );
}

// ---- obstacles, traffic, alerts
function obstacleWords(c) {
  const list = c.obstacles || [];
  const light = n => (n ? `lighting ${String.fromCharCode(n)}` : '');
  return [
    el(
      'ul',
      {},
      list.map(o =>
        item(
          strong(`${o.kind || 'obstacle'} ${o.feature_id || ''}`),
          ` ${distance(o.distance_m)} ${bearing(o.bearing_deg_true)}, top `,
          known(o.top_amsl_m) ? strong(`${metres(o.top_amsl_m)} AMSL`) : unknownWord(o.top_reason),
          known(o.top_amsl_m) && o.top_reason > 1 && ` (${why(o.top_reason)})`,
          aside(
            tail([
              known(o.published_agl_m) && `published ${metres(o.published_agl_m)} AGL`,
              known(o.published_amsl_m) && `${metres(o.published_amsl_m)} AMSL`,
              `position good to ${known(o.horizontal_acc95_m) ? metres(o.horizontal_acc95_m) : 'an unknown distance'}, height to ${known(o.vertical_acc95_m) ? metres(o.vertical_acc95_m) : 'an unknown one'}`,
              o.accuracy_assumed && 'accuracy assumed',
              o.verified === undefined ? '' : o.verified ? 'verified' : 'not verified',
              light(o.lighting),
              place(o),
              by(o),
              o.version && `version ${o.version}`,
              dataTime(o.data_time_us),
            ]),
          ),
        ),
      ),
    ),
    sentence(
      list.length ? '' : 'None listed',
      list.length ? 'Within ' : ' within ',
      known(c.obstacle_radius_m) ? distance(c.obstacle_radius_m) : 'a radius not told',
      c.obstacles_left_out > 0 ? `; ${c.obstacles_left_out} more are there` : list.length ? '; these are all' : '',
      c.obstacles_reason > 1 ? [', but the list may not be complete: ', el('span', { class: 'unk' }, why(c.obstacles_reason))] : '',
      '.',
    ),
  ];
}
function trafficWords(c) {
  const list = c.traffic || [],
    own = c.height?.aircraft_amsl_m;
  const line = t => {
    const speed = known(t.velocity_north_mps) && known(t.velocity_east_mps) ? Math.hypot(t.velocity_north_mps, t.velocity_east_mps) : null;
    return item(
      strong(t.traffic_id || 'unnamed'),
      ` ${distance(t.distance_m)} ${bearing(t.bearing_deg_true)}, `,
      known(t.alt_amsl_m)
        ? [
            strong(`${metres(t.alt_amsl_m)} AMSL`),
            known(own) && ` (${metres(Math.abs(t.alt_amsl_m - own))} ${t.alt_amsl_m >= own ? 'higher' : 'lower'})`,
          ]
        : el('span', { class: 'unk' }, 'height not known'),
      known(t.alt_pressure_m) && `, ${metres(t.alt_pressure_m)} pressure height`,
      known(t.cpa_m) ? [', closest ', strong(metres(t.cpa_m)), ` across in ${number(t.cpa_s)} s`] : ', closest approach not known',
      t.predicted && el('span', { class: 'unk' }, ', predicted: not heard of lately'),
      t.unconfirmed && el('span', { class: 'unk' }, ', unconfirmed: it jumped'),
      aside(
        tail([
          speed !== null
            ? `${number(speed, 0, 'm/s')} towards ${number(((Math.atan2(t.velocity_east_mps, t.velocity_north_mps) * 180) / Math.PI + 360) % 360)}°`
            : known(t.speed_mps)
              ? `course not known: taken to come straight at it with ${number(t.speed_mps, 0, 'm/s')}`
              : 'velocity not known',
          known(t.velocity_up_mps) && `${number(t.velocity_up_mps, 1)} m/s up`,
          known(t.horizontal_acc95_m) && `position good to ${metres(t.horizontal_acc95_m)}`,
          known(t.altitude_acc95_m) && `height to ${metres(t.altitude_acc95_m)}`,
          known(t.velocity_acc95_mps) && `velocity to ${number(t.velocity_acc95_mps, 1)} m/s`,
          t.accuracy_assumed && 'accuracy partly assumed',
          t.icao24 && `ICAO ${t.icao24}`,
          t.category && `category ${t.category}`,
          place(t),
          t.reports_here ? 'reports to this node' : by(t),
          dataTime(t.data_time_us),
        ]),
      ),
    );
  };
  return [
    el('ul', {}, list.map(line)),
    (!list.length || c.traffic_left_out > 0) &&
      sentence(
        list.length ? '' : 'None to be minded',
        c.traffic_left_out > 0 ? `${list.length ? 'A' : ', but a'}nother ${c.traffic_left_out} may be met.` : '.',
      ),
  ];
}
function alertWords(c) {
  const list = c.alerts || [],
    texts = new Map((S.alerts?.alerts || []).map(a => [a.alert_id, a]));
  return [
    el(
      'ul',
      {},
      list.map(a => {
        const full = texts.get(a.alert_id),
          name = severityName(a.severity);
        return item(
          el('span', { class: `w${SEVERITIES.indexOf(name) + 1}` }, name.toUpperCase()),
          ' ',
          strong(full?.event || a.alert_id),
          full?.text ? `: ${full.text}` : full ? '' : ': its text is not in the region’s list',
          aside(
            tail([
              a.alert_id,
              a.revision != null && `revision ${a.revision}`,
              full?.source && `by ${full.source}`,
              full?.valid_until_us != null && `until ${utc(full.valid_until_us)}${full.ends_assumed ? ' (assumed)' : ''}`,
            ]),
          ),
        );
      }),
    ),
    (!list.length || c.alerts_left_out > 0 || c.alerts_reason > 1) &&
      sentence(
        list.length ? '' : 'None that concerns it',
        c.alerts_left_out > 0 ? ` ${c.alerts_left_out} more are left out` : '',
        c.alerts_reason > 1 ? ['; the list may not be complete: ', el('span', { class: 'unk' }, why(c.alerts_reason))] : '',
        '.',
      ),
  ];
}

// ---- what is not complete, who says it, and the message itself
const layerWords = c =>
  el(
    'ul',
    {},
    (c.layer_states || []).map(l =>
      item(
        strong(word(LAYER, l.layer)),
        ': ',
        el('span', { class: 'unk' }, l.reason === 2 ? 'this node has no feed of it' : why(l.reason)),
        '; nothing of it is clear',
      ),
    ),
  );
function sourceNames(c) {
  const names = new Set(known(c.height?.geoid_m) ? ['EGM96'] : []);
  const walk = value => {
    for (const [k, v] of Object.entries(value))
      if (v && typeof v === 'object') walk(v);
      else if (/(^|_)source$/.test(k) && v) names.add(v);
  };
  walk(c);
  return [...names];
}
function sourceWords(c) {
  const entries = S.catalog?.sources || [],
    names = sourceNames(c);
  if (!names.length) return sentence('It names no source.');
  return el(
    'ul',
    {},
    names.map(name => {
      const e = entries.find(s => s.source === name);
      return item(
        strong(name),
        e
          ? aside(
              `: ${comma([e.licence ? `licence ${e.licence}` : `licence not known (${why(e.licence_reason)})`, e.data_time_us != null ? dataTime(e.data_time_us) : `age ${why(e.data_time_reason)}`, e.reason > 1 && why(e.reason)])}`,
            )
          : aside(': not in the catalogue of sources'),
      );
    }),
  );
}
const SHED = [
  [1, 'patches'],
  [2, 'pieces of the way joined'],
  [4, 'contexts sent less often'],
  [8, 'obstacles left out'],
  [16, 'the node is overloaded'],
  [32, 'traffic left out'],
];
function messageWords(c) {
  const shed = SHED.filter(([bit]) => c.shed & bit).map(([, text]) => text);
  return [
    sentence(
      `Context ${c.seq ?? 'without number'} of ${comma([c.region_id, c.node_id && `node ${c.node_id}`]) || 'a node not named'}, made at ${c.node_time_us ? clock(c.node_time_us / 1000) : 'an unknown time'} UTC for the position ${place(c) || 'not told'}, `,
      c.pushed ? 'because the data changed' : c.telemetry_seq != null ? `in answer to report ${c.telemetry_seq}` : 'for no numbered report',
      '. ',
      c.authority === 2
        ? 'It is inside the region: this node comes first.'
        : c.authority === 1
          ? 'It is in the margin: this node comes second.'
          : 'Whether this node comes first is not told.',
      c.time_from_arrival && ' It has no clock: its time is that of arrival.',
      ` After ${c.stale_after_ms != null ? `${c.stale_after_ms / 1000} s` : 'an unknown time'} without a newer one all of it is unknown.`,
    ),
    sentence(
      `${word(MODE, c.mode)}. `,
      shed.length ? `Left out to save the link: ${shed.join(', ')}.` : 'Nothing was left out to save the link.',
      c.untrimmed && ' Shown as it was before cutting it to the size of a message.',
    ),
    sentence(
      aside(
        `Boot ${c.boot_id ?? 'not told'}, fabric ${c.epoch ?? 'not told'}, boot of the aircraft ${c.telemetry_drone_boot_id ?? 'not told'}, error of the node’s clock ${c.node_clock_error_ms != null ? `${c.node_clock_error_ms} ms` : 'not known'}.`,
      ),
    ),
  ];
}

function contextWords(c, whole) {
  const weather = (c.layer_states || []).find(l => l.layer === 4);
  return [
    ['Height', heightSentences(c.height)],
    ['The way ahead', [aheadWords(c.look_ahead, c.height), sentence(`Plan: ${word(PLAN_STATE, c.plan_state)}.`)]],
    ['Weather', weatherWords(c.weather, weather?.reason)],
    ['Obstacles', obstacleWords(c)],
    ['Traffic', trafficWords(c)],
    ['Alerts', alertWords(c)],
    ['Layers not complete', (c.layer_states || []).length ? layerWords(c) : sentence('None: of what this node is fed, all is there.')],
    ['Sources', sourceWords(whole)],
    ['This message', messageWords(c)],
  ].map(([title, content]) => el('section', { class: 'words' }, el('h3', {}, title), content));
}
