// tests/browser/drive.mjs - a browser that does what comes in, one JSON line for each command, one for each answer.
// SPDX-License-Identifier: Apache-2.0
// CHROMIUM is the program. It notes every request, every line of error in the console and every error of the page;
// what the browser reports of a Content Security Policy is such a line.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
let page = null;
let requests = [];
let errors = [];

const commands = {
  async open({ url, width = 1440, height = 900, theme = 'dark', motion = 'no-preference', instead = {} }) {
    await page?.context().close();
    requests = [];
    errors = [];
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: motion });
    page = await context.newPage();
    page.on('request', one => requests.push(one.url()));
    page.on('console', line => line.type() === 'error' && errors.push(`${line.text()} ${line.location().url}`));
    page.on('pageerror', error => errors.push(String(error.stack || error)));
    page.on('dialog', dialog => { errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    for (const [where, answer] of Object.entries(instead)) await page.route(where, route => route.fulfill(answer));
    await page.goto(url, { waitUntil: 'load' });
  },
  eval: ({ text }) => page.evaluate(text),
  // The first true value of an expression. (waitForFunction makes code of a text in the page, which the page forbids.)
  async wait({ text, timeout }) {
    for (const end = Date.now() + timeout; ;) {
      const value = await page.evaluate(text);
      if (value) return value;
      if (Date.now() > end) throw new Error(`not within ${timeout / 1000} s; the page: ${(await page.evaluate('document.body.innerText')).slice(0, 2000)}`);
      await new Promise(done => setTimeout(done, 40));
    }
  },
  click: ({ selector }) => page.click(selector),
  press: ({ key }) => page.keyboard.press(key),
  shot: ({ path }) => page.screenshot({ path }).then(() => path),
  noted: () => ({ requests, errors }),
  async axe() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate('axe.run()');
    return violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.map(n => `${n.html.slice(0, 160)} ${n.failureSummary}`) }));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[command.do](command)) ?? null };
  } catch (error) {
    answer = { error: String(error.message || error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
