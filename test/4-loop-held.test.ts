import { describe, expect, it, vi } from 'vitest';
import { fakeTime, manualLoader, settle } from './support/loads.ts';

// What 4-loop-process.test.ts sees in real processes, seen here in the timers themselves.

const newCache = fakeTime();

/** Whether the timer that was made last keeps the process alive. */
function spyOnTimers(): () => boolean | undefined {
  const setTimer = vi.spyOn(globalThis, 'setTimeout');
  return () => setTimer.mock.results.at(-1)?.value.hasRef();
}

describe('a timer keeps the process alive', () => {
  it('for as long as somebody waits, be it the last of several', async () => {
    const { calls, loader } = manualLoader<string>();
    const isHeld = spyOnTimers();
    const cache = newCache({ loader }).start();
    expect(isHeld()).toBe(false);
    const impatient = new AbortController();
    const first = cache.get({ signal: impatient.signal });
    const second = cache.get();
    expect(isHeld()).toBe(true);
    impatient.abort();
    await expect(first).rejects.toThrow();
    expect(isHeld()).toBe(true);
    calls[0]?.resolve('a');
    await second;
    expect(isHeld()).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(isHeld()).toBe(false);
  });

  it('and not for the wait between two attempts of a load that nobody waits for', async () => {
    const isHeld = spyOnTimers();
    const loader = vi.fn(() => Promise.reject(new Error('down')));
    newCache({ loader, retry: { retries: 1, minTimeout: 100, randomize: false } }).start();
    await settle();
    expect(vi.mocked(setTimeout).mock.calls.at(-1)?.[1]).toBe(100);
    expect(isHeld()).toBe(false);
  });

  it('also through the wait between two loads', async () => {
    const { calls, loader } = manualLoader<string>();
    const isHeld = spyOnTimers();
    const cache = newCache({ loader });
    const ready = cache.ready();
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(isHeld()).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    calls[1]?.resolve('a');
    await ready;
    cache.start();
    expect(isHeld()).toBe(false);
  });
});
