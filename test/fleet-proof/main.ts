// Processes that share a value through a real Redis, over a real PostgreSQL, for minutes: killed, frozen and cut off at
// random, with everything they see held to what is promised.
//
//   node test/fleet-proof/main.ts --minutes 5 --processes 4 --loss 0.1 --seed 1 --faults all
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../bench/soak/random.ts';
import { check } from './checker.ts';
import { perform } from './deeds.ts';
import { Fleet } from './fleet.ts';
import { ALL_DEEDS, type DeedKind, planOf } from './plan.ts';
import { startServers } from './servers.ts';
import { summaryOf, timelines } from './tell.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    processes: { type: 'string', default: '4' },
    loss: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** `all`, `none`, or some of them: `freeze,kill`. */
    faults: { type: 'string', default: 'all' },
    /** Where to leave what was recorded. */
    history: { type: 'string' },
  },
});
const [minutes, processes, loss, seed] = [
  values.minutes,
  values.processes,
  values.loss,
  values.seed,
].map(Number) as [number, number, number, number];
const kinds = ((): readonly DeedKind[] => {
  if (values.faults === 'all') return ALL_DEEDS;
  const named = values.faults === 'none' ? [] : values.faults.split(',');
  return ALL_DEEDS.filter((kind) => named.includes(kind));
})();
if (!(minutes > 0) || !(processes > 0) || !(loss >= 0 && loss <= 1) || !Number.isInteger(seed)) {
  console.error(`--minutes --processes --loss --seed, and --faults of ${ALL_DEEDS}`);
  process.exit(2);
}

console.log(`seed ${seed}, loss ${loss}, faults: ${kinds.join() || 'none'}`);
const servers = await startServers();
try {
  const random = new Random(seed);
  const losses = new Random(seed + 1);
  await using fleet = await Fleet.start(servers, {
    processes,
    loss,
    random: () => losses.next(),
  });
  const ms = minutes * 60_000;
  const plan = planOf(random, ms, fleet.names, kinds);
  await perform(fleet, servers, [...plan, { at: ms, deed: { do: 'invalidate', workers: [] } }]);
  await fleet.recover();
  const history = await fleet.end();
  if (values.history) writeFileSync(values.history, JSON.stringify(history));
  const verdict = check(history);
  console.log(summaryOf(history, verdict));
  if (verdict.violations.length > 0) {
    console.log(timelines(history, verdict));
    process.exitCode = 1;
  }
} finally {
  await servers.stop();
}
