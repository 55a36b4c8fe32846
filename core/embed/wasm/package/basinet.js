// Basinet: associative memory. Stores patterns, and recalls them from damaged ones.
//
// `init` loads one of the two binaries; a `Memory` is a region of the module's linear memory that grows as patterns are stored. The module
// works in regions that it is handed (see heap.js) and knows nothing of JavaScript; this file knows nothing of the mathematics.

import { BasinetError } from './errors.js';
import { Heap } from './heap.js';

export { BasinetError };

/** The smallest module with an instruction of simd128 in it: where this is valid, so is the binary that is made of them. */
const PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

/** The loaded module: its functions, its heap, what it reports, and the workspace of recalls. */
let loaded;
let loading;

/**
 * Loads the module, once; further calls give the same promise. Which binary: simd128 where the engine has it, or as `simd` says. From
 * where: files beside this one, or `source`, the bytes of a binary or a compiled `WebAssembly.Module`.
 */
export function init({ simd = WebAssembly.validate(Uint8Array.from(PROBE)), source } = {}) {
  loading ??= load(simd ? 'simd128' : 'plain', source).catch((error) => {
    // What failed on its way may be tried again.
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Which binary runs: `simd128` or `plain`; nothing before `init`. */
export function backend() {
  return loaded?.backend;
}

async function load(name, source) {
  let result;
  try {
    result = await WebAssembly.instantiate(source ?? (await bytesOf(new URL(`./${name}.wasm`, import.meta.url))), {});
  } catch (error) {
    throw error instanceof BasinetError ? error : new BasinetError('load', `the module cannot be loaded: ${error.message}`, { cause: error });
  }
  const { exports } = result.instance ?? result;
  if (typeof exports.model_bytes !== 'function') throw new BasinetError('load', 'this is not a module of this package');
  loaded = new Loaded(exports, source ? 'given' : name);
}

/** The bytes of a file beside this one: by `fetch`, or from the disk where there are no servers. */
async function bytesOf(url) {
  if (url.protocol === 'file:' && globalThis.process?.versions?.node) {
    const { readFile } = await import('node:fs/promises');
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new BasinetError('load', `${url} answers ${response.status}`, { status: response.status });
  return response.arrayBuffer();
}

/** Numbers of a report, as `report.rs` writes them; its text stands behind them, after its length. */
const NUMBERS = 20;

class Loaded {
  #workspace;

  constructor(exports, name) {
    this.calls = exports;
    this.backend = name;
    this.heap = new Heap(exports.memory, exports.heap());
    this.report = exports.report();
    this.modelBytes = exports.model_bytes();
  }

  /** Throws what the module has written down, where a call was not well. */
  check(status) {
    if (status !== 0) throw BasinetError.parse(this.text());
  }

  /** Numbers of the report. */
  numbers() {
    return new Float64Array(this.heap.buffer, this.report, NUMBERS);
  }

  text() {
    const at = this.report + 8 * NUMBERS;
    const length = new Uint32Array(this.heap.buffer, at, 1)[0];
    return new TextDecoder().decode(new Uint8Array(this.heap.buffer, at + 4, length));
  }

  /** Writes names where the module looks for them; their lengths. */
  say(...names) {
    const texts = names.map((name) => new TextEncoder().encode(name));
    let at = this.report + 8 * NUMBERS + 4;
    for (const text of texts) {
      if (text.length > 200) throw new BasinetError('parameter', 'no name is as long as that');
      new Uint8Array(this.heap.buffer, at, text.length).set(text);
      at += text.length;
    }
    return texts.map((text) => text.length);
  }

  /**
   * Room for one recall, which all memories share: a query, a state or a list of rows, and the module's scratch memory. Gives the
   * addresses.
   */
  workspace(dim, count) {
    const query = 4 * dim;
    const out = 4 * Math.max(dim, count);
    const bytes = query + out + 4 * (6 * dim + 3 * count);
    if (!(this.#workspace?.bytes >= bytes)) {
      if (this.#workspace) this.heap.release(this.#workspace);
      this.#workspace = undefined;
      this.#workspace = this.heap.allocate(bytes);
    }
    const at = this.#workspace.at;
    return { query: at, out: at + query, work: at + query + out };
  }
}

/** Gives back the regions of memories that were dropped without `free`. */
const dropped = new FinalizationRegistry((held) => release(held));

function release(held) {
  for (const region of [held.model, held.patterns]) if (region) loaded.heap.release(region);
  held.model = held.patterns = undefined;
}

/** Patterns of `dim` numbers, and the model they are recalled by. */
export class Memory {
  #dim;
  #length = 0;
  #maxNorm = 0;
  #held;
  #options;

  constructor(dim, { separation = 'softmax', beta = 1, similarity = 'dot' } = {}) {
    if (!loaded) throw new BasinetError('not-loaded', 'await init() before making a memory');
    if (!Number.isSafeInteger(dim)) throw new TypeError(`dim is the count of numbers in a pattern, a whole number, not ${show(dim)}`);
    if (dim < 1 || dim > 2 ** 28) throw new BasinetError('dim', `dim must be within 1 and 2^28, not ${dim}`, { dim });
    this.#dim = dim;
    this.#held = { model: loaded.heap.allocate(loaded.modelBytes), patterns: undefined };
    try {
      this.#choose({ separation, beta, similarity });
    } catch (error) {
      release(this.#held);
      throw error;
    }
    dropped.register(this, this.#held, this.#held);
  }

  /** The memory of a `.basin` file, with the model that it names. Its bytes are checked, and copied. */
  static open(bytes) {
    if (!loaded) throw new BasinetError('not-loaded', 'await init() before opening a file');
    if (bytes instanceof ArrayBuffer) bytes = new Uint8Array(bytes);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`a file is a Uint8Array or an ArrayBuffer, not ${show(bytes)}`);
    const { heap, calls } = loaded;
    // The file's model, and behind it, at the alignment of a file, its bytes.
    const begin = Math.ceil(loaded.modelBytes / 64) * 64;
    const file = heap.allocate(begin + bytes.length);
    try {
      const at = file.at + begin;
      new Uint8Array(heap.buffer).set(bytes, at);
      loaded.check(calls.open(at, bytes.length, file.at));
      const [dim, count, first, , beta, values] = loaded.numbers();
      const [separation, similarity] = loaded.text().split('\n');
      if (values) throw new BasinetError('file-values', 'the file holds values beside its patterns, which this package does not recall');
      const memory = new Memory(dim, { separation, beta, similarity });
      try {
        memory.store(heap.read(at + first, dim * count));
      } catch (error) {
        memory.free();
        throw error;
      }
      return memory;
    } finally {
      heap.release(file);
    }
  }

  /** Numbers in a pattern. */
  get dim() {
    return this.#dim;
  }

  /** Patterns stored. */
  get length() {
    return this.#length;
  }

  get separation() {
    return this.#options.separation;
  }
  set separation(separation) {
    this.#choose({ ...this.#options, separation });
  }

  get beta() {
    return this.#options.beta;
  }
  set beta(beta) {
    this.#choose({ ...this.#options, beta });
  }

  get similarity() {
    return this.#options.similarity;
  }
  set similarity(similarity) {
    this.#choose({ ...this.#options, similarity });
  }

  #choose(options) {
    const { separation, beta, similarity } = options;
    if (typeof separation !== 'string') throw new TypeError(`separation is a name such as 'entmax:1.5', not ${show(separation)}`);
    if (typeof similarity !== 'string') throw new TypeError(`similarity is 'dot', 'cosine' or 'squared-distance', not ${show(similarity)}`);
    if (typeof beta !== 'number') throw new TypeError(`beta is a number, not ${show(beta)}`);
    const { model } = this.#alive();
    loaded.check(loaded.calls.model(model.at, ...loaded.say(separation, similarity), beta));
    this.#options = { separation, beta: Math.fround(beta), similarity };
  }

  /** Stores one pattern, or many that follow each other; the index of the first. Nothing is stored where one of them is refused. */
  store(numbers) {
    const given = asNumbers(numbers, 'patterns');
    const held = this.#alive();
    const dim = this.#dim;
    if (given.length === 0 || given.length % dim !== 0) {
      const sentence = `${given.length} numbers do not divide into patterns of ${dim}`;
      throw new BasinetError('length', sentence, { expected: dim, found: given.length });
    }
    const { heap, calls } = loaded;
    const [begin, end] = [4 * this.#length * dim, 4 * (this.#length * dim + given.length)];
    if (!held.patterns) held.patterns = heap.allocate(end);
    else if (held.patterns.bytes < end) held.patterns = grown(heap, held.patterns, end);
    heap.write(held.patterns.at + begin, given);
    try {
      loaded.check(calls.norm(held.patterns.at + begin, given.length, dim));
    } catch (error) {
      if (this.#length === 0) {
        heap.release(held.patterns);
        held.patterns = undefined;
      }
      throw located(error, given, dim);
    }
    this.#maxNorm = Math.max(this.#maxNorm, loaded.numbers()[0]);
    const first = this.#length;
    this.#length += given.length / dim;
    return first;
  }

  /**
   * All patterns, one after the other, as they lie in the module's memory: to be looked at, now. The view is a new one each time, as it
   * ends where the memory grows: `store`, a recall that is larger than those before, and further memories let it grow.
   */
  get patterns() {
    const { patterns } = this.#alive();
    return patterns ? new Float32Array(loaded.heap.buffer, patterns.at, this.#length * this.#dim) : new Float32Array();
  }

  /** A copy of pattern `index`. */
  pattern(index) {
    const { patterns } = this.#alive();
    if (!Number.isSafeInteger(index)) throw new TypeError(`an index is a whole number, not ${show(index)}`);
    if (index < 0 || index >= this.#length) {
      throw new BasinetError('no-such-row', `there is no pattern ${index} among ${this.#length}`, { row: index, count: this.#length });
    }
    return loaded.heap.read(patterns.at + 4 * index * this.#dim, this.#dim);
  }

  /** One recall step from `query`: the next state and what is known of it; with `certificate`, what is certain of it. */
  recall(query, { certificate = false } = {}) {
    if (typeof certificate !== 'boolean') throw new TypeError(`certificate is true or false, not ${show(certificate)}`);
    const { at, ask } = this.#asked(query);
    loaded.check(loaded.calls.recall(...ask, this.#maxNorm, at.query, this.#dim, at.out, at.work, this.#length, certificate));
    const numbers = loaded.numbers();
    const state = loaded.heap.read(at.out, this.#dim);
    const step = stepOf(numbers, state);
    if (certificate) step.certificate = certificateOf(numbers);
    return step;
  }

  /** Steps until the state changes by no more than `change` of its length, or `steps` were taken. */
  settle(query, { steps = 100, change = 2 ** -20 } = {}) {
    if (!Number.isSafeInteger(steps) || steps < 0) throw new TypeError(`steps is a whole number that is not negative, not ${show(steps)}`);
    if (typeof change !== 'number') throw new TypeError(`change is a number, not ${show(change)}`);
    if (!(change >= 0)) throw new BasinetError('parameter', `change must be zero or more, not ${change}`);
    const { at, ask } = this.#asked(query);
    loaded.check(loaded.calls.settle(...ask, at.query, this.#dim, at.out, at.work, this.#length, Math.min(steps, 2 ** 31), change));
    const numbers = loaded.numbers();
    const [taken, converged, residual, firstEnergy, largestRise, metastable] = numbers.subarray(14);
    const last = stepOf(numbers, loaded.heap.read(at.out, this.#dim));
    return { ...last, steps: taken, converged: converged === 1, residual, firstEnergy, largestRise, metastable };
  }

  /** The energy of a state. No step raises it, but with squared distances and weights that do not sum to one (softmax1, ksubsets). */
  energy(state) {
    const { at, ask } = this.#asked(state);
    loaded.check(loaded.calls.energy(...ask, this.#maxNorm, at.query, this.#dim, at.work, this.#length));
    return loaded.numbers()[0];
  }

  /** How alike each pattern and `query` are. */
  scores(query) {
    const { at, ask } = this.#asked(query);
    loaded.check(loaded.calls.scores(...ask, at.query, this.#dim, at.out));
    return loaded.heap.read(at.out, this.#length);
  }

  /** The weight that each pattern has in the recall from `query`. */
  weights(query) {
    const { at, ask } = this.#asked(query);
    loaded.check(loaded.calls.weights(...ask, at.query, this.#dim, at.out, at.work, this.#length));
    return loaded.heap.read(at.out, this.#length);
  }

  /** The bytes of a `.basin` file. */
  save() {
    const { model, patterns } = this.#alive();
    const { heap, calls } = loaded;
    loaded.check(calls.head(model.at, patterns?.at ?? 0, this.#length, this.#dim, this.#maxNorm));
    const begin = loaded.numbers()[0];
    const file = new Uint8Array(begin + 4 * this.#length * this.#dim);
    file.set(new Uint8Array(heap.buffer, loaded.report + 8 * NUMBERS + 4, begin));
    file.set(new Uint8Array(heap.buffer, patterns.at, file.length - begin), begin);
    return file;
  }

  /** Gives the memory back. What is called afterwards, but `free`, is an error of code `freed`. */
  free() {
    dropped.unregister(this.#held);
    release(this.#held);
    this.#length = 0;
  }

  /** The regions, unless they were given back. */
  #alive() {
    if (!this.#held.model) throw new BasinetError('freed', 'this memory was freed');
    return this.#held;
  }

  /** Places a query; the addresses of the workspace, and what every call begins with. */
  #asked(query) {
    const numbers = asNumbers(query, 'a query');
    const { model, patterns } = this.#alive();
    const dim = this.#dim;
    if (this.#length === 0) throw new BasinetError('empty', 'there is nothing to recall from: no pattern is stored');
    if (numbers.length !== dim) {
      throw new BasinetError('length', `a query has ${dim} numbers, not ${numbers.length}`, { expected: dim, found: numbers.length });
    }
    const at = loaded.workspace(dim, this.#length);
    loaded.heap.write(at.query, numbers);
    return { at, ask: [model.at, patterns.at, this.#length, dim] };
  }
}

if (Symbol.dispose) Memory.prototype[Symbol.dispose] = Memory.prototype.free;

/** Twice the room, or where there is none, what is needed. */
function grown(heap, region, bytes) {
  try {
    return heap.resize(region, Math.max(bytes, 2 * region.bytes));
  } catch {
    return heap.resize(region, bytes);
  }
}

/** A refused pattern by its row, and the number in it. */
function located(error, given, dim) {
  if (error.code !== 'score-not-finite') return error;
  const at = given.findIndex((number, index) => Math.floor(index / dim) === error.row && !Number.isFinite(Math.fround(number)));
  if (at < 0) return new BasinetError('norm-overflow', `the norm of pattern ${error.row} is beyond f32`, { row: error.row });
  const [row, index] = [error.row, at % dim];
  return new BasinetError('pattern-not-finite', `number ${index} of pattern ${row} is NaN or infinite`, { row, index });
}

/** A copy of a list of numbers, so that each is read once and nothing that the caller's objects do can come between. */
function asNumbers(numbers, what) {
  const isBig = numbers instanceof BigInt64Array || numbers instanceof BigUint64Array;
  if (ArrayBuffer.isView(numbers) && !(numbers instanceof DataView) && !isBig) return new Float32Array(numbers);
  if (Array.isArray(numbers)) {
    const copy = Array.from(numbers);
    const place = copy.findIndex((number) => typeof number !== 'number');
    if (place < 0) return new Float32Array(copy);
    throw new TypeError(`${what} must be numbers, but number ${place} is ${show(copy[place])}`);
  }
  throw new TypeError(`${what} must be a Float32Array or an array of numbers, not ${show(numbers)}`);
}

function show(value) {
  return typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value ? `a ${value.constructor?.name ?? 'object'}` : String(value);
}

const present = (number) => (Number.isNaN(number) ? null : number);

/** A step from the numbers of the report. */
function stepOf([winner, weight, rest, gap, support, missing, threshold, energy, passes, exact], state) {
  return { state, winner, weight, rest, gap, support, missing, threshold: present(threshold), energy: present(energy), passes, exact: exact === 1 };
}

/** What is certain of a step; null where nothing can be said, as of cosines and distances. */
function certificateOf(numbers) {
  const [exact, radius, distance, gapDistance] = numbers.subarray(10, 14);
  return Number.isNaN(exact) ? null : { exact: exact === 1, radius: present(radius), distance, gapDistance: present(gapDistance) };
}
