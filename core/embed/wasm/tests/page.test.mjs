// The packed package, the worker and the page in a real browser. BASINET_PACKAGE is the installed package.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serve } from '../server.mjs';
import { launch } from './browser.mjs';

let [server, browser, origin] = [];

before(async () => {
  server = await serve({ folder: process.env.BASINET_PACKAGE });
  browser = await launch();
  origin = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A page at `path` that must say nothing on its console and ask nobody else. */
async function open(path, options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complaints.push(`request: ${url}`);
  });
  page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
  await page.goto(origin + path);
  return { page, close: async () => (assert.deepEqual(complaints, []), context.close()) };
}

async function digit(options) {
  const opened = await open('/', options);
  await opened.page.waitForSelector('html[data-ready]');
  return opened;
}

const pixels = (page) => page.$$eval('#grid button', (cells) => cells.map((cell) => Number(cell.style.getPropertyValue('--shade'))));
const energies = (page) => page.$$eval('#energies b', (numbers) => numbers.map((number) => Number(number.textContent)));
const outcome = (page) => page.textContent('#outcome');

/** Recalls, and waits for the outcome's sentence. */
async function recall(page) {
  await page.click('#recall');
  await page.waitForFunction(() => /after \d+ step/.test(document.getElementById('outcome').textContent));
}

test('the packed package is imported, and recalls', async () => {
  const { page, close } = await open('/worker.html');
  const answer = await page.evaluate(async () => {
    const { Memory, backend, init } = await import('/basinet/basinet.js');
    await init();
    const memory = new Memory(4, { separation: 'sparsemax', beta: 1 });
    memory.store([1, -1, 1, -1, 1, 1, -1, -1]);
    return { state: [...memory.recall([1, -1, 0, 0]).state], backend: backend() };
  });
  assert.deepEqual(answer, { state: [1, -1, 1, -1], backend: 'simd128' });
  await close();
});

test('the worker answers', async () => {
  const { page, close } = await open('/worker.html');
  await page.waitForFunction(() => document.getElementById('answer').textContent === 'Pattern 0: 1 -1 1 -1');
  await close();
});

test('a digit damaged by the keyboard comes back, and energies fall', async () => {
  const { page, close } = await digit();
  await page.selectOption('#digit', '16');
  const whole = await pixels(page);
  await page.focus('#grid button[tabindex="0"]');
  // From the first pixel along the diagonal: three of them are turned.
  for (const key of ['ArrowDown', 'ArrowRight', ' ', 'ArrowDown', 'ArrowRight', ' ', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  const damaged = await pixels(page);
  const changed = damaged.flatMap((ink, index) => (ink === whole[index] ? [] : [index]));
  assert.deepEqual(changed, [9, 18, 27]);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label').slice(0, 15)), 'Row 4, column 4');
  await page.keyboard.press('End');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^Row 4, column 8/);
  await recall(page);
  assert.match(await outcome(page), /^A 4: exactly the stored pattern 17, after \d+ step/);
  const fallen = await energies(page);
  assert.ok(fallen.length >= 2 && fallen.every((energy, index) => index === 0 || energy <= fallen[index - 1]), String(fallen));
  assert.equal(await page.textContent('#support'), '1 of 40');
  assert.match(await page.textContent('#exact'), /^yes/);
  assert.equal(await page.$$eval('.patterns .part', (items) => items.length), 1);
  await close();
});

test('a stroke of the mouse damages a digit, and it comes back', async () => {
  const { page, close } = await digit();
  await page.selectOption('#digit', '3');
  const whole = await pixels(page);
  const box = await page.locator('#grid').boundingBox();
  const at = (row, column) => [box.x + ((column + 0.5) * box.width) / 8, box.y + ((row + 0.5) * box.height) / 8];
  await page.mouse.move(...at(7, 0));
  await page.mouse.down();
  await page.mouse.move(...at(7, 1));
  await page.mouse.move(...at(7, 2));
  await page.mouse.up();
  await page.mouse.move(...at(0, 0));
  const damaged = await pixels(page);
  assert.deepEqual(damaged.slice(56, 59), [100, 100, 100]);
  assert.notDeepEqual(damaged, whole);
  await recall(page);
  assert.match(await outcome(page), /^A 0: exactly the stored pattern 4/);
  const image = await page.getAttribute('#recalled', 'aria-label');
  assert.match(image, /Recalled: A 0/);
  await close();
});

test('separation, parameter and beta change the recall', async () => {
  const { page, close } = await digit();
  await page.selectOption('#separation', 'softmax');
  assert.equal(await page.isVisible('#parameter'), false);
  await page.fill('#beta', '2');
  await recall(page);
  assert.match(await outcome(page), /in a mixture of 40 patterns/);
  await page.selectOption('#separation', 'topk');
  await page.fill('#parameter', '2');
  await recall(page);
  assert.equal(await page.textContent('#support'), '2 of 40');
  await page.click('#clear');
  assert.match(await outcome(page), /Press Recall/);
  await page.click('#step');
  assert.match(await outcome(page), /after 1 step/);
  await close();
});

test('narrow and wide, light and dark: nothing runs over, and every control has a name', async () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [320, 360, 768, 1280]) {
      const { page, close } = await digit({ colorScheme, viewport: { width, height: 740 } });
      await recall(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} of ${width}`);
      const nameless = await page.$$eval('button, select, input', (controls) =>
        controls.filter((control) => !(control.labels?.length || control.textContent.trim() || control.getAttribute('aria-label'))).map((control) => control.id));
      assert.deepEqual(nameless, []);
      await close();
    }
  }
});

test('text and its ground are as far apart as WCAG AA asks', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, close } = await digit({ colorScheme });
    const poor = await page.evaluate(() => {
      const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
      const light = (colour) => {
        const [r, g, b] = parse(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const colour = getComputedStyle(at).backgroundColor;
          if (!/, 0\)$/.test(colour)) return colour;
        }
        return 'rgb(255, 255, 255)';
      };
      return [...document.querySelectorAll('h1, h2, p, label span, dt, dd, button:not([role]), select, output')].flatMap((element) => {
        const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
        return (a + 0.05) / (b + 0.05) < 4.5 ? [`${element.tagName} ${element.textContent.slice(0, 20)}`] : [];
      });
    });
    assert.deepEqual(poor, []);
    await close();
  }
});
