// Debian's Chromium, driven by playwright-core from the folder that .ci/npm prints (BASINET_TOOLS).
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A running browser. */
export function launch() {
  const { chromium } = createRequire(join(process.env.BASINET_TOOLS, 'package.json'))('playwright-core');
  const quiet = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map((what) => `--disable-${what}`);
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--no-first-run', ...quiet] });
}
