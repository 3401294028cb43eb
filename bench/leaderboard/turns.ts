import { closeSync, openSync, readSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A stretch of time in which the event loop did not come round, and what is known of it, in ms. */
export interface Turn extends Span {
  /** The thread had a core; it is known to within some ms. */
  readonly ran: number | undefined;
  /** The thread could have run, and others had the cores. Both are `undefined` where the system doesn't tell. */
  readonly waited: number | undefined;
  readonly collecting: number;
  readonly parsing: number;
}

/** A run of the garbage collector that stopped the thread. */
export interface Collection extends Span {
  readonly kind: 'young' | 'all' | 'other';
}

/** Shorter turns are of no interest. */
const LONG = 3;
/** Nor what is parsed within less: to note each of 30,000 rows a load would be the greatest part of what is collected. */
const LONG_PARSE = 0.1;

const { NODE_PERFORMANCE_GC_MINOR, NODE_PERFORMANCE_GC_MAJOR } = constants;
const collections: Collection[] = [];
const parses: Span[] = [];

/** Notes from now on when the garbage collector stops the thread, and when it parses JSON. */
export function watch(): void {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { startTime: start, duration } = entry;
      const { kind } = (entry as typeof entry & { readonly detail: { kind: number } }).detail;
      const isYoung = kind === NODE_PERFORMANCE_GC_MINOR;
      collections.push({
        start,
        end: start + duration,
        kind: isYoung ? 'young' : kind === NODE_PERFORMANCE_GC_MAJOR ? 'all' : 'other',
      });
    }
  }).observe({ entryTypes: ['gc'] });
  const { parse } = JSON;
  JSON.parse = (...given: Parameters<typeof parse>) => {
    const start = performance.now();
    try {
      return parse(...given);
    } finally {
      const end = performance.now();
      if (end - start > LONG_PARSE) parses.push({ start, end });
    }
  };
}

/** The turns of the event loop, as one of its timers sees them. */
export class Turns {
  readonly #long: (Span & Pick<Turn, 'ran' | 'waited'>)[] = [];
  readonly #spans: { start: number; end: number }[] = [];
  #last = 0;
  #times: readonly [ran: number, waited: number] | undefined;

  begin(): void {
    this.#last = performance.now();
    this.#times = times();
    this.#spans.push({ start: this.#last, end: this.#last });
  }

  /** To be called once a turn. */
  next(): number {
    const end = performance.now();
    const start = this.#last;
    const [before, after] = [this.#times, times()];
    if (end - start > LONG) {
      const known = before && after;
      const ran = known && after[0] - before[0];
      const waited = known && after[1] - before[1];
      this.#long.push({ start, end, ran, waited });
    }
    this.#last = end;
    this.#times = after;
    (this.#spans.at(-1) as { end: number }).end = end;
    return end;
  }

  /** The longest ones, the longest first. */
  longest(n: number): Turn[] {
    return this.#long
      .toSorted((a, b) => b.end - b.start - (a.end - a.start))
      .slice(0, n)
      .map((turn) => ({
        ...turn,
        collecting: within(turn, collections),
        parsing: within(turn, parses),
      }));
  }

  /** Ms of each time that the collector stopped the thread meanwhile. */
  collections(kind: Collection['kind']): number[] {
    return collections
      .filter((one) => one.kind === kind && this.#spans.some((span) => within(span, [one]) > 0))
      .map(({ start, end }) => end - start);
  }
}

function within({ start, end }: Span, spans: readonly Span[]): number {
  return spans.reduce(
    (sum, span) => sum + Math.max(0, Math.min(end, span.end) - Math.max(start, span.start)),
    0,
  );
}

const buffer = Buffer.alloc(64);
const file = openSchedstat();

function openSchedstat(): number | undefined {
  try {
    const opened = openSync('/proc/thread-self/schedstat', 'r');
    process.once('exit', () => closeSync(opened));
    return opened;
  } catch {
    return undefined;
  }
}

/** Ms that this thread ran, and was ready to run and did not: Linux counts both. */
function times(): readonly [number, number] | undefined {
  if (file === undefined) return undefined;
  const [ran, waited] = buffer
    .toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
    .split(' ')
    .map((ns) => Number(ns) / 1e6);
  return [ran as number, waited as number];
}
