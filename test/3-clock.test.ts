import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as clock from '../src/clock.ts';

// The clock that get() goes by. What it is for can only be seen from within: how often the system's is asked.

/** Of a module of its own, loaded now. */
async function freshClock(): Promise<typeof clock> {
  vi.resetModules();
  return await import('../src/clock.ts');
}

/** Nobody can tell the time of a turn by its end, so this turn is made to last. */
function outlast(moment: number): void {
  while (Date.now() <= moment + 1);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock', () => {
  it('is asked once in a turn of the event loop, and again in the next', async () => {
    const { turnNow } = await freshClock();
    const before = Date.now();
    const first = turnNow();
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThanOrEqual(Date.now());
    outlast(first);
    expect(turnNow()).toBe(first);
    await Promise.resolve();
    expect(turnNow()).toBe(first);
    await turn();
    const second = turnNow();
    expect(second).toBeGreaterThan(first);
    outlast(second);
    await turn();
    expect(turnNow()).toBeGreaterThan(second);
  });

  it('is asked each time where it is replaced', async () => {
    const { turnNow } = await freshClock();
    turnNow();
    vi.useFakeTimers({ now: 1000 });
    expect(turnNow()).toBe(1000);
    vi.setSystemTime(2000);
    expect(turnNow()).toBe(2000);
  });

  it('is asked each time where it was a replaced one from the beginning', async () => {
    vi.useFakeTimers({ now: 1000 });
    const { turnNow } = await freshClock();
    expect(turnNow()).toBe(1000);
    vi.setSystemTime(2000);
    expect(turnNow()).toBe(2000);
  });
});
