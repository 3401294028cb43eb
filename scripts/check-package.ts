// Installs the packed tarball into an empty project and uses it there in every way that users do.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

function install(...what: string[]): void {
  run('npm', ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', ...what]);
}

/** A package, in the version that is tested with. */
function tested(name: string): string {
  const path = join(root, 'node_modules', name, 'package.json');
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return `${name}@${version}`;
}

const USE = `
import { type HealthReport, LoadError, WarmCache, WarmCacheError } from 'warm-cache';
import { alertOn, type AlertReason, healthResponse } from 'warm-cache/health';
import { Leaderboard, type LeaderboardRow } from 'warm-cache/leaderboard';
import { logTo } from 'warm-cache/logging';
import { budget, type PeakWindow, peakHours, slowestOf } from 'warm-cache/policies';

const windows: PeakWindow[] = [{ from: '18:00', to: '23:30', interval: budget({ share: 0.1 }) }];
const refreshInterval = slowestOf(10_000, peakHours({ timeZone: 'UTC', windows, otherwise: 60_000 }));
const loader = async ({ attempt }: { attempt: number }) => attempt;
const cache = new WarmCache<number>({ name: 'n', loader, ttl: 60_000, refreshInterval });
cache.on('refresh', ({ snapshot }) => { const version: number = snapshot.version; void version; });
const value: Promise<number> = cache.get();
const health: HealthReport = cache.health();
const error: WarmCacheError = new LoadError('n', 'failed', 'm', undefined, 0);
const ready: number = healthResponse([cache], { maxAge: 60_000 }).status;
const reasons: AlertReason[] = [];
alertOn(cache, { onAlert: ({ reasons: why }) => reasons.push(...why) });
logTo({ info: () => {}, warn: () => {}, error: () => {} }, cache, { describe: (n) => n.toFixed() });
const rows: readonly LeaderboardRow[] = new Leaderboard([]).top(3);
export { error, health, ready, rows, value };
`;
const USE_SUPABASE = `
import { createClient } from '@supabase/supabase-js';
import type { Loader } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { type SupabaseClientLike, supabaseLeaderboard } from 'warm-cache/supabase';

declare const other: SupabaseClientLike;
const options = {
  table: 't',
  columns: { key: 'k', player: 'p', name: 'n', country: 'c', race: 'r', score: 's', details: ['w'] },
} as const;
const loaders: Loader<Leaderboard<{ w: number }>>[] = [
  supabaseLeaderboard({ client: createClient('http://localhost', 'key'), ...options }),
  supabaseLeaderboard({ client: other, ...options }),
];
// @ts-expect-error There is no such detail.
const wrong: Loader<Leaderboard<{ l: number }>> = supabaseLeaderboard({ client: other, ...options });
export { loaders, wrong };
`;
const USE_METRICS = `
import { metrics, trace } from '@opentelemetry/api';
import { Registry } from 'prom-client';
import { WarmCache, WarmCacheMap } from 'warm-cache';
import { instrument } from 'warm-cache/opentelemetry';
import { collect } from 'warm-cache/prometheus';

const cache = new WarmCache({ name: 'n', loader: () => 42, ttl: 60_000 });
const map = new WarmCacheMap({ name: 'm', loader: (key: number) => \`\${key}\`, ttl: 60_000 });
const registry = new Registry();
const offs: (() => void)[] = [
  instrument(cache),
  instrument(map, { keys: (key) => key.toFixed(0), tracer: trace.getTracer('t'), meter: metrics.getMeter('m') }),
  collect(cache, { registry }),
  collect(map, { registry, keys: (key) => key.toFixed(0) }),
];
// @ts-expect-error It has no such keys.
instrument(map, { keys: (key: string) => key });
// @ts-expect-error There is no registry.
collect(cache, {});
export { offs };
`;
const RUN_METRICS = `
const registry = new Registry();
const cache = new WarmCache({ name: 'n', loader: () => 42, ttl: 60000 });
const offs = [instrument(cache), collect(cache, { registry })];
cache.get().then(() => registry.metrics()).then((text) => {
  for (const off of offs) off();
  if (!text.includes('warm_cache_reads_total{cache="n",kind="waited"} 1')) throw new Error(text);
  console.log('ok');
});
`;
const USE_FLEET = `
import { Cluster, Redis } from 'ioredis';
import pg from 'pg';
import { createClient, createCluster } from 'redis';
import { type SharedHealth, type SharedTier, WarmCache } from 'warm-cache';
import { type FleetStore, fleetTier } from 'warm-cache/fleet';
import { fleetSql, invalidateOnNotify, postgresTier } from 'warm-cache/postgres';
import { redisTier } from 'warm-cache/redis';

declare const store: FleetStore;
const client = createClient();
const tiers: SharedTier[] = [
  redisTier(client, { key: 'a' }),
  redisTier(new Redis({ lazyConnect: true }), { key: 'a', timeout: 500 }),
  redisTier(createCluster({ rootNodes: [] }), { key: 'a', subscriber: client }),
  redisTier(new Cluster([]), { key: 'a', subscriber: client }),
  postgresTier(new pg.Pool(), { key: 'a' }),
  fleetTier(store, { maxBytes: 1024 }),
];
// @ts-expect-error Nothing can be heard by a cluster.
redisTier(createCluster({ rootNodes: [] }), { key: 'a' });
const cache = new WarmCache({ loader: () => 42, ttl: 60_000, shared: tiers[0] });
const health: SharedHealth | null = cache.health().shared;
const sql: string = fleetSql();
export { health, invalidateOnNotify, sql };
`;
const RUN_FLEET = `
const gone = () => Promise.reject(new Error('gone'));
const store = { name: 'none', pollInterval: 1000, hear: undefined, read: gone, claim: gone, renew: gone, publish: gone, release: gone, invalidate: gone, put: gone };
const cache = new WarmCache({ loader: () => 42, ttl: 60000, shared: fleetTier(store) }).start();
cache.get().then(async (value) => {
  const { connected, alone } = cache.health().shared;
  await cache.stop();
  if (value !== 42 || connected || alone !== 1) throw new Error('wrong');
  if (typeof redisTier !== 'function' || typeof postgresTier !== 'function') throw new Error('no adapter');
  console.log('ok');
});
`;
const RUN = `
const cache = new WarmCache({ loader: () => 42, ttl: 60000 }).start();
cache.get().then(async (value) => {
  await cache.stop();
  const wrong = await cache.invalidate().catch((error) => error);
  if (value !== 42 || !(wrong instanceof StoppedError)) throw new Error('wrong');
  if (typeof supabaseLeaderboard !== 'function') throw new Error('no adapter');
  if (healthResponse(cache).status !== 503) throw new Error('no health');
  logTo({ info: () => {}, warn: () => {}, error: () => {} }, cache)();
  if (typeof peakHours !== 'function') throw new Error('no policy');
  console.log('ok');
});
`;

/** Each way to find the types: its name, the options for it, and what a file is called then. */
const WAYS: readonly (readonly [name: string, options: object, file: string])[] = [
  ['nodenext, ESM', { module: 'nodenext' }, 'types.mts'],
  ['nodenext, CommonJS', { module: 'nodenext' }, 'types.cts'],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, 'types.ts'],
];

