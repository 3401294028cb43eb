import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import { Fleet } from './fleet.ts';
import { expectKept } from './kept.ts';
import { type Servers, startServers } from './servers.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.stop());

/** Until some are counted while nothing was wrong, be it with the machine. */
async function untilLoadsInQuiet(fleet: Fleet): Promise<void> {
  for (let inQuiet = 0; inQuiet < 3; inQuiet = check(await fleet.history()).loads.inQuiet) {
    const { length } = await fleet.database.loads();
    await fleet.untilLoads((loads) => loads.length > length);
  }
}

describe('a fleet of which nothing is wrong', () => {
  it('loads once an interval, one of its processes at a time', async () => {
    await using fleet = await Fleet.start(servers, { processes: 4, loss: 0 });
    await untilLoadsInQuiet(fleet);
    await fleet.recover();
    const history = await fleet.end();
    const verdict = expectKept(history);
    expect(verdict.loads.alone).toBe(0);
    const { loads } = history;
    for (const [i, load] of loads.slice(1).entries()) {
      expect(loads[i]?.to).toBeLessThanOrEqual(load.from);
    }
  });

  it('would be seen to load more than that, were it none', async () => {
    await using strangers = await Fleet.start(servers, { processes: 3, loss: 0, alone: true });
    await untilLoadsInQuiet(strangers);
    const { violations } = check(await strangers.end());
    expect(violations.map(({ rule }) => rule)).toContain('loads-in-quiet');
  });
});
