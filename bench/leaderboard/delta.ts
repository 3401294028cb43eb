// What a delta refresh costs beside a full load, in time and requests, with some rows changed and with none.
import { setTimeout as delay } from 'node:timers/promises';
import type { WarmCache } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { median } from '../measure.ts';
import { aim, count, ms, table } from './figures.ts';
import { type Asked, cacheOf, changing, countingClient, given } from './source.ts';

const CHANGED = 100;
const ROUNDS = 7;
/** Full loads: fewer where they take long. */
const FULL = { most: 5, least: 1, rows: 300_000 };
/** Ms of which a refresh asks again, for transactions that commit late: the loader's own default. */
const OVERLAP = 10_000;
const AIM = { rows: 1_000_000, ratio: 1 / 100 };

const source = given();
await using ladder = await changing(source);

interface Cost extends Asked {
  readonly took: number;
}

/** A cache that refreshes when it is told to, and what each refresh cost. */
class Metered {
  readonly cache: WarmCache<Leaderboard>;
  readonly #asked: Asked;

  constructor(refreshes: 'in full' | 'by deltas') {
    const { client, asked } = countingClient(source);
    this.#asked = asked;
    this.cache = cacheOf(client, refreshes);
  }

  async refresh(): Promise<Cost> {
    globalThis.gc?.();
    const { requests, rows } = this.#asked;
    const start = performance.now();
    await this.cache.refresh();
    const took = performance.now() - start;
    return { took, requests: this.#asked.requests - requests, rows: this.#asked.rows - rows };
  }
}

const full = new Metered('in full');
const delta = new Metered('by deltas');
const fulls: Cost[] = [];
const rounds = Math.max(FULL.least, Math.min(FULL.most, FULL.rows / source.rows));
for (let i = 0; i < rounds; i++) fulls.push(await full.refresh());
await full.cache.stop();
fulls.push(await delta.refresh());
const changed: Cost[] = [];
for (let i = 0; i < ROUNDS; i++) {
  await ladder.change(CHANGED);
  changed.push(await delta.refresh());
}
const before = delta.cache.health().loads.unchanged;
// From then on nothing has changed within the overlap either.
await delay(OVERLAP + 4000);
await delta.refresh();
const unchanged: Cost[] = [];
for (let i = 0; i < ROUNDS; i++) unchanged.push(await delta.refresh());
const outcomes = delta.cache.health().loads.unchanged - before;

const took = (costs: readonly Cost[]): number => median(costs.map((cost) => cost.took));
const requests = (costs: readonly Cost[]): number => median(costs.map((cost) => cost.requests));
const line = (name: string, costs: readonly Cost[]): string[] => [
  name,
  ms(took(costs)),
  ms(Math.max(...costs.map((cost) => cost.took))),
  `1/${count(took(fulls) / took(costs))}`,
  count(requests(costs)),
  `1/${count(requests(fulls) / requests(costs))}`,
  count(median(costs.map((cost) => cost.rows))),
];
console.log(`\nA refresh of ${count(source.rows)} rows, from the stack\n`);
console.log(
  table([
    ['', 'median', 'longest', 'of a full load', 'requests', 'of a full load', 'rows fetched'],
    line('full load', fulls),
    line(`delta refresh, ${CHANGED} rows changed`, changed),
    line('delta refresh, nothing changed', unchanged),
  ]),
);
console.log(`  nothing changed: ${outcomes} of ${ROUNDS + 1} refreshes ended as \`unchanged\``);
console.log(`  rows that changed in the ${OVERLAP / 1000} s before are fetched again`);
if (source.rows >= AIM.rows) {
  const ratio = (figure: number): string => `1/${(1 / figure).toFixed(0)}`;
  aim('time beside a full load', took(changed) / took(fulls), AIM.ratio, ratio);
  aim('requests beside a full load', requests(changed) / requests(fulls), AIM.ratio, ratio);
}
