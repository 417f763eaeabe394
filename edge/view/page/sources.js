// edge/view/page/sources.js - where the node's data come from: age, rate, licence, accuracy, refusals, dead letters.
// SPDX-License-Identifier: Apache-2.0

const exact = m => metres(m, m % 1 ? 1 : 0);
function sourceLines(s) {
  const perMinute = s.records_per_s * 60,
    accuracy = [
      known(s.vertical_acc95_m) && `heights ± ${exact(s.vertical_acc95_m)}`,
      known(s.horizontal_acc95_m) && `places ± ${exact(s.horizontal_acc95_m)}`,
    ].filter(Boolean);
  const refused = Number(s.refused || 0),
    area = [s.south_lat_e7, s.west_lon_e7, s.north_lat_e7, s.east_lon_e7];
  return el(
    'li',
    { class: 'src' },
    el('b', {}, s.source || 'unnamed'),
    ` ${word(LAYER, s.layer)}`,
    s.feed && s.feed !== s.source ? aside(`, feed ${s.feed}`) : '',
    s.reason !== 1 && el('small', { class: 'unk' }, why(s.reason)),
    el(
      'small',
      {},
      comma([
        s.data_time_us != null ? `true ${agoUs(s.data_time_us)}` : `age not known (${why(s.data_time_reason)})`,
        s.issue_time_us != null && `issued ${agoUs(s.issue_time_us)}`,
        s.received_us != null ? `came ${agoUs(s.received_us)}` : 'nothing came yet',
        known(s.records_per_s)
          ? perMinute >= 1 || !perMinute
            ? `${number(perMinute)} a minute`
            : `${number(perMinute * 60, perMinute * 60 < 10 ? 1 : 0)} an hour`
          : 'rate not known',
      ]),
    ),
    el(
      'small',
      {},
      comma([
        s.licence ? `licence ${s.licence}` : `licence not known (${why(s.licence_reason)})`,
        accuracy.length ? accuracy.join(', ') : `accuracy not known (${why(s.accuracy_reason)})`,
        known(s.posting_m) && `posts every ${exact(s.posting_m)}`,
      ]),
    ),
    el(
      'small',
      {},
      comma([
        `${s.records ?? 'an unknown number of'} records`,
        s.version ? `version ${s.version}` : `version not known (${why(s.version_reason)})`,
        s.priority != null && `priority ${s.priority}`,
        area.every(known)
          ? `${(area[0] / 1e7).toFixed(2)} to ${(area[2] / 1e7).toFixed(2)} N, ${(area[1] / 1e7).toFixed(2)} to ${(area[3] / 1e7).toFixed(2)} E`
          : '',
      ]),
    ),
    refused || s.last_error ? el('small', { class: 'unk' }, `${refused} refused`, s.last_error ? `, the last: ${s.last_error}` : '') : '',
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
    !c ? el('p', { class: 'none' }, 'The node has not told its catalogue yet.') : el('ul', {}, list.map(sourceLines)),
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
