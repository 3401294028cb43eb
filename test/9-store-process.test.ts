import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Processes that are killed, and others that go on with what these have left in a file.
//
//   KILLS=500 npm test -- test/9-store-process    kills more of them

// Each test starts several, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const KILLS = Number(process.env['KILLS'] ?? 12);
const script = fileURLToPath(new URL('support/scripts/restart.ts', import.meta.url));

interface Told {
  readonly what: string;
  readonly more: { readonly [field: string]: unknown };
  /** Of what is written: which. */
  readonly n: number;
}

let folder: string;
let path: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warm-cache-'));
  path = join(folder, 'kept');
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await rm(folder, { recursive: true });
});

/** Starts a process, and gives what it told by its end; `isOver` is asked at each thing told whether to kill it. */
async function live(
  backend: string,
  then: string,
  isOver: (told: readonly Told[]) => boolean,
): Promise<{ readonly told: readonly Told[]; readonly signal: unknown; readonly errors: string }> {
  const child = spawn(process.execPath, [script, backend, path, then], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Node 22 has something to say about SQLite.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  children.push(child);
  const told: Told[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    errors += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [what, more] = JSON.parse(line);
    told.push({ what, more: more ?? {}, n: more?.n ?? more ?? 0 });
    if (isOver(told)) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  return { told, signal, errors };
}

const has =
  (what: string) =>
  (told: readonly Told[]): boolean =>
    told.at(-1)?.what === what;

/** What was served out of the store, and what was told as of the start. */
function served(told: readonly Told[]) {
  return {
    kept: told.find(({ what }) => what === 'store')?.more,
    started: told.find(({ what }) => what === 'started')?.more,
  };
}

describe.each(['keyv', 'file'])('a process with a store (%s)', (backend) => {
  it(`that is killed, ${KILLS} times in the midst of writes, serves what it had last at its next start`, async () => {
    /** When what was published was loaded, by its number. */
    const loadedAt = new Map<unknown, unknown>();
    let least = 0;
    let most = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Some end soon after they have started, some later; at which point of a write is left to chance.
      const lines = 3 + ((kill * 7) % 40);
      const { told, signal, errors } = await live(
        backend,
        'write',
        (so) => so.length >= lines && so.some(({ what }) => what === 'written'),
      );
      expect(signal, errors).toBe('SIGKILL');
      expect(told.filter(({ what }) => what === 'error')).toEqual([]);
      const { kept, started } = served(told);
      if (kill > 0) {
        expect(kept).toMatchObject({ source: 'store', isWhole: true });
        expect(kept?.['n']).toBeGreaterThanOrEqual(least);
        expect(kept?.['n']).toBeLessThanOrEqual(most);
        expect(kept?.['loadedAt']).toBe(loadedAt.get(kept?.['n']));
        expect(started).toEqual({ status: 'READY', isLoading: true, hasAge: true });
      } else expect(kept).toBeUndefined();
      const published = told.filter(({ what }) => what === 'set');
      for (const { more } of published) loadedAt.set(more['n'], more['loadedAt']);
      most = Math.max(...published.map(({ n }) => n));
      least = Math.max(...told.filter(({ what }) => what === 'written').map(({ n }) => n));
    }
    // Each of them has written one at least.
    expect(least).toBeGreaterThanOrEqual(KILLS);
  });

  it('that has purged its value does not serve it at its next start', async () => {
    await live(backend, 'write', (told) => has('written')(told));
    const before = await live(backend, 'purge', has('purged'));
    expect(served(before.told).kept).toMatchObject({ source: 'store' });
    const { told } = await live(backend, 'write', has('started'));
    expect(served(told)).toEqual({
      kept: undefined,
      started: { status: 'NOT_READY', isLoading: true, hasAge: false },
    });
  });

  it('that is stopped has its last value written first, and ends by itself', async () => {
    const { told, signal, errors } = await live(backend, 'stop', () => false);
    expect([signal, errors]).toEqual([null, '']);
    expect(told.at(-1)).toMatchObject({ what: 'written', n: 1 });
    const next = await live(backend, 'write', has('started'));
    expect(served(next.told).kept).toMatchObject({ n: 1, isWhole: true });
  });

  it('that finds nothing but garbage there starts all the same', async () => {
    await live(backend, 'stop', () => false);
    const { length } = await readFile(path);
    if (backend === 'file') await truncate(path, Math.floor(length / 2));
    else {
      const bytes = await readFile(path);
      await writeFile(path, bytes.toString('latin1').replaceAll('"rows":[', '"rows":{'), 'latin1');
    }
    const { told, errors } = await live(backend, 'write', has('written'));
    expect(errors).toBe('');
    expect(served(told)).toMatchObject({ kept: undefined, started: { status: 'NOT_READY' } });
    // Keyv reads what it can not parse as nothing.
    const failed = told.filter(({ what }) => what === 'error');
    if (backend === 'file') expect(failed).toMatchObject([{ more: { attempt: 0 } }]);
    expect(told.find(({ what }) => what === 'written')?.n).toBe(1);
    const next = await live(backend, 'write', has('started'));
    expect(served(next.told).kept).toMatchObject({ source: 'store', isWhole: true });
  });
});

describe('a store that hangs', () => {
  it('keeps no process alive', async () => {
    const { told, signal } = await live('hung', 'end', () => false);
    expect(told.map(({ what }) => what)).toEqual(['set']);
    expect(signal).toBeNull();
  });
});
