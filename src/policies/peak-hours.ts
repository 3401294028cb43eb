import {
  expect,
  type IntervalChoice,
  type RefreshIntervalContext,
  type RefreshPolicy,
} from '../options.ts';
import { ask, expectList, expectPart, type Part } from './part.ts';
import { DAY, wallClock } from './wall-clock.ts';
import { isWithin, type PeakWindow, resolveWindow } from './window.ts';

/**
 * The options of {@link peakHours}.
 *
 * @example
 * ```ts
 * import type { PeakHoursOptions } from 'warm-cache/policies';
 *
 * const office: PeakHoursOptions = {
 *   timeZone: 'America/New_York',
 *   windows: [
 *     { from: '09:00', to: '17:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'], interval: 10_000 },
 *   ],
 *   otherwise: 600_000,
 * };
 * ```
 */
export interface PeakHoursOptions {
  /** Whose clock counts: an IANA zone, such as `'Europe/Warsaw'`. */
  readonly timeZone: string;
  /** Where several hold at once, the first of them counts. */
  readonly windows: readonly PeakWindow[];
  /** Ms, or a policy that tells, for the rest of the time. `Infinity`: no loop then. */
  readonly otherwise: number | RefreshPolicy;
}

/** How far to look ahead, in ms: a window of one weekday comes within it, also if that day is missing once. */
const HORIZON = 15 * DAY;

/** What holds for a while: one of the windows, or that none does. */
interface Phase {
  readonly part: Part;
  readonly option: string;
  readonly words: string;
  /** What is waited for until it begins. */
  readonly beginning: string;
}

/**
 * Loads at the rate that a part of the day has. What the clock on a wall shows decides: a window within the hour that is
 * skipped in spring falls out that day, and one within the hour that is repeated in autumn lasts for both.
 *
 * A longer interval doesn't reach into a window with a shorter one (or past the end of one with a longer): it is cut so
 * that the next load starts as the window begins. Where that is nearer than the window's own interval, the window's
 * interval is taken.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} There is no such zone, time or day, a window is empty, or an interval is no number of ms above 0.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { demand, peakHours } from 'warm-cache/policies';
 *
 * declare function loadBoard(): Promise<string[]>;
 *
 * const board = new WarmCache({
 *   loader: loadBoard,
 *   ttl: 600_000,
 *   refreshInterval: peakHours({
 *     timeZone: 'Europe/Warsaw',
 *     windows: [
 *       { from: '18:00', to: '23:30', interval: 5000 },
 *       { from: '14:00', to: '02:00', days: ['sat', 'sun'], interval: 15_000 },
 *     ],
 *     otherwise: demand({ min: 30_000, max: 600_000 }),
 *   }),
 * });
 * ```
 */
export function peakHours(
  options: PeakHoursOptions,
): (context: RefreshIntervalContext) => IntervalChoice {
  expect('options', options, 'object');
  const { timeZone, windows, otherwise } = options;
  expect('timeZone', timeZone, 'string');
  expectList('windows', windows);
  expectPart('otherwise', otherwise);
  const clock = wallClock(timeZone);
  const peaks = windows.map((window, i) => {
    const option = `windows[${i}]`;
    const peak = resolveWindow(window, option);
    const words = `peak hours ${peak.words} ${timeZone}`;
    return { ...peak, option, words, beginning: words };
  });
  const rest: Phase = {
    part: otherwise,
    option: 'otherwise',
    words: 'outside peak hours',
    beginning: 'the peak hours are over',
  };
  const phaseAt = (instant: number): Phase => {
    const shown = clock.at(instant);
    return peaks.find((peak) => isWithin(peak, shown)) ?? rest;
  };
  // The times at which a phase may begin.
  const marks = [...new Set(peaks.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);

  return (context) => {
    const now = Math.floor(context.now);
    // Intervals count from the start of the load.
    const start = context.now - context.lastDuration;
    const answers = new Map<Phase, IntervalChoice>();
    const choiceOf = (phase: Phase): IntervalChoice => {
      const known = answers.get(phase);
      if (known) return known;
      const { interval, why } = ask(phase.option, phase.part, context);
      // A fixed interval needs no reason but the hour.
      const reason = typeof phase.part === 'number' ? '' : `: ${why}`;
      const choice = { interval, why: phase.words + reason };
      answers.set(phase, choice);
      return choice;
    };

    let choice = choiceOf(phaseAt(now));
    if (marks.length === 0) return choice;
    for (let at = now; ; ) {
      const end = Math.min(start + choice.interval, now + HORIZON);
      at = clock.next(at, marks, end);
      if (at >= end) return choice;
      const phase = phaseAt(at);
      const coming = choiceOf(phase);
      const reach = at - start;
      if (Math.max(reach, coming.interval) >= choice.interval) continue;
      choice =
        coming.interval > reach ? coming : { interval: reach, why: `until ${phase.beginning}` };
    }
  };
}
