// The page: a grid to damage, a memory to recall from, and what the recall says of itself.

import { Memory, backend, init } from './basinet/basinet.js';
import { Grid } from './grid.js';
import { caption, curve, paint } from './draw.js';

const DIM = 64;
/** How long a step is shown before the next, in milliseconds. */
const PAUSE = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 420;
/** A state that changes by no more than this, relative to its length, is at rest. */
const REST = 2 ** -20;
/** A walk that has not come to rest by then is stopped. */
const MOST_STEPS = 40;

/** Separations with a parameter: its name, range and first value. */
const PARAMETERS = {
  entmax: { name: 'alpha', min: 1, max: 3, step: 0.05, value: 1.5 },
  normmax: { name: 'gamma', min: 1.1, max: 6, step: 0.1, value: 2 },
  topk: { name: 'k', min: 1, max: 10, step: 1, value: 3 },
  ksubsets: { name: 'k', min: 1, max: 10, step: 1, value: 2 },
};

const element = (id) => document.getElementById(id);
const digitOf = (pattern) => Math.floor(pattern / 4);
const pause = () => new Promise((done) => setTimeout(done, PAUSE));

await init();
const file = await fetch(new URL('./digits.basin', import.meta.url));
const memory = Memory.open(await file.arrayBuffer());
const patterns = Array.from({ length: memory.length }, (_, index) => memory.pattern(index));

const grid = new Grid(element('grid'), () => forget('Press Recall.'));

/** The states of the walk so far, and their energies; the first is what was drawn. */
let walk;
/** Which walk is being shown: one that is out of date stops. */
let turn = 0;

/** The grid's pixels, -1 to 1, as a state of unit norm. */
function drawn() {
  const norm = Math.hypot(...grid.pixels) || 1;
  return Float32Array.from(grid.pixels, (pixel) => pixel / norm);
}

function begin() {
  const state = drawn();
  walk = { states: [state], energies: [memory.energy(state)], settled: false };
}

/** Forgets the walk, as what it began with is no longer there. */
function forget(sentence) {
  turn += 1;
  walk = undefined;
  element('outcome').textContent = sentence;
  paint(element('recalled'), undefined);
  element('recalled').setAttribute('aria-label', 'Nothing recalled yet');
  show();
}

const distance = (a, b) => Math.hypot(...a.map((number, index) => number - b[index]));

/** Takes one step; true where the state stays. */
function advance() {
  if (!walk) begin();
  const before = walk.states.at(-1);
  const step = memory.recall(before, { certificate: true });
  walk.step = step;
  walk.settled = distance(step.state, before) <= REST * Math.hypot(...step.state);
  if (!walk.settled) {
    walk.states.push(step.state);
    walk.energies.push(memory.energy(step.state));
  }
  return walk.settled;
}

/** Steps until the state stays, and shows each. */
async function recall() {
  forget('');
  const mine = turn;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const settled = advance();
    show();
    if (settled) break;
    await pause();
    if (mine !== turn) return;
  }
  tell();
}

/** Says how it ended. */
function tell() {
  const { step, states, settled } = walk;
  const steps = states.length - 1;
  const count = `${steps} ${steps === 1 ? 'step' : 'steps'}`;
  const digit = digitOf(step.winner);
  const end = settled ? 'at rest' : 'not yet at rest';
  element('outcome').textContent = step.exact
    ? `A ${digit}: exactly the stored pattern ${step.winner + 1}, after ${count}.`
    : `Nearest is a ${digit}, in a mixture of ${step.support} patterns; ${end} after ${count}.`;
  element('recalled').setAttribute('aria-label', `Recalled: ${element('outcome').textContent}`);
}

/** Shows the walk as it stands. */
function show() {
  const state = walk?.states.at(-1) ?? drawn();
  const step = walk?.step;
  if (walk) paint(element('recalled'), state);
  curve(element('curve'), walk?.energies ?? []);
  const energies = walk?.energies ?? [];
  element('energies').replaceChildren(...energies.map((energy, index) => caption(index === 0 ? 'as drawn' : `step ${index}`, energy.toFixed(6))));
  element('support').textContent = step ? `${step.support} of ${memory.length}` : '\u2013';
  element('exact').textContent = step ? (step.exact ? 'yes, bit for bit' : 'no') : '\u2013';
  const radius = step?.certificate?.radius;
  element('radius').textContent = radius == null ? '\u2013' : `a distance of ${radius.toFixed(3)}`;
  element('gap').textContent = step ? step.gap.toFixed(3) : '\u2013';
  weigh(memory.weights(state));
}

/** Marks the patterns that take part. */
function weigh(weights) {
  const items = element('patterns').children;
  weights.forEach((weight, index) => {
    const item = items[index];
    item.classList.toggle('part', weight > 0.005);
    item.style.setProperty('--weight', Math.min(1, weight));
    item.querySelector('.unseen').textContent = `${digitOf(index)}: weight ${weight.toFixed(3)}`;
  });
}

/** The model as the controls say. */
function choose() {
  const family = element('separation').value;
  const parameter = PARAMETERS[family];
  memory.separation = parameter ? `${family}:${element('parameter').value}` : family;
  memory.beta = 2 ** Number(element('beta').value);
  element('parameter-value').textContent = element('parameter').value;
  element('beta-value').textContent = memory.beta.toPrecision(3);
  forget('Press Recall.');
}

function offerParameter() {
  const parameter = PARAMETERS[element('separation').value];
  element('parameter-field').hidden = !parameter;
  if (parameter) {
    const { name, ...range } = parameter;
    element('parameter-name').textContent = `Parameter ${name}`;
    Object.assign(element('parameter'), range);
  }
  choose();
}

/** A pattern in the grid, as ink from -1 to 1. */
function load(index) {
  grid.fill(Array.from(patterns[index], (number) => number / largest(patterns[index])));
}

const largest = (numbers) => Math.max(...numbers.map(Math.abs));

const choice = element('digit');
patterns.forEach((_, index) => choice.append(new Option(`${digitOf(index)}, as written by hand ${(index % 4) + 1}`, index)));
patterns.forEach((pattern, index) => {
  const item = document.createElement('li');
  const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
  canvas.setAttribute('aria-hidden', 'true');
  const bar = Object.assign(document.createElement('div'), { className: 'bar' });
  bar.append(document.createElement('i'));
  item.append(canvas, bar, Object.assign(document.createElement('span'), { className: 'unseen' }));
  element('patterns').append(item);
  paint(canvas, pattern);
});

choice.addEventListener('change', () => load(Number(choice.value)));
element('noise').addEventListener('click', () => grid.noise());
element('erase').addEventListener('click', () => grid.erase());
element('clear').addEventListener('click', () => grid.fill(new Array(DIM).fill(-1)));
element('recall').addEventListener('click', recall);
element('step').addEventListener('click', () => {
  turn += 1;
  advance();
  show();
  tell();
});
element('separation').addEventListener('change', offerParameter);
element('parameter').addEventListener('input', choose);
element('beta').addEventListener('input', choose);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  patterns.forEach((pattern, index) => paint(element('patterns').children[index].querySelector('canvas'), pattern));
  show();
});

// Something to recall stands there from the beginning.
choice.value = 12;
load(12);
grid.erase();
offerParameter();
element('backend').textContent = backend() === 'simd128' ? 'with SIMD' : 'without SIMD';
document.documentElement.dataset.ready = 'yes';
