// Every five seconds in the evening, every ten minutes else. A policy is a function: it can be asked ahead.
import { type RefreshIntervalContext, WarmCache } from 'warm-cache';
import { peakHours } from 'warm-cache/policies';

const rate = peakHours({
  timeZone: 'Europe/Warsaw',
  windows: [{ from: '18:00', to: '23:30', interval: 5000 }],
  otherwise: 600_000,
});

/** What a load is told that ended at that time, and took no time at all. */
const loadAt = (time: string): RefreshIntervalContext => ({
  now: Date.parse(`2026-06-10T${time}+02:00`),
  lastDuration: 0,
  reads: 0,
  readRate: 0,
  changed: true,
  unchangedStreak: 0,
  failures: 0,
  age: 0,
  interval: 600_000,
});
for (const time of ['12:00', '17:55', '18:00', '23:30']) {
  const { interval, why } = rate(loadAt(time));
  console.log(`${time}: next in ${interval / 1000} s, ${why}`);
}

const board = new WarmCache({ loader: () => ['ace'], ttl: 600_000, refreshInterval: rate });
await board.get();
console.log(`now: ${board.health().interval.why}`);
