// edge/view/page/main.js - starts all parts, in order.
// SPDX-License-Identifier: Apache-2.0

async function start() {
  setTheme(savedTheme());
  startLive();
  S.last = performance.now();
  for (const part of [startMap, startBar, startPanel]) part();
  for (;;) {
    try {
      S.region = await get('v1/region');
      break;
    } catch (e) {
      S.trouble = e.message;
      emit('trouble', e.message);
    }
    await new Promise(done => setTimeout(done, 2000));
  }
  S.trouble = '';
  emit('region', S.region);
  if (S.recorded) S.recorded.seek(0);
  else connect();
}
start();
