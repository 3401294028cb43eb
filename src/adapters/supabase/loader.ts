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
import type { Settings } from './settings.ts';
import { Table } from './table.ts';

/** The loader of a leaderboard out of a table or view. */
export function tableLoader(
  settings: Settings,
  leaderboardOptions: LeaderboardOptions,
): (context: LoadContext<Leaderboard>) => Promise<Leaderboard | NotModified> {
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
    try {
      const changed =
        delta && mark && !isFullDue(mark, start, fullReloadInterval)
          ? await refreshed(held, missedSince(mark, overlap), delta, watch)
          : undefined;
      const board =
        changed ??
        (await Leaderboard.from(entries(table.all(watch), columns), {
          ...leaderboardOptions,
          signal,
        }));
      serverStart ??= mark && serverStartAfter(start, mark);
      if (serverStart !== undefined) {
        marks.set(board, {
          start,
          serverStart,
          fullStart: changed && mark ? mark.fullStart : start,
        });
      }
      return board === held ? notModified : board;
    } catch (error) {
      // The same row would be refused again.
      throw error instanceof RowError ? new AbortError(error) : error;
    }
  };
}

async function* entries(
  pages: AsyncIterable<readonly Row[]>,
  columns: Columns,
): AsyncGenerator<LeaderboardEntry[]> {
  for await (const rows of pages) {
    yield rows.map((row) => entryOf(row, columns));
  }
}
