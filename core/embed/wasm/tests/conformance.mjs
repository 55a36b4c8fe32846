// Runs the conformance set of a module in Chromium, as run.mjs does in node: node conformance.mjs MODULE. BASINET_TOOLS as in browser.mjs.
import { readFileSync } from 'node:fs';
import { launch } from './browser.mjs';

const browser = await launch();
const page = await browser.newPage();
const { text, failed } = await page.evaluate(async (base64) => {
  let text = '';
  const host = { print: (address, bytes) => (text += new TextDecoder().decode(new Uint8Array(exports.memory.buffer, address, bytes))) };
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const { instance: { exports } } = await WebAssembly.instantiate(bytes, { host });
  return { failed: exports.conformance(), text };
}, readFileSync(process.argv[2]).toString('base64'));
process.stdout.write(text);
await browser.close();
process.exit(failed === 0 ? 0 : 1);
