import { describe, expect, it } from 'vitest';
import {
  isFullDue,
  type Mark,
  missedSince,
  serverStartAfter,
  serverStartOf,
} from '../../src/adapters/supabase/clock.ts';

const NOON = Date.parse('2025-09-01T12:00:00Z');
const mark = (change: Partial<Mark> = {}): Mark => ({
  start: 5000,
  serverStart: NOON,
  fullStart: 1000,
  ...change,
});

describe('when a load began by the server’s clock', () => {
  it('is at the earliest what the answer says, less the time that it took', () => {
    expect(serverStartOf(1000, 1250, 'Mon, 01 Sep 2025 12:00:00 GMT')).toBe(NOON - 250);
  });

  it.each([
    // The server's clock as the request begins and as it answers, and what of it the header tells.
    [NOON + 999, NOON + 1100],
    [NOON, NOON],
    [NOON - 1, NOON],
    [NOON + 1, NOON + 60_000],
  ])('is never said to be later: %d until %d', (begin, answered) => {
    const date = new Date(answered).toUTCString();
    const told = serverStartOf(7, 7 + (answered - begin), date) as number;
    expect(told).toBeLessThanOrEqual(begin);
    expect(told).toBeGreaterThan(begin - 1000);
  });

  it.each([null, '', 'soon', 'Mon, 99 Sep 2025 12:00:00 GMT'])('is not known of %j', (date) => {
    expect(serverStartOf(1000, 1250, date)).toBeUndefined();
  });

  it('is as much later than before as time has passed', () => {
    expect(serverStartAfter(65_000, mark())).toBe(NOON + 60_000);
  });
});

describe('changes may have been missed', () => {
  it('since the load before, and the overlap before that', () => {
    expect(missedSince(mark(), 10_000)).toBe('2025-09-01T11:59:50.000Z');
    expect(missedSince(mark({ serverStart: NOON + 0.75 }), 0)).toBe('2025-09-01T12:00:00.000Z');
  });

  it('at most since 1970: years before 0 are written in another way', () => {
    expect(missedSince(mark(), Number.MAX_VALUE)).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('everything is read again', () => {
  it.each([
    [1000, 60_999, false],
    [1000, 61_000, true],
    [1000, 1e15, true],
  ])('a while after it was read at %d: at %d %s', (fullStart, start, isDue) => {
    expect(isFullDue(mark({ fullStart }), start, 60_000)).toBe(isDue);
  });

  it('always or never, as one likes', () => {
    expect(isFullDue(mark(), 1000, 0)).toBe(true);
    expect(isFullDue(mark(), 1e15, Infinity)).toBe(false);
  });
});
