import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { check, type Verdict } from './checker.ts';
import type { History } from './history.ts';
import { timelines } from './tell.ts';

const LEFT = join(tmpdir(), `warm-cache-fleet-${process.pid}.json`);

/** Expects that nothing is broken; what is, is told with all that went on around it. */
export function expectKept(history: History): Verdict {
  const verdict = check(history);
  if (verdict.violations.length > 0) writeFileSync(LEFT, JSON.stringify(history));
  const story = `${timelines(history, verdict)}\nThe whole history is in ${LEFT}`;
  expect(verdict.violations, story).toEqual([]);
  // A check of nothing finds nothing.
  expect(verdict.freshReads).toBeGreaterThan(1000);
  return verdict;
}
