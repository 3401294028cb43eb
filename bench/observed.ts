// What a hit and a load cost while nobody watches, and while OpenTelemetry or prom-client does. Each has processes of its
// own, in turn; figures of one run compare with each other, and with no other run's.
import { execFileSync } from 'node:child_process';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { Registry } from 'prom-client';
import { WarmCache } from 'warm-cache';
import { instrument } from 'warm-cache/opentelemetry';
import { collect } from 'warm-cache/prometheus';
import { interleaved, median } from './measure.ts';

const PROCESSES = 5;
const ROUNDS = 15;
const HITS = 200_000;
const LOADS = 5000;
const SCRAPES = 200;

interface Cost {
  readonly hit: number;
  readonly load: number;
  /** `null` where there is nothing to be scraped. */
  readonly scrape: number | null;
}

class Reader extends MetricReader {
  protected onShutdown = async (): Promise<void> => {};
  protected onForceFlush = async (): Promise<void> => {};
}

/** Exports to nowhere, so that what is measured is what runs beside the cache. */
const nowhere: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {},
};

type Scrape = () => Promise<unknown>;

function measured(): Scrape {
  const reader = new Reader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return () => reader.collect();
}

/** Each has the cache watched, and answers how to read what is known of it. */
const kinds: Readonly<Record<string, (cache: WarmCache<number>) => Scrape | undefined>> = {
  nobody: () => undefined,
  'OpenTelemetry, metrics alone': (cache) => {
    const scrape = measured();
    instrument(cache);
    return scrape;
  },
  'OpenTelemetry, with spans': (cache) => {
    measured();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const spanProcessors = [new BatchSpanProcessor({ exporter: nowhere })];
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
    instrument(cache);
    return undefined;
  },
  'prom-client': (cache) => {
    const registry = new Registry();
    collect(cache, { registry });
    return () => registry.metrics();
  },
};

async function costOf(kind: string): Promise<Cost> {
  let value = 0;
  const cache = new WarmCache({ loader: () => value++, ttl: 3_600_000, slowThreshold: Infinity });
  const scrape = kinds[kind]?.(cache);
  await cache.get();
  const timed = async (times: number, once: () => Promise<unknown>): Promise<number> => {
    const run = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++) await once();
    };
    return (await interleaved([{ name: kind, run }], ROUNDS, times)).get(kind) as number;
  };
  return {
    hit: await timed(HITS, () => cache.get()),
    load: (await timed(LOADS, () => cache.refresh())) / 1000,
    scrape: scrape ? (await timed(SCRAPES, scrape)) / 1000 : null,
  };
}

function print(
  title: string,
  unit: string,
  figures: readonly [kind: string, figure: number][],
): void {
  const [[, first] = ['', 0]] = figures;
  console.log(`\n${title}\n`);
  for (const [kind, figure] of figures) {
    const ratio = `${(figure / first).toFixed(2)} x`;
    console.log(
      `  ${kind.padEnd(30)} ${figure.toFixed(1).padStart(8)} ${unit} ${ratio.padStart(9)}`,
    );
  }
}

const kind = process.argv[2];
if (kind !== undefined) {
  console.log(JSON.stringify(await costOf(kind)));
  process.exit();
}

const costs = new Map(Object.keys(kinds).map((each) => [each, [] as Cost[]]));
for (let round = 0; round < PROCESSES; round++) {
  for (const [each, own] of costs) {
    const args = [import.meta.filename, each];
    own.push(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Cost);
  }
}
const medians = (of: (cost: Cost) => number | null): [string, number][] =>
  [...costs].flatMap(([each, own]): [string, number][] => {
    const figures = own.map(of).filter((figure) => figure !== null);
    return figures.length > 0 ? [[each, median(figures)]] : [];
  });
print(
  'A read of a warm value, awaited, watched by',
  'ns',
  medians(({ hit }) => hit),
);
print(
  'A load, awaited, whose loader takes no time, watched by',
  'us',
  medians(({ load }) => load),
);
print(
  'All that is known of one cache, read by',
  'us',
  medians(({ scrape }) => scrape),
);
console.log(
  `\nNode ${process.version}, ${process.arch}; medians of ${PROCESSES} processes, each of ${ROUNDS} rounds`,
);
