import { inspect } from 'node:util';
import { BrokenError, type Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** How deep values may be within each other, so that no stack ends before they do. */
const MOST_DEPTH = 100;

/** What a value is. The numbers are kept: none may ever stand for another kind. */
const Kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  /** Text with lone surrogates. */
  units: 6,
  bigint: 7,
  date: 8,
  list: 9,
  object: 10,
  /** One without a prototype. */
  bareObject: 11,
} as const;

/**
 * Writes a value: what JSON knows, and beside it `undefined`, numbers that are not finite, `-0`, bigints and dates.
 *
 * @throws {TypeError} It is of another kind, or has something within that is.
 */
export function writeValue(writer: Writer, value: unknown, around: readonly object[] = []): void {
  if (value === undefined) writer.byte(Kind.undefined);
  else if (value === null) writer.byte(Kind.null);
  else if (value === false) writer.byte(Kind.false);
  else if (value === true) writer.byte(Kind.true);
  else if (typeof value === 'number') {
    writer.byte(Kind.number);
    writer.number(value);
  } else if (typeof value === 'string') {
    const isText = value.isWellFormed();
    writer.byte(isText ? Kind.text : Kind.units);
    if (isText) writer.text(value);
    else writer.units(value);
  } else if (typeof value === 'bigint') {
    writer.byte(Kind.bigint);
    writer.text(value.toString(16));
  } else if (typeof value === 'object') writeObject(writer, value, around);
  else throw new TypeError(shown(value));
}

function writeObject(writer: Writer, value: object, around: readonly object[]): void {
  if (around.includes(value)) throw new TypeError(`${shown(value)}, which is within itself`);
  if (around.length === MOST_DEPTH) {
    throw new TypeError(`${shown(value)}, which is more than ${MOST_DEPTH} deep`);
  }
  const within = [...around, value];
  const prototype = Object.getPrototypeOf(value);
  const keys = Object.keys(value);
  const hasSymbols = Object.getOwnPropertySymbols(value).length > 0;
  if (Array.isArray(value)) {
    // As many keys as it is long: no holes, and nothing beside its values.
    if (prototype !== Array.prototype || hasSymbols || keys.length !== value.length) {
      throw new TypeError(`${shown(value)}, which is more or less than a list`);
    }
    writer.byte(Kind.list);
    writer.count(value.length);
    for (const item of value) writeValue(writer, item, within);
  } else if (prototype === Date.prototype && keys.length === 0 && !hasSymbols) {
    writer.byte(Kind.date);
    writer.number((value as Date).getTime());
  } else {
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!isPlain || hasSymbols) throw new TypeError(`${shown(value)}, which is no plain object`);
    writer.byte(prototype === null ? Kind.bareObject : Kind.object);
    writer.count(keys.length);
    for (const key of keys) {
      writeValue(writer, key);
      writeValue(writer, (value as Record<string, unknown>)[key], within);
    }
  }
}

const shown = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 3, maxStringLength: 100 });

/**
 * Reads what {@link writeValue} wrote.
 *
 * @throws {BrokenError} There is something else.
 */
export function readValue(reader: Reader, depth = 0): unknown {
  if (depth > MOST_DEPTH) throw new BrokenError(`a value is more than ${MOST_DEPTH} deep`);
  const kind = reader.byte();
  switch (kind) {
    case Kind.undefined:
      return undefined;
    case Kind.null:
      return null;
    case Kind.false:
      return false;
    case Kind.true:
      return true;
    case Kind.number:
      return reader.number();
    case Kind.text:
      return reader.text();
    case Kind.units:
      return reader.units();
    case Kind.bigint:
      return readBigint(reader);
    case Kind.date:
      return new Date(reader.number());
    case Kind.list: {
      const list: unknown[] = [];
      for (let left = reader.length(); left > 0; left--) list.push(readValue(reader, depth + 1));
      return list;
    }
    case Kind.object:
    case Kind.bareObject:
      return readObject(reader, kind === Kind.object ? {} : Object.create(null), depth);
    default:
      throw new BrokenError(`a value is of kind ${kind}`);
  }
}

function readObject(reader: Reader, object: Record<string, unknown>, depth: number): object {
  for (let left = reader.length(); left > 0; left--) {
    const key = readValue(reader);
    if (typeof key !== 'string') throw new BrokenError('a name is no text');
    const value = readValue(reader, depth + 1);
    if (key === '__proto__') {
      // Assigned to, it would be something else than a name.
      const property = { value, configurable: true, enumerable: true, writable: true };
      Object.defineProperty(object, key, property);
    } else object[key] = value;
  }
  return object;
}

/** Hexadecimal: decimal digits take far longer, the more there are. */
function readBigint(reader: Reader): bigint {
  const text = reader.text();
  const [, minus, digits] = /^(-?)([\da-f]+)$/.exec(text) ?? [];
  if (digits === undefined) throw new BrokenError('a bigint is none');
  const number = BigInt(`0x${digits}`);
  return minus === '-' ? -number : number;
}
