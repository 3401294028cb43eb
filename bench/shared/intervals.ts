import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from './database.ts';
import { CHANGES, type Fleet, type Member, SETTLING } from './fleet.ts';
import type { Kind } from './kinds.ts';
import type { Account, Way } from './orders.ts';
import type { Meter } from './redis.ts';

/** What some processes ask for while nobody invalidates anything. */
export interface Upkeep {
  /** Queries of loaders, as the database has counted them. */
  readonly queriesPerMinute: number;
  readonly queriesPerInterval: number;
  /** Statements of the tier itself, per interval. */
  readonly statements: number;
  /** Ms of CPU time of one process, per interval. */
  readonly cpu: number;
  /** Bytes to and from Redis, per query of a loader. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What is watched, and for how long. */
export interface Watch {
  readonly way: Way;
  readonly kind: Kind;
  readonly processes: number;
  readonly interval: number;
  readonly intervals: number;
  /** Whether each load brings another value. */
  readonly changing: boolean;
}

export async function upkeepOf(
  { database, fleet, meter }: { database: Database; fleet: Fleet; meter: Meter },
  { way, kind, processes, interval, intervals, changing }: Watch,
): Promise<Upkeep> {
  const watch = (members: readonly Member[]) =>
    meter.during(async () => {
      const before = await ledger(database, members);
      await delay(intervals * interval);
      const after = await ledger(database, members);
      return {
        ms: after.at - before.at,
        queries: after.queries - before.queries,
        used: after.accounts.map((later, i) => since(before.accounts[i] as Account, later)),
      };
    });
  const { result } = await fleet.during(
    processes,
    { way, kind: kind.name, interval },
    async (members) => {
      await delay(SETTLING);
      if (!changing) return watch(members);
      return database.changing(kind, interval / CHANGES, () => watch(members));
    },
  );
  const { ms, queries, used } = result.result;
  const passed = ms / interval;
  const sum = (of: (account: Account) => number): number =>
    used.reduce((total, account) => total + of(account), 0);
  return {
    queriesPerMinute: (queries / ms) * 60_000,
    queriesPerInterval: queries / passed,
    statements: sum(({ statements }) => statements) / passed,
    cpu: sum(({ cpu }) => cpu) / processes / passed,
    bytesIn: result.traffic.in / queries,
    bytesOut: result.traffic.out / queries,
  };
}

interface Ledger {
  readonly at: number;
  readonly queries: number;
  readonly accounts: readonly Account[];
}

async function ledger(database: Database, members: readonly Member[]): Promise<Ledger> {
  const [queries, accounts] = await Promise.all([
    database.loads(),
    Promise.all(members.map((member) => member.ask({ do: 'account' }))),
  ]);
  return { at: performance.now(), queries, accounts };
}

function since(before: Account, after: Account): Account {
  return { cpu: after.cpu - before.cpu, statements: after.statements - before.statements };
}
