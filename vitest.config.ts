import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const FAULTS = 'test/faults/*.test.ts';
const ORACLE = 'test/oracle/*.test.ts';
const FLEET = 'test/fleet-proof/*.test.ts';

const config: ViteUserConfig = {
  resolve: {
    alias: [
      { find: /^warm-cache$/, replacement: source('index.ts') },
      { find: /^warm-cache\/fleet$/, replacement: source('fleet.ts') },
      { find: /^warm-cache\/health$/, replacement: source('health-endpoint.ts') },
      { find: /^warm-cache\/leaderboard$/, replacement: source('leaderboard.ts') },
      { find: /^warm-cache\/logging$/, replacement: source('logging.ts') },
      { find: /^warm-cache\/policies$/, replacement: source('policies.ts') },
      { find: /^warm-cache\/(.+)$/, replacement: `${source('adapters')}/$1.ts` },
    ],
  },
  test: {
    // A promise that nobody handles is a broken promise of the library: it fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'promises',
          include: ['test/**/*.test.ts'],
          exclude: [FAULTS, ORACLE, FLEET],
        },
      },
      {
        extends: true,
        test: {
          name: 'bot',
          include: ['examples/discord-bot/test/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: [FAULTS],
          // A thousand readers and a database are a load of their own: after all else, and one at a time.
          sequence: { groupOrder: 1 },
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'oracle',
          include: [ORACLE],
          // Databases of their own, which are asked all the time.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fleet',
          include: [FLEET, 'examples/fleet/test/*.test.ts'],
          // Processes that are frozen and killed, and servers that are cut off.
          sequence: { groupOrder: 4 },
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: ['examples/live/test/*.test.ts'],
          sequence: { groupOrder: 3 },
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
};

export default config;
