import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { parse, stringify } from 'devalue';
import type { Codec } from '../store.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Characters of text from which it is compressed. */
const WORTH_IT = 1024;

/** How the text of a payload came about: its first letter. */
const PLAIN = 't';
const COMPRESSED = 'z';

/** Stands in no digest: behind it a hash goes on that is to be another one of the same text. */
const ANOTHER = '~';

/** A value on its way to other processes. */
export interface Parcel {
  readonly payload: string;
  /** Of the text, compressed or not. */
  readonly hash: string;
}

/** How a value becomes text. */
export interface Packing<T> {
  readonly codec: Codec<T> | undefined;
  /** Bytes of text that no value may exceed. */
  readonly maxBytes: number;
}

/**
 * Turns a value into text. What a codec makes of it is JSON; any other value is taken as `structuredClone` takes it, but that
 * no object of a class loses its methods silently.
 *
 * @throws {TypeError} The value isn't plain data, and there is no codec.
 * @throws {RangeError} It is too large.
 */
export async function pack<T>(value: T, { codec, maxBytes }: Packing<T>): Promise<Parcel> {
  const text = codec ? JSON.stringify(await codec.encode(value)) : textOf(value);
  const size = Buffer.byteLength(text);
  if (size > maxBytes) {
    throw new RangeError(`the value takes ${size} bytes as text, and maxBytes is ${maxBytes}`);
  }
  const hash = hashOf(text);
  if (size < WORTH_IT) return { payload: PLAIN + text, hash };
  const small = await deflate(text);
  return { payload: COMPRESSED + small.toString('base64'), hash };
}

/**
 * Turns it back.
 *
 * @throws Where it is no such payload, its hash is another, or it is too large.
 */
export async function unpack<T>(
  { payload, hash }: Parcel,
  { codec, maxBytes }: Packing<T>,
): Promise<T> {
  const text = await textIn(payload, maxBytes);
  const digest = hashOf(text);
  if (hash !== digest && !hash.startsWith(digest + ANOTHER))
    throw new TypeError('the payload is not what its hash says');
  if (codec) return codec.decode(JSON.parse(text));
  return parse(text, { Error: ([name, fields]) => Object.assign(errorOf(name), fields) }) as T;
}

/** One that nothing else has, of the same text. */
export function anotherHash(hash: string): string {
  return `${hash}${ANOTHER}${randomUUID()}`;
}

async function textIn(payload: string, maxBytes: number): Promise<string> {
  const body = payload.slice(1);
  if (payload.startsWith(COMPRESSED)) {
    const bytes = await inflate(Buffer.from(body, 'base64'), { maxOutputLength: maxBytes });
    return bytes.toString();
  }
  if (!payload.startsWith(PLAIN)) throw new TypeError('the payload is none of this library');
  if (Buffer.byteLength(body) > maxBytes) throw new RangeError('the payload is too large');
  return body;
}

function textOf(value: unknown): string {
  try {
    return stringify(value, { Error: (thing) => thing instanceof Error && partsOf(thing) });
  } catch (cause) {
    const { message, path = '' } = cause as Error & { readonly path?: string };
    throw new TypeError(`the value is no plain data, and has no codec: ${message} (at ${path})`, {
      cause,
    });
  }
}

/** Errors keep what `structuredClone` keeps of them. */
const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const;

function partsOf({ name, message, stack, cause }: Error): unknown {
  return [name, { message, stack, ...(cause === undefined ? {} : { cause }) }];
}

function errorOf(name: string): Error {
  return new (ERRORS.find((type) => type.name === name) ?? Error)();
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
