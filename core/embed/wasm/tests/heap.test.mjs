// Regions of linear memory: never two over each other, never lost, moved with what they hold.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';

const { Heap } = await import(pathToFileURL(join(process.env.BASINET_PACKAGE, 'heap.js')).href);
const BEGIN = 1000;
const fresh = () => new Heap(new WebAssembly.Memory({ initial: 1 }), BEGIN);

test('neighbours that are freed are one region again, in whatever order', () => {
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  for (const order of orders) {
    const heap = fresh();
    const regions = [0, 1, 2].map(() => heap.allocate(640));
    const last = heap.allocate(64);
    for (const place of order) heap.release(regions[place]);
    assert.equal(heap.allocate(3 * 640).at, regions[0].at, String(order));
    heap.release(last);
  }
});

test('whatever is asked and given back, regions keep what they hold and come all back', () => {
  const heap = fresh();
  const first = heap.allocate(1).at;
  heap.release({ at: first, bytes: 64 });
  let state = 1;
  const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const held = [];
  const fill = (region, mark) => heap.write(region.at, new Float32Array(region.bytes / 4).fill(mark));
  const holds = ({ region, mark }, bytes) => assert.ok(heap.read(region.at, bytes / 4).every((number) => number === mark));
  for (let mark = 1; mark <= 4000; mark++) {
    const place = random(held.length + 1);
    const one = held[place];
    if (!one || (held.length < 40 && random(3) === 0)) {
      const region = heap.allocate(1 + random(5000));
      fill(region, mark);
      held.push({ region, mark });
    } else if (random(2) === 0) {
      const kept = one.region.bytes;
      one.region = heap.resize(one.region, kept + random(3000));
      holds(one, kept);
      fill(one.region, one.mark);
    } else {
      holds(one, one.region.bytes);
      heap.release(one.region);
      held.splice(place, 1);
    }
  }
  assert.equal(heap.given, held.reduce((sum, { region }) => sum + region.bytes, 0));
  const places = held.map(({ region }) => region).toSorted((a, b) => a.at - b.at);
  places.forEach(({ at, bytes }, i) => assert.ok(at % 64 === 0 && at >= BEGIN && (i === 0 || places[i - 1].at + places[i - 1].bytes <= at) && bytes % 64 === 0));
  for (const one of held) {
    holds(one, one.region.bytes);
    heap.release(one.region);
  }
  assert.equal(heap.given, 0);
  assert.equal(heap.allocate(64).at, first);
});

test('what does not fit is refused, and changes nothing', () => {
  const heap = fresh();
  const region = heap.allocate(64);
  fillWith(heap, region, 7);
  // The first is more than a slice can have on 32 bits.
  for (const bytes of [2 ** 31, 2 ** 32, 2 ** 60, NaN, Infinity]) {
    assert.throws(() => heap.allocate(bytes), { code: 'out-of-memory' });
    assert.throws(() => heap.resize(region, bytes), { code: 'out-of-memory' });
  }
  assert.deepEqual([heap.read(region.at, 1)[0], heap.given], [7, 64]);
  assert.equal(heap.allocate(64).at, region.at + 64);
});

function fillWith(heap, region, mark) {
  heap.write(region.at, new Float32Array(region.bytes / 4).fill(mark));
}
