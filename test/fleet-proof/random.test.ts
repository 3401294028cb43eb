import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../bench/soak/random.ts';
import { perform } from './deeds.ts';
import { Fleet } from './fleet.ts';
import { expectKept } from './kept.ts';
import { ALL_DEEDS, planOf } from './plan.ts';
import { type Servers, startServers } from './servers.ts';

//   npm run prove:fleet -- --minutes 5 --seed …    for longer

const MS = 10_000;

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.stop());

describe('a fleet under random faults', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

  it(`keeps what it promises (SEED=${seed})`, async () => {
    const random = new Random(seed);
    await using fleet = await Fleet.start(servers, {
      processes: 4,
      loss: 0.1,
      random: () => random.next(),
    });
    const plan = planOf(new Random(seed), MS, fleet.names, ALL_DEEDS);
    await perform(fleet, servers, plan);
    await fleet.recover();
    const history = await fleet.end();
    const { recovery } = expectKept(history);
    expect(history.faults.length).toBeGreaterThan(2);
    expect(recovery).toBeDefined();
  });
});

describe('a plan', () => {
  it('hangs on the seed alone', () => {
    const planned = (seed: number): string =>
      JSON.stringify(planOf(new Random(seed), 60_000, ['a', 'b'], ALL_DEEDS));
    expect(planned(1)).toBe(planned(1));
    expect(planned(1)).not.toBe(planned(2));
    for (const kind of ALL_DEEDS) expect(planned(1) + planned(2)).toContain(`"do":"${kind}"`);
  });
});
