// All times are ms: those of the server since the epoch, by its own clock, the others by `performance.now()`. This
// machine's wall clock is asked nothing.

/** What is known of a leaderboard's age. */
export interface Mark {
  /** When the load that made it began. */
  readonly start: number;
  /** The same by the server's clock, or a little before that: never after. */
  readonly serverStart: number;
  /** When the last load that read everything began. */
  readonly fullStart: number;
}

/**
 * When a load began by the server's clock, or up to a second before that, never after; `undefined` where nothing is told.
 *
 * @param date - The `Date` header of an answer: of a moment before `arrival`, in whole seconds.
 */
export function serverStartOf(
  start: number,
  arrival: number,
  date: string | null,
): number | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time - (arrival - start);
}

/** The same, where no answer told the time: as much later than an earlier load as time has passed. */
export function serverStartAfter(start: number, earlier: Mark): number {
  return earlier.serverStart + (start - earlier.start);
}

/** After which moment a change may have been missed, as PostgreSQL reads it. */
export function missedSince({ serverStart }: Mark, overlap: number): string {
  // PostgreSQL and JavaScript write years before 0 in different ways.
  return new Date(Math.max(0, serverStart - overlap)).toISOString();
}

/** Whether it is time to read everything again. */
export function isFullDue({ fullStart }: Mark, start: number, interval: number): boolean {
  return start - fullStart >= interval;
}
