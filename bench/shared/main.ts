// Processes that share a value by Redis or PostgreSQL, beside the same ones without: what they ask of the database, how
// long a write takes to reach them all, and whether reads take any longer. `npm run bench:fleet -- --quick` takes less time.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { count, ms, table, us } from '../leaderboard/figures.ts';
import { Random } from '../soak/random.ts';
import { Database } from './database.ts';
import { Fleet } from './fleet.ts';
import { upkeepOf } from './intervals.ts';
import { KINDS, type Kind } from './kinds.ts';
import { WAYS, type Way } from './orders.ts';
import { type Latency, latencyOf, QUANTILES, SORTS } from './reads.ts';
import { Meter } from './redis.ts';
import { startServers } from './servers.ts';
import { spreadOf } from './writes.ts';

const PARTS = ['upkeep', 'writes', 'reads'];
/** Ms of an interval in which nothing but an invalidation happens. */
const LONG = 60_000;
/** Ms between two writes, at most, where each is heard of. */
const PAUSE = 10;
/** Writes that wait for the next refresh of each process. */
const FEW_WRITES = 8;

interface Plan {
  /** Ms. */
  readonly interval: number;
  readonly intervals: number;
  readonly writes: number;
  readonly rounds: number;
  /** Ms of a round of reading: more than an interval, so that there is a load in each. */
  readonly reading: number;
  /** Of which sizes of the fleet what is asked of the servers is counted. */
  readonly watched: 'all' | 'the largest';
  /** Of which sizes of the fleet reads are timed. */
  readonly readers: readonly number[];
}

/** A large value is loaded less often, or a fleet without a tier has no core left. */
const plans: Readonly<Record<string, Plan>> = {
  '1 kB': {
    interval: 250,
    intervals: 10,
    writes: 120,
    rounds: 4,
    reading: 300,
    watched: 'all',
    readers: [1, 2, 4, 8],
  },
  '100 kB': {
    interval: 250,
    intervals: 8,
    writes: 40,
    rounds: 0,
    reading: 0,
    watched: 'the largest',
    readers: [],
  },
  '30,000 rows': {
    interval: 2000,
    intervals: 4,
    writes: 8,
    rounds: 2,
    reading: 2500,
    watched: 'the largest',
    readers: [2],
  },
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    processes: { type: 'string' },
    only: { type: 'string', default: PARTS.join() },
  },
});
const sizes = (values.processes ?? (values.quick ? '1,2' : '1,2,4,8')).split(',').map(Number);
const parts = values.only.split(',');
const isRight =
  sizes.every((size) => Number.isSafeInteger(size) && size >= 1) &&
  parts.every((part) => PARTS.includes(part));
if (!isRight) {
  console.error(`npm run bench:fleet -- [options]

  --quick          a few writes and rounds of 1 and 2 processes: does it work?
  --processes A,B  sizes of the fleet (default 1,2,4,8)
  --only A,B       of the parts ${PARTS.join(', ')} (default all)
`);
  process.exit(2);
}

function planOf({ name }: Kind): Plan {
  const plan = plans[name] as Plan;
  if (!values.quick) return plan;
  return {
    ...plan,
    intervals: Math.min(4, plan.intervals),
    writes: Math.ceil(plan.writes / 10),
    rounds: 1,
  };
}

const bytes = (figure: number): string =>
  figure < 1000 ? `${figure.toFixed(0)} B` : `${(figure / 1000).toFixed(figure < 9950 ? 1 : 0)} kB`;
/** Of ms. */
function time(figure: number): string {
  if (figure < 0.000_999_5) return `${count(figure * 1e6)} ns`;
  return figure < 0.999_5 ? us(figure * 1000) : ms(figure);
}
const times = (figure: number): string => `${figure.toFixed(2)} x`;

const began = performance.now();
// An exit hook ends the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const servers = await startServers();
const database = await Database.create(servers.postgres);
const meter = await Meter.connect(servers.redis);
const fleet = await Fleet.start(servers, Math.max(...sizes));
const tools = { database, fleet, meter, random: new Random(1) };
const busy = loadavg()[0] as number;

