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
export function selected(row: Row, select: string): Row {
  const words = new Words(select);
  const fields = words.list((): [string, string | number | null] => {
    const field = words.word();
    const column = words.has(':') ? words.word() : field;
    const isText = words.has('::text');
    if (!(column in row)) throw new Error(`column ${column} does not exist`);
    const value = row[column] as string | number | null;
    return [field, isText && value !== null ? String(value) : value];
  });
  return Object.fromEntries(fields);
}

/** Compares two rows by an `order`. */
export function compare(a: Row, b: Row, order: string): number {
  const words = new Words(order);
  const differences = words.list((): number => {
    const column = words.word();
    words.expect('.asc');
    return difference(a[column] ?? null, b[column] ?? null);
  });
  return differences.find((found) => found !== 0) ?? 0;
}

/** Whether a row is one of those that `or=(…)` asks for. */
export function matches(row: Row, or: string | null): boolean {
  if (or === null) return true;
  const words = new Words(or);
  const term = (): boolean => {
    for (const operator of ['and', 'or'] as const) {
      if (!words.has(`${operator}(`)) continue;
      const terms = words.list(term);
      words.expect(')');
      return operator === 'and' ? terms.every(Boolean) : terms.some(Boolean);
    }
    const column = words.word();
    words.expect('.');
    const operator = words.word();
    words.expect('.');
    const value = words.word();
    const is = row[column] ?? null;
    // Nothing is greater than null, nor less, nor equal.
    if (is === null) return false;
    const found = difference(is, value);
    const results: Record<string, boolean> = { eq: found === 0, gt: found > 0, gte: found >= 0 };
    return results[operator] as boolean;
  };
  words.expect('(');
  const results = words.list(term);
  words.expect(')');
  if (!words.isEmpty) throw new SyntaxError(or);
  return results.some(Boolean);
}

/** As PostgreSQL has it of whole numbers, timestamps and, by code unit, text; null comes last. */
function difference(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const [first, second] = [comparable(a), comparable(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function comparable(value: string | number): bigint | string {
  const text = String(value);
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const [, seconds, fraction = '', zone] = TIMESTAMP.exec(text) ?? [];
  if (seconds === undefined) return text;
  const micros = BigInt(fraction.padEnd(6, '0'));
  return BigInt(Date.parse(`${seconds}${zone}`)) * 1000n + micros;
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|\+00:00)$/;
