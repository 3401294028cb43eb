import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  type PeakHoursOptions,
  type PeakWindow,
  peakHours,
  type Weekday,
} from 'warm-cache/policies';
import { runs } from '../support/runs.ts';
import { contextOf, DAY, HOUR, MINUTE, SECOND, simulate } from '../support/simulated-loads.ts';
import { wall, windowAt } from '../support/wall-clock.ts';

const WARSAW = 'Europe/Warsaw';
const at = (iso: string): number => Date.parse(iso);
const utc = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 16);

describe('peakHours()', () => {
  const rate = peakHours({
    timeZone: WARSAW,
    windows: [{ from: '18:00', to: '23:30', interval: 5000 }],
    otherwise: 60_000,
  });

  it.each([
    ['2026-06-10T12:00', 60_000, 'outside peak hours'],
    ['2026-06-10T15:59', 60_000, 'outside peak hours'],
    ['2026-06-10T16:00', 5000, 'peak hours 18:00–23:30 Europe/Warsaw'],
    ['2026-06-10T21:29:59.999', 5000, 'peak hours 18:00–23:30 Europe/Warsaw'],
    ['2026-06-10T21:30', 60_000, 'outside peak hours'],
    // The hour is another in winter.
    ['2026-12-10T16:00', 60_000, 'outside peak hours'],
    ['2026-12-10T17:00', 5000, 'peak hours 18:00–23:30 Europe/Warsaw'],
  ])('at %sZ in Warsaw: %i ms, %s', (instant, interval, why) => {
    expect(rate(contextOf({ now: at(`${instant}Z`) }))).toEqual({ interval, why });
  });

  it('cuts an interval at the beginning of a window with a shorter one', () => {
    const now = at('2026-06-10T15:59:30Z');
    const why = 'until peak hours 18:00–23:30 Europe/Warsaw';
    expect(rate(contextOf({ now }))).toEqual({ interval: 30_000, why });
    // Intervals count from the start of the load, which was two seconds ago.
    expect(rate(contextOf({ now, lastDuration: 2000 }))).toEqual({ interval: 32_000, why });
  });

  it('takes the window’s own interval where the beginning is nearer than that', () => {
    const now = at('2026-06-10T15:59:58Z');
    const why = 'peak hours 18:00–23:30 Europe/Warsaw';
    expect(rate(contextOf({ now }))).toEqual({ interval: 5000, why });
  });

  it('cuts the interval of a slow window at its end', () => {
    const nights = peakHours({
      timeZone: WARSAW,
      windows: [{ from: '23:00', to: '06:00', interval: HOUR }],
      otherwise: MINUTE,
    });
    expect(nights(contextOf({ now: at('2026-06-10T03:40Z') }))).toEqual({
      interval: 20 * MINUTE,
      why: 'until the peak hours are over',
    });
    // A longer one isn't waited for.
    expect(nights(contextOf({ now: at('2026-06-10T20:59:30Z') })).interval).toBe(MINUTE);
  });

  it('counts the days of a window past midnight from its beginning', () => {
    const late = peakHours({
      timeZone: 'UTC',
      windows: [{ from: '20:00', to: '02:00', days: ['fri', 'sat'], interval: SECOND }],
      otherwise: MINUTE,
    });
    const peaks = (iso: string) => late(contextOf({ now: at(iso) })).interval === SECOND;
    // 12 June 2026 is a Friday.
    expect(peaks('2026-06-12T01:00Z')).toBe(false);
    expect(peaks('2026-06-12T20:00Z')).toBe(true);
    expect(peaks('2026-06-13T01:59Z')).toBe(true);
    expect(peaks('2026-06-13T02:00Z')).toBe(false);
    expect(peaks('2026-06-14T01:00Z')).toBe(true);
    expect(peaks('2026-06-14T20:00Z')).toBe(false);
  });

  it('takes the first of the windows that hold', () => {
    const both = peakHours({
      timeZone: 'UTC',
      windows: [
        { from: '12:00', to: '13:00', interval: 30_000 },
        { from: '00:00', to: '24:00', interval: 10_000 },
        { from: '12:30', to: '13:30', interval: 5000 },
      ],
      otherwise: MINUTE,
    });
    const interval = (iso: string) => both(contextOf({ now: at(iso) })).interval;
    expect(interval('2026-06-10T00:00Z')).toBe(10_000);
    expect(interval('2026-06-10T12:30Z')).toBe(30_000);
    expect(interval('2026-06-10T13:00Z')).toBe(10_000);
    expect(interval('2026-06-10T23:59:59.999Z')).toBe(10_000);
  });

  it('lets a window, and the rest of the time, have a policy', () => {
    const nested = peakHours({
      timeZone: 'UTC',
      windows: [
        {
          from: '18:00',
          to: '24:00',
          interval: ({ readRate }) => ({ interval: 1000 / readRate, why: `${readRate}/s` }),
        },
      ],
      otherwise: ({ reads }) => 60_000 - reads,
    });
    const evening = { now: at('2026-06-10T19:00Z'), readRate: 2 };
    expect(nested(contextOf(evening))).toEqual({
      interval: 500,
      why: 'peak hours 18:00–24:00 UTC: 2/s',
    });
    expect(nested(contextOf({ now: at('2026-06-10T12:00Z'), reads: 7 }))).toEqual({
      interval: 59_993,
      why: 'outside peak hours: otherwise()',
    });
    // The policy of a window to come is asked as well.
    expect(nested(contextOf({ now: at('2026-06-10T17:59:40Z'), readRate: 2 })).interval).toBe(
      20_000,
    );
  });

  it('sleeps where there is no loop otherwise, but for the windows', () => {
    const sundays = peakHours({
      timeZone: WARSAW,
      windows: [{ from: '02:15', to: '02:45', days: ['sun'], interval: SECOND }],
      otherwise: Infinity,
    });
    const next = (iso: string) => {
      const now = at(iso);
      return utc(now + sundays(contextOf({ now })).interval);
    };
    expect(next('2026-06-08T00:00Z')).toBe('2026-06-14T00:15');
    // On 29 March there is no such time.
    expect(next('2026-03-22T01:50Z')).toBe('2026-04-05T00:15');
    const never = peakHours({ timeZone: WARSAW, windows: [], otherwise: Infinity });
    expect(never(contextOf()).interval).toBe(Infinity);
    const fixed = { from: '02:15', to: '02:45', interval: Infinity };
    const no = peakHours({ timeZone: WARSAW, windows: [fixed], otherwise: Infinity });
    expect(no(contextOf()).interval).toBe(Infinity);
  });

  it.each<[string, PeakHoursOptions, Parameters<typeof contextOf>[0]]>([
    [
      'of a window',
      {
        timeZone: 'UTC',
        windows: [{ from: '00:00', to: '12:00', interval: () => Number.NaN }],
        otherwise: 1,
      },
      { now: 1 },
    ],
    [
      'of a window to come',
      {
        timeZone: 'UTC',
        windows: [{ from: '00:01', to: '12:00', interval: () => -1 }],
        otherwise: HOUR,
      },
      { now: 1 },
    ],
    [
      'of the rest',
      { timeZone: 'UTC', windows: [], otherwise: () => null as unknown as number },
      {},
    ],
  ])('throws a wrong answer %s', (_, options, context) => {
    const wrong = peakHours(options);
    expect(() => wrong(contextOf(context))).toThrow(/^Expected `(windows\[0\]|otherwise)\(\)`/);
  });

  describe('options', () => {
    const right = { from: '18:00', to: '23:30', interval: 5000 };
    const made = (options: object, window?: object) => () =>
      peakHours({
        timeZone: WARSAW,
        windows: [{ ...right, ...window }],
        otherwise: 60_000,
        ...options,
      } as PeakHoursOptions);

    it.each<[object, ErrorConstructor, string]>([
      [{ timeZone: undefined }, TypeError, '`timeZone` to be of type string, got undefined'],
      [{ timeZone: 'Mars/Base' }, RangeError, '`timeZone` to be an IANA zone, such as Eu'],
      [{ windows: undefined }, TypeError, '`windows` to be a list, got undefined'],
      [{ windows: {} }, TypeError, '`windows` to be a list, got object'],
      [{ windows: [null] }, TypeError, '`windows[0]` to be of type object, got null'],
      [{ otherwise: undefined }, TypeError, '`otherwise` to be of type number, got undefined'],
      [{ otherwise: 0 }, RangeError, '`otherwise` to be from 0.001 to Infinity, got 0'],
    ])('%o', (options, kind, message) => {
      expect(made(options)).toThrow(kind);
      expect(made(options)).toThrow(message);
    });

    it.each<[object, ErrorConstructor, string]>([
      [{ from: 18 }, TypeError, '`windows[0].from` to be of type string, got number'],
      [{ from: '24:00' }, RangeError, '`windows[0].from` to be a time such as 18:00, got 24:00'],
      [{ from: '8:00' }, RangeError, '`windows[0].from` to be a time such as 18:00, got 8:00'],
      [{ from: '18:60' }, RangeError, '`windows[0].from` to be a time such as 18:00, got 18:60'],
      [{ to: '24:01' }, RangeError, '`windows[0].to` to be a time such as 18:00, got 24:01'],
      [{ to: '' }, RangeError, '`windows[0].to` to be a time such as 18:00, got '],
      [{ to: '18:00' }, RangeError, '`windows[0].to` to be another time than `from`, got 18:00'],
      [{ days: 'mon' }, TypeError, '`windows[0].days` to be a list, got string'],
      [{ days: [] }, RangeError, '`windows[0].days` to be some of sun, mon'],
      [{ days: ['mon', 'Tue'] }, RangeError, '`windows[0].days` to be some of sun, mon'],
      [{ interval: 'often' }, TypeError, '`windows[0].interval` to be of type number, got string'],
      [{ interval: -1 }, RangeError, '`windows[0].interval` to be from 0.001 to Infinity, got -1'],
    ])('a window of %o', (window, kind, message) => {
      expect(made({}, window)).toThrow(kind);
      expect(made({}, window)).toThrow(message);
    });

    it('that are no object', () => {
      expect(() => peakHours(undefined as unknown as PeakHoursOptions)).toThrow(TypeError);
    });

    it('are read once: what happens to them later changes nothing', () => {
      const days: Weekday[] = ['wed'];
      const windows = [{ ...right, days }];
      const kept = peakHours({ timeZone: 'UTC', windows, otherwise: 60_000 });
      days.length = 0;
      windows.length = 0;
      expect(kept(contextOf({ now: at('2026-06-10T19:00Z') })).interval).toBe(5000);
    });
  });

  it('makes one formatter, and asks it little', () => {
    const made = vi.spyOn(Intl, 'DateTimeFormat');
    const asked = vi.spyOn(
      Intl.DateTimeFormat.prototype as { readonly format: unknown },
      'format',
      'get',
    );
    const windows: PeakWindow[] = [
      { from: '07:00', to: '09:00', interval: 5000 },
      { from: '18:00', to: '23:30', interval: 5000 },
    ];
    const plain = peakHours({ timeZone: WARSAW, windows, otherwise: 60_000 });
    const first = at('2026-03-29T00:00Z');
    let calls = 0;
    for (let now = first; now < first + DAY; now += MINUTE) {
      const before = asked.mock.calls.length;
      plain(contextOf({ now }));
      calls = Math.max(calls, asked.mock.calls.length - before);
    }
    expect(made).toHaveBeenCalledTimes(1);
    // The hour of the clock change is the worst of all.
    expect(calls).toBeLessThan(50);
    expect(asked.mock.calls.length / (DAY / MINUTE)).toBeLessThan(3.5);
  });
});

