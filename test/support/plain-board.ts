import type { Board, Question, RankedRow, Ranking } from './answers.ts';
import type { TestRow } from './rows.ts';

type Filter = Pick<Question, 'bestRaceOnly' | 'country' | 'race'>;

const WHOLE = /^(0|-?[1-9][0-9]*)$/;

/** Highest score first; then whole numbers by value, then all other text by code point, which is by byte of UTF-8. */
function inOrder(rows: Iterable<TestRow>): TestRow[] {
  return Array.from(rows, (row) => ({
    // No -0: it is no other score than 0.
    row: { ...row, score: row.score + 0 },
    whole: WHOLE.test(row.key) ? BigInt(row.key) : undefined,
    bytes: Buffer.from(row.key),
  }))
    .sort((a, b) => {
      if (a.row.score !== b.row.score) return a.row.score > b.row.score ? -1 : 1;
      if (a.whole !== undefined && b.whole !== undefined) return a.whole < b.whole ? -1 : 1;
      if (a.whole !== undefined || b.whole !== undefined) return a.whole === undefined ? 1 : -1;
      return Buffer.compare(a.bytes, b.bytes);
    })
    .map(({ row }) => row);
}

/** A leaderboard said as plainly as can be: it goes through all rows for each answer. */
export class PlainBoard implements Board {
  readonly #rows: readonly TestRow[];
  readonly #ranking: Ranking;

  constructor(rows: Iterable<TestRow>, ranking: Ranking) {
    this.#rows = inOrder(rows);
    this.#ranking = ranking;
  }

  get size(): number {
    return this.#rows.length;
  }

  get countries(): string[] {
    return known(this.#rows.map(({ country }) => country));
  }

  get races(): string[] {
    return known(this.#rows.map(({ race }) => race));
  }

  page(query: Parameters<Board['page']>[0]): ReturnType<Board['page']> {
    const { page, pageSize } = query;
    const listed = this.#listed(query);
    const first = (page - 1) * pageSize;
    return {
      rows: listed.slice(first, first + pageSize),
      page,
      pageSize,
      totalRows: listed.length,
      totalPages: Math.ceil(listed.length / pageSize),
    };
  }

  top(n: number, filter: Filter): RankedRow[] {
    return this.#listed(filter).slice(0, n);
  }

  around(player: string, n: number, filter: Filter): RankedRow[] {
    const listed = this.#listed(filter);
    const at = listed.findIndex((row) => row.player === player);
    return at < 0 ? [] : listed.slice(Math.max(0, at - n), at + n + 1);
  }

  rankOf(player: string, filter: Filter): number | undefined {
    return this.#listed(filter).find((row) => row.player === player)?.rank;
  }

  count(filter: Filter): number {
    return this.#listed(filter).length;
  }

  #listed({ country, race, bestRaceOnly }: Filter): RankedRow[] {
    const players = new Set<string>();
    const listed = this.#rows.filter((row) => {
      if (!isAmong(row.country, country) || !isAmong(row.race, race)) return false;
      return !bestRaceOnly || players.size < players.add(row.player).size;
    });
    const ranks = new Map<number, number>();
    listed.forEach(({ score }, i) => {
      const known = ranks.get(score);
      if (this.#ranking === 'dense') ranks.set(score, known ?? ranks.size + 1);
      else if (this.#ranking === 'modified-competition') ranks.set(score, i + 1);
      else ranks.set(score, known ?? i + 1);
    });
    return listed.map((row, i) => ({
      ...row,
      rank: this.#ranking === 'ordinal' ? i + 1 : (ranks.get(row.score) ?? 0),
    }));
  }
}

function isAmong(value: string | null, wanted: Filter['country']): boolean {
  if (wanted === undefined) return true;
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
}

/** Each once, without null, by code unit. */
function known(values: readonly (string | null)[]): string[] {
  return [...new Set(values)].filter((value) => value !== null).sort();
}
