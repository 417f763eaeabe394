// edge/view/page/sources.js - where the node's data come from: age, rate, licence, accuracy, refusals, dead letters.
// SPDX-License-Identifier: Apache-2.0

const exact = m => metres(m, m % 1 ? 1 : 0);
function rateText(s) {
  const hourly = s.records_per_s * 3600;
  if (!known(hourly)) return '';
  return hourly >= 60 ? `${number(hourly / 60)} a minute` : `${number(hourly, hourly % 1 && hourly < 10 ? 1 : 0)} an hour`;
}
// What is absent has its reason beside it: PER_VALUE is no fault, it stands with each value.
const fact = (name, text, reason) => [
  el('dt', {}, name),
  el('dd', {}, text || (reason === 24 ? 'beside each value' : el('span', { class: 'unk' }, `not known: ${why(reason)}`))),
];
function sourceItem(s) {
  const area = [s.south_lat_e7, s.north_lat_e7, s.west_lon_e7, s.east_lon_e7].map(v => (v / 1e7).toFixed(2)),
    refused = Number(s.refused || 0);
  return el(
    'li',
    { class: 'src' },
    el('b', {}, s.source || 'unnamed'),
    s.layer != null && ` ${word(LAYER, s.layer)}`,
    s.feed && aside(`, feed ${s.feed}`),
    s.reason !== 1 && el('p', { class: 'unk' }, why(s.reason)),
    el(
      'dl',
      {},
      fact(
        'age',
        comma([s.data_time_us != null && dataTime(s.data_time_us), s.issue_time_us != null && `issued ${agoUs(s.issue_time_us)}`]),
        s.data_time_reason,
      ),
      s.feed && fact('came', comma([s.received_us != null ? agoUs(s.received_us) : 'nothing since the node started', rateText(s)])),
      fact(
        'accuracy',
        comma([
          known(s.vertical_acc95_m) && `heights ± ${exact(s.vertical_acc95_m)}`,
          known(s.horizontal_acc95_m) && `places ± ${exact(s.horizontal_acc95_m)}`,
          known(s.posting_m) && `posts every ${distance(s.posting_m)}`,
        ]),
        s.accuracy_reason,
      ),
      fact('licence', s.licence, s.licence_reason),
      fact('version', s.version, s.version_reason),
      s.records != null && fact('records', comma([`${s.records} since the node started`, s.priority > 0 && `priority ${s.priority}`])),
      known(s.south_lat_e7) && fact('area', `${area[0]} to ${area[1]} N, ${area[2]} to ${area[3]} E`),
      (refused > 0 || s.last_error) &&
        fact('refused', el('span', { class: 'unk' }, comma([String(refused), s.last_error && `the last: ${s.last_error}`]))),
    ),
  );
}
function showSources() {
  const box = byElementId('p-src');
  if (box.hidden) return;
  const c = S.catalog,
    list = [...(c?.sources || [])].sort((a, b) => (a.layer || 0) - (b.layer || 0)),
    letters = S.node?.dead_letters || [],
    n = S.node;
  put(
    box,
    el('h2', {}, 'Sources'),
    !c ? el('p', { class: 'none' }, 'The node has not told its catalogue yet.') : el('ul', {}, list.map(sourceItem)),
    c && !list.length && el('p', { class: 'none' }, 'The node has no source.'),
    c?.sources_left_out > 0 && el('p', { class: 'none' }, `${c.sources_left_out} more are left out.`),
    el('h2', {}, 'Dead letters'),
    letters.length
      ? el(
          'ul',
          {},
          letters.map(l => el('li', { class: 'src' }, el('b', {}, String(l.count)), ` ${String(l.reason).replaceAll('_', ' ')}`)),
        )
      : el('p', { class: 'none' }, n ? 'None since the node started.' : 'Not known: the node has not said it yet.'),
    el('h2', {}, 'Node'),
    n
      ? el(
          'p',
          {},
          comma([
            `version ${n.state?.version ?? 'not told'}`,
            `${n.reporting ?? 'an unknown number of'} drones report, ${n.held ?? 'an unknown number'} are held`,
            `${n.viewers ?? 'an unknown number of'} viewers`,
            n.frames_skipped > 0 && `${n.frames_skipped} frames skipped for slow viewers`,
            n.refused > 0 && `${n.refused} messages refused`,
            n.state?.context_rate_max_hz != null && `at most ${n.state.context_rate_max_hz} contexts a second to a drone`,
            n.state?.margin_m != null && `answers up to ${metres(n.state.margin_m)} outside its region`,
          ]),
        )
      : el('p', { class: 'none' }, 'Nothing heard yet.'),
  );
}
