import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { now } from './clock.ts';
import { freeze, restart } from './deeds.ts';
import { TIMING as DEFAULT, Fleet } from './fleet.ts';
import type { CountedLoad } from './history.ts';
import { expectKept } from './kept.ts';
import { PASS } from './proxy.ts';
import { type Servers, startServers } from './servers.ts';

/** It reads the value at once, and then takes its time: enough to be killed meanwhile, on a busy machine. */
const SLOW = { before: [0, 0], after: [700, 700] } as const;
const TIMING = { ...DEFAULT, ttl: 8000, loadTimeout: 1200, lease: 1700 };

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.stop());

/** Writes a value that nobody is told of; resolves as the first to load it has read it, and goes on loading. */
async function loading(fleet: Fleet): Promise<{ readonly value: number; readonly worker: string }> {
  const value = await fleet.database.write();
  const written = now();
  let load: CountedLoad | undefined;
  await fleet.untilLoads((loads) => {
    load = loads.find((one) => one.from > written && one.value === value);
    return load !== undefined;
  });
  return { value, worker: load?.worker ?? '' };
}

describe('who has the lease', () => {
  it('shows nobody what it loaded, once it was frozen for longer than that lasts', async () => {
    await using fleet = await Fleet.start(servers, { processes: 3, loss: 0, timing: TIMING });
    await fleet.database.setPace(SLOW);
    const { value, worker } = await loading(fleet);
    await freeze(fleet, worker, async () => {
      const newer = await fleet.database.write();
      await fleet.untilAllServe(
        newer,
        fleet.names.filter((name) => name !== worker),
      );
    });
    await fleet.untilAllServe(value + 1);
    await fleet.recover();
    const history = await fleet.end();
    expectKept(history);
    expect(history.loads.filter((load) => load.value === value)).toMatchObject([{ worker }]);
    const shown = history.lives.flatMap(({ items }) =>
      items.filter((item) => item.kind === 'reads' && item.value === value),
    );
    expect(shown).toEqual([]);
  });

  it('has nobody else take what it publishes too late, for the network has kept it', async () => {
    // So that what it publishes isn't soon followed by another load, which would hide it.
    const timing = { ...TIMING, ttl: 10_000, refreshInterval: 3000 };
    await using fleet = await Fleet.start(servers, { processes: 3, loss: 0, timing });
    await fleet.database.setPace(SLOW);
    const { value, worker } = await loading(fleet);
    const hop = fleet.hop(worker, 'redis');
    const others = fleet.names.filter((name) => name !== worker);
    const [first = ''] = others;
    await fleet.fault('redis', worker, async () => {
      hop.trouble = { kind: 'stall' };
      await fleet.invalidate(first);
      await fleet.untilAllServe(value + 1, others);
      hop.trouble = PASS;
    });
    await fleet.untilAllServe(value + 1);
    // Whoever knows nothing yet takes what stands there.
    await fleet.kill(others.at(-1) ?? '');
    await fleet.recover();
    const history = await fleet.end();
    expectKept(history);
    const shown = history.lives.filter(({ items }) =>
      items.some((item) => item.kind === 'reads' && item.value === value),
    );
    expect(shown.filter((life) => life.worker !== worker)).toEqual([]);
  });

  it('is followed by another, once it was killed', async () => {
    await using fleet = await Fleet.start(servers, { processes: 3, loss: 0, timing: TIMING });
    await fleet.database.setPace(SLOW);
    const { value, worker } = await loading(fleet);
    const others = fleet.names.filter((name) => name !== worker);
    await Promise.all([fleet.kill(worker), fleet.untilAllServe(value, others)]);
    await fleet.recover();
    const history = await fleet.end();
    expectKept(history);
    const [lost, next] = history.loads.filter((load) => load.value === value);
    expect(lost?.worker).toBe(worker);
    // Not before the lease has fallen, but for what it took to get to the database.
    expect((next?.from ?? 0) - (lost?.from ?? 0)).toBeGreaterThan(fleet.timing.lease - 250);
  });
});

describe('a process that is cut off', () => {
  it('does not go back to what the fleet has, where it has loaded something newer itself', async () => {
    // Long enough for it to be back before the others load again.
    const timing = { ...DEFAULT, ttl: 10_000, refreshInterval: 2000 };
    await using fleet = await Fleet.start(servers, { processes: 3, loss: 0, timing });
    const [name = ''] = fleet.names;
    const hops = [fleet.hop(name, 'redis'), fleet.hop(name, 'subscriber')];
    let isAhead = false;
    let value = 0;
    while (!isAhead) {
      await fleet.fault('redis', name, async () => {
        for (const hop of hops) hop.trouble = { kind: 'refuse' };
        const { length } = await fleet.database.loads();
        await fleet.untilLoads((loads) =>
          loads.some(({ worker, to }, i) => i >= length && worker !== name && to !== undefined),
        );
        value = await fleet.database.write();
        await fleet.untilAllServe(value, [name]);
        for (const hop of hops) hop.trouble = PASS;
      });
      const loads = await fleet.database.loads();
      isAhead = loads.every((load) => load.worker === name || load.value !== value);
    }
    await fleet.untilAllServe(value);
    await fleet.recover();
    const { loads } = expectKept(await fleet.end());
    expect(loads.alone).toBeGreaterThan(0);
  });
});

describe('a fleet whose Redis is gone', () => {
  it('loads for itself, each process once an interval; and is one again once that is back, empty', async () => {
    await using fleet = await Fleet.start(servers, { processes: 3, loss: 0 });
    const [first = ''] = fleet.names;
    let wrote: number | undefined;
    await restart(fleet, servers, async () => {
      const aloneBy = (loads: readonly CountedLoad[], name: string): number =>
        loads.filter(({ worker, alone }) => alone && worker === name).length;
      await fleet.untilLoads((loads) => fleet.names.every((name) => aloneBy(loads, name) >= 2));
      wrote = await fleet.invalidate(first);
      await fleet.untilAllServe(wrote ?? 0);
    });
    await fleet.recover();
    const { length } = (await fleet.database.loads()).filter(({ alone }) => !alone);
    await fleet.untilLoads((loads) => loads.filter(({ alone }) => !alone).length >= length + 4);
    const history = await fleet.end();
    const { loads } = expectKept(history);
    expect(loads.alone).toBeGreaterThanOrEqual(2 * fleet.names.length);
    // It could not be told to anybody, and was true for the process itself all the same.
    const items = history.lives.find(({ worker }) => worker === first)?.items ?? [];
    expect(items.find(({ kind }) => kind === 'settled')).toMatchObject({
      error: expect.stringContaining('could not be told'),
    });
    expect(wrote).toBe(2);
  });
});
