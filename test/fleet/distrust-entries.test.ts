import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { FleetRecord, FleetStore } from 'warm-cache/fleet';
import { type Fleet, fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import type { MemoryStore } from '../support/fleet/memory-store.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function compressed(text: string): { payload: string; hash: string } {
  return { payload: `z${deflateRawSync(text).toString('base64')}`, hash: hashOf(text) };
}

function plain(text: string): { payload: string; hash: string } {
  return { payload: `t${text}`, hash: hashOf(text) };
}

/** Waits until a refused entry is counted: taking one apart may take real time. */
async function untilRefused(fleet: Fleet, n: number): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if ((fleet.processes[n]?.cache.health().shared?.refused ?? 0) > 0) return;
    await rest();
  }
}

const bad: [string, { payload: string; hash: string }][] = [
  ['is empty', { payload: '', hash: hashOf('') }],
  ['is none of this library', { payload: 'x[9]', hash: hashOf('[9]') }],
  ['has another hash', { payload: 't[1]', hash: hashOf('[9]') }],
  ['has no hash', { payload: 't[1]', hash: '' }],
  ['is no JSON', plain('{')],
  ['is no value of ours', plain('{"a":1}')],
  ['names a type that nobody knows', plain('[["Secret",1],1]')],
  ['makes up an error', plain('[["Error",1],7]')],
  ['is too large', plain(`["${'x'.repeat(3000)}"]`)],
  ['is too large once inflated', compressed(`["${'x'.repeat(3000)}"]`)],
  ['is a bomb', compressed(`["${'x'.repeat(50_000_000)}"]`)],
  ['is compressed, and damaged', { payload: 'zAAAA', hash: hashOf('[9]') }],
  ['is compressed, and no base64', { payload: 'z????', hash: hashOf('[9]') }],
];

describe.each(bad)('an entry that %s', (_, content) => {
  it('is refused by a cold process, which loads, and publishes over it', async () => {
    const fleet = newFleet(2, { tier: { maxBytes: 2000 } });
    await fleet.intrude(content);
    const [one, other] = fleet.processes;
    const errors = payloadsOf(one.cache, 'error');
    one.cache.start();
    await untilRefused(fleet, 0);
    await pass(200);
    expect(one.cache.peek()).toMatchObject({ value: 1, source: 'loader' });
    expect(one.cache.health().shared).toMatchObject({ refused: 1, granted: 1, alone: 0 });
    expect(errors).toEqual([]);
    other.cache.start();
    await pass(10);
    expect(other.cache.peek()).toMatchObject({ value: 1, source: 'shared' });
    expect(other.cache.health().shared).toMatchObject({ refused: 0 });
  });

  it('is refused by who has a value, and that stays', async () => {
    const fleet = newFleet(2, { tier: { maxBytes: 2000 } });
    await fleet.ready();
    await pass(100);
    await fleet.intrude(content);
    await untilRefused(fleet, 0);
    await untilRefused(fleet, 1);
    await pass(10);
    expect(fleet.values).toEqual([1, 1]);
    expect(fleet.statuses).toEqual(['READY', 'READY']);
    fleet.source.write();
    await pass(1200);
    expect(fleet.values).toEqual([2, 2]);
    expect(fleet.caches.map((cache) => cache.health().shared?.refused)).toEqual([1, 1]);
  });
});

it('publishes over a damaged entry that has the hash of what is loaded', async () => {
  const fleet = newFleet(2);
  await fleet.intrude({ payload: 'x', hash: hashOf('[1]') });
  const [one, other] = fleet.processes;
  await outcome(one.cache.start().ready());
  expect(one.cache.health().shared).toMatchObject({ refused: 1, granted: 1 });
  other.cache.start();
  await pass(10);
  expect(other.cache.peek()).toMatchObject({ value: 1, source: 'shared' });
  expect(other.cache.health().shared).toMatchObject({ refused: 0 });
  await pass(5000);
  expect(fleet.caches.map((cache) => cache.health().shared?.refused)).toEqual([1, 0]);
});

it('refuses what the codec refuses, whether that throws or rejects', async () => {
  for (const decode of [
    () => {
      throw new TypeError('no such thing');
    },
    () => Promise.reject(new TypeError('no such thing')),
  ]) {
    const codec = { encode: (value: number) => value, decode: vi.fn(decode) };
    const fleet = newFleet(1, { codec });
    await fleet.intrude(plain('7'));
    const [one] = fleet.processes;
    await outcome(one.cache.start().ready());
    expect(one.cache.peek()).toMatchObject({ value: 1, source: 'loader' });
    expect(codec.decode).toHaveBeenCalledExactlyOnceWith(7);
    expect(one.cache.health().shared?.refused).toBe(1);
  }
});

it('has an entry that says another token than a validator can give count as without', async () => {
  for (const token of ['{', '{}', 'null', '[1]', 'true']) {
    const validator = vi.fn(() => 'etag');
    const fleet = newFleet(1, { validator });
    await fleet.intrude({ ...plain('[1]'), token });
    const [one] = fleet.processes;
    one.cache.start();
    await pass(10);
    expect(one.cache.peek()?.source).toBe('shared');
    await pass(1000);
    expect(one.cache.health()).toMatchObject({ skipped: 0, probes: 1 });
  }
});

