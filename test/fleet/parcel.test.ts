import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Packing, pack, unpack } from '../../src/fleet/parcel.ts';
import { runs } from '../support/runs.ts';

const plain: Packing<unknown> = { codec: undefined, maxBytes: 2 ** 20 };

async function thereAndBack(value: unknown): Promise<unknown> {
  return unpack(await pack(value, plain), plain);
}

/** What `structuredClone` takes, as random data: objects with plain prototypes, and no key that would set one. */
const cloneable: fc.Arbitrary<unknown> = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: false,
  key: fc.string().filter((key) => key !== '__proto__'),
});

it('brings back what structuredClone would', async () => {
  await fc.assert(
    fc.asyncProperty(cloneable, async (value) => {
      expect(isDeepStrictEqual(await thereAndBack(value), structuredClone(value))).toBe(true);
    }),
    runs('PARCEL_RUNS', 1000) as fc.Parameters<[unknown]>,
  );
});

it('has equal hashes for equal values', async () => {
  await fc.assert(
    fc.asyncProperty(cloneable, async (value) => {
      const [one, other] = await Promise.all([
        pack(value, plain),
        pack(structuredClone(value), plain),
      ]);
      expect(other).toEqual(one);
      const again = await pack(await unpack(one, plain), plain);
      expect(again.hash).toBe(one.hash);
    }),
    runs('PARCEL_RUNS', 300) as fc.Parameters<[unknown]>,
  );
});

it('has other hashes for other values', async () => {
  const values = [
    0,
    -0,
    '0',
    0n,
    Number.NaN,
    null,
    undefined,
    [],
    {},
    new Map(),
    new Set(),
    new Date(0),
  ];
  const parcels = await Promise.all(values.map((value) => pack(value, plain)));
  expect(new Set(parcels.map(({ hash }) => hash)).size).toBe(values.length);
});

const cases: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['minus zero', -0],
  ['infinity', -Infinity],
  ['a large integer', 2n ** 200n],
  ['a lone surrogate', '\ud800'],
  ['text that looks like markup', '</script><!--\u2028'],
  ['a key that objects have', JSON.parse('{"toString":1,"constructor":2}')],
  ['a date', new Date(8.64e15)],
  ['a date that is none', new Date(Number.NaN)],
  ['a pattern', /a\/b/giu],
  ['a map of maps', new Map([[new Map([[1, 2]]), new Set([new Date(1)])]])],
  ['a sparse list', Object.assign(new Array(5), { 3: undefined })],
  ['a list of millions of holes', new Array(2 ** 22)],
  ['a buffer', new Uint8Array([0, 255, 7]).buffer],
  ['a view of a part of a buffer', new Float32Array(new ArrayBuffer(16), 4, 2).fill(0.5)],
  ['large integers in a row', new BigInt64Array([-1n, 2n ** 62n])],
];

it.each(cases)('brings back %s', async (_, value) => {
  expect(await thereAndBack(value)).toStrictEqual(structuredClone(value));
  expect(Object.is(await thereAndBack(value), value) || typeof value === 'object').toBe(true);
});

it('brings back what is there twice, and what contains itself', async () => {
  const shared = { n: 1 };
  const ring: Record<string, unknown> = { shared, again: shared };
  ring['self'] = ring;
  ring['all'] = new Map([['ring', ring]]);
  const back = (await thereAndBack(ring)) as typeof ring;
  expect(back['self']).toBe(back);
  expect(back['again']).toBe(back['shared']);
  expect((back['all'] as Map<string, unknown>).get('ring')).toBe(back);
});

it('brings back errors with what structuredClone keeps of them', async () => {
  const cause = new RangeError('too far', { cause: { depth: 7 } });
  const error = new TypeError('no', { cause });
  const back = (await thereAndBack({ error })) as { error: typeof error };
  expect(back.error).toBeInstanceOf(TypeError);
  expect(back.error).toMatchObject({ name: 'TypeError', message: 'no', stack: error.stack });
  expect(back.error.cause).toBeInstanceOf(RangeError);
  expect((back.error.cause as Error).cause).toEqual({ depth: 7 });
  expect(await thereAndBack(new Error('plain'))).not.toHaveProperty('cause');
});