async function upkeep(): Promise<void> {
  const rows: string[][] = [];
  const add = async (kind: Kind, processes: number, way: Way, changing: boolean): Promise<void> => {
    const { interval, intervals } = planOf(kind);
    const found = await upkeepOf(tools, { way, kind, processes, interval, intervals, changing });
    const isByRedis = way === 'Redis';
    rows.push([
      `${kind.name}, ${processes} x ${way}${changing ? '' : ', unchanged'}`,
      count(found.queriesPerMinute),
      found.queriesPerInterval.toFixed(2),
      way === 'PostgreSQL' ? found.statements.toFixed(1) : '',
      isByRedis ? bytes(found.bytesIn) : '',
      isByRedis ? bytes(found.bytesOut) : '',
      ms(found.cpu),
    ]);
  };
  for (const kind of KINDS) {
    const isWatched = planOf(kind).watched === 'all';
    for (const processes of isWatched ? sizes : [Math.max(...sizes)]) {
      for (const way of WAYS) await add(kind, processes, way, true);
      if (kind === KINDS[0]) await add(kind, processes, 'Redis', false);
    }
  }
  const intervals = KINDS.map((kind) => `${kind.name}: ${planOf(kind).interval} ms`).join(', ');
  console.log(`\nQueries that the database has counted, with intervals of ${intervals}\n`);
  console.log(
    table([
      ['', 'a minute', 'an interval', 'of the tier', 'to Redis', 'from Redis', 'CPU each'],
      ...rows,
    ]),
  );
}

async function writes(): Promise<void> {
  const rows: string[][] = [];
  for (const kind of KINDS) {
    const plan = planOf(kind);
    for (const processes of sizes) {
      for (const way of WAYS) {
        const isUnheard = way === 'without';
        // Who hears of nothing waits for the next refresh, whatever the size.
        if (isUnheard && kind !== KINDS[0]) continue;
        const interval = isUnheard ? plan.interval : LONG;
        const found = await spreadOf(tools, {
          way,
          kind,
          processes,
          interval,
          writes: isUnheard ? Math.min(FEW_WRITES, plan.writes) : plan.writes,
          // At no moment of the interval rather than at another.
          pause: isUnheard ? interval : PAUSE,
        });
        const isByRedis = way === 'Redis';
        rows.push([
          `${kind.name}, ${processes} x ${way}`,
          count(found.writes),
          ...[found.p50, found.p99, found.max].map(ms),
          isUnheard ? times(found.p50 / interval) : '',
          ms(found.own),
          ms(found.load),
          isByRedis ? bytes(found.bytesIn) : '',
          isByRedis ? bytes(found.bytesOut) : '',
        ]);
      }
    }
  }
  console.log('\nFrom invalidate() to the last process that serves the new value as fresh\n');
  const heading = ['', 'writes', 'p50', 'p99', 'max', 'of an interval'];
  const more = ['the writer', 'the load', 'to Redis', 'from Redis'];
  console.log(table([[...heading, ...more], ...rows]));
}

const SORT_NAMES = {
  get: 'get()',
  peek: 'peek()',
  due: 'get(), from when due',
  floor: 'a resolved promise',
};

async function reads(): Promise<void> {
  const rows: string[][] = [];
  for (const kind of KINDS) {
    const { interval, readers, rounds, reading } = planOf(kind);
    for (const processes of sizes.filter((size) => readers.includes(size))) {
      const how = { kind, processes, interval, rounds, ms: reading };
      const latencies = await latencyOf(tools, how);
      const without = latencies.get('without') as Latency;
      for (const sort of SORTS) {
        const beside = [...latencies].flatMap(([way, latency]) =>
          way === 'without'
            ? []
            : latency[sort].map((figure, i) => times(figure / (without[sort][i] as number))),
        );
        const name = `${kind.name}, ${processes}: ${SORT_NAMES[sort]}`;
        rows.push([name, ...without[sort].map(time), ...beside]);
      }
    }
  }
  console.log(
    '\nA read of a warm value by all processes at once, without; and with a tier, beside it\n',
  );
  const heading = WAYS.flatMap((way) =>
    QUANTILES.map((q, i) => `${i === 0 ? `${way} ` : ''}p${100 * q}`),
  );
  console.log(table([['', ...heading], ...rows]));
}

try {
  if (parts.includes('upkeep')) await upkeep();
  if (parts.includes('writes')) await writes();
  if (parts.includes('reads')) await reads();
  const names = `${await database.version()}, ${await meter.version()}`;
  const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim()}, shared by all of them`;
  console.log(`\nNode ${process.version}, ${process.arch}; ${names}; ${machine}`);
  const took = `${((performance.now() - began) / 1000).toFixed(0)} s`;
  console.log(`${took}; load average ${busy.toFixed(1)} at the start`);
} finally {
  await fleet.end();
  meter.close();
  await database.end();
  await servers.stop();
}
