import { describe, expect, it } from 'vitest';
import { type Fleet, fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();
const most = Number.MAX_SAFE_INTEGER;

function messageOf(fleet: Fleet, told: object): object {
  const epoch = fleet.caches[0].health().shared?.epoch;
  const numbers = { seq: 1, version: 1, generation: 0, fence: 1 };
  return { v: 1, epoch, ...numbers, src: 'x', act: 'invalidate', hash: '', ttlLeft: null, ...told };
}

const garbage: [string, (fleet: Fleet) => unknown][] = [
  ['nothing', () => ''],
  ['no JSON', () => '{'],
  ['null', () => 'null'],
  ['a number', () => '7'],
  ['a string', () => '"purge"'],
  ['a list', () => '[]'],
  ['an empty object', () => '{}'],
  ['a megabyte', () => 'x'.repeat(2 ** 20)],
  ['a deep one', () => `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['a prototype', () => '{"__proto__":{"v":1},"v":1}'],
  ['of another version', (fleet) => messageOf(fleet, { v: 2, seq: 2 })],
  ['of another act', (fleet) => messageOf(fleet, { act: 'drop', seq: 2 })],
  ['with an act that objects have', (fleet) => messageOf(fleet, { act: 'toString', seq: 2 })],
  ['without an epoch', (fleet) => messageOf(fleet, { epoch: undefined, seq: 2 })],
  ['with an epoch that is a number', (fleet) => messageOf(fleet, { epoch: 7 })],
  ['from nobody', (fleet) => messageOf(fleet, { src: null, seq: 2 })],
  ['with no hash', (fleet) => messageOf(fleet, { hash: 7, seq: 2 })],
  ['with a seq that is text', (fleet) => messageOf(fleet, { seq: '2' })],
  ['with a seq that is no integer', (fleet) => messageOf(fleet, { seq: 2.5 })],
  ['with a seq that is too large', (fleet) => messageOf(fleet, { seq: 2 ** 53 })],
  ['with a negative generation', (fleet) => messageOf(fleet, { generation: -1, seq: 2 })],
  ['with a generation that is null', (fleet) => messageOf(fleet, { generation: null, seq: 2 })],
  ['with a fence that is a list', (fleet) => messageOf(fleet, { fence: [1], seq: 2 })],
  ['without a version', (fleet) => messageOf(fleet, { version: undefined, seq: 2 })],
  ['with a ttl that is text', (fleet) => messageOf(fleet, { ttlLeft: '1', seq: 2 })],
  ['with a value that is an object', (fleet) => messageOf(fleet, { value: {}, seq: 2 })],
];

it.each(garbage)('refuses %s, and counts that', async (_, forged) => {
  const fleet = newFleet(2, { ttl: 100_000 });
  await fleet.ready();
  await pass(400);
  const before = fleet.server.log.length;
  fleet.forge(forged(fleet));
  await pass(400);
  expect(fleet.caches.map((cache) => cache.health().shared?.refused)).toEqual([1, 1]);
  expect(fleet.statuses).toEqual(['READY', 'READY']);
  expect(fleet.server.log).toHaveLength(before);
});

/** All are fresh again, hear of what is told, and share their loads. */
async function expectSound(fleet: Fleet): Promise<void> {
  await pass(2500);
  expect(new Set(fleet.statuses)).toEqual(new Set(['READY']));
  const data = fleet.source.write();
  const [one] = fleet.caches;
  await expect(outcome(one.invalidate())).resolves.toMatchObject({ value: data });
  await pass(60);
  expect(new Set(fleet.values)).toEqual(new Set([data]));
  const before = fleet.loads.length;
  await pass(9000);
  expect(fleet.loads.length - before).toBe(10);
}

const forged: [string, (fleet: Fleet) => object][] = [
  ['a seq as large as can be', (fleet) => messageOf(fleet, { seq: most, act: 'release' })],
  ['a generation as large as can be', (fleet) => messageOf(fleet, { seq: 2, generation: most })],
  [
    'a fence as large as can be',
    (fleet) => messageOf(fleet, { seq: 2, act: 'publish', fence: most }),
  ],
  [
    'all of that',
    (fleet) => messageOf(fleet, { seq: most, generation: most, fence: most, version: most }),
  ],
  [
    'a purge',
    (fleet) => messageOf(fleet, { seq: most, generation: most, act: 'purge', fence: most }),
  ],
  ['another epoch', (fleet) => messageOf(fleet, { epoch: 'another', seq: most, generation: most })],
  ['a purge of another epoch', (fleet) => messageOf(fleet, { epoch: 'another', act: 'purge' })],
  [
    'a value that nobody has published',
    (fleet) => messageOf(fleet, { seq: 2, act: 'publish', version: 2, value: 't[666]' }),
  ],
  [
    'a value in place of the one that stands',
    (fleet) => messageOf(fleet, { seq: 2, act: 'publish', value: 't[666]' }),
  ],
];

describe.each(forged)('a message that forges %s', (_, message) => {
  it('leaves nobody stuck', async () => {
    const fleet = newFleet(3);
    const served = new Set<unknown>();
    await fleet.ready();
    for (const cache of fleet.caches)
      cache.on('refresh', ({ snapshot }) => served.add(snapshot.value));
    await pass(300);
    fleet.forge(message(fleet));
    await expectSound(fleet);
    expect(served).not.toContain(666);
  });

  it('leaves nobody stuck where it comes in each phase, again and again', async () => {
    const fleet = newFleet(2);
    fleet.source.takes = 200;
    for (const cache of fleet.caches) cache.start();
    for (let n = 0; n < 40; n += 1) {
      fleet.forge(message(fleet));
      if (n % 7 === 0) fleet.forge(message(fleet));
      await pass(83);
    }
    fleet.source.takes = 50;
    // The slow loads are remembered for a hundred more.
    await pass(2500);
    expect(fleet.statuses).toEqual(['READY', 'READY']);
    const data = fleet.source.write();
    await expect(outcome(fleet.caches[1].invalidate())).resolves.toMatchObject({ value: data });
    await pass(60);
    expect(fleet.values).toEqual([data, data]);
  });
});

it('acts on an invalidation that was forged as on any other: the value is loaded anew', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(300);
  const told = fleet.caches.map((cache) => payloadsOf(cache, 'invalidate'));
  fleet.forge(messageOf(fleet, { seq: 2, generation: 1 }));
  await rest();
  // Once by the message, and once by who tells the store of it, which knows nothing.
  for (const events of told) expect(events.map(({ purge }) => purge)).toContain(false);
  for (const events of told) expect(events.length).toBeLessThanOrEqual(3);
  await pass(300);
  expect(fleet.statuses).toEqual(['READY', 'READY']);
  expect(fleet.loads.length).toBeLessThanOrEqual(4);
});

it('makes nothing of a message that it has sent itself, or that comes twice', async () => {
  const fleet = newFleet(2, { ttl: 100_000 });
  await fleet.ready();
  await pass(300);
  await outcome(fleet.caches[0].invalidate());
  await pass(300);
  const told = fleet.caches.map((cache) => payloadsOf(cache, 'invalidate'));
  const before = fleet.server.log.length;
  for (const message of fleet.server.messages) fleet.forge(message);
  await pass(400);
  expect(told).toEqual([[], []]);
  expect(fleet.server.log).toHaveLength(before);
});
