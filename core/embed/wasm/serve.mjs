#!/usr/bin/env node
// Serves the page: core/embed/wasm/serve [PACKAGE] [PORT], after core/embed/wasm/build. PACKAGE is the folder that build has made (without
// a name: target/basinet-npm, or in CARGO_TARGET_DIR); port 8000 where none is named. Any static server will do that has these files.
import { serve } from './server.mjs';

const [folder, port = '8000'] = process.argv.slice(2);
const server = await serve({ folder, port: Number(port) });
console.log(`http://localhost:${server.address().port}/`);
