// Eight by eight pixels that are drawn by pointer or by keys: one of them has the focus, arrows move it, space turns it.

const SIDE = 8;

export class Grid {
  #cells = [];
  #changed;
  /** -1 for blank paper to 1 for full ink. */
  pixels = new Array(SIDE * SIDE).fill(-1);

  constructor(root, changed) {
    this.#changed = changed;
    for (let row = 0; row < SIDE; row++) {
      const line = document.createElement('div');
      line.setAttribute('role', 'row');
      for (let column = 0; column < SIDE; column++) {
        const cell = document.createElement('button');
        cell.type = 'button';
        cell.setAttribute('role', 'gridcell');
        cell.tabIndex = this.#cells.length === 0 ? 0 : -1;
        this.#cells.push(cell);
        line.append(cell);
      }
      root.append(line);
    }
    this.#cells.forEach((_, index) => this.#show(index));
    root.addEventListener('keydown', (event) => this.#key(event));
    this.#draw(root);
  }

  /** Sets all pixels. */
  fill(pixels) {
    pixels.forEach((pixel, index) => this.#put(index, pixel));
    this.#changed();
  }

  /** Adds noise to each pixel. */
  noise() {
    this.fill(this.pixels.map((pixel) => Math.max(-1, Math.min(1, pixel + 1.6 * (Math.random() - 0.5)))));
  }

  /** Makes the lower half blank paper. */
  erase() {
    this.fill(this.pixels.map((pixel, index) => (index < (SIDE * SIDE) / 2 ? pixel : -1)));
  }

  #put(index, pixel) {
    this.pixels[index] = pixel;
    this.#show(index);
  }

  #show(index) {
    const ink = Math.round((this.pixels[index] + 1) * 50);
    const cell = this.#cells[index];
    cell.style.setProperty('--shade', ink);
    cell.setAttribute('aria-label', `Row ${Math.floor(index / SIDE) + 1}, column ${(index % SIDE) + 1}: ${ink} % ink`);
  }

  /** Full ink to blank paper, and the other way round. */
  #turn(index) {
    this.#put(index, this.pixels[index] > 0 ? -1 : 1);
    this.#changed();
  }

  #focus(index) {
    for (const cell of this.#cells) cell.tabIndex = -1;
    this.#cells[index].tabIndex = 0;
    this.#cells[index].focus();
  }

  #key(event) {
    const index = this.#cells.indexOf(event.target);
    if (index < 0) return;
    const [row, column] = [Math.floor(index / SIDE), index % SIDE];
    const moves = {
      ArrowUp: () => this.#focus(Math.max(0, row - 1) * SIDE + column),
      ArrowDown: () => this.#focus(Math.min(SIDE - 1, row + 1) * SIDE + column),
      ArrowLeft: () => this.#focus(row * SIDE + Math.max(0, column - 1)),
      ArrowRight: () => this.#focus(row * SIDE + Math.min(SIDE - 1, column + 1)),
      Home: () => this.#focus(row * SIDE),
      End: () => this.#focus(row * SIDE + SIDE - 1),
      ' ': () => this.#turn(index),
      Enter: () => this.#turn(index),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }

  /** A stroke paints all that it goes over as the first pixel was turned. */
  #draw(root) {
    let ink;
    const paint = (event) => {
      const cell = document.elementFromPoint(event.clientX, event.clientY);
      const index = this.#cells.indexOf(cell);
      if (index < 0) return;
      ink ??= this.pixels[index] > 0 ? -1 : 1;
      if (this.pixels[index] === ink) return;
      this.#put(index, ink);
      this.#changed();
    };
    root.addEventListener('pointerdown', (event) => {
      const index = this.#cells.indexOf(event.target);
      if (index >= 0) this.#focus(index);
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      ink = undefined;
      paint(event);
    });
    root.addEventListener('pointermove', (event) => root.hasPointerCapture(event.pointerId) && paint(event));
  }
}
