import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** Starts the Chromium that `CHROMIUM_PATH` names, or the one on the `PATH`. */
export function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? found();
  return chromium.launch({
    executablePath,
    // Root may not use Chromium's sandbox, and only this page is looked at.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

function found(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // By another name, perhaps.
    }
  }
  throw new Error('Chromium was not found: `apt-get install chromium`, or set CHROMIUM_PATH.');
}
