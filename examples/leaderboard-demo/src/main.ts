// A leaderboard out of a real Supabase data plane: cached lazily, as the Discord bot had it, and kept hot, side by
// side under the same traffic; through a write and an outage.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { clientOf, type Lane, LazyLane, TTL, WarmLane } from './lanes.ts';
import { type LaneReport, reportOf, table } from './report.ts';
import { type Reads, Traffic } from './traffic.ts';

const HELP = `npm run demo -- [options]

  --rows N      player-races on the ladder (default 30000)
  --seconds N   how long the traffic runs, at least 12 (default 40)
  --json        the result as JSON on stdout; progress goes to stderr
  --help        this text
`;

/** The phases, and how much of the time each takes. */
const PHASES = { steady: 0.4, write: 0.15, outage: 0.25, recovery: 0.2 } as const;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '30000' },
    seconds: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort());
}

const progress = (line: string): void => {
  (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
};

/** Some player-races, by their ids. */
async function someIds(stack: SupabaseStack): Promise<string[]> {
  const { data, error } = await clientOf(stack, 'matches').from('player_races').select('id::text');
  if (error) throw new Error(`no ids: ${error.message}`);
  return data.map((row) => String((row as { id: unknown }).id));
}

/** Reports a match, and reads the board once it may be known: is the winner's new rating there? */
async function writeIsSeen(
  stack: SupabaseStack,
  lanes: readonly Lane[],
  [winner, loser]: readonly string[],
): Promise<boolean[]> {
  const report = clientOf(stack, 'matches').rpc('report_match', { winner, loser });
  const { data, error } = await report.select('id::text,rating');
  if (error) throw new Error(`the match was not noted: ${error.message}`);
  const written = (data as { id: string; rating: number }[]).find(({ id }) => id === winner);
  return Promise.all(
    lanes.map(async (lane) => {
      await lane.invalidate();
      const board = await lane.get();
      const { rows } = board.page({ pageSize: board.size });
      return rows.find(({ key }) => key === winner)?.score === written?.rating;
    }),
  );
}

/** Matches that go on all the time, and that nobody tells the caches of. */
function startMatches(stack: SupabaseStack, ids: readonly string[]): NodeJS.Timeout {
  const client = clientOf(stack, 'matches');
  let n = 0;
  return setInterval(() => {
    n += 1;
    const [winner, loser] = [ids[2 + ((n * 7) % 300)], ids[500 + ((n * 11) % 300)]];
    void client.rpc('report_match', { winner, loser }).then();
  }, 250);
}

async function run(stack: SupabaseStack, rows: number, seconds: number): Promise<number> {
  const { signal } = interrupted;
  const warm = new WarmLane(stack);
  const lanes: readonly Lane[] = [new LazyLane(stack), warm];
  const traffic = new Traffic(lanes);
  const phase = (share: number): Promise<void> =>
    delay(share * seconds * 1000, undefined, { signal });
  let matches: NodeJS.Timeout | undefined;
  const seen: boolean[][] = [];
  try {
    // Both begin with a value: what is compared is how it is kept.
    await Promise.all([warm.cache.ready({ signal }), lanes[0]?.get()]);
    const ids = await someIds(stack);
    const before = lanes.map((lane) => [lane.loads(), stack.requests(lane.name)] as const);
    const began = performance.now();
    matches = startMatches(stack, ids);
    traffic.start();

    progress(`1/4  steady: both lanes, ttl ${TTL} ms, readers at a steady rate and in bursts`);
    await phase(PHASES.steady);

    progress('2/4  a match ends: write it, invalidate, and read it back');
    for (let i = 0; i < 3; i++) {
      seen.push(await writeIsSeen(stack, lanes, ids));
      await phase(PHASES.write / 3);
    }

    progress("3/4  the database's API is killed");
    await stack.stopApi();
    await phase(PHASES.outage);

    progress('4/4  it comes back');
    await stack.startApi();
    await phase(PHASES.recovery);
    const recovered = warm.cache.health().status === 'READY';
    clearInterval(matches);
    await traffic.stop();

    const lasted = (performance.now() - began) / 1000;
    const reports = lanes.map((lane, i) => {
      const [loads = 0, requests = 0] = before[i] ?? [];
      const counted = Object.assign(Object.create(lane) as Lane, {
        loads: () => lane.loads() - loads,
      });
      const reads = traffic.reads.get(lane) as Reads;
      return reportOf(counted, reads, stack.requests(lane.name) - requests, lasted);
    });
    return conclude(reports, seen, recovered, rows);
  } finally {
    clearInterval(matches);
    await traffic.stop();
    await Promise.all(lanes.map((lane) => lane.stop()));
  }
}

/** Prints the result. The exit code: 0 if everything promised was kept. */
function conclude(
  reports: readonly LaneReport[],
  seen: readonly (readonly boolean[])[],
  recovered: boolean,
  rows: number,
): number {
  const [before, after] = reports as [LaneReport, LaneReport];
  const writesSeen = seen.filter((lanes) => lanes.at(-1)).length;
  const broken = [
    after.waited > 0 && `${after.waited} reads of the warm lane waited`,
    after.errors > 0 && `${after.errors} reads of the warm lane failed`,
    writesSeen < seen.length && 'a read after an awaited invalidate() did not have the write',
    !recovered && 'the warm lane did not recover from the outage',
    before.waited === 0 && 'no read of the lazy lane waited: this run shows nothing',
    before.errors === 0 && 'no read of the lazy lane failed: this run shows nothing',
  ].filter((sentence) => sentence !== false);
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ rows, ttl: TTL, lanes: reports, writes: seen.length, writesSeen, broken })}\n`,
    );
  } else {
    const interval = 60_000 / TTL;
    progress(`\n${table(reports)}\n`);
    progress('before: a lazy cache, which queries Supabase when its value has expired');
    progress('after:  WarmCache, over the same loader and the same database');
    progress(`waited: not answered from memory; latencies are from the call to the page in hand`);
    progress(
      `a query reads all ${rows} rows, ${Math.ceil(rows / 1000)} requests of 1,000 at most\n`,
    );
    progress(`writes read back after invalidate(): ${writesSeen} of ${seen.length}`);
    progress("the bot's first cache promised 7–20 ms always, and one query an interval;");
    progress(
      `here: ${after.p50Ms} ms, ${after.maxMs} ms at most, and ${after.queriesPerMinute} queries a minute at ${interval} intervals a minute`,
    );
  }
  for (const sentence of broken) process.stderr.write(`not as promised: ${sentence}\n`);
  return broken.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const rows = Number(flags.rows);
  const seconds = Number(flags.seconds);
  if (flags.help || !Number.isSafeInteger(rows) || rows < 10 || !(seconds >= 12)) {
    (flags.help ? process.stdout : process.stderr).write(HELP);
    return flags.help ? 0 : 2;
  }
  progress(`0/4  starting PostgreSQL and PostgREST, ${rows} player-races`);
  const stack = await startStack({ rows, signal: interrupted.signal });
  try {
    interrupted.signal.throwIfAborted();
    return await run(stack, rows, seconds);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    progress('stopped');
    return 0;
  } finally {
    await stack.stop();
  }
}

process.exitCode = await main();
