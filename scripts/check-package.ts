// Installs the packed tarball into an empty project and uses it there in every way that users do.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const project = mkdtempSync(join(tmpdir(), 'warm-cache-package-'));
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

function run(command: string, args: readonly string[], cwd = project): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function file(path: string, content: string): string {
  const full = join(project, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
  return full;
}

const USE = `
declare const client: SupabaseClientLike;
const cache = new WarmCache<number>({ name: 'n', loader: async ({ attempt }) => attempt, ttl: 60_000 });
cache.on('refresh', ({ snapshot }) => { const version: number = snapshot.version; void version; });
const value: Promise<number> = cache.get();
const health: HealthReport = cache.health();
const error: WarmCacheError = new LoadError('n', 'failed', 'm', undefined, 0);
const loader: (context: LoadContext<Leaderboard>) => Promise<Leaderboard> = supabaseLeaderboard({
  client,
  table: 't',
  columns: { key: 'k', player: 'p', name: 'n', country: 'c', race: 'r', score: 's' },
});
export { error, health, loader, value };
`;
const TS_IMPORT = `
import { type HealthReport, type LoadContext, LoadError, WarmCache, WarmCacheError } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { type SupabaseClientLike, supabaseLeaderboard } from 'warm-cache/supabase';
`;
const RUN = `
const cache = new WarmCache({ loader: () => 42, ttl: 60000 }).start();
cache.get().then(async (value) => {
  await cache.stop();
  const wrong = await cache.invalidate().catch((error) => error);
  if (value !== 42 || !(wrong instanceof StoppedError)) throw new Error('wrong');
  if (typeof supabaseLeaderboard !== 'function') throw new Error('no adapter');
  console.log('ok');
});
`;

function typechecks(name: string, options: object, path: string, source: string): void {
  file(path, source);
  const config = file(
    `tsconfig.${name}.json`,
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'es2022',
        lib: ['es2024', 'esnext.disposable', 'dom'],
        types: [],
        ...options,
      },
      files: [path],
    }),
  );
  run(bin('tsc'), ['-p', config]);
}

function expectOk(output: string): void {
  if (output.trim() !== 'ok') throw new Error(`expected ok, got ${output}`);
}

const checks: Record<string, () => void> = {
  import: () => {
    file(
      'esm.mjs',
      `import { StoppedError, WarmCache } from 'warm-cache';
       import { supabaseLeaderboard } from 'warm-cache/supabase';${RUN}`,
    );
    expectOk(run(process.execPath, ['esm.mjs']));
  },
  require: () => {
    file(
      'cjs.cjs',
      `const { StoppedError, WarmCache } = require('warm-cache');
       const { supabaseLeaderboard } = require('warm-cache/supabase');${RUN}`,
    );
    // Without Node's own require of ES modules: p-retry must be within.
    expectOk(run(process.execPath, ['--no-experimental-require-module', 'cjs.cjs']));
  },
  'types: nodenext, ESM': () =>
    typechecks('esm', { module: 'nodenext' }, 'types.mts', TS_IMPORT + USE),
  'types: nodenext, CommonJS': () =>
    typechecks('cjs', { module: 'nodenext' }, 'types.cts', TS_IMPORT + USE),
  'types: bundler': () =>
    typechecks(
      'bundler',
      { module: 'esnext', moduleResolution: 'bundler' },
      'bundler/types.ts',
      TS_IMPORT + USE,
    ),
  'jest, CommonJS': () => {
    file(
      'cache.test.js',
      `const { WarmCache } = require('warm-cache');
       test('keeps a value warm', async () => {
         const cache = new WarmCache({ loader: () => 42, ttl: 60000 }).start();
         expect(await cache.get()).toBe(42);
         await cache.stop();
       });`,
    );
    run(bin('jest'), ['--rootDir', project, '--silent']);
  },
  'nothing runs after the import alone': () => {
    file('idle.mjs', `import 'warm-cache'; import 'warm-cache/supabase';`);
    run(process.execPath, ['idle.mjs']);
  },
};

try {
  run('npm', ['pack', '--silent', '--pack-destination', project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) as string;
  file('package.json', JSON.stringify({ name: 'empty', private: true }));
  run('npm', [
    'install',
    '--silent',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${tarball}`,
  ]);
  for (const [name, check] of Object.entries(checks)) {
    check();
    console.log(`ok  ${name}`);
  }
} catch (error) {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  console.error(error instanceof Error ? error.message : error, stdout, stderr);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
