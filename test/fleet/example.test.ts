import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type SharedRedis, sharedRedis } from '../support/fleet/redis-server.ts';

let redis: SharedRedis;

beforeAll(async () => {
  redis = await sharedRedis();
  vi.stubEnv('REDIS_URL', redis.url);
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await redis?.stop();
});

it('examples/fleet.ts', { timeout: 60_000 }, async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../../examples/fleet.ts');
  expect(log.mock.calls.map((words) => words.join(' '))).toEqual([
    '1 load, from loader and shared',
    'ace of the other: 1516 after 2 loads',
  ]);
});
