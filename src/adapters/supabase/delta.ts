import type { Leaderboard, LeaderboardEntry } from '../../leaderboard.ts';
import type { Watch } from './page.ts';
import { type Columns, entryOf } from './rows.ts';
import type { Table } from './table.ts';

/** What a count says of a board that was brought up to date before it. */
type Verdict =
  /** It has all rows. */
  | 'whole'
  /** More rows may have come meanwhile, or been committed late. */
  | 'read again'
  /** Rows are gone, or came in a way that can't be seen: only reading everything helps. */
  | 'read all';

/**
 * Compares the rows that are held with those that there are.
 *
 * @param before - How many were held before the changes were read for the second time; `undefined` after the first.
 */
export function verdictOf(held: number, counted: number, before: number | undefined): Verdict {
  if (counted === held) return 'whole';
  if (counted < held) return 'read all';
  if (before === undefined) return 'read again';
  // Rows that came between reading and counting once more: the next load will see them. Where none came, there are rows
  // that never do.
  return held > before ? 'whole' : 'read all';
}

/** How a board is brought up to date. */
export interface DeltaOptions {
  readonly table: Table;
  readonly columns: Columns;
  readonly updatedAt: string;
  readonly pageSize: number;
  readonly countRows: boolean;
}

/**
 * A board with what was changed after a moment: the same one, where nothing was. `undefined` where that can't be told,
 * and everything has to be read again.
 */
export async function refreshed(
  board: Leaderboard,
  since: string,
  { table, columns, updatedAt, pageSize, countRows }: DeltaOptions,
  watch: Watch,
): Promise<Leaderboard | undefined> {
  // To read more changes than there are rows would be no gain; and where rows change as quickly as they are read, the
  // changes have no end.
  const most = Math.max(board.size, pageSize);
  // A row that changes while pages are read comes again: what came last is right.
  const changes = new Map<unknown, LeaderboardEntry>();
  const update = async (): Promise<Leaderboard | undefined> => {
    let read = 0;
    for await (const rows of table.changedSince(since, updatedAt, watch)) {
      read += rows.length;
      if (read > most) return undefined;
      for (const row of rows) {
        const entry = entryOf(row, columns);
        changes.set(entry.key, entry);
      }
    }
    return board.withChanges({ upserts: changes.values() }, watch);
  };
  let before: number | undefined;
  for (;;) {
    const updating = update();
    // A million rows take the database a while to count: longer than all else.
    const counting = countRows ? table.count(watch) : undefined;
    // Should one fail, the other is not left behind.
    await Promise.allSettled([updating, counting]);
    const next = await updating;
    if (!next || !countRows || (await counting) === next.size) return next;
    // Some of what was read may have come after it was counted.
    const verdict = verdictOf(next.size, await table.count(watch), before);
    if (verdict === 'whole') return next;
    if (verdict === 'read all') return undefined;
    before = next.size;
  }
}
