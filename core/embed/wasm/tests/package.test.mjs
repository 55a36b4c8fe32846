// What the package promises, in node. BASINET_PACKAGE is its folder, BASINET_BINARY the binary that is tested.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const folder = process.env.BASINET_PACKAGE;
const binary = process.env.BASINET_BINARY;
const address = pathToFileURL(join(folder, 'basinet.js')).href;
const { BasinetError, Memory, backend, init } = await import(address);

const PATTERNS = [1, -1, 1, -1, 1, 1, -1, -1];
const SEPARATIONS = ['softmax', 'softmax1', 'sparsemax', 'entmax:1.5', 'entmax:1.25', 'normmax:2', 'topk:2', 'hardmax', 'ksubsets:1'];
const refused = (code, numbers = {}) => (error) => {
  assert.ok(error instanceof BasinetError, String(error));
  assert.equal(error.code, code);
  for (const [name, number] of Object.entries(numbers)) assert.equal(error[name], number, name);
  assert.ok(error.message.length > 10);
  return true;
};
const made = (options, patterns = PATTERNS, dim = 4) => {
  const memory = new Memory(dim, options);
  memory.store(patterns);
  return memory;
};

test('before init, memories are refused', () => {
  assert.throws(() => new Memory(4), refused('not-loaded'));
  assert.equal(backend(), undefined);
});

test('init loads the binary that is asked for, once', async () => {
  const first = init({ simd: binary === 'simd128' });
  assert.equal(init(), first);
  await first;
  assert.equal(backend(), binary);
});

test('a damaged pattern comes back, exactly and by every separation', () => {
  for (const separation of SEPARATIONS) {
    const memory = made({ separation, beta: 8 });
    const step = memory.recall([1, -1, 0, 0], { certificate: true });
    assert.equal(step.winner, 0, separation);
    assert.ok(step.weight > 0.99, separation);
    assert.ok([...step.state].every((number, j) => Math.abs(number - PATTERNS[j]) < 1e-3), separation);
    memory.free();
  }
  const step = made({ separation: 'sparsemax', beta: 1 }).recall([1, -1, 0, 0], { certificate: true });
  assert.deepEqual([...step.state], [1, -1, 1, -1]);
  assert.ok(step.exact && step.support === 1 && step.certificate.exact && step.certificate.radius > 0.2);
});

test('store gives the first index, singly and in bulk, and numbers of any type', () => {
  const memory = new Memory(2);
  assert.equal(memory.store([1, 2]), 0);
  assert.equal(memory.store(Float32Array.of(3, 4, 5, 6)), 1);
  assert.equal(memory.store(Int8Array.of(7, 8)), 3);
  assert.equal(memory.length, 4);
  assert.deepEqual([...memory.patterns], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...memory.pattern(2)], [5, 6]);
  assert.throws(() => memory.pattern(4), refused('no-such-row', { row: 4, count: 4 }));
});

test('scores, weights and energies agree with the step', () => {
  const memory = made({ separation: 'softmax', beta: 2 });
  const query = [1, -0.5, 0.25, 0];
  const [scores, weights, step] = [memory.scores(query), memory.weights(query), memory.recall(query)];
  assert.deepEqual([...scores], [1.75, 0.25]);
  assert.ok(Math.abs(weights[0] - 1 / (1 + Math.exp(-3))) < 1e-6);
  assert.equal(weights[step.winner], step.weight);
  const [before, after] = [memory.energy(query), memory.energy(step.state)];
  assert.ok(after < before && after >= 0, `${before}, then ${after}`);
  assert.equal(step.certificate, undefined);
});

test('settle goes to rest where single steps go', () => {
  const memory = made({ separation: 'softmax', beta: 1.5 });
  const settled = memory.settle([0.3, -0.2, 0.1, 0]);
  let state = Float32Array.of(0.3, -0.2, 0.1, 0);
  for (let step = 0; step < settled.steps; step++) state = memory.recall(state).state;
  assert.deepEqual(settled.state, state);
  assert.ok(settled.converged && settled.steps > 1 && settled.energy < settled.firstEnergy && settled.largestRise < 1e-6);
  assert.equal(memory.settle([1, 0, 0, 0], { steps: 1 }).steps, 1);
  assert.equal(made({}).settle([0, 0, 0, 0], { steps: 0 }).steps, 0);
});