describe('a day of peakHours()', () => {
  /** When the window begins and ends, by the loads of a simulation that starts at an odd time. */
  const span = (timeZone: string, from: string, to: string, start: string, end: string) => {
    const window = { from, to, interval: MINUTE };
    const rate = peakHours({ timeZone, windows: [window], otherwise: 17 * MINUTE });
    const loads = simulate(rate, at(start) + 12_345, at(end));
    const peaks = loads.filter(({ why }) => why.startsWith('peak hours'));
    const gaps = peaks.slice(1).map((load, i) => load.start - (peaks[i]?.start ?? 0));
    // From its beginning on it is loaded each minute.
    expect(new Set(gaps).size).toBeLessThan(2);
    const last = peaks.at(-1);
    return [utc(peaks[0]?.start), utc(last && last.start + last.interval)];
  };

  it.each([
    // An ordinary one.
    [WARSAW, '18:00', '23:30', '2026-06-10T00:00Z', '2026-06-10T16:00', '2026-06-10T21:30'],
    [
      'America/New_York',
      '18:00',
      '23:30',
      '2026-06-10T06:00Z',
      '2026-06-10T22:00',
      '2026-06-11T03:30',
    ],
    [
      'Australia/Lord_Howe',
      '18:00',
      '23:30',
      '2026-06-10T00:00Z',
      '2026-06-10T07:30',
      '2026-06-10T13:00',
    ],
    [
      'Asia/Kathmandu',
      '18:00',
      '00:00',
      '2026-06-10T00:00Z',
      '2026-06-10T12:15',
      '2026-06-10T18:15',
    ],
    [
      'Pacific/Kiritimati',
      '23:00',
      '01:00',
      '2026-06-09T11:30Z',
      '2026-06-10T09:00',
      '2026-06-10T11:00',
    ],
    // Around the skipped hour, and from or up to within it.
    [WARSAW, '01:00', '04:00', '2026-03-28T12:00Z', '2026-03-29T00:00', '2026-03-29T02:00'],
    [WARSAW, '02:30', '04:00', '2026-03-28T12:00Z', '2026-03-29T01:00', '2026-03-29T02:00'],
    [WARSAW, '01:00', '02:30', '2026-03-28T12:00Z', '2026-03-29T00:00', '2026-03-29T01:00'],
    [WARSAW, '02:15', '02:45', '2026-03-28T12:00Z', undefined, undefined],
    [WARSAW, '18:00', '23:30', '2026-03-28T23:30Z', '2026-03-29T16:00', '2026-03-29T21:30'],
    [
      'America/New_York',
      '01:00',
      '04:00',
      '2026-03-08T00:00Z',
      '2026-03-08T06:00',
      '2026-03-08T08:00',
    ],
    ['America/New_York', '02:15', '02:45', '2026-03-08T00:00Z', undefined, undefined],
    [
      'Australia/Lord_Howe',
      '01:00',
      '04:00',
      '2026-10-03T02:00Z',
      '2026-10-03T14:30',
      '2026-10-03T17:00',
    ],
    ['Australia/Lord_Howe', '02:10', '02:20', '2026-10-03T02:00Z', undefined, undefined],
    [
      'Australia/Lord_Howe',
      '02:10',
      '03:00',
      '2026-10-03T02:00Z',
      '2026-10-03T15:30',
      '2026-10-03T16:00',
    ],
    // Around the repeated one, and within both of it.
    [WARSAW, '01:00', '04:00', '2026-10-24T12:00Z', '2026-10-24T23:00', '2026-10-25T03:00'],
    [WARSAW, '02:00', '03:00', '2026-10-24T12:00Z', '2026-10-25T00:00', '2026-10-25T02:00'],
    [WARSAW, '18:00', '23:30', '2026-10-24T22:30Z', '2026-10-25T17:00', '2026-10-25T22:30'],
    [
      'America/New_York',
      '01:00',
      '02:00',
      '2026-11-01T00:00Z',
      '2026-11-01T05:00',
      '2026-11-01T07:00',
    ],
    [
      'America/New_York',
      '00:30',
      '04:00',
      '2026-11-01T00:00Z',
      '2026-11-01T04:30',
      '2026-11-01T09:00',
    ],
    [
      'Australia/Lord_Howe',
      '01:00',
      '04:00',
      '2026-04-04T02:00Z',
      '2026-04-04T14:00',
      '2026-04-04T17:30',
    ],
    [
      'Australia/Lord_Howe',
      '01:30',
      '02:00',
      '2026-04-04T02:00Z',
      '2026-04-04T14:30',
      '2026-04-04T15:30',
    ],
    // Midnight comes, and comes again.
    [
      'America/Havana',
      '23:00',
      '01:00',
      '2026-10-31T16:00Z',
      '2026-11-01T03:00',
      '2026-11-01T06:00',
    ],
    // From Thursday, 29 December 2011, to Saturday: Friday was skipped.
    ['Pacific/Apia', '22:00', '02:00', '2011-12-29T20:00Z', '2011-12-30T08:00', '2011-12-30T12:00'],
  ])(
    'in %s from %s to %s, simulated from %s, is from %s to %s',
    (zone, from, to, start, ...expected) => {
      const end = new Date(at(start) + DAY).toISOString();
      expect(span(zone, from, to, start, end)).toEqual(expected);
    },
  );

  it('is of as many loads as its windows have intervals', () => {
    const rate = peakHours({
      timeZone: WARSAW,
      windows: [{ from: '18:00', to: '23:30', interval: 15_000 }],
      otherwise: 10 * MINUTE,
    });
    const loads = simulate(rate, at('2026-06-09T22:00Z'), at('2026-06-10T22:00Z'));
    const inside = loads.filter(({ interval }) => interval === 15_000);
    expect(inside.length).toBe((5.5 * HOUR) / 15_000);
    expect(loads.length - inside.length).toBe((18.5 * HOUR) / (10 * MINUTE));
  });
});

