// A memory that lives in a worker: the first message makes it, each further one is a query. What is refused comes back as its code.
import { Memory, init } from './basinet/basinet.js';

const ready = init();
let memory;

addEventListener('message', async ({ data }) => {
  await ready;
  try {
    if (data.patterns) {
      memory?.free();
      memory = new Memory(data.dim, data.options);
      postMessage({ stored: memory.store(data.patterns) + memory.length });
    } else {
      const step = memory.recall(data.query);
      postMessage(step, [step.state.buffer]);
    }
  } catch (error) {
    postMessage({ code: error.code, message: error.message });
  }
});
