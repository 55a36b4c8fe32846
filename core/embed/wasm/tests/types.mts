// What the types allow and what they do not, for tsc alone: a line with @ts-expect-error has to be wrong.
import { BasinetError, Memory, init, type Settled, type Step } from 'basinet';

await init({ simd: false });
const memory = new Memory(4, { separation: 'entmax:1.5', beta: 8, similarity: 'cosine' });
const first: number = memory.store(Float32Array.of(1, 2, 3, 4));
const step: Step = memory.recall([1, 2, 3, first]);
const radius: number | null | undefined = memory.recall(step.state, { certificate: true }).certificate?.radius;
const settled: Settled = memory.settle(step.state, { steps: 5 });
memory.separation = 'topk:3';
const bytes: Uint8Array = memory.save();
{
  using opened = Memory.open(bytes);
  console.log(opened.length, radius, settled.converged);
}
try {
  memory.energy([1]);
} catch (error) {
  if (error instanceof BasinetError && error.code === 'length') console.log(error.expected, error.found);
}

// @ts-expect-error: no such separation
memory.separation = 'softmin';
// @ts-expect-error: a parameter is a number
new Memory(4, { separation: 'entmax:big' });
// @ts-expect-error: not a list of numbers
memory.recall('1234');
// @ts-expect-error: without being asked for there is no certificate
console.log(memory.recall([1, 2, 3, 4]).certificate);
