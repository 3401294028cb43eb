import { AbortError } from 'p-retry';
import {
  Leaderboard,
  type LeaderboardEntry,
  type LeaderboardOptions,
  RowError,
} from '../../leaderboard.ts';
import type { LoadContext, NotModified } from '../../options.ts';
import { isFullDue, type Mark, missedSince, serverStartAfter, serverStartOf } from './clock.ts';
import { refreshed } from './delta.ts';
import type { Watch } from './page.ts';
import { type Columns, entryOf, type Row } from './rows.ts';
import { fetchLists } from './rpc.ts';
import type { FunctionSettings, TableSettings } from './settings.ts';
import { Table } from './table.ts';

/**
 * The loader of a leaderboard, for a cache.
 *
 * It is more than a function to TypeScript, which puts off what returns a function and nothing but that until all else
 * is settled: an `accept` beside it would then be one for a cache of `unknown`.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import type { LeaderboardLoader } from 'warm-cache/supabase';
 *
 * declare const loader: LeaderboardLoader<{ wins: number }>;
 * const leaderboard = new WarmCache({ loader, ttl: 60_000 });
 * console.log((await leaderboard.get()).top(1)[0]?.wins);
 * ```
 */
export type LeaderboardLoader<Details extends object> = ((
  context: LoadContext<Leaderboard<Details>>,
) => Promise<Leaderboard<Details> | NotModified>) & { readonly name: string };

/** The loader of a leaderboard out of what a function answers. */
export function functionLoader(
  { client, rpc }: FunctionSettings,
  options: LeaderboardOptions,
): LeaderboardLoader<object> {
  const call = () => client.rpc(rpc, undefined, { get: true, count: 'exact' });
  return async ({ signal, previous, notModified }) => {
    // What comes is for the leaderboard to check.
    const lists = fetchLists(call, signal) as AsyncIterable<LeaderboardEntry[]>;
    const held = previous?.value;
    const board = await boardOf(lists, held, options, signal);
    return board === held ? notModified : board;
  };
}

/** The loader of a leaderboard out of a table or view. */
export function tableLoader(
  settings: TableSettings,
  options: LeaderboardOptions,
): LeaderboardLoader<object> {
  const { columns, overlap, fullReloadInterval, ...rest } = settings;
  const { updatedAt } = columns;
  const table = new Table(settings);
  const delta = updatedAt === undefined ? undefined : { ...rest, table, columns, updatedAt };
  // What is known of a board hangs on it: a load that is dropped changes nothing of what is known of the one that
  // stays, and caches that share a loader don't disturb each other.
  const marks = new WeakMap<Leaderboard, Mark>();
  return async ({ signal, previous, notModified }) => {
    const start = performance.now();
    let serverStart: number | undefined;
    const watch: Watch = {
      signal,
      onHeaders: (headers) => {
        serverStart ??= serverStartOf(start, performance.now(), headers.get('date'));
      },
    };
    const held = previous?.value;
    const mark = held && marks.get(held);
    const changed =
      delta && mark && !isFullDue(mark, start, fullReloadInterval)
        ? await refusing(refreshed(held, missedSince(mark, overlap), delta, watch))
        : undefined;
    const board =
      changed ?? (await boardOf(entries(table.all(watch), columns), held, options, signal));
    serverStart ??= mark && serverStartAfter(start, mark);
    if (serverStart !== undefined) {
      const fullStart = changed && mark ? mark.fullStart : start;
      marks.set(board, { start, serverStart, fullStart });
    }
    return board === held ? notModified : board;
  };
}

function boardOf(
  rows: AsyncIterable<LeaderboardEntry[]>,
  previous: Leaderboard | undefined,
  options: LeaderboardOptions,
  signal: AbortSignal,
): Promise<Leaderboard> {
  return refusing(Leaderboard.from(rows, { ...options, previous, signal }));
}

/** Ends the retries where a row was refused: it would be again. */
async function refusing<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    throw error instanceof RowError ? new AbortError(error) : error;
  }
}

async function* entries(
  pages: AsyncIterable<readonly Row[]>,
  columns: Columns,
): AsyncGenerator<LeaderboardEntry[]> {
  for await (const rows of pages) {
    yield rows.map((row) => entryOf(row, columns));
  }
}
