import { expect, it } from 'vitest';
import { type Fleet, fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';

const newFleet = fakeFleet();

/** What each process but the first has read from now on, and when. */
function readsOf(fleet: Fleet): { readonly at: number; readonly source: string }[] {
  const [one] = fleet.processes;
  const own = fleet.server.log.find(({ method }) => method === 'claim')?.source;
  expect(one).toBeDefined();
  return fleet.server.log.filter(({ method, source }) => method === 'read' && source !== own);
}

/** As one message comes that the others send: all but the first have one `read` from then on. */
async function readsAfter(fleet: Fleet, what: () => void): Promise<number[]> {
  await pass(400);
  const before = readsOf(fleet).length;
  const from = performance.now();
  what();
  await pass(350);
  return readsOf(fleet)
    .slice(before)
    .map(({ at }) => at - from);
}

it('in seq are one comparison each, spread over a quarter of a second', async () => {
  const fleet = newFleet(40, { ttl: 100_000 });
  await fleet.ready();
  const epoch = fleet.caches[0].health().shared?.epoch;
  const times = await readsAfter(fleet, () => {
    // Of the same epoch, and far ahead: something was missed. Nothing that anybody else would act on.
    const message = { v: 1, epoch, seq: 900, src: 'x', act: 'release', version: 1, generation: 0 };
    fleet.forge({ ...message, fence: 1, hash: '', ttlLeft: null });
    fleet.forge({ ...message, seq: 950, fence: 1, hash: '', ttlLeft: null });
  });
  expect(times).toHaveLength(39);
  expect(Math.max(...times)).toBeLessThanOrEqual(250);
  expect(Math.min(...times)).toBeLessThan(60);
  expect(Math.max(...times)).toBeGreaterThan(190);
});

it('that are none are no comparison', async () => {
  const fleet = newFleet(5, { ttl: 100_000 });
  await fleet.ready();
  const epoch = fleet.caches[0].health().shared?.epoch;
  await pass(400);
  const times = await readsAfter(fleet, () => {
    const message = { v: 1, epoch, seq: 2, src: 'x', act: 'release', version: 1, generation: 0 };
    fleet.forge({ ...message, fence: 1, hash: '', ttlLeft: null });
    // Again, and one from before.
    fleet.forge({ ...message, fence: 1, hash: '', ttlLeft: null });
    fleet.forge({ ...message, seq: 1, fence: 1, hash: '', ttlLeft: null });
  });
  expect(times).toEqual([]);
});

it('that come with a connection that is back are one comparison each, spread', async () => {
  const fleet = newFleet(20, { ttl: 100_000 });
  await fleet.ready();
  const times = await readsAfter(fleet, () => {
    for (const { store } of fleet.processes) {
      store.cut();
      store.mend();
    }
  });
  expect(times).toHaveLength(19);
  expect(Math.max(...times)).toBeLessThanOrEqual(250);
  expect(Math.max(...times)).toBeGreaterThan(100);
});

it('of an unknown epoch are one comparison each, spread', async () => {
  const fleet = newFleet(20, { ttl: 100_000 });
  await fleet.ready();
  const times = await readsAfter(fleet, () => {
    const message = { v: 1, epoch: 'another', seq: 2, src: 'x', act: 'publish', version: 1 };
    fleet.forge({ ...message, generation: 0, fence: 1, hash: '', ttlLeft: null });
  });
  expect(times).toHaveLength(19);
  expect(Math.max(...times)).toBeGreaterThan(100);
  expect(Math.max(...times)).toBeLessThanOrEqual(250);
});

it('in the messages, as they are lost for a while, leave nobody behind', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.processes;
  other.store.mute = 1;
  fleet.source.write();
  await outcome(one.cache.invalidate());
  expect(other.cache.peek()?.value).toBe(1);
  other.store.mute = 0;
  // The next message, whatever it tells, shows that some were missed.
  const claimed = await one.store.claim(
    {
      source: 'x',
      keep: 60_000,
      known: { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 },
    },
    { holder: 'x', leaseTime: 1000, have: 100, force: false },
  );
  const { epoch = '', generation = 0, fence = 0 } = claimed?.record ?? {};
  const call = {
    source: 'x',
    keep: 60_000,
    known: { epoch, seq: 0, generation: 0, fence: 0, version: 0 },
  };
  await one.store.release(call, { epoch, generation, fence, holder: 'x' }, 0, '');
  await rest();
  await pass(251);
  expect(other.cache.peek()?.value).toBe(2);
});
