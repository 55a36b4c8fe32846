// Runs the conformance set of a module that was built from this package:
//   node run.mjs target/wasm32-unknown-unknown/release/basinet_wasm.wasm
// Prints the module's report. The exit status is 0 when no backend failed.
import { readFileSync, writeSync } from 'node:fs';

const host = {
  print: (address, bytes) => writeSync(1, new Uint8Array(exports.memory.buffer, address, bytes)),
};
const { instance: { exports } } = await WebAssembly.instantiate(readFileSync(process.argv[2]), { host });
process.exit(exports.conformance() === 0 ? 0 : 1);
