import { expect, it } from 'vitest';
import { WarmCacheMap } from 'warm-cache';

const KEYS = 20_000;

it('leaves the event loop its turns while many keys are loaded by a loader that takes no time', async () => {
  let loads = 0;
  const map = new WarmCacheMap({
    loader: (key: number) => {
      loads += 1;
      return key;
    },
    keys: Array.from({ length: KEYS }, (_, key) => key),
    ttl: 3_600_000,
  });
  await map.start().ready();
  loads = 0;
  const all = map.invalidateAll();
  const seen: number[] = [];
  const look = (): void => {
    seen.push(loads);
    if (loads < KEYS) setImmediate(look);
  };
  setImmediate(look);
  await all;
  // One may be due again by now.
  expect(loads).toBeGreaterThanOrEqual(KEYS);
  expect(seen.filter((count) => count > 0 && count < KEYS).length).toBeGreaterThan(2);
  await map.stop();
});