class Money {
  readonly #cents = 1;
  get cents(): number {
    return this.#cents;
  }
}

const unplain: [string, unknown, string][] = [
  ['an object of a class', { price: new Money() }, '.price'],
  ['a function', [() => 1], '[0]'],
  ['a symbol', { a: { b: Symbol('s') } }, '.a.b'],
  ['a promise', Promise.resolve(1), ''],
  ['a key that would set the prototype', JSON.parse('{"a":{"__proto__":1}}'), '.a'],
  ['an object with symbols for keys', { [Symbol('s')]: 1 }, ''],
];

it.each(unplain)('refuses %s, and says where it is', async (_, value, path) => {
  const refused = pack(value, plain);
  await expect(refused).rejects.toThrow(TypeError);
  await expect(refused).rejects.toThrow('the value is no plain data, and has no codec');
  await expect(refused).rejects.toThrow(`(at ${path})`);
});

describe('with a codec', () => {
  const codec = {
    encode: ({ cents }: { cents: number }) => ({ cents }),
    decode: (data: unknown) => ({ cents: (data as { cents: number }).cents, isMoney: true }),
  };
  const packing = { codec, maxBytes: 100 };

  it('is the JSON of what that makes of it', async () => {
    const { payload } = await pack(
      { cents: 5, ...{ secret: 1 } },
      packing as Packing<{ cents: number }>,
    );
    expect(payload).toBe('t{"cents":5}');
    const { hash } = await pack({ cents: 5 }, packing as Packing<{ cents: number }>);
    expect(await unpack({ payload, hash }, packing as Packing<unknown>)).toEqual({
      cents: 5,
      isMoney: true,
    });
  });

  it('may wait for it', async () => {
    const later = {
      encode: async (value: number) => [value],
      decode: async (data: unknown) => (data as number[])[0] ?? 0,
    };
    const packing = { codec: later, maxBytes: 100 };
    expect(await unpack(await pack(7, packing), packing)).toBe(7);
  });

  it('fails as that fails', async () => {
    const broken = {
      encode: () => Promise.reject(new Error('no such value')),
      decode: () => 1,
    };
    await expect(pack(1, { codec: broken, maxBytes: 100 })).rejects.toThrow('no such value');
  });
});

describe('long text', () => {
  it('is compressed, short text is not', async () => {
    const short = await pack('x'.repeat(1000), plain);
    const long = await pack('x'.repeat(100_000), plain);
    expect(short.payload).toMatch(/^t/);
    expect(long.payload).toMatch(/^z/);
    expect(long.payload.length).toBeLessThan(1000);
    expect(await unpack(long, plain)).toBe('x'.repeat(100_000));
    expect(await unpack(short, plain)).toBe('x'.repeat(1000));
  });

  it('comes back as it was, in any script', async () => {
    const text = 'жёлтый 黄色 💛'.repeat(500);
    expect(await thereAndBack(text)).toBe(text);
  });

  it('is refused where it is longer than maxBytes, as bytes and before compression', async () => {
    // Quotes and brackets count: ["…"].
    const packing = { codec: undefined, maxBytes: 2004 };
    await expect(pack('x'.repeat(2000), packing)).resolves.toBeDefined();
    await expect(pack('x'.repeat(2001), packing)).rejects.toThrow(RangeError);
    await expect(pack('ж'.repeat(1001), packing)).rejects.toThrow(
      'the value takes 2006 bytes as text, and maxBytes is 2004',
    );
  });

  it('is refused as it comes where it is longer than maxBytes, compressed or not', async () => {
    const narrow = { codec: undefined, maxBytes: 500 };
    for (const size of [600, 100_000]) {
      const parcel = await pack('x'.repeat(size), plain);
      await expect(unpack(parcel, narrow)).rejects.toThrow(RangeError);
    }
  });
});

it('is refused where the text is not what the hash says', async () => {
  const { payload } = await pack(1, plain);
  const { hash } = await pack(2, plain);
  await expect(unpack({ payload, hash }, plain)).rejects.toThrow('not what its hash says');
  await expect(unpack({ payload: `q${payload}`, hash }, plain)).rejects.toThrow(
    'none of this library',
  );
});
