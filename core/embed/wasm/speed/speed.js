// One recall by the package, by loops over typed arrays, and by TensorFlow.js on its WebAssembly backend (X@q, softmax, p@X), in rounds
// that take turns. The results agree before any time is taken.
import { Memory, backend, init } from '/basinet/basinet.js';
import * as loops from './loops.js';

const { tf } = globalThis;
const SIZES = [[256, 64], [4096, 64], [4096, 128]];
const BETA = 16;
/** How far two results may be apart, in units of the largest pattern entry. */
const APART = 1e-5;
/** How long a round of one of them is at least, in milliseconds, and how long all of them run before, so that the engine has optimized them. */
const ROUND = 30;
const WARM = 400;

/** Roughly normal numbers that are the same in each run. */
function numbers(count, seed) {
  let state = seed;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Float32Array.from({ length: count }, () => uniform() + uniform() + uniform() + uniform() - 2);
}

/** Patterns of unit norm, and one of them with noise. */
function problem(count, dim) {
  const patterns = numbers(count * dim, 1);
  for (let i = 0; i < count; i++) {
    const row = patterns.subarray(i * dim, (i + 1) * dim);
    const norm = Math.hypot(...row);
    row.forEach((number, j) => (row[j] = number / norm));
  }
  const noise = numbers(dim, 2);
  const query = patterns.slice(dim, 2 * dim).map((number, j) => number + (0.8 * noise[j]) / Math.sqrt(dim));
  return { patterns, query };
}

/** Each way to recall: a function that gives the next state. */
function ways(map, { patterns, query }, dim) {
  const count = patterns.length / dim;
  const memory = new Memory(dim, { separation: map, beta: BETA });
  memory.store(patterns);
  const [weights, out] = [new Float32Array(count), new Float32Array(dim)];
  const found = {
    basinet: () => memory.recall(query).state,
    loops: () => (loops[map](patterns, dim, query, BETA, weights, out), out),
  };
  if (map === 'softmax') {
    const rows = tf.tensor2d(patterns, [count, dim]);
    found.tensors = () => {
      const result = tf.tidy(() => {
        const scores = tf.matMul(rows, tf.tensor2d(query, [dim, 1]));
        const weights = tf.softmax(tf.mul(tf.reshape(scores, [1, count]), BETA));
        return tf.matMul(weights, rows);
      });
      const state = result.dataSync();
      result.dispose();
      return state;
    };
  }
  return { found, memory };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Microseconds a recall of each way, medians of `rounds`. */
function measure(found, rounds) {
  const names = Object.keys(found);
  const repeats = {};
  for (const name of names) {
    for (const begun = performance.now(); performance.now() - begun < WARM; ) found[name]();
    let [count, taken] = [1, 0];
    while (taken < ROUND) {
      count *= 2;
      const begun = performance.now();
      for (let i = 0; i < count; i++) found[name]();
      taken = performance.now() - begun;
    }
    repeats[name] = count;
  }
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const begun = performance.now();
      for (let i = 0; i < repeats[name]; i++) found[name]();
      times[name].push(((performance.now() - begun) * 1000) / repeats[name]);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}

/** All rows of the table. */
globalThis.run = async (rounds) => {
  await init();
  tf.wasm.setWasmPaths('/tensorflow/tfjs-backend-wasm/dist/');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await tf.ready();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  if (backend() !== 'simd128' || !simd || tf.getBackend() !== 'wasm') throw new Error(`without SIMD: ${backend()}, ${simd}`);
  const rows = [];
  for (const map of ['softmax', 'sparsemax']) {
    for (const [count, dim] of SIZES) {
      const given = problem(count, dim);
      const { found, memory } = ways(map, given, dim);
      const largest = given.patterns.reduce((max, number) => Math.max(max, Math.abs(number)), 0);
      const expected = Float32Array.from(found.basinet());
      for (const [name, recall] of Object.entries(found)) {
        const apart = recall().reduce((max, number, j) => Math.max(max, Math.abs(number - expected[j])), 0);
        if (!(apart <= APART * largest)) throw new Error(`${name}, ${map}, ${count} x ${dim}: ${apart} apart`);
      }
      rows.push({ map, count, dim, ...measure(found, rounds) });
      memory.free();
    }
  }
  return rows;
};
