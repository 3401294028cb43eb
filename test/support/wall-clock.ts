import type { PeakWindow } from 'warm-cache/policies';

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock of a zone shows, by a way of its own: the parts that are asked for by name. */
export function wall(
  timeZone: string,
  instant: number,
): { readonly date: string; readonly time: string; readonly day: string } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, value]),
  );
  const date = `${parts['year']}-${parts['month']}-${parts['day']}`;
  const time = `${parts['hour']}:${parts['minute']}`;
  return { date, time, day: dayOf(date) };
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayOf = (date: string): string => `${DAYS[new Date(`${date}T12:00Z`).getUTCDay()]}`;

/** The place of the window that holds, told by comparing what the clock shows as text. -1: none does. */
export function windowAt(
  windows: readonly PeakWindow[],
  timeZone: string,
  instant: number,
): number {
  const { date, time, day } = wall(timeZone, instant);
  const yesterday = dayOf(
    new Date(Date.parse(`${date}T12:00Z`) - 86_400_000).toISOString().slice(0, 10),
  );
  return windows.findIndex(({ from, to, days = DAYS }) => {
    const begins = (which: string): boolean => (days as readonly string[]).includes(which);
    if (from < to) return begins(day) && from <= time && time < to;
    return (begins(day) && from <= time) || (begins(yesterday) && time < to);
  });
}
