import type { Verdict, Violation } from './checker.ts';
import { afterWithout, cutOffs } from './excuses.ts';
import type { Fate } from './fates.ts';
import type { Heard, History, Life, Reads, SharedReport } from './history.ts';

/** From `at` on, nothing below `value` is to be served as fresh. */
interface Bar {
  readonly rule: 'stale-after-call' | 'stale-after-interval' | 'stale-after-message';
  readonly at: number;
  readonly value: number;
  readonly why: string;
}

/** Holds all reads to what has been told of writes. */
export function checkReads(
  history: History,
  fates: readonly Fate[],
  report: (violation: Violation) => void,
): Verdict['judged'] {
  const judged = { call: 0, interval: 0, message: 0 };
  for (const life of history.lives) {
    const reads = life.items.filter((item) => item.kind === 'reads');
    checkOrder(life, reads, report);
    const own = afterCalls(life, fates);
    const told = afterMessages(life, fates);
    const compared = afterIntervals(history, life, fates);
    for (const bar of [...own, ...told, ...compared]) {
      // The first is enough: the rest follows from it.
      const broken = reads.find(
        ({ fresh, value, to }) => fresh && value !== null && value < bar.value && to > bar.at,
      );
      if (!broken) continue;
      const late = (broken.to - bar.at).toFixed(1);
      const text = `${broken.how} gave ${broken.value} as fresh ${late} ms after ${bar.why}`;
      report({ rule: bar.rule, worker: life.worker, at: broken.to, text });
    }
    const last = reads.at(-1)?.to ?? -Infinity;
    const within = (bars: readonly Bar[]): number => bars.filter(({ at }) => at < last).length;
    judged.call += within(own);
    judged.message += within(told);
    judged.interval += within(compared);
  }
  return judged;
}

function checkOrder(
  { worker }: Life,
  reads: readonly Reads[],
  report: (violation: Violation) => void,
): void {
  let newest = 0;
  for (const { value, how, from } of reads) {
    if (value === null) continue;
    if (value < newest) {
      report({ rule: 'back', worker, at: from, text: `${how} gave ${value} after ${newest}` });
    }
    newest = value;
  }
}

/** Whoever invalidates knows at once, whatever is wrong. */
function afterCalls(life: Life, fates: readonly Fate[]): Bar[] {
  return fates
    .filter((fate) => fate.life === life)
    .map(({ call }) => ({
      rule: 'stale-after-call',
      at: call.at,
      value: call.wrote,
      why: `invalidating ${call.wrote}`,
    }));
}

/**
 * So does who gets the message. Whose message it is, is told by the generation.
 */
function afterMessages({ items }: Life, fates: readonly Fate[]): Bar[] {
  const bars: Bar[] = [];
  for (const item of items) {
    if (item.kind !== 'message' || !/^(invalidate|purge)$/.test(item.act)) continue;
    const values = fates
      .filter(({ brought }) => brought && isOf(brought, item))
      .map(({ call }) => call.wrote);
    if (values.length === 0) continue;
    const value = Math.max(...values);
    const why = `the message of ${value} (generation ${item.generation})`;
    bars.push({ rule: 'stale-after-message', at: item.at, value, why });
  }
  return bars;
}

function isOf(brought: SharedReport, { epoch, generation }: Heard): boolean {
  return brought.epoch === epoch && brought.generation <= generation;
}

/** Who doesn't get it finds out at its next comparison. */
function afterIntervals(history: History, life: Life, fates: readonly Fate[]): Bar[] {
  const { refreshInterval, loadTimeout, slack } = history.timing;
  const excuses = cutOffs(history, life.worker);
  // It begins with nothing, and is a reader like others once it has compared for the first time.
  const from = life.from + slack;
  return fates
    .filter(({ toldAt }) => toldAt !== undefined && toldAt < life.to)
    .map(({ toldAt = 0, call }) => ({
      rule: 'stale-after-interval',
      // A load of its own may be on the way as it would compare.
      at: afterWithout(excuses, Math.max(from, toldAt), refreshInterval + loadTimeout + slack),
      value: call.wrote,
      why: `an interval after ${call.wrote} was told`,
    }));
}
