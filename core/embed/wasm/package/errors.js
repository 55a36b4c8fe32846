// What can go wrong, as errors that programs can tell apart.

/** An input or a state that the library refuses. `code` says which, and never changes; numbers that help stand beside it. */
export class BasinetError extends Error {
  constructor(code, message, numbers = {}) {
    super(message);
    this.name = 'BasinetError';
    this.code = code;
    Object.assign(this, numbers);
  }

  /** The error that the module has written down: its code, its numbers, its sentence, a line each. */
  static parse(text) {
    const [code, numbers, ...message] = text.split('\n');
    const pairs = numbers.split(' ').filter(Boolean).map((pair) => pair.split('='));
    return new BasinetError(code, message.join('\n'), Object.fromEntries(pairs.map(([name, number]) => [name, Number(number)])));
  }
}
