// edge/view/page/player.js - of a recording: play and pause, time, speed, and the scenes of its story. Only in pages of deploy/flight.
// SPDX-License-Identifier: Apache-2.0
// window.DRF_RECORDED.report, which may be missing: {begin_ms, story, drones, seconds, contexts, latency_us, mismatches, ...}, as
// drf-sim fleet reports a flight. While the story is followed it chooses drone and map; whoever chooses otherwise ends that. A
// caption is shown only while the drone that it speaks of is the selected one.

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8],
  CAPTION_MS = 5000;
const LEAD_MS = { crane: 2500, zone: 800, restart: 300, porch: 0 },
  NEAR_M = { crane: 420, zone: 360, porch: 300 };
const player = { scenes: [], events: [], scene: null, follows: false, acting: false, speed: 2 };
const playerFrom = Number(new URLSearchParams(location.hash.slice(1)).get('t') ?? NaN);

// ---- the story: what was measured, in words
const ofMs = (v, words) => (known(v) ? `${words} after ${(+v).toFixed(0)} ms` : `not ${words}`);
const SCENES = {
  crane: s => [
    `${s.crane.warned} of ${s.crane.drones} drones ${ofMs(s.crane.warned_after_ms, 'warned')}, ${s.crane.undisturbed} not disturbed`,
    known(s.crane.passed_over_m)
      ? `${s.hero} passed over it with ${metres(s.crane.passed_over_m)}`
      : `${s.hero} had not passed it at the end`,
  ],
  zone: s => [
    `${s.zone.drone || 'nobody'} ${ofMs(s.zone.told_after_ms, 'told')}`,
    known(s.zone.left_after_ms) ? `out of it after ${(s.zone.left_after_ms / 1000).toFixed(1)} s` : 'still in it at the end',
  ],
  restart: s => [
    `silence noticed after ${number(s.restart.noticed_all_s, 1, 's')}, back after ${number(s.restart.back_all_s, 1, 's')}`,
    known(s.restart.lost) ? `${s.restart.lost} lost, ${s.restart.repeated} repeated` : 'what was lost is not known',
  ],
  porch: s => [
    known(s.porch.answered_after_ms) ? `may I set down here? answered after ${(+s.porch.answered_after_ms).toFixed(1)} ms` : 'not asked',
    s.porch.landed ? `set down ${metres(s.porch.distance_m, 1)} from its middle` : `${s.hero} was still on its way`,
  ],
};
const SCENE_NAMES = { crane: 'A crane goes up', zone: 'A no-fly zone closes', restart: 'The node is killed', porch: 'Coffee on the porch' };
const droneOfScene = (name, story) => ({ crane: story.hero, zone: story.zone?.drone, porch: story.hero })[name] || null;
function readStory(report) {
  const story = report?.story;
  if (!story || !report.begin_ms) return;
  const at = t_s => report.begin_ms + t_s * 1000 - S.recorded.start;
  player.events = (story.events || []).map(e => ({ at: at(e.t_s), t_s: e.t_s, scene: e.scene, text: e.text }));
  for (const name of Object.keys(SCENES)) {
    if (!story[name]) continue;
    const first = player.events.find(e => e.scene === name),
      out = story[name].left_out;
    player.scenes.push({
      name,
      at: first ? first.at : null,
      t_s: first?.t_s,
      drone: droneOfScene(name, story),
      words: out ? [`left out: it ${out}`] : first ? SCENES[name](story) : ['did not happen'],
    });
  }
}
const sceneAt = ms =>
  player.scenes
    .filter(s => s.at != null && ms >= s.at - LEAD_MS[s.name])
    .sort((a, b) => a.at - b.at)
    .pop() || null;
const eventAt = ms => player.events.filter(e => e.at <= ms && ms - e.at < CAPTION_MS).pop();

// ---- the story is followed: its drone is selected, and seen from near
function act(fn) {
  player.acting = true;
  try {
    fn();
  } finally {
    player.acting = false;
  }
}
function enterScene(scene) {
  player.scene = scene;
  act(() => {
    const d = S.byId.get(scene?.drone);
    if (!d) {
      select(null);
      setOption('follow', false);
      fitRegion();
      return;
    }
    select(d.id);
    V.k = Math.min(V.w, V.h) / NEAR_M[scene.name];
    showPlace(d.shownLat ?? d.lat, d.shownLon ?? d.lon);
    setOption('follow', true);
  });
}
function setFollows(value) {
  player.follows = value && player.scenes.length > 0;
  player.followButton.setAttribute('aria-pressed', String(player.follows));
  if (player.follows) enterScene(sceneAt(S.recorded.time));
}
function goTo(scene) {
  player.scene = null;
  S.recorded.seek(scene.at + 50);
  setFollows(true);
  enterScene(scene);
  showTime();
}

