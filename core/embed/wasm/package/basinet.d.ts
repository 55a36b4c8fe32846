/** `softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax ksubsets:K`, A and G numbers, K a whole number. */
export type Separation =
  | 'softmax'
  | 'softmax1'
  | 'sparsemax'
  | 'hardmax'
  | `entmax:${number}`
  | `normmax:${number}`
  | `topk:${number}`
  | `ksubsets:${number}`;

export type Similarity = 'dot' | 'cosine' | 'squared-distance';

/** Lists of numbers that are taken; what is not f32 is rounded to it. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | readonly number[];

export interface Options {
  /** How scores become weights; `softmax` where nothing is said. */
  separation?: Separation;
  /** The inverse temperature, in units of 1/score: finite, at least 2^-120; 1 where nothing is said. */
  beta?: number;
  /** How patterns and states are compared; `dot` where nothing is said. */
  similarity?: Similarity;
}

/** One recall step. */
export interface Step {
  /** The next state, `dim` numbers. */
  state: Float32Array;
  /** The pattern with the largest score. */
  winner: number;
  /** Its weight. */
  weight: number;
  /** The sum of all other weights. */
  rest: number;
  /** The winner's score less the next best; infinite where there is no other pattern. */
  gap: number;
  /** Patterns with a weight. */
  support: number;
  /** Softmax1: the weight of the empty slot. */
  missing: number;
  /** Sparse maps: where weights begin, in units of beta times the score. */
  threshold: number | null;
  /** The energy of the query, less its constant; null where there is none. */
  energy: number | null;
  /** How often the patterns were read. */
  passes: number;
  /** The state is the winner's pattern, bit for bit. */
  exact: boolean;
}

/** What is certain of a step in spite of rounding. */
export interface Certificate {
  /** The result is the winner's pattern, and so is that of exact arithmetic. */
  exact: boolean;
  /** From every state within this distance of the query a step returns the same pattern. */
  radius: number | null;
  /** The result lies within this distance of the winner's pattern. */
  distance: number;
  /** The same by the gap alone, where the separation has such a bound. */
  gapDistance: number | null;
}

/** Steps until the state stayed: its last state, and that state's own weights. */
export interface Settled extends Step {
  steps: number;
  converged: boolean;
  /** How far the last step went. */
  residual: number;
  firstEnergy: number;
  /** The largest rise of the energy in a step: rounding, or 0; more with squared distances by softmax1 and ksubsets. */
  largestRise: number;
  /** Patterns that take part in a metastable state. */
  metastable: number;
}

/** An input that is refused. Nothing has changed then. */
export class BasinetError extends Error {
  constructor(code: string, message: string, numbers?: Record<string, number>);
  /** Which; the README lists them. */
  readonly code: string;
  readonly index?: number;
  readonly row?: number;
  readonly count?: number;
  readonly expected?: number;
  readonly found?: number;
  readonly needed?: number;
}

export interface Loading {
  /** Which binary; the one that the engine can run where nothing is said. */
  simd?: boolean;
  /** A binary from elsewhere. */
  source?: BufferSource | WebAssembly.Module;
}

/** Loads the module, once. */
export function init(options?: Loading): Promise<void>;

/** Which binary runs; nothing before `init`. */
export function backend(): 'simd128' | 'plain' | 'given' | undefined;

export class Memory {
  constructor(dim: number, options?: Options);
  static open(bytes: Uint8Array | ArrayBuffer): Memory;
  readonly dim: number;
  readonly length: number;
  readonly patterns: Float32Array;
  separation: Separation;
  beta: number;
  similarity: Similarity;
  store(numbers: Numbers): number;
  pattern(index: number): Float32Array;
  recall(query: Numbers, options?: { certificate?: false }): Step;
  recall(query: Numbers, options: { certificate: boolean }): Step & { certificate: Certificate | null };
  settle(query: Numbers, options?: { steps?: number; change?: number }): Settled;
  energy(state: Numbers): number;
  scores(query: Numbers): Float32Array;
  weights(query: Numbers): Float32Array;
  save(): Uint8Array;
  free(): void;
  /** `free`, for `using`; where the engine has `Symbol.dispose`. */
  [Symbol.dispose](): void;
}
