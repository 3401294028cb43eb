import { describe, expect, it } from 'vitest';
import { captionOf } from '../public/caption.js';
import { countryName, formatMs, formatSeconds, formatTenths, raceName } from '../public/format.js';
import { heightOf, TICKS } from '../public/scale.js';
import type { Update } from '../src/show.ts';

describe('the caption', () => {
  const now = 1_000_000;
  const lane = { samples: [], loads: [], pending: [], waiting: 0 };
  const statistics = { requests: 9, failed: 0, waited: 0, p50: 1, p99: 1, worst: 1 };
  const usual: Update = {
    now,
    ttl: 5000,
    readers: 20,
    database: 'running',
    lanes: { lazy: { ...lane, statistics }, warm: { ...lane, statistics } },
    cache: {
      status: 'READY',
      version: 1,
      loadedAt: now - 2000,
      nextLoadAt: now + 3000,
      load: null,
      consecutiveFailures: 0,
    },
  };
  const change = (cache: Partial<Update['cache']>, rest: Partial<Update> = {}): Update => ({
    ...usual,
    ...rest,
    cache: { ...usual.cache, ...cache },
  });

  it('says what happens every few seconds', () => {
    const { id, text, spoken } = captionOf(usual, true);
    expect(id).toBe('usual');
    expect(text).toMatch(/^Every 5 s /);
    expect(spoken).toBe(text);
  });

  it('says that somebody waits, which is nothing new to those who hear it', () => {
    const lazy = { ...usual.lanes.lazy, waiting: 3 };
    const waiting = captionOf({ ...usual, lanes: { ...usual.lanes, lazy } }, true);
    expect(waiting.text).toContain('whoever asks now waits');
    expect(waiting).toMatchObject({ id: 'usual', spoken: captionOf(usual, true).spoken });
  });

  it('says how old the board is while the database is stopped, but never aloud', () => {
    const old = change({ loadedAt: now - 42_400, consecutiveFailures: 2 }, { database: 'stopped' });
    const { id, text, spoken } = captionOf(old, true);
    expect(id).toBe('stopped');
    expect(text).toContain('a board that is 42 s old');
    expect(spoken).toContain('The database is stopped.');
    expect(spoken).not.toMatch(/\d/);
    expect(captionOf({ ...old, database: 'stopping' }, true)).toMatchObject({ id, text });
    expect(captionOf({ ...old, database: 'starting' }, true).id).toBe('starting');
  });

  it('says when the cache finds out that the database is back', () => {
    const failed = captionOf(change({ consecutiveFailures: 1 }), true);
    expect(failed.id).toBe('recovering');
    expect(failed.text).toContain('its next load, in 3 s; nobody');
    expect(failed.spoken).not.toMatch(/\d/);
    const load = { reason: 'retry', attempt: 1, startedAt: now } as const;
    const loading = captionOf(change({ loadedAt: now - 10_001, load }), true);
    expect(loading.id).toBe('recovering');
    expect(loading.text).toContain('its next load, which is under way; nobody');
    expect(captionOf(change({ loadedAt: now - 10_000 }), true).id).toBe('usual');
  });

  it('says before all else that the page has lost its server', () => {
    expect(captionOf({ ...usual, database: 'stopped' }, false).id).toBe('disconnected');
  });
});

it('writes times as people say them', () => {
  expect([null, 0, 0.044, 0.994, 1, 9.94, 9.96, 999.4, 999.5, 4321].map(formatMs)).toEqual([
    '–',
    '0.00 ms',
    '0.04 ms',
    '0.99 ms',
    '1.0 ms',
    '9.9 ms',
    '10 ms',
    '999 ms',
    '1.0 s',
    '4.3 s',
  ]);
  expect([-300, 499, 500, 61_000].map(formatSeconds)).toEqual(['0 s', '0 s', '1 s', '61 s']);
  expect([-3, 0, 1249].map(formatTenths)).toEqual(['0.0 s', '0.0 s', '1.2 s']);
});

it('writes names for codes', () => {
  expect(['PL', 'CI', null].map(countryName)).toEqual(['Poland', 'Côte d’Ivoire', 'Not known']);
  expect(['zerg', null].map(raceName)).toEqual(['Zerg', '–']);
});

it('has an axis on which ten times as long is always as much higher', () => {
  expect(heightOf(0.001)).toBe(0);
  expect(heightOf(60_000)).toBe(1);
  const steps = [0.1, 1, 10, 100, 1000].map((ms) => heightOf(ms * 10) - heightOf(ms));
  for (const step of steps) expect(step).toBeCloseTo(1 / 6, 10);
  const heights = TICKS.map(({ ms }) => heightOf(ms));
  expect(heights).toEqual(heights.toSorted((a, b) => a - b));
});
