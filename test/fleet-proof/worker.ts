// A process of the fleet, to be killed, frozen and cut off: a cache that is read all the time. What it sees goes to a
// file, what it is asked for comes from its parent.

import { WarmCache } from '../../src/index.ts';
import { now } from './clock.ts';
import type { Heard, SharedReport } from './history.ts';
import { Recorder } from './recorder.ts';
import { Source } from './worker-loader.ts';
import { readAllTheTime } from './worker-reads.ts';
import { tierOf } from './worker-tier.ts';
import type { Command, Told, WorkerOptions } from './worker-words.ts';

const options: WorkerOptions = JSON.parse(process.argv[2] ?? '');
const { worker, timing } = options;
/** Ms until a write is given up. */
const WRITE_TIMEOUT = 1000;
/** Ms between two looks at the health. */
const HEALTH_INTERVAL = 500;

const recorder = new Recorder(options.path);
const tell = (told: Told): void => {
  if (process.connected) process.send?.(told);
};
const source = new Source(options.postgres, worker);
const tier = options.alone ? undefined : tierOf(options, (text) => recorder.add(heard(text)));
const cache = new WarmCache<number>({
  name: 'value',
  loader: ({ signal }) => source.load(signal, isAlone()),
  ttl: timing.ttl,
  refreshInterval: timing.refreshInterval,
  maxStale: 60_000,
  loadTimeout: timing.loadTimeout,
  retry: { retries: 0 },
  backoff: { minDelay: timing.refreshInterval, maxDelay: timing.refreshInterval },
  ...(tier && { shared: tier.tier }),
});

let aloneLoads = 0;
/** Whether the load that begins is this process's own, by its own account. */
function isAlone(): boolean {
  const before = aloneLoads;
  aloneLoads = cache.health().shared?.alone ?? 0;
  return aloneLoads > before;
}

function heard(text: string): Heard {
  const { act, epoch, seq, generation } = JSON.parse(text);
  const known = cache.health().shared?.epoch ?? undefined;
  return { kind: 'message', at: now(), act, epoch, known, seq, generation };
}

function shared(): SharedReport | undefined {
  const report = cache.health().shared;
  return report ? { epoch: report.epoch, generation: report.generation } : undefined;
}

const note = (name: string, more?: unknown): void =>
  recorder.add({ kind: 'event', at: now(), name, more });

for (const name of ['load', 'loadEnd', 'refresh', 'unchanged', 'status', 'invalidate'] as const) {
  cache.on(name, ({ name: _, ...more }: { readonly name: string }) => note(name, more));
}
cache.on('load', () => tell({ tell: 'load' }));
cache.on('error', ({ error, final }) => note('error', { text: String(error), final }));

async function invalidate(id: number): Promise<number | undefined> {
  let wrote: number;
  try {
    wrote = await source.write(AbortSignal.timeout(WRITE_TIMEOUT));
  } catch (error) {
    note('unwritten', String(error));
    return undefined;
  }
  recorder.add({ kind: 'invalidate', id, at: now(), wrote, shared: shared() });
  let value: number | undefined;
  let failure: string | undefined;
  try {
    ({ value } = await cache.invalidate());
  } catch (error) {
    failure = String(error);
  }
  const at = now();
  recorder.add({ kind: 'settled', id, at, value, error: failure, shared: shared() });
  return wrote;
}

function exit(): void {
  process.exit();
}

async function stop(): Promise<void> {
  stopReading();
  clearInterval(looks);
  await cache.stop();
  note('stopped');
  recorder.flush();
  tier?.close();
  await source.end();
  // Nothing is left then that could keep it alive.
  process.off('disconnect', exit);
  process.disconnect?.();
}

process.on('message', (command: Command) => {
  if (command.do === 'stop') void stop();
  else {
    const { id } = command;
    void invalidate(id).then((wrote) => tell({ tell: 'done', id, wrote }));
  }
});
// Whoever has started it is gone.
process.on('disconnect', exit);

const looks = setInterval(() => note('health', cache.health()), HEALTH_INTERVAL);
cache.start();
const stopReading = readAllTheTime(cache, recorder, (value, fresh) =>
  tell({ tell: 'serves', value, fresh }),
);
