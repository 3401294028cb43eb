import { describe, expect, it, vi } from 'vitest';
import { type Loader, notModified, type WarmCacheOptions } from 'warm-cache';
import { fakeTime, manualLoader, payloadsOf, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('down');

/** A loader that goes through its answers, an Error being thrown, and then fails for ever; and when it was called. */
function scripted(...answers: unknown[]) {
  const times: number[] = [];
  const loader = vi.fn<Loader<unknown>>(async () => {
    times.push(Date.now() - t0);
    const answer = answers.length > 0 ? answers.shift() : down;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { loader, times };
}

/** How long the cache waited between one load and the next, for loads that take no time. */
function waits(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

describe('after a failed load the next starts', () => {
  it('after waits that grow exponentially, up to maxDelay', async () => {
    const { loader, times } = scripted();
    newCache({ loader, backoff: { minDelay: 100, factor: 3, maxDelay: 2000 } }).start();
    await vi.advanceTimersByTimeAsync(8000);
    expect(waits(times)).toEqual([100, 300, 900, 2000, 2000, 2000]);
  });

  it('after waits that stay the same with a factor of 1', async () => {
    const { loader, times } = scripted();
    newCache({ loader, backoff: { minDelay: 100, factor: 1, maxDelay: 2000 } }).start();
    await vi.advanceTimersByTimeAsync(400);
    expect(waits(times)).toEqual([100, 100, 100, 100]);
  });

  it('so long after the end of the failed one', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, backoff: { minDelay: 100 } }).start();
    await vi.advanceTimersByTimeAsync(5000);
    calls[0]?.reject(down);
    await vi.advanceTimersByTimeAsync(99);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(2);
    expect(cache.health().load).toMatchObject({ reason: 'retry', startedAt: t0 + 5100 });
  });

  it('after hundreds of failures too', async () => {
    const { loader, times } = scripted();
    newCache({ loader, backoff: { minDelay: 1, factor: 10, maxDelay: 50 } }).start();
    await vi.advanceTimersByTimeAsync(50 * 2000);
    expect(new Set(waits(times).slice(2))).toEqual(new Set([50]));
    expect(times.length).toBeGreaterThan(1900);
  });

  it('after the shortest wait again, once a load has succeeded', async () => {
    const { loader, times } = scripted(down, down, 'a', down, down);
    const cache = newCache({
      loader,
      ttl: 1000,
      backoff: { minDelay: 100, maxDelay: 400 },
    }).start();
    await vi.advanceTimersByTimeAsync(300);
    expect(cache.peek()?.value).toBe('a');
    await vi.advanceTimersByTimeAsync(2000);
    const afterSuccess = times.slice(3);
    expect(waits(afterSuccess).slice(0, 3)).toEqual([100, 200, 400]);
  });

  it('after the shortest wait again, once a load has found nothing modified', async () => {
    const { loader, times } = scripted('a', down, down, notModified);
    newCache({ loader, ttl: 1000, backoff: { minDelay: 100, maxDelay: 400 } }).start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(waits(times.slice(4)).slice(0, 3)).toEqual([100, 200, 400]);
  });

  it('after a longer wait, where quick retries have failed: they are one failure', async () => {
    const { loader, times } = scripted();
    const retry = { retries: 1, minTimeout: 10, randomize: false };
    newCache({ loader, retry, backoff: { minDelay: 100, maxDelay: 400 } }).start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(waits(times)).toEqual([10, 100, 10, 200, 10, 400, 10]);
  });

  it.each<[string, number, Partial<WarmCacheOptions<string>>]>([
    ['timed out', 50, { loader: () => new Promise(() => {}), loadTimeout: 50 }],
    ['was vetoed', 0, { accept: () => false }],
    ['had nothing to keep', 0, { loader: ({ notModified: same }) => same }],
  ])('in the same way where it %s', async (_, took, options) => {
    const backoff = { minDelay: 100, maxDelay: 200 };
    const cache = newCache<string>({ loader: () => 'a', backoff, ...options });
    const loads = payloadsOf(cache, 'load');
    cache.start();
    await vi.advanceTimersByTimeAsync(500 + 3 * took);
    const times = loads.map(({ startedAt }) => startedAt - t0);
    expect(waits(times)).toEqual([100 + took, 200 + took, 200 + took]);
  });
});

describe('the wait after a failed load is spread at random', () => {
  /** The waits, with `Math.random` at its lowest and at its highest, say. */
  async function waitsWith(random: number): Promise<number[]> {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const { loader, times } = scripted();
    const backoff = { minDelay: 100, maxDelay: 400 };
    const cache = newCache({ loader, jitter: 0.2, backoff }).start();
    await vi.advanceTimersByTimeAsync(2000);
    await cache.stop();
    return waits(times).slice(0, 5);
  }

  it('by at most the fraction of jitter, also at the cap', async () => {
    const nominal = [100, 200, 400, 400, 400];
    const some = await waitsWith(0);
    const others = await waitsWith(1 - Number.EPSILON);
    for (const [index, delay] of nominal.entries()) {
      const [low, high] = [some[index], others[index]].sort((a = 0, b = 0) => a - b);
      expect(low).toBeGreaterThanOrEqual(delay * 0.8 - 1);
      expect(high).toBeLessThanOrEqual(delay);
      expect((high ?? 0) - (low ?? 0)).toBeGreaterThan(delay * 0.15);
    }
  });
});

describe('the last good value', () => {
  it('is served through failed loads, until it expires', async () => {
    const { loader } = scripted('a');
    const cache = newCache({
      loader,
      ttl: 1000,
      maxStale: 5000,
      backoff: { minDelay: 100 },
    }).start();
    await vi.advanceTimersByTimeAsync(5999);
    expect(await cache.get()).toBe('a');
    expect(cache.peek()).toMatchObject({ value: 'a', version: 1, loadedAt: t0 });
    expect(cache.health().consecutiveFailures).toBeGreaterThan(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.peek()).toBeUndefined();
  });

  it('is kept when a result is vetoed', async () => {
    const { loader } = scripted('a', 'bad');
    const cache = newCache({ loader, accept: (next) => next !== 'bad' });
    await cache.refresh();
    await expect(cache.refresh()).rejects.toThrow();
    expect(cache.peek()).toMatchObject({ value: 'a', version: 1 });
    expect(await cache.get()).toBe('a');
  });

  it('is kept when a load times out', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 100 });
    void cache.refresh();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.health().loads.timeout).toBe(1);
    expect(await cache.get()).toBe('a');
  });
});