test('the model changes without storing again', () => {
  const memory = made({ separation: 'softmax', beta: 0.5 });
  assert.equal(memory.recall([1, -1, 0, 0]).support, 2);
  memory.separation = 'hardmax';
  assert.equal(memory.recall([1, -1, 0, 0]).support, 1);
  memory.beta = 3;
  memory.similarity = 'squared-distance';
  assert.deepEqual([memory.separation, memory.beta, memory.similarity], ['hardmax', 3, 'squared-distance']);
  assert.deepEqual([...memory.scores([1, -1, 1, 0])], [-1, -9]);
  assert.throws(() => (memory.beta = 0), refused('beta'));
  assert.throws(() => (memory.separation = 'softmin'), refused('parameter'));
  assert.deepEqual([memory.separation, memory.beta], ['hardmax', 3]);
  memory.similarity = 'cosine';
  assert.throws(() => memory.energy([1, 0, 0, 0]), refused('parameter'));
  assert.equal(memory.recall([1, -1, 1, 0], { certificate: true }).certificate, null);
});

test('wrong numbers are errors with a code, and change nothing', () => {
  const memory = made({});
  assert.throws(() => memory.recall([1, 2, 3]), refused('length', { expected: 4, found: 3 }));
  assert.throws(() => memory.recall([1, NaN, 3, 4]), refused('query-not-finite', { index: 1 }));
  assert.throws(() => memory.store([1, 2, 3]), refused('length', { expected: 4, found: 3 }));
  assert.throws(() => memory.store([]), refused('length'));
  assert.throws(() => memory.store([1, 2, 3, 4, 5, 6, Infinity, 8]), refused('pattern-not-finite', { row: 1, index: 2 }));
  assert.throws(() => memory.store(Float64Array.of(1, 2, 3, 1e300)), refused('pattern-not-finite', { row: 0, index: 3 }));
  assert.throws(() => memory.store([3e38, 3e38, 0, 0]), refused('norm-overflow', { row: 0 }));
  assert.equal(memory.length, 2);
  assert.throws(() => new Memory(4).recall([1, 2, 3, 4]), refused('empty'));
  assert.throws(() => new Memory(0), refused('dim'));
  for (const [options, code] of [
    [{ beta: NaN }, 'beta'],
    [{ beta: -1 }, 'beta'],
    [{ separation: 'entmax:0.5' }, 'parameter'],
    [{ separation: 'entmax' }, 'parameter'],
    [{ separation: 'topk:1.5' }, 'parameter'],
    [{ separation: 'topk:0' }, 'parameter'],
    [{ separation: `entmax:${'1'.repeat(300)}` }, 'parameter'],
    [{ similarity: 'manhattan' }, 'parameter'],
  ]) {
    assert.throws(() => new Memory(4, options), refused(code), JSON.stringify(options));
  }
  assert.throws(() => made({ separation: 'ksubsets:3' }).recall([1, 0, 0, 0]), refused('too-few-rows', { needed: 3, found: 2 }));
});

test('wrong types are type errors with a sentence', () => {
  const memory = made({});
  for (const call of [
    () => memory.recall('1234'),
    () => memory.recall([1, '2', 3, 4]),
    () => memory.recall(),
    () => memory.store(new DataView(new ArrayBuffer(16))),
    () => memory.store(BigInt64Array.of(1n, 2n, 3n, 4n)),
    () => memory.pattern('0'),
    () => memory.settle([1, 2, 3, 4], { steps: 1.5 }),
    () => new Memory('4'),
    () => new Memory(4, { beta: '1' }),
    () => new Memory(4, { separation: 1.5 }),
    () => new Memory(4, { similarity: null }),
    () => Memory.open('digits.basin'),
  ]) {
    assert.throws(call, (error) => error instanceof TypeError && /, (not|but) /.test(error.message), String(call));
  }
});

test('views are made again where the memory has grown', () => {
  const memory = made({ separation: 'sparsemax' }, Float32Array.from({ length: 64 }, (_, j) => j), 64);
  const before = memory.patterns;
  memory.store(new Float32Array(64 * 20000).fill(0.5));
  assert.equal(before.length, 0, 'the memory has not grown: the test tests nothing');
  assert.equal(memory.patterns.length, 64 * 20001);
  assert.equal(memory.patterns[63], 63);
  assert.equal(memory.pattern(20000)[0], 0.5);
  assert.equal(memory.recall(memory.pattern(0)).winner, 0);
  memory.free();
});

test('many memories live side by side, and what is freed is used again', () => {
  const round = () => {
    const memories = Array.from({ length: 500 }, (_, i) => made({ separation: 'hardmax' }, [i, 1, 1, i], 2));
    memories.forEach((memory, i) => assert.deepEqual([...memory.pattern(1)], [1, i]));
    // Every other one first, so that holes have to be put together again.
    memories.forEach((memory, i) => i % 2 && memory.free());
    memories.forEach((memory) => memory.free());
  };
  round();
  const probe = made({});
  const bytes = probe.patterns.buffer.byteLength;
  for (let i = 0; i < 20; i++) round();
  assert.equal(probe.patterns.buffer.byteLength, bytes);
  const large = () => made({}, new Float32Array(1 << 20), 1 << 10).free();
  large();
  const after = probe.patterns.buffer.byteLength;
  for (let i = 0; i < 20; i++) large();
  assert.equal(probe.patterns.buffer.byteLength, after);
});

