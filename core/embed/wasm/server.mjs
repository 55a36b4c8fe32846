// A static server: the page at /, the package at /basinet/, the digits at /digits.basin, and what else it is given.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** The folder that `build` makes. */
export const built = join(process.env.CARGO_TARGET_DIR ?? join(here, '../../../target'), 'basinet-npm');

/** Serves; `more` has further folders by the beginning of their address. Port 0 is any that is free. */
export async function serve({ folder = built, port = 0, more = {} } = {}) {
  const places = { '/basinet/': folder, '/digits.basin': join(here, '../digits.basin'), ...more, '/': join(here, 'page') };
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
      const [begin, place] = Object.entries(places).find(([begin]) => path.startsWith(begin));
      const file = path === begin && !path.endsWith('/') ? place : join(place, path.slice(begin.length) || 'index.html');
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end('not here');
    }
  });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  return server;
}