describe('peakHours(), whatever the windows', () => {
  const ZONES = [
    WARSAW,
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'America/Havana',
    'America/Sao_Paulo',
    'Africa/Casablanca',
    'Asia/Kathmandu',
    'Asia/Beirut',
    'Pacific/Chatham',
    'UTC',
  ];
  /** Clock changes of these zones. */
  const CHANGES = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-03-08T07:00Z',
    '2026-11-01T06:00Z',
    '2026-04-04T15:00Z',
    '2026-10-03T15:30Z',
    '2011-12-30T10:00Z',
    '2026-11-01T05:00Z',
    '2018-11-04T03:00Z',
    '2018-02-18T02:00Z',
    '2026-02-15T02:00Z',
    '2026-03-28T22:00Z',
    '2026-04-04T14:00Z',
  ].map(at);
  const clockTime = fc
    .integer({ min: 0, max: 24 * 12 - 1 })
    .map((n) => new Date(n * 5 * MINUTE).toISOString().slice(11, 16));
  const interval = fc.integer({ min: 1, max: 2 * 36 }).map((n) => n * 30 * MINUTE - 1234);
  const window = fc
    .record(
      {
        from: clockTime,
        to: fc.oneof({ weight: 9, arbitrary: clockTime }, fc.constant('24:00')),
        days: fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as Weekday[], {
          minLength: 1,
        }),
        interval: fc.oneof(interval, fc.integer({ min: 300_000, max: 900_000 })),
      },
      { requiredKeys: ['from', 'to', 'interval'] },
    )
    .filter(({ from, to }) => from !== to);
  const options = fc.record({
    timeZone: fc.constantFrom(...ZONES),
    windows: fc.array(window, { maxLength: 4 }),
    otherwise: interval,
  });
  const near = fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -2 * DAY, max: DAY }))
    .map(([change, off]) => change + off);
  const now = fc.oneof(
    { weight: 3, arbitrary: near },
    fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2035-01-01T00:00Z') }),
  );
  const lastDuration = fc.constantFrom(0, 1, 250.5, 90_000);

  /** Looks at the clock each minute. */
  const naive = (
    { timeZone, windows, otherwise }: PeakHoursOptions,
    now: number,
    start: number,
  ) => {
    const intervalAt = (instant: number): number =>
      (windows[windowAt(windows, timeZone, instant)]?.interval ?? otherwise) as number;
    let least = intervalAt(now);
    const nextMinute = Math.floor(now / MINUTE) * MINUTE + MINUTE;
    for (let minute = nextMinute; minute < start + least; minute += MINUTE) {
      least = Math.min(least, Math.max(minute - start, intervalAt(minute)));
    }
    return least;
  };

  it('answers as somebody does who looks at the clock each minute', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(options, now, lastDuration, (given, instant, lastDuration) => {
        const start = instant - lastDuration;
        const { interval } = peakHours(given)(contextOf({ now: instant, lastDuration }));
        expect(start + interval).toBeCloseTo(start + naive(given, instant, start), 3);
      }),
      runs('POLICY_RUNS', 400),
    );
  });

  it('never has a value older than the window allows', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(options, now, (given, from) => {
        const loads = simulate(peakHours(given), from, from + DAY);
        for (const { start, interval } of loads) {
          const next = start + interval;
          const minute = Math.ceil(start / MINUTE) * MINUTE;
          for (let at = minute; at < Math.min(next, from + DAY); at += 5 * MINUTE) {
            const place = windowAt(given.windows, given.timeZone, at);
            const allowed = (given.windows[place]?.interval ?? given.otherwise) as number;
            expect(next).toBeLessThanOrEqual(Math.max(at, start + allowed));
          }
        }
      }),
      runs('POLICY_RUNS', 100),
    );
  });

  it('knows the clock as the zone has it', () => {
    expect(wall('Pacific/Apia', at('2011-12-30T09:59Z'))).toMatchObject({
      day: 'thu',
      time: '23:59',
    });
    expect(wall('Pacific/Apia', at('2011-12-30T10:00Z'))).toMatchObject({
      day: 'sat',
      time: '00:00',
    });
  });
});
