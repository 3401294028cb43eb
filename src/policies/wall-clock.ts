export const MINUTE = 60_000;
export const DAY: number = 24 * 60 * MINUTE;

/** What a clock on a wall of some zone shows. */
export interface WallClock {
  /**
   * What it shows at an instant: the epoch ms of the instant when a clock in Greenwich shows the same. So the distance to
   * the instant is the zone's offset, and a clock that is put back repeats itself.
   */
  readonly at: (instant: number) => number;
  /**
   * The first whole instant after `instant`, but at most `until`, at which it shows one of `marks` (ms since midnight, in
   * order) or is put forward or back.
   */
  readonly next: (instant: number, marks: readonly number[], until: number) => number;
}

/**
 * The clock of an IANA zone. It is read by one formatter, made here, as making one takes far longer than reading.
 *
 * @throws {RangeError} There is no such zone.
 */
export function wallClock(timeZone: string): WallClock {
  const format = formatter(timeZone);

  const at = (instant: number): number => {
    const [month = 0, day, year = 0, hour, minute, second] = format
      .format(instant)
      .split(/\D+/)
      .map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) + modulo(instant, 1000);
  };

  /** When the clock is put forward or back, which it is once between `early` and `late`. */
  const leap = (early: number, late: number): number => {
    const offset = at(early) - early;
    let [before, after] = [early, late];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (at(middle) - middle === offset) before = middle;
      else after = middle;
    }
    return after;
  };

  return {
    at,
    next: (instant, marks, until) => {
      const shown = at(instant);
      const time = modulo(shown, DAY);
      const mark = marks.find((later) => later > time) ?? (marks[0] ?? 0) + DAY;
      const due = Math.min(instant + mark - time, Math.ceil(until));
      return at(due) - due === shown - instant ? due : leap(instant, due);
    },
  };
}

/** Of whole numbers, and never negative. */
export function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  try {
    // In the order that American English has: month, day, year, hour, minute, second.
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    const message = `Expected \`timeZone\` to be an IANA zone, such as Europe/Warsaw, got ${timeZone}`;
    throw new RangeError(message, { cause });
  }
}
