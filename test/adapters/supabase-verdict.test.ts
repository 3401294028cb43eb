import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../src/adapters/supabase/delta.ts';

describe('a board of 10 rows, after the changes were read', () => {
  it.each([
    // Rows counted, rows held after the changes were read for the first time, verdict.
    [10, undefined, 'whole'],
    [9, undefined, 'read all'],
    [0, undefined, 'read all'],
    [11, undefined, 'read again'],
  ])('where %d are counted: %s, %s', (counted, before, verdict) => {
    expect(verdictOf(10, counted, before)).toBe(verdict);
  });

  it.each([
    [10, 10, 'whole'],
    [10, 9, 'whole'],
    [9, 10, 'read all'],
    [9, 9, 'read all'],
    // Some came, and more come.
    [11, 9, 'whole'],
    // None came that could be seen.
    [11, 10, 'read all'],
  ])('once more, where %d are counted and %d were held: %s', (counted, before, verdict) => {
    expect(verdictOf(10, counted, before)).toBe(verdict);
  });
});
