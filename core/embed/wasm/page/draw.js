// Pictures of states and of energies.

/** Eight by eight numbers, the largest of them full ink, on a canvas in the page's colours; nothing for no state. */
export function paint(canvas, state) {
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, 8, 8);
  if (!state) return;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--ink');
  const largest = Math.max(1e-9, ...state.map(Math.abs));
  state.forEach((number, index) => {
    context.globalAlpha = (number / largest + 1) / 2;
    context.fillRect(index % 8, Math.floor(index / 8), 1, 1);
  });
}

const WIDTH = 320;
const HEIGHT = 150;
const EDGE = 10;

/** The energies of a walk, from the first to the last, as a falling line. */
export function curve(svg, energies) {
  const [high, low] = [Math.max(...energies), Math.min(...energies)];
  const across = (index) => EDGE + (index / Math.max(1, energies.length - 1)) * (WIDTH - 2 * EDGE);
  const down = (energy) => EDGE + ((high - energy) / (high - low || 1)) * (HEIGHT - 2 * EDGE);
  const points = energies.map((energy, index) => `${across(index).toFixed(1)},${down(energy).toFixed(1)}`);
  const lines = [0, 0.5, 1].map((part) => shape('line', { x1: 0, x2: WIDTH, y1: EDGE + part * (HEIGHT - 2 * EDGE), y2: EDGE + part * (HEIGHT - 2 * EDGE) }));
  svg.replaceChildren(...lines);
  if (points.length > 0) svg.append(shape('polyline', { points: points.join(' ') }));
  const sentence = `From ${high.toFixed(4)} down to ${low.toFixed(4)} in ${energies.length - 1} steps`;
  svg.setAttribute('aria-label', energies.length > 1 ? sentence : 'No step taken yet');
}

function shape(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A line of a list: what, and how much. */
export function caption(what, much) {
  const item = document.createElement('li');
  item.append(what, Object.assign(document.createElement('b'), { textContent: much }));
  return item;
}
