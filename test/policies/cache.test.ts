import { expect, it, vi } from 'vitest';
import { budget, changeRate, demand, fastestOf, peakHours, slowestOf } from 'warm-cache/policies';
import { fakeTime, payloadsOf } from '../support/loads.ts';
import { HOUR, MINUTE, SECOND } from '../support/simulated-loads.ts';

const makeCache = fakeTime();
const ttl = 24 * HOUR;

/** A loader that takes so long, and when it was called. */
function slowLoader(duration: number): { starts: string[]; loader: () => Promise<number> } {
  const starts: string[] = [];
  const loader = async () => {
    starts.push(new Date().toISOString().slice(11, 19));
    await new Promise((resolve) => setTimeout(resolve, duration));
    return starts.length;
  };
  return { starts, loader };
}

it('a cache loads as peak hours begin, and says why it loads so often', async () => {
  vi.setSystemTime('2026-06-10T15:53:00Z');
  const { starts, loader } = slowLoader(2000);
  const refreshInterval = peakHours({
    timeZone: 'Europe/Warsaw',
    windows: [{ from: '18:00', to: '23:30', interval: MINUTE }],
    otherwise: 5 * MINUTE,
  });
  const cache = makeCache({ loader, ttl, refreshInterval }).start();
  await vi.advanceTimersByTimeAsync(5 * MINUTE + 2 * SECOND);
  expect(cache.health().interval).toEqual({
    ms: 2 * MINUTE,
    why: 'until peak hours 18:00–23:30 Europe/Warsaw',
  });
  await vi.advanceTimersByTimeAsync(4 * MINUTE);
  expect(starts).toEqual(['15:53:00', '15:58:00', '16:00:00', '16:01:00', '16:02:00']);
  expect(cache.health().interval.why).toBe('peak hours 18:00–23:30 Europe/Warsaw');
});

it('a cache that is read more loads more', async () => {
  const { starts, loader } = slowLoader(0);
  const refreshInterval = demand({ min: SECOND, max: 10 * SECOND, readsPerLoad: 10 });
  const cache = makeCache({ loader, ttl, refreshInterval }).start();
  await vi.advanceTimersByTimeAsync(30 * SECOND);
  expect(starts.length).toBe(4);
  for (let i = 0; i < 30; i++) {
    for (let n = 0; n < 5; n++) await cache.get();
    await vi.advanceTimersByTimeAsync(SECOND);
  }
  expect(cache.health().interval).toEqual({ ms: 2000, why: '5 reads/s' });
});

it('a cache learns how often its value changes', async () => {
  let changes = false;
  const refreshInterval = changeRate({ min: SECOND, max: 8 * SECOND });
  const cache = makeCache({
    loader: () => ({}),
    validator: () => (changes ? Date.now() : 1),
    ttl,
    refreshInterval,
  }).start();
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(cache.health().interval.ms).toBe(8000);
  expect(cache.health().interval.why).toMatch(/^unchanged for \d+ loads, stays at 8 s$/);
  changes = true;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(cache.health().interval).toEqual({ ms: 1000, why: 'changed, stays at 1 s' });
});

it('a cache keeps its loads within a budget', async () => {
  const { starts, loader } = slowLoader(3000);
  const refreshInterval = slowestOf(10 * SECOND, budget({ share: 0.1 }));
  makeCache({ loader, ttl, refreshInterval }).start();
  await vi.advanceTimersByTimeAsync(5 * MINUTE - 1);
  expect(starts.length).toBe(10);
});

it('a wrong answer of one part has the cache fall back to its ttl, and tell', async () => {
  const refreshInterval = fastestOf(5000, () => Number.NaN);
  const cache = makeCache({ loader: () => 1, ttl: 60_000, refreshInterval });
  const errors = payloadsOf(cache, 'error');
  cache.start();
  await vi.advanceTimersByTimeAsync(1);
  expect(String(errors[0]?.error)).toContain('fastestOf()[1]()');
  expect(cache.health().interval.ms).toBe(60_000);
});