// ---- what is shown of the time
function showTime() {
  const r = S.recorded,
    ms = r.time,
    zero = player.zero;
  player.slider.value = ms;
  player.slider.setAttribute('aria-valuetext', `${((ms - zero) / 1000).toFixed(1)} seconds`);
  player.time.textContent = `${((ms - zero) / 1000).toFixed(1)} s`;
  player.time.title = `${clock(r.now())} UTC`;
  player.play.textContent = r.playing ? '\u275a\u275a' : '\u25b6';
  player.play.setAttribute('aria-label', r.playing ? 'pause' : 'play');
  const scene = sceneAt(ms);
  if (player.follows && scene !== player.scene) enterScene(scene);
  for (const s of player.scenes) s.card.setAttribute('aria-current', String(s === scene));
  const e = eventAt(ms),
    of = e && droneOfScene(e.scene, S.recorded.report.story);
  const speaks = e && (!of || of === S.selected);
  player.caption.hidden = !speaks;
  if (speaks && player.said !== e) {
    player.said = e;
    player.caption.className = e.scene;
    player.caption.replaceChildren(el('small', {}, `${e.t_s.toFixed(1)} s`), e.text);
  }
}
function togglePlay() {
  if (S.recorded.playing) S.recorded.pause();
  else S.recorded.play(SPEEDS[player.speed]);
}
const step = ms => S.recorded.seek(S.recorded.time + ms);
function otherSpeed() {
  player.speed = (player.speed + 1) % SPEEDS.length;
  player.speedButton.textContent = `${SPEEDS[player.speed]}\u00d7`;
  S.recorded.speed = SPEEDS[player.speed];
}

// ---- the bar
const large = n =>
  n >= 1e9 ? `${(n / 1e9).toFixed(2)} billion` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} million` : Number(n).toLocaleString('en-US');
function figures(r) {
  if (!r?.latency_us) return [];
  const told = r.told_percent?.left_alone;
  return [
    `${r.drones} simulated drones over a synthetic landscape, ${Math.round(r.seconds)} s; a real node, Kafka protocol and MQTT broker.`,
    `${large(r.data_points)} points delivered, all checked by a program of its own: ${r.mismatches} wrong.`,
    `${large(r.contexts)} contexts, ${r.gaps} missing; half within ${(r.latency_us.p50 / 1000).toFixed(1)} ms, 99 of 100 within ${(r.latency_us.p99 / 1000).toFixed(1)} ms.`,
    told && `The ${told.drones} drones that the story leaves alone were warned in ${told.warning.toFixed(1)} % of their time.`,
  ].filter(Boolean);
}
const percent = ms => `${Math.max(0, Math.min(100, (ms / S.recorded.duration) * 100))}%`;
function mark(className, from, to) {
  const e = el('i', { class: className });
  e.style.left = percent(from);
  if (to != null) e.style.width = percent(to - from);
  return e;
}
function buildPlayer() {
  const r = S.recorded;
  player.zero = r.report?.begin_ms ? r.report.begin_ms - r.start : 0;
  player.play = el('button', { type: 'button', id: 'play', onclick: togglePlay });
  player.slider = el('input', {
    type: 'range',
    min: 0,
    max: r.duration,
    step: 50,
    'aria-label': 'time',
    oninput: () => r.seek(Number(player.slider.value)),
  });
  player.time = el('output', { id: 'time' });
  player.speedButton = el('button', { type: 'button', title: 'speed', 'aria-label': 'speed', onclick: otherSpeed }, '1\u00d7');
  player.followButton = el(
    'button',
    { type: 'button', 'aria-pressed': 'false', title: 'drone and map as the story goes', onclick: () => setFollows(!player.follows) },
    'follow',
    el('span', {}, ' the story'),
  );
  player.followButton.hidden = !player.scenes.length;
  player.caption = el('div', { id: 'caption', role: 'status', hidden: true });
  for (const s of player.scenes) {
    s.card = el(
      'button',
      { type: 'button', class: `scene ${s.name}`, disabled: s.at == null, onclick: () => goTo(s) },
      el('b', {}, SCENE_NAMES[s.name], s.t_s != null && el('small', {}, `${s.t_s.toFixed(1)} s`)),
      s.words.map(w => el('span', {}, w)),
    );
  }
  const track = el(
    'div',
    { class: 'track' },
    (r.gaps || []).map(([from, to]) => mark('gap', from - r.start, to - r.start)),
    player.events.map(e => mark(`mark ${e.scene}`, e.at)),
    player.slider,
  );
  byElementId('stage').append(player.caption);
  document.body.append(
    el(
      'footer',
      { id: 'player', 'aria-label': 'Recording' },
      el('div', { class: 'controls' }, player.play, track, player.time, player.speedButton, player.followButton),
      player.scenes.length > 0 &&
        el(
          'div',
          { class: 'scenes' },
          player.scenes.map(s => s.card),
        ),
      el('p', {}, figures(r.report).join(' ')),
    ),
  );
}
function startPlayer() {
  if (!S.recorded || player.play) return;
  S.recorded.report = window.DRF_RECORDED.report;
  S.recorded.gaps = window.DRF_RECORDED.gaps;
  readStory(S.recorded.report);
  buildPlayer();
  on('time', showTime);
  on('select', () => {
    if (!player.acting && player.follows) setFollows(false);
    showTime();
  });
  on('option', name => {
    if (name === 'follow' && !S.opt.follow && !player.acting && player.follows) setFollows(false);
  });
  setTimeout(() => {
    // main.js has gone to the begin
    S.recorded.seek(Number.isFinite(playerFrom) ? player.zero + playerFrom * 1000 : 0);
    if (!S.selected) setFollows(true);
    if (!Number.isFinite(playerFrom) && !calm.matches) togglePlay();
    showTime();
  }, 0);
}
KEYS.push(
  ['p', 'play or pause (also the space bar)', togglePlay],
  [',', 'a second back', () => step(-1000)],
  ['.', 'a second on', () => step(1000)],
);
addEventListener('keydown', e => {
  if (e.key !== ' ' || (e.target !== document.body && e.target !== M.live)) return;
  e.preventDefault();
  togglePlay();
});
on('region', startPlayer);
