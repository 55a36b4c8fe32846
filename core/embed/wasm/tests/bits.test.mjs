// The package gives the bits that the core gives natively. bits.json has the cases and the hash; core/conformance/tests/web.rs makes both
// from the conformance set, and so does this file: SplitMix64, the numbers of a case, FNV-1a of all that a recall gives.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';

const { Memory, init } = await import(pathToFileURL(join(process.env.BASINET_PACKAGE, 'basinet.js')).href);
const { hash, separations, similarities, cases } = JSON.parse(readFileSync(new URL('./bits.json', import.meta.url)));

const word = (number) => BigInt.asUintN(64, number);

/** The generator of the set: see core/conformance/src/generator.rs. */
class SplitMix64 {
  constructor(seed) {
    this.state = word(seed);
  }

  bits() {
    this.state = word(this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  fill(count, scale) {
    return Float32Array.from({ length: count }, () => {
      const bits = this.bits();
      const sum = [0n, 16n, 32n, 48n].reduce((sum, shift) => sum + Number((bits >> shift) & 0xffffn), 0);
      return ((sum - 2 * 0xffff) / 65536) * scale;
    });
  }
}

/** The numbers of a case: see core/conformance/src/cases.rs. */
function generate({ dim, rows, data, kind, values }) {
  const random = new SplitMix64((BigInt(dim) << 32n) ^ (BigInt(rows) << 8n) ^ BigInt(kind));
  const scale = { Large: 64, Faint: 1 / 64 }[data] ?? 1;
  const patterns = random.fill(dim * rows, scale);
  if (data === 'Repeated') {
    const half = Math.ceil(rows / 2) * dim;
    patterns.copyWithin(half, 0, patterns.length - half);
  }
  random.fill(values, 1);
  const noise = random.fill(dim, scale / 4);
  const near = Number(random.bits() % BigInt(rows)) * dim;
  const query = noise.map((number, j) => (data === 'ZeroQuery' ? 0 : Math.fround(number + patterns[near + j])));
  return { patterns, query };
}

/** FNV-1a over the bits of numbers. */
class Fnv {
  #hash = 0xcbf29ce484222325n;

  bytes(view) {
    for (const byte of new Uint8Array(view.buffer, view.byteOffset, view.byteLength)) {
      this.#hash = word((this.#hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }

  numbers(...numbers) {
    this.bytes(Float32Array.from(numbers));
  }

  wide(...numbers) {
    this.bytes(Float64Array.from(numbers, (number) => number ?? -1));
  }

  get hex() {
    return this.#hash.toString(16).padStart(16, '0');
  }
}

test(`the bits are the native ones, by the binary ${process.env.BASINET_BINARY}`, async () => {
  await init({ simd: process.env.BASINET_BINARY === 'simd128' });
  const fnv = new Fnv();
  let recalls = 0;
  for (const shape of cases) {
    const { patterns, query } = generate(shape);
    const memory = new Memory(shape.dim);
    memory.store(patterns);
    memory.beta = shape.beta;
    for (const separation of separations) {
      if (separation.startsWith('ksubsets') && shape.rows < 3) continue;
      for (const similarity of similarities) {
        memory.separation = separation;
        memory.similarity = similarity;
        const step = memory.recall(query);
        fnv.bytes(step.state);
        fnv.numbers(step.weight, step.rest, step.missing);
        fnv.wide(step.gap, step.winner, step.support, step.threshold, step.energy);
        fnv.bytes(memory.weights(query));
        if (similarity !== 'cosine') fnv.wide(memory.energy(step.state));
        recalls += 1;
      }
    }
    memory.free();
  }
  assert.ok(recalls > 700, `only ${recalls} recalls`);
  assert.equal(fnv.hex, hash);
});
