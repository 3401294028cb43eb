// Needs no browser, but the built package: `npm run demo:live` as it is run by hand.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
let child: ChildProcess | undefined;
let printed = '';

beforeEach(() => {
  // PostgreSQL, which root runs as nobody, must get in.
  folder = mkdtempSync(join(tmpdir(), 'live-'));
  chmodSync(folder, 0o755);
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command, with a folder for temporary files of its own. */
function run(...args: readonly string[]): ChildProcess {
  printed = '';
  child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, TMPDIR: folder } });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk;
      child?.emit('printed');
    });
  }
  return child;
}

/** Resolves when the command has printed something. */
async function untilPrinted(what: RegExp): Promise<string> {
  for (;;) {
    const [match] = what.exec(printed) ?? [];
    if (match !== undefined) return match;
    if (child) await once(child, 'printed');
  }
}

const exit = async (running: ChildProcess): Promise<unknown> =>
  running.exitCode ?? (await once(running, 'exit'))[0];

/** The processes that have something to do with the folder: the command, PostgreSQL, PostgREST. */
const left = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && ['cmdline', 'environ'].some((file) => isNamed(pid, file));
    } catch {
      // It has ended, or is none of ours.
      return false;
    }
  });

const isNamed = (pid: string, file: string): boolean =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(basename(folder));

it('says how it is used', async () => {
  expect(await exit(run('--help'))).toBe(0);
  expect(printed).toContain('--port N');
});

it.each([
  [['--port', 'x']],
  [['--port', '']],
  [['--port', '65536']],
  [['--port', '-1']],
  [['--rows', '99']],
  [['--rows', '1e9']],
  [['--nonsense']],
  [['more']],
])('does not begin with %j', async (args) => {
  expect(await exit(run(...args))).toBe(2);
  expect(printed).toContain('npm run demo:live --');
});

it('ends by one Ctrl-C, with readers, a page that looks on, and a database that is stopped', async () => {
  const running = run('--rows', '1000');
  const url = await untilPrinted(/http:\/\/127\.0\.0\.1:\d+\//);
  expect(left().length).toBeGreaterThan(2);
  const events = await fetch(`${url}api/events`);
  const seen = events.text().catch(() => 'cut');
  const stopped = await fetch(`${url}api/database`, { method: 'POST', body: '{"running":false}' });
  expect(stopped.status).toBe(200);
  running.kill('SIGINT');
  expect(await exit(running)).toBe(0);
  await seen;
  expect(printed).toContain('Everything is stopped.');
  expect(left()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it('ends by one Ctrl-C while it starts', async () => {
  const running = run('--rows', '1000');
  await untilPrinted(/start, with 1,000/);
  running.kill('SIGINT');
  expect(await exit(running)).toBe(0);
  expect(left()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it('is where it was told to be, and says so if that is taken', async () => {
  const first = run('--rows', '100');
  const url = await untilPrinted(/http:\/\/127\.0\.0\.1:\d+\//);
  const { port } = new URL(url);
  const second = run('--rows', '100', '--port', port);
  expect(await exit(second)).toBe(1);
  expect(printed).toContain('EADDRINUSE');
  first.kill('SIGTERM');
  expect(await exit(first)).toBe(0);
  const third = run('--rows', '100', '--port', port);
  expect(await untilPrinted(/http:\/\/127\.0\.0\.1:\d+\//)).toBe(url);
  third.kill('SIGHUP');
  expect(await exit(third)).toBe(0);
});