it('takes an entry from the future as made now, at most', async () => {
  const fleet = newFleet(1, {
    storeOf: (store) =>
      changed(store, (record) => ({
        ...record,
        entry: record.entry && { ...record.entry, age: -1e9 },
      })),
  });
  await fleet.intrude(plain('[1]'));
  const [one] = fleet.processes;
  one.cache.start();
  await pass(1);
  expect(one.cache.health().age).toBeGreaterThanOrEqual(0);
});

/** A store whose records come as something else. */
function changed(store: MemoryStore, change: (record: FleetRecord) => unknown): FleetStore {
  const { name, hear, renew, release } = store;
  return {
    name,
    pollInterval: 1000,
    hear,
    renew,
    release,
    read: async (call) => change(await store.read(call)) as FleetRecord,
    claim: async (call, claim) => {
      const answer = await store.claim(call, claim);
      return { ...answer, record: change(answer.record) as FleetRecord };
    },
    publish: async (...args) => {
      const answer = await store.publish(...args);
      return { ...answer, record: change(answer.record) as FleetRecord };
    },
    invalidate: async (...args) => change(await store.invalidate(...args)) as FleetRecord,
    put: async (...args) => {
      const answer = await store.put(...args);
      return { ...answer, record: change(answer.record) as FleetRecord };
    },
  };
}

const records: [string, (record: FleetRecord) => unknown][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['text', () => 'OK'],
  ['an empty object', () => ({})],
  ['an epoch that is none', (record) => ({ ...record, epoch: '' })],
  ['an epoch that is a number', (record) => ({ ...record, epoch: 7 })],
  ['a seq that is text', (record) => ({ ...record, seq: '7' })],
  ['a generation that is not a number', (record) => ({ ...record, generation: Number.NaN })],
  ['a negative fence', (record) => ({ ...record, fence: -1 })],
  ['a lease that is not a number', (record) => ({ ...record, leaseLeft: Number.NaN })],
  ['a reason that is none', (record) => ({ ...record, resting: null })],
  ['an entry without numbers', (record) => ({ ...record, entry: {} })],
  ['an entry of no age', (record) => ({ ...record, entry: { ...record.entry, age: Number.NaN } })],
  [
    'an entry of an endless age',
    (record) => ({ ...record, entry: { ...record.entry, age: Infinity } }),
  ],
  ['an entry without a hash', (record) => ({ ...record, entry: { ...record.entry, hash: null } })],
  [
    'an entry without a token',
    (record) => ({ ...record, entry: { ...record.entry, token: undefined } }),
  ],
  [
    'an entry with no version',
    (record) => ({ ...record, entry: { ...record.entry, version: '1' } }),
  ],
];

it.each(records)('loads for itself where the store answers %s', async (_, change) => {
  const fleet = newFleet(1, { storeOf: (store) => changed(store, change) });
  await fleet.intrude(plain('[1]'));
  const [one] = fleet.processes;
  const errors = payloadsOf(one.cache, 'error');
  await outcome(one.cache.start().ready());
  expect(one.cache.peek()?.source).toBe('loader');
  expect(one.cache.health().shared).toMatchObject({ connected: false, granted: 0 });
  expect(errors).toHaveLength(1);
  expect(errors[0]?.error).toMatchObject({ code: 'ERR_SHARED' });
  await pass(5000);
  expect(errors).toHaveLength(1);
  expect(one.cache.health().status).toBe('READY');
});

const hostile: [string, () => Promise<never>][] = [
  [
    'throws at once',
    () => {
      throw new Error('at once');
    },
  ],
  ['rejects with text', () => Promise.reject('text')],
  ['rejects with nothing', () => Promise.reject()],
  ['rejects with what can not be printed', () => Promise.reject(Object.create(null))],
];

it.each(hostile)('loads for itself where the store %s', async (_, method) => {
  const fleet = newFleet(1, {
    storeOf: (store) => ({
      name: store.name,
      pollInterval: 1000,
      hear: method,
      read: method,
      claim: method,
      renew: method,
      publish: method,
      release: method,
      invalidate: method,
      put: method,
    }),
  });
  const [one] = fleet.processes;
  const errors = payloadsOf(one.cache, 'error');
  await outcome(one.cache.start().ready());
  one.cache.set(2);
  await expect(one.cache.invalidate()).rejects.toMatchObject({ code: 'ERR_SHARED' });
  await pass(4000);
  expect(one.cache.health()).toMatchObject({ status: 'READY', shared: { hearing: false } });
  for (const { error } of errors) expect(error).toMatchObject({ code: 'ERR_SHARED' });
  expect(errors.length).toBeLessThanOrEqual(4);
});

it('tries to hear again where it could not, and hears then', async () => {
  let tries = 0;
  const fleet = newFleet(1, {
    ttl: 100_000,
    storeOf: (store) => ({
      ...store,
      name: store.name,
      pollInterval: 1000,
      hear: (ear) => {
        tries += 1;
        return tries < 4 ? Promise.reject(new Error('not yet')) : store.hear(ear);
      },
    }),
  });
  await fleet.ready();
  const [one] = fleet.processes;
  await pass(2000);
  expect(tries).toBe(1);
  expect(one.cache.health().shared?.hearing).toBe(false);
  await pass(15_000);
  expect(tries).toBe(4);
  expect(one.cache.health().shared?.hearing).toBe(true);
  expect(one.store.ears).toBe(1);
});
