import { expect, type RefreshPolicy } from '../options.ts';
import { expectList, expectPart, type Part } from './part.ts';
import { DAY, MINUTE, modulo } from './wall-clock.ts';

const WEEK: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** 1 January 1970 was a Thursday. */
const EPOCH_DAY = 4;

/**
 * A day of the week.
 *
 * @example
 * ```ts
 * import type { Weekday } from 'warm-cache/policies';
 *
 * const weekend: readonly Weekday[] = ['sat', 'sun'];
 * ```
 */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/**
 * A part of the day, and how often to load then.
 *
 * @example
 * ```ts
 * import type { PeakWindow } from 'warm-cache/policies';
 *
 * // From the evenings of Friday and Saturday into the nights after.
 * const late: PeakWindow = { from: '20:00', to: '02:00', days: ['fri', 'sat'], interval: 10_000 };
 * ```
 */
export interface PeakWindow {
  /** The time at which it begins, `'00:00'` to `'23:59'`. */
  readonly from: string;
  /** The time at which it is over, `'00:00'` to `'24:00'`; the next day's where that is before `from`. */
  readonly to: string;
  /**
   * The days on which it begins.
   * @default each day
   */
  readonly days?: readonly Weekday[] | undefined;
  /** Ms, or a policy that tells. */
  readonly interval: number | RefreshPolicy;
}

/** A window, as it is worked with. */
export interface ResolvedWindow {
  /** Ms since midnight. */
  readonly from: number;
  readonly to: number;
  /** 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  readonly part: Part;
  /** `18:00–23:30` */
  readonly words: string;
}

/**
 * @throws {TypeError} Something is missing or of the wrong type.
 * @throws {RangeError} A time or a day is none, the window is empty, or its interval is no number of ms above 0.
 */
export function resolveWindow(window: PeakWindow, option: string): ResolvedWindow {
  expect(option, window, 'object');
  const { from, to, days = WEEK, interval } = window;
  expectPart(`${option}.interval`, interval);
  const resolved = {
    from: timeOf(from, `${option}.from`, DAY - MINUTE),
    to: timeOf(to, `${option}.to`, DAY),
    days: new Set(daysOf(days, `${option}.days`)),
    part: interval,
    words: `${from}–${to}`,
  };
  if (resolved.from === resolved.to) {
    throw new RangeError(`Expected \`${option}.to\` to be another time than \`from\`, got ${to}`);
  }
  return resolved;
}

/** Whether a clock that shows this is within the window; see `WallClock.at`. */
export function isWithin({ from, to, days }: ResolvedWindow, shown: number): boolean {
  const time = modulo(shown, DAY);
  const day = modulo(Math.floor(shown / DAY) + EPOCH_DAY, 7);
  if (from < to) return days.has(day) && time >= from && time < to;
  // It began today, or yesterday.
  return (days.has(day) && time >= from) || (days.has(modulo(day - 1, 7)) && time < to);
}

/** Ms since midnight. */
function timeOf(given: string, option: string, latest: number): number {
  expect(option, given, 'string');
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(given) ?? [];
  const time = (Number(hours) * 60 + Number(minutes)) * MINUTE;
  if (time <= latest) return time;
  throw new RangeError(`Expected \`${option}\` to be a time such as 18:00, got ${given}`);
}

function daysOf(given: readonly Weekday[], option: string): readonly number[] {
  expectList(option, given);
  const days = given.map((day) => WEEK.indexOf(day));
  if (days.length > 0 && !days.includes(-1)) return days;
  throw new RangeError(`Expected \`${option}\` to be some of ${WEEK.join(', ')}, got ${given}`);
}
