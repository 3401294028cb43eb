import type { Violation } from './checker.ts';
import { overlaps } from './excuses.ts';
import type { History, Invalidation, Life, Settled, SharedReport } from './history.ts';

/** An invalidation, and what became of it. */
export interface Fate {
  readonly life: Life;
  readonly call: Invalidation;
  readonly end: Settled | undefined;
  /** Since when the whole fleet is surely told: it resolves no sooner. `undefined`: it rejected, or the process ended before. */
  readonly toldAt: number | undefined;
  /** The generation that it has brought about, or a later one of that epoch; `undefined` where that isn't sure. */
  readonly brought: SharedReport | undefined;
}

/** What became of all the invalidations, each of which has to settle, with nothing older than what was written before. */
export function fatesOf(history: History, report: (violation: Violation) => void): Fate[] {
  return history.lives.flatMap((life) => {
    const ends = new Map<number, Settled>();
    for (const item of life.items) if (item.kind === 'settled') ends.set(item.id, item);
    return life.items
      .filter((item) => item.kind === 'invalidate')
      .map((call) => {
        const end = ends.get(call.id);
        const toldAt = end?.value === undefined ? undefined : end.at;
        const fate = { life, call, end, toldAt, brought: broughtBy(history, call, end) };
        checkEnd(history, fate, report);
        return fate;
      });
  });
}

/** What the one who invalidates knows in the end is that, if it was told in the record that it knew before. */
function broughtBy(
  { faults }: History,
  call: Invalidation,
  end: Settled | undefined,
): SharedReport | undefined {
  const before = call.shared;
  const after = end?.shared;
  if (end?.value === undefined || !before || !after) return undefined;
  const hasGrown = before.epoch === after.epoch && before.generation < after.generation;
  const isLost = faults.some(
    (fault) => /^(flush|restart)$/.test(fault.kind) && overlaps(fault, call.at, end.at),
  );
  return hasGrown && !isLost ? after : undefined;
}

function checkEnd(
  { faults, timing }: History,
  { life: { worker, end: lifeEnd }, call, end }: Fate,
  report: (violation: Violation) => void,
): void {
  if (!end) {
    if (lifeEnd !== 'stopped') return;
    report({ rule: 'settles', worker, at: call.at, text: `invalidate ${call.id} never settled` });
    return;
  }
  if (end.value === undefined) {
    // A load may have failed because of what was wrong with another process, or go on failing for a while.
    const fade = timing.lease + timing.refreshInterval + timing.loadTimeout + timing.slack;
    const wasTroubled = faults.some(({ from, to }) =>
      overlaps({ from, to: to + fade }, call.at, end.at),
    );
    if (wasTroubled) return;
    report({ rule: 'settles', worker, at: end.at, text: `invalidate rejected: ${end.error}` });
  } else if (end.value < call.wrote) {
    const text = `invalidate after writing ${call.wrote} resolved with ${end.value}`;
    report({ rule: 'barrier', worker, at: end.at, text });
  }
}
