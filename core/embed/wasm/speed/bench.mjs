// Runs speed.js in Chromium, and makes tables of what it says: see ../bench.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serve } from '../server.mjs';
import { launch } from '../tests/browser.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '31' }, write: { type: 'boolean', default: false } } });
const more = {
  '/tensorflow/': join(process.env.BASINET_TOOLS, 'node_modules/@tensorflow'),
  '/speed/': fileURLToPath(new URL('.', import.meta.url)),
};
const server = await serve({ folder: process.env.BASINET_PACKAGE, more });
const browser = await launch();
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/speed/`);
await page.waitForFunction(() => globalThis.run);
const rows = await page.evaluate((rounds) => globalThis.run(rounds), Number(values.rounds));
const version = browser.version();
await browser.close();
server.close();

const cell = (time, own) => (time === undefined ? '' : `${time.toFixed(1)} (${(time / own).toFixed(1)})`);
const speed = [
  `Chromium ${version}, one thread, medians of ${values.rounds} interleaved rounds. Microseconds a recall, and times Basinet's.`,
  '',
  '| recall, patterns | Basinet | typed-array loops | TensorFlow.js, WASM SIMD |',
  '|---|---|---|---|',
  ...rows.map(({ map, count, dim, basinet, loops, tensors }) => `| ${map}, ${count} x ${dim} | ${basinet.toFixed(1)} | ${cell(loops, basinet)} | ${cell(tensors, basinet)} |`),
].join('\n');
const [, ...lines] = process.env.BASINET_SIZES.split('\n').map((line) => line.trim().split(/ +/));
const sizes = ['| binary | bytes | gzip |', '|---|---|---|', ...lines.map((line) => `| ${line.join(' | ')} |`)].join('\n');
console.log(`${sizes}\n\n${speed}`);

if (values.write) {
  const path = fileURLToPath(new URL('../README.md', import.meta.url));
  const put = (text, name, table) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`README.md has no markers ${begin}`);
    return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  };
  writeFileSync(path, put(put(readFileSync(path, 'utf8'), 'sizes', sizes), 'speed', speed));
}
