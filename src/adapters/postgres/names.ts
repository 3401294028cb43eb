/** A table, or whatever else stands in a schema. */
export interface Name {
  readonly schema: string;
  readonly name: string;
}

/** Bytes of a name that PostgreSQL keeps: it cuts off the rest. */
const LONGEST = 63;

const PART = '(?:"((?:[^"\\0]|"")+)"|([^".\\0]+))';
const NAME = new RegExp(`^${PART}(?:\\.${PART})?$`);

/**
 * Reads the name of a table, with or without its schema. What stands in double quotes may hold dots; case counts in any case.
 *
 * @param suffix - Stands behind it, in the names of what belongs to the table.
 * @throws {TypeError} It is none.
 * @throws {RangeError} It is too long.
 */
export function nameOf(option: string, given: unknown, suffix = ''): Name {
  const parts = typeof given === 'string' ? NAME.exec(given) : null;
  if (!parts) {
    throw new TypeError(`Expected \`${option}\` to be a name, or schema.name, got ${given}`);
  }
  const [, quoted1, plain1 = '', quoted2, plain2] = parts;
  const first = quoted1?.replaceAll('""', '"') ?? plain1;
  const second = quoted2?.replaceAll('""', '"') ?? plain2;
  const [schema, name] = second === undefined ? ['public', first] : [first, second];
  for (const part of [schema, name + suffix]) expectShort(option, part);
  return { schema, name };
}

/** As SQL has it, whatever the `search_path` is. */
export function sqlOf({ schema, name }: Name, suffix = ''): string {
  return `${quoted(schema)}.${quoted(name + suffix)}`;
}

/** A name as SQL has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL has it, whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** The body of a function as SQL has it, whatever names are in it. */
export function body(text: string): string {
  let tag = '$warm_cache$';
  while (text.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `${tag}\n${text}\n${tag}`;
}

/**
 * Checks the name of a channel or a column.
 *
 * @throws {TypeError} It is none.
 * @throws {RangeError} It is too long.
 */
export function expectName(option: string, given: unknown): void {
  if (typeof given !== 'string' || given === '' || given.includes('\0')) {
    throw new TypeError(`Expected \`${option}\` to be a name, got ${given}`);
  }
  expectShort(option, given);
}

function expectShort(option: string, name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes <= LONGEST) return;
  throw new RangeError(
    `Expected \`${option}\` to be at most ${LONGEST} bytes, got ${bytes}: ${name}`,
  );
}
