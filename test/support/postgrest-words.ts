/** One row, by the names of its columns. */
export type Row = Readonly<Record<string, string | number | null>>;

/** What is left of a text to be read. */
class Words {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get isEmpty(): boolean {
    return this.#rest === '';
  }

  /** Reads the text, if it comes next. */
  has(text: string): boolean {
    if (!this.#rest.startsWith(text)) return false;
    this.#rest = this.#rest.slice(text.length);
    return true;
  }

  /** Reads a name or value: in quotes, or up to what can't be in one. */
  word(): string {
    const [found, quoted] = /^"((?:[^"\\]|\\.)*)"/s.exec(this.#rest) ?? [];
    if (found !== undefined) {
      this.has(found);
      return (quoted as string).replace(/\\(.)/gs, '$1');
    }
    const [plain] = /^[^.,:()"]*/.exec(this.#rest) as unknown as [string];
    this.has(plain);
    return plain;
  }

  expect(text: string): void {
    if (!this.has(text)) throw new SyntaxError(`Expected ${text} before ${this.#rest}`);
  }

  /** Reads what `read` reads, as often as a comma comes after it. */
  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.has(',')) items.push(read());
    return items;
  }
}

/** What of a row a `select` asks for. */
export function selecting(select: string): (row: Row) => Row {
  const words = new Words(select);
  const fields = words.list(() => {
    const field = words.word();
    return { field, column: words.has(':') ? words.word() : field, isText: words.has('::text') };
  });
  return (row) =>
    Object.fromEntries(
      fields.map(({ field, column, isText }) => {
        const value = row[column];
        if (value === undefined) throw new Error(`column ${column} does not exist`);
        return [field, isText && value !== null ? String(value) : value];
      }),
    );
}

/** How an `order` compares rows. */
export function comparing(order: string): (a: Row, b: Row) => number {
  const words = new Words(order);
  const columns = words.list(() => {
    const column = words.word();
    words.expect('.asc');
    return column;
  });
  return (a, b) => {
    for (const column of columns) {
      const found = difference(a[column] ?? null, b[column] ?? null);
      if (found !== 0) return found;
    }
    return 0;
  };
}

/** Which rows `or=(…)` asks for. */
export function matching(or: string): (row: Row) => boolean {
  const words = new Words(or);
  const term = (): ((row: Row) => boolean) => {
    for (const operator of ['every', 'some'] as const) {
      if (!words.has(operator === 'every' ? 'and(' : 'or(')) continue;
      const terms = words.list(term);
      words.expect(')');
      return (row) => terms[operator]((matches) => matches(row));
    }
    const column = words.word();
    words.expect('.');
    const isRight = OPERATORS[words.word()];
    if (!isRight) throw new SyntaxError(or);
    words.expect('.');
    const value = words.word();
    // Nothing is greater than null, nor equal.
    return (row) =>
      (row[column] ?? null) !== null && isRight(difference(row[column] ?? null, value));
  };
  words.expect('(');
  const terms = words.list(term);
  words.expect(')');
  if (!words.isEmpty) throw new SyntaxError(or);
  return (row) => terms.some((matches) => matches(row));
}

const OPERATORS: Readonly<Record<string, (difference: number) => boolean>> = {
  eq: (difference) => difference === 0,
  gt: (difference) => difference > 0,
  gte: (difference) => difference >= 0,
};

/** As PostgreSQL has it of whole numbers, timestamps and, by code unit, text; null comes last. */
function difference(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const [first, second] = [comparable(a), comparable(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function comparable(value: string | number): bigint | string {
  const text = String(value);
  const known = comparables.get(text) ?? read(text);
  comparables.set(text, known);
  return known;
}

const comparables = new Map<string, bigint | string>();

function read(text: string): bigint | string {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const [, seconds, fraction = '', zone] = TIMESTAMP.exec(text) ?? [];
  if (seconds === undefined) return text;
  const micros = BigInt(fraction.padEnd(6, '0'));
  return BigInt(Date.parse(`${seconds}${zone}`)) * 1000n + micros;
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|\+00:00)$/;