function typechecks(source: string, own: object = {}): void {
  for (const [name, options, path] of WAYS) {
    file(path, source);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2024', 'esnext.disposable', 'dom'],
      types: [],
      ...own,
      ...options,
    };
    const config = file('tsconfig.json', JSON.stringify({ compilerOptions, files: [path] }));
    run(bin('tsc'), ['-p', config]);
    console.log(`    ${name}`);
  }
}

function expectOk(output: string): void {
  if (output.trim() !== 'ok') throw new Error(`expected ok, got ${output}`);
}

/** Runs it with these names imported, and with them required. */
function runBoth(
  path: string,
  names: readonly (readonly [what: string, from: string])[],
  source: string,
): void {
  const imports = names.map(([what, from]) => `import { ${what} } from '${from}';`);
  const requires = names.map(([what, from]) => `const { ${what} } = require('${from}');`);
  file(`${path}.mjs`, imports.join('') + source);
  expectOk(run(process.execPath, [`${path}.mjs`]));
  file(`${path}.cjs`, requires.join('') + source);
  // Without Node's own require of ES modules: p-retry must be within.
  expectOk(run(process.execPath, ['--no-experimental-require-module', `${path}.cjs`]));
}

const checks: Record<string, () => void> = {
  import: () => {
    file(
      'esm.mjs',
      `import { StoppedError, WarmCache } from 'warm-cache';
       import { healthResponse } from 'warm-cache/health';
       import { logTo } from 'warm-cache/logging';
       import { peakHours } from 'warm-cache/policies';
       import { supabaseLeaderboard } from 'warm-cache/supabase';${RUN}`,
    );
    expectOk(run(process.execPath, ['esm.mjs']));
  },
  require: () => {
    file(
      'cjs.cjs',
      `const { StoppedError, WarmCache } = require('warm-cache');
       const { healthResponse } = require('warm-cache/health');
       const { logTo } = require('warm-cache/logging');
       const { peakHours } = require('warm-cache/policies');
       const { supabaseLeaderboard } = require('warm-cache/supabase');${RUN}`,
    );
    // Without Node's own require of ES modules: p-retry must be within.
    expectOk(run(process.execPath, ['--no-experimental-require-module', 'cjs.cjs']));
  },
  types: () => typechecks(USE),
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
    file(
      'idle.mjs',
      `import 'warm-cache'; import 'warm-cache/health'; import 'warm-cache/logging'; import 'warm-cache/policies'; import 'warm-cache/supabase';`,
    );
    run(process.execPath, ['idle.mjs']);
  },
  'types, with supabase-js': () => {
    install(tested('@supabase/supabase-js'));
    // Its own types only pass where Node's and a certain DOM's are there.
    typechecks(USE_SUPABASE, { skipLibCheck: true });
  },
  'a fleet': () => {
    const names: readonly [what: string, from: string][] = [
      ['WarmCache', 'warm-cache'],
      ['fleetTier', 'warm-cache/fleet'],
      ['postgresTier', 'warm-cache/postgres'],
      ['redisTier', 'warm-cache/redis'],
    ];
    // None of the clients is there yet.
    runBoth('fleet', names, RUN_FLEET);
    install(tested('ioredis'), tested('pg'), tested('redis'), tested('@types/pg'));
    // Types of the clients ask for those of Node.
    typechecks(USE_FLEET, { skipLibCheck: true });
  },
  'OpenTelemetry and prom-client': () => {
    install(tested('@opentelemetry/api'), tested('prom-client'));
    const names: readonly [what: string, from: string][] = [
      ['Registry', 'prom-client'],
      ['WarmCache', 'warm-cache'],
      ['instrument', 'warm-cache/opentelemetry'],
      ['collect', 'warm-cache/prometheus'],
    ];
    runBoth('metrics', names, RUN_METRICS);
    // Types of prom-client ask for those of Node and for a DOM's.
    typechecks(USE_METRICS, { skipLibCheck: true });
  },
};

try {
  run('npm', ['pack', '--silent', '--pack-destination', project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) as string;
  file('package.json', JSON.stringify({ name: 'empty', private: true }));
  install(`./${tarball}`);
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