test('a freed memory says so', () => {
  const memory = made({});
  memory.free();
  memory.free();
  for (const call of [() => memory.recall([1, 2, 3, 4]), () => memory.store([1, 2, 3, 4]), () => memory.patterns, () => memory.save(), () => (memory.beta = 2)]) {
    assert.throws(call, refused('freed'));
  }
  if (Symbol.dispose) assert.equal(Memory.prototype[Symbol.dispose], Memory.prototype.free);
});

test('without room there is an error, and the memory goes on', () => {
  const memory = made({ separation: 'sparsemax', beta: 1 });
  // 4 GB is where a 32-bit address ends; the numbers are never touched.
  const huge = new Float32Array(2 ** 30);
  assert.throws(() => memory.store(huge), refused('out-of-memory'));
  assert.throws(() => new Memory(2 ** 28).store(huge), refused('out-of-memory'));
  assert.throws(() => Memory.open(new Uint8Array(huge.buffer)), refused('out-of-memory'));
  assert.equal(memory.length, 2);
  assert.deepEqual([...memory.recall([1, -1, 0, 0]).state], [1, -1, 1, -1]);
  memory.store([0, 0, 0, 1]);
  assert.equal(memory.length, 3);
});

test('files come in and go out byte for byte', () => {
  const file = readFileSync(new URL('../../digits.basin', import.meta.url));
  const memory = Memory.open(file);
  assert.deepEqual([memory.dim, memory.length, memory.separation, memory.beta, memory.similarity], [64, 40, 'sparsemax', 32, 'dot']);
  assert.deepEqual(memory.save(), new Uint8Array(file));
  for (let row = 0; row < 40; row++) assert.ok(memory.recall(memory.pattern(row)).exact, `pattern ${row}`);
  memory.separation = 'entmax:1.5';
  assert.equal(Memory.open(memory.save()).separation, 'entmax:1.5');
  assert.throws(() => Memory.open(file.subarray(0, 300)), refused('file-truncated'));
  assert.throws(() => Memory.open(new Uint8Array(200)), refused('file-not-basin'));
  const damaged = Uint8Array.from(file);
  damaged[5000] ^= 1;
  assert.throws(() => Memory.open(damaged), refused('file-checksum'));
  assert.throws(() => new Memory(4).save(), refused('file-field'));
});

test('a worker has a module of its own', async () => {
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { Memory, init } from ${JSON.stringify(address)};
    await init();
    const memory = new Memory(2, { separation: 'hardmax' });
    memory.store([1, 0, 0, 1]);
    parentPort.postMessage(memory.recall([0.2, 0.9]).winner);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const answer = await new Promise((done, failed) => worker.once('message', done).once('error', failed));
  assert.equal(answer, 1);
});

test('what a list does while it is read changes nothing but what is read', () => {
  const memory = new Memory(4);
  const other = new Memory(4);
  memory.store([1, -1, 1, -1]);
  other.store([2, 2, 2, 2]);
  class Short extends Float32Array {
    get length() {
      return 4;
    }
  }
  assert.throws(() => memory.recall(new Short(256)), refused('length'));
  assert.equal(memory.store(new Short(256).fill(6)), 1);
  assert.deepEqual([...other.patterns], [2, 2, 2, 2]);
  const busy = [5, 5, 5, 5];
  Object.defineProperty(busy, 1, { get: () => (memory.store([9, 9, 9, 9]), 5), enumerable: true });
  const before = memory.length;
  memory.store(busy);
  assert.deepEqual([...memory.pattern(before), ...memory.pattern(before + 1)], [9, 9, 9, 9, 5, 5, 5, 5]);
  const gone = [1, 1, 1, 1];
  Object.defineProperty(gone, 2, { get: () => (memory.free(), 1), enumerable: true });
  assert.throws(() => memory.recall(gone), refused('freed'));
  other.free();
});

test('a refused list of patterns keeps no room, and a change below zero is refused', () => {
  const memory = new Memory(2);
  assert.throws(() => memory.store([1, NaN]), refused('pattern-not-finite'));
  memory.store([1, 0]);
  for (const change of [NaN, -1]) assert.throws(() => memory.settle([1, 0], { change }), refused('parameter'));
  assert.throws(() => memory.recall([1, 0], { certificate: 1 }), TypeError);
  memory.free();
});
